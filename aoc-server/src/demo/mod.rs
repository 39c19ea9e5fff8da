//! The demonstration: an invented tenant whose last week and whose present are collected from a fake Microsoft by
//! the ordinary sources, and whose older records go through the ordinary pipeline.

mod feed;
mod live;
pub mod tenant;

pub use self::{
    feed::feed,
    live::{KEPT, configuration, microsoft},
};
