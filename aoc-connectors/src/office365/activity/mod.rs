//! Collecting from the Management Activity API: subscriptions, listings of content, content blobs.

mod blob;
mod checkup;
mod client;
mod elements;
mod fetching;
mod memory;
mod place;
mod source;
mod subscription;

pub(crate) use self::{checkup::ContentProbe, client::Client, source::ActivitySource};
