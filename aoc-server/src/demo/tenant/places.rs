//! Where people work from, all in the address ranges set aside for documentation.

use super::random::Random;
use serde_json::{Value, json};

/// A town with an office, or the far end of somebody's connection.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) country: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    /// Hours ahead of UTC.
    pub(super) offset: i64,
    /// The address everybody in the office has.
    pub(super) office: &'static str,
    /// The network the homes around are in.
    pub(super) homes: &'static str,
}

/// Contoso's head office.
pub(super) static VIENNA: Site = Site {
    city: "Wien",
    state: "Wien",
    country: "AT",
    latitude: 48.2082,
    longitude: 16.3738,
    offset: 1,
    office: "198.51.100.10",
    homes: "192.0.2",
};

/// The service centre.
pub(super) static LISBON: Site = Site {
    city: "Lisboa",
    state: "Lisboa",
    country: "PT",
    latitude: 38.7223,
    longitude: -9.1393,
    offset: 0,
    office: "198.51.100.40",
    homes: "192.0.2",
};

/// The American office.
pub(super) static DENVER: Site = Site {
    city: "Denver",
    state: "Colorado",
    country: "US",
    latitude: 39.7392,
    longitude: -104.9903,
    offset: -7,
    office: "198.51.100.80",
    homes: "203.0.113",
};

/// Where the managed service partner and the guests sit.
pub(super) static DUBLIN: Site = Site {
    city: "Dublin",
    state: "Dublin",
    country: "IE",
    latitude: 53.3498,
    longitude: -6.2603,
    offset: 0,
    office: "198.51.100.200",
    homes: "198.51.100",
};

/// Where nobody of Contoso works.
pub(super) static AUCKLAND: Site = Site {
    city: "Auckland",
    state: "Auckland",
    country: "NZ",
    latitude: -36.8509,
    longitude: 174.7645,
    offset: 12,
    office: "203.0.113.66",
    homes: "203.0.113",
};

impl Site {
    /// The place as sign-in records describe it.
    pub(super) fn location(&self) -> Value {
        json!({
            "city": self.city,
            "state": self.state,
            "countryOrRegion": self.country,
            "geoCoordinates": {"altitude": null, "latitude": self.latitude, "longitude": self.longitude},
        })
    }
}

/// One address, and the town it is in.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) site: &'static Site,
}

impl Place {
    /// A place at a known address.
    pub(super) fn new(address: &str, site: &'static Site) -> Self {
        Self { address: address.to_owned(), site }
    }

    /// The office of a site.
    pub(super) fn office(site: &'static Site) -> Self {
        Self::new(site.office, site)
    }

    /// A telephone on a mobile network.
    pub(super) fn mobile(site: &'static Site, random: &mut Random) -> Self {
        let (network, host) = (random.between(0x1000, 0x1fff), random.between(0x100, 0xffff));
        Self { address: format!("2001:db8:{network:x}::{host:x}"), site }
    }
}
