//! What all Microsoft sources share: the account they sign in with, tokens, limits, and one way to ask.

mod account;
mod api;
mod clock;
mod hub;
mod joined;
mod limiter;
mod refusal;
mod timeline;
mod token;

pub use self::{
    account::{Account, Cloud},
    hub::Hub,
};
pub(crate) use self::{
    api::{Api, Failure},
    hub::{Budget, Service},
    joined::Joined,
    timeline::{Rules, Tile, Timeline},
};
