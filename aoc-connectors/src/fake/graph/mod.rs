//! Microsoft Graph: directory audits, sign-ins, Intune's audit events, subscriptions.

mod error;
mod filter;
mod reports;
mod subscriptions;

use std::sync::Arc;

pub(super) use self::error::refusal;
use self::{error::bad_request, reports::Report};
use super::{
    clock::lock,
    known_faults::throttled,
    limits::Bucket,
    reply::{Answered, Call, Outgoing},
    world::{Grant, Service, World},
};

/// `/v1.0/…` and `/beta/…`.
pub(super) async fn answer(world: &World, call: &Call, version: &str, path: &str) -> Answered {
    let grant = authorized(world, call)?;
    let first = path.split('/').next().unwrap_or_default();
    let bucket = match path {
        "auditLogs/directoryAudits" | "auditLogs/signIns" => Bucket::Reports,
        "deviceManagement/auditEvents" => Bucket::Intune,
        _ if first == "subscriptions" => Bucket::Subscriptions,
        _ => {
            let message = format!("Resource not found for the segment '{first}'.");
            return Err(refusal(world, 400, "BadRequest", &message));
        }
    };
    within_limits(world, call, bucket)?;
    if bucket == Bucket::Subscriptions {
        return subscriptions::answer(world, call, &grant, path).await;
    }
    if !call.is("GET") {
        return Err(refusal(
            world,
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        ));
    }
    let report = match path {
        "auditLogs/directoryAudits" => Report::Audits,
        "auditLogs/signIns" => Report::SignIns,
        _ => Report::Intune,
    };
    reports::page(world, call, &grant, report, version == "beta")
}

/// The grant of a token that is good here and now.
fn authorized(world: &World, call: &Call) -> Result<Arc<Grant>, Outgoing> {
    let refused = |message: &str| {
        let mut refused = refusal(world, 401, "InvalidAuthenticationToken", message);
        let realm = format!("Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\"", world.url);
        refused.headers.push(("www-authenticate".to_owned(), realm));
        refused
    };
    if call.bearer().is_none() {
        return Err(refused("Access token is empty."));
    }
    let grant =
        world.grant(call).ok_or_else(|| refused("CompactToken parsing failed with error code: 80049217"))?;
    if grant.service.is_some_and(|service| service != Service::Graph) {
        return Err(refused("Access token validation failure. Invalid audience."));
    }
    if grant.expires <= world.clock.ticks() {
        return Err(refused("Lifetime validation failed, the token is expired."));
    }
    Ok(grant)
}

fn within_limits(world: &World, call: &Call, bucket: Bucket) -> Result<(), Outgoing> {
    let mut throttle = lock(&world.throttle);
    if throttle.allows(&call.seen.tenant, bucket, world.clock.ticks()) {
        return Ok(());
    }
    Err(throttled(&call.seen, throttle.limits.retry_after).into())
}
