//! Sigma rules and correlations, through what their fields are called in the records of the APIs.
//!
//! What the specification leaves open:
//! - Texts are compared as they are; a blank that a vendor sends at the end is not taken off.
//! - Where a field ends on an object or array, the scalars in the array are compared one by one, and so is the JSON of
//!   the whole, on one line without blanks and with its members sorted by name.
//! - A member that is null does not `exist`. `neq` holds where no value is so, also where there is none.
//! - Words without a field are looked for within each value of the record, not in the names of members.
//! - Numbers are compared as texts: `50053` is `"50053"`, but `1` is not `1.0`.

mod aliases;
mod budget;
mod condition;
mod correlation;
mod encode;
mod expand;
mod field;
mod head;
mod item;
mod leaf;
mod matcher;
mod modifiers;
mod node;
mod pattern;
mod selection;
mod source;
mod test;
#[cfg(test)]
mod tests;
mod text;

pub(super) use self::{
    correlation::{Base, Correlation},
    head::{Head, slug},
    item::Placeholders,
    matcher::compile,
};
