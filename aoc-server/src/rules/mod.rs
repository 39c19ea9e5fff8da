//! Alert rules: where they come from, and which of them are in force.
//!
//! Rules stand in files, come with AOC, or are stored. The [`Keeper`] puts all of them in force together, and looks again
//! whether they have changed. A rule that cannot be used is told with its reason, and disables no other.

mod carry;
mod files;
mod keeper;
mod known;
mod original;
mod read;
mod reader;
mod starter;
mod stored;
mod texts;
mod tried;

pub(crate) use self::reader::reader;
pub use self::{
    keeper::Keeper,
    known::{Known, KnownRule, Language, Origin, Refused},
    read::{RulesFound, read_paths, read_text},
    tried::{RecordMatcher, Tried},
};
