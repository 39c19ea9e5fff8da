//! Keeping a store in order: normalising its events again, removing repeats, proving that it is whole.
//!
//! All of it reads the log from its beginning, batch by batch, in memory that does not grow with the log but where it
//! says so.

mod again;
mod dedupe;
mod examine;
mod merge;
mod place;
mod renormalize;
mod report;
mod samples;
mod verify;
mod walk;

pub use self::{
    dedupe::{Dedupe, Deduped, Repeat, Why},
    renormalize::Renormalize,
    report::{Changed, Counts, Example, Renormalized},
    verify::{Line, Standing, Verified},
    walk::Walked,
};
pub(super) use self::{
    merge::{Merged, annotations},
    walk::Walk,
};
