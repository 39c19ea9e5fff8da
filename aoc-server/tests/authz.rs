//! Every route asks for a permission, but for those in the checked-in list.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::collections::BTreeSet;

use aoc_server::{
    Caller, ServerConfig,
    api::{Access, routes},
};
use common::{Server, events};

/// One line per route that anybody may use: method and path.
const PUBLIC: &str = include_str!("public_routes.txt");

#[test]
fn a_caller_without_permissions_is_refused_by_every_route_that_is_not_public() {
    let server = Server::start(&events(3), &ServerConfig::default(), Caller::nobody());
    for route in routes() {
        let path = route.path.replace("{id}", "event-1").replace("{*path}", "js/app.js");
        let answer = server.request(route.method.as_str(), &path, &[]);
        let expected = match route.access {
            // A notification is taken whatever it is.
            Access::Public if route.path.starts_with("/api/webhooks/") => 202,
            Access::Public => 200,
            Access::Asked => 403,
        };
        assert_eq!(answer.status, expected, "{} {path}: {}", route.method, answer.body);
    }
}

#[test]
fn the_public_routes_are_those_in_the_list() {
    let listed: BTreeSet<String> =
        PUBLIC.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let public = routes().into_iter().filter(|route| route.access == Access::Public);
    let public: BTreeSet<String> = public.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(public, listed, "tests/public_routes.txt says which routes anybody may use, and why");
}
