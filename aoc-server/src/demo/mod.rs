//! The demonstration: an invented tenant whose records go through the ordinary pipeline.

mod feed;
pub mod tenant;

pub use self::feed::feed;
