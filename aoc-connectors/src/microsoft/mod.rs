//! What all Microsoft sources share: the account they sign in with, tokens, limits, and one way to ask.

mod account;
mod api;
pub(crate) mod checkup;
mod clock;
pub(crate) mod graph;
mod hub;
mod joined;
mod limiter;
mod refusal;
mod timeline;
mod token;
mod webhook;

pub(crate) use self::{
    account::EXAMPLE,
    api::{Api, Failure},
    hub::{Budget, Service},
    joined::Joined,
    timeline::{Rules, Tile, Timeline},
    webhook::{Keeper, Notified, Webhook},
};
pub use self::{
    account::{Account, Cloud},
    hub::Hub,
};
