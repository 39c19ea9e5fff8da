//! AOC.
mod error;
mod event;
mod json;
pub mod ledger;
mod normalizer;
mod source;
mod time;
pub use error::{Error, ErrorKind, MEANINGS, Meaning, Reaction, Result};
pub use event::{ActorType, Change, Comment, Event, Key, Outcome, TIME_UNREADABLE, UNREADABLE};
pub use json::RawJson;
pub use normalizer::{Normalizer, normalize};
pub use source::{Bookmark, Cursor, Feed, Page, Record, Source};
pub use time::Timestamp;
