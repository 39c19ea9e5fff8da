//! Where it was done from.

use std::net::{IpAddr, SocketAddr};

use aoc_core::Event;
use serde_json::{Value, json};

use super::{
    record::{Record, member, text},
    tree::Tree,
};

/// The address, where it is one.
pub(super) fn address(event: &Event) -> Option<IpAddr> {
    event.actor_ip.as_deref()?.trim().parse().ok()
}

/// The port beside this address, where the record names it.
pub(super) fn port(record: &Record, address: Option<IpAddr>) -> Option<u16> {
    let texts = ["ClientIP", "ClientIPAddress"].into_iter().filter_map(|name| record.text(name));
    texts
        .filter_map(|text| text.parse::<SocketAddr>().ok())
        .find(|socket| Some(socket.ip().to_canonical()) == address)
        .map(|socket| socket.port())
}

/// Where on earth a sign-in was made, as the vendor says.
#[derive(Default)]
pub(super) struct Place {
    pub(super) city: Option<String>,
    pub(super) region: Option<String>,
    /// Two letters, or a name.
    pub(super) country: Option<String>,
    /// Latitude and longitude, in degrees.
    pub(super) point: Option<(f64, f64)>,
}

impl Place {
    pub(super) fn of(record: &Record) -> Self {
        let found = ["locationDetails", "location"].into_iter().find_map(|name| record.object(name));
        let Some(place) = found else { return Self::default() };
        let said = |name: &str| text(member(&place, name));
        let coordinates = member(&place, "geoCoordinates");
        let degrees = |name: &str, most: f64| {
            member(coordinates, name).as_f64().filter(|degrees| degrees.abs() <= most)
        };
        Self {
            city: said("city"),
            region: said("state"),
            country: said("countryOrRegion"),
            point: degrees("latitude", 90.0).zip(degrees("longitude", 180.0)),
        }
    }

    /// The country's two letters.
    pub(super) fn code(&self) -> Option<String> {
        let country = self.country.as_deref()?;
        let is_code = country.len() == 2 && country.bytes().all(|c| c.is_ascii_alphabetic());
        is_code.then(|| country.to_ascii_uppercase())
    }

    /// ECS `geo`.
    pub(super) fn geo(&self) -> Value {
        let mut geo = Tree::default();
        geo.maybe("city_name", self.city.clone());
        geo.maybe("region_name", self.region.clone());
        match self.code() {
            Some(code) => geo.put("country_iso_code", code),
            None => geo.maybe("country_name", self.country.clone()),
        }
        geo.maybe("location", self.point.map(|(lat, lon)| json!({"lat": lat, "lon": lon})));
        geo.into_value()
    }

    /// OCSF `location`.
    pub(super) fn location(&self) -> Value {
        let mut location = Tree::default();
        location.maybe("city", self.city.clone());
        location.maybe("region", self.region.clone());
        location.maybe("country", self.code());
        location.maybe("lat", self.point.map(|point| point.0));
        location.maybe("long", self.point.map(|point| point.1));
        location.into_value()
    }
}
