//! Subscriptions of Graph: change notifications.

use aoc_core::prelude::*;
use serde_json::{Value, json};

use super::{bad_request, refusal};
use crate::fake::{
    clock::{SECOND, lock},
    notify::{Subscription, handshake},
    reply::{Answered, Call, Outgoing, Reply},
    world::{Grant, World},
};

/// How long a subscription of directory objects may live.
const LONGEST: i64 = 41_760 * 60 * SECOND;

pub(super) async fn answer(world: &World, call: &Call, grant: &Grant, path: &str) -> Answered {
    let mut parts = path.split('/').skip(1);
    match (call.seen.method.as_str(), parts.next(), parts.next()) {
        ("POST", None, _) => create(world, call, grant).await,
        ("GET", None, _) => Ok(Reply::json(200, &json!({"value": own(world, grant)})).into()),
        ("GET", Some(id), None) => change(world, grant, id, |_| Ok(())),
        ("POST", Some(id), Some("reauthorize")) => {
            change(world, grant, id, |_| Ok(()))?;
            Ok(Reply::new(200).into())
        }
        ("PATCH", Some(id), None) => {
            let expires = expiration(world, &body(world, call)?)?;
            change(world, grant, id, |subscription| {
                subscription.expires = expires;
                Ok(())
            })
        }
        ("DELETE", Some(id), None) => {
            change(world, grant, id, |_| Ok(()))?;
            lock(&world.subscriptions).retain(|subscription| subscription.id != id);
            Ok(Reply::new(204).into())
        }
        _ => Err(refusal(world, 405, "Request_BadRequest", "Specified HTTP method is not allowed.")),
    }
}

fn is_mine(world: &World, grant: &Grant, subscription: &Subscription) -> bool {
    subscription.tenant_id == grant.tenant.id() && subscription.expires.ticks() > world.clock.ticks()
}

fn own(world: &World, grant: &Grant) -> Vec<Value> {
    let subscriptions = lock(&world.subscriptions);
    subscriptions.iter().filter(|one| is_mine(world, grant, one)).map(Subscription::json).collect()
}

fn change(
    world: &World,
    grant: &Grant,
    id: &str,
    change: impl FnOnce(&mut Subscription) -> Result<(), Outgoing>,
) -> Answered {
    let mut subscriptions = lock(&world.subscriptions);
    let mut mine = subscriptions.iter_mut().filter(|one| is_mine(world, grant, one));
    let found = mine
        .find(|one| one.id == id)
        .ok_or_else(|| refusal(world, 404, "ResourceNotFound", "The object was not found."))?;
    change(found)?;
    Ok(Reply::json(200, &found.json()).into())
}

async fn create(world: &World, call: &Call, grant: &Grant) -> Answered {
    let body = body(world, call)?;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let need = |name: &str| match text(name) {
        value if value.is_empty() => Err(bad_request(world, &format!("Missing required property: {name}."))),
        value => Ok(value),
    };
    let (resource, change_type, url) = (need("resource")?, need("changeType")?, need("notificationUrl")?);
    check(world, grant, &resource, &change_type)?;
    let client_state = text("clientState");
    if client_state.len() > 128 {
        return Err(bad_request(world, "clientState must be at most 128 characters."));
    }
    let subscription = Subscription {
        id: world.guid(),
        tenant_id: grant.tenant.id().to_owned(),
        resource,
        change_type,
        notification_url: url,
        lifecycle_url: body["lifecycleNotificationUrl"].as_str().map(str::to_owned),
        client_state,
        expires: expiration(world, &body)?,
    };
    for url in
        [Some(&subscription.notification_url), subscription.lifecycle_url.as_ref()].into_iter().flatten()
    {
        handshake(world, url).await.map_err(|why| {
            let message = format!("Subscription validation request failed. {why}");
            refusal(world, 400, "ValidationError", &message)
        })?;
    }
    let answer = Reply::json(201, &subscription.json());
    lock(&world.subscriptions).push(subscription);
    Ok(answer.into())
}

fn check(world: &World, grant: &Grant, resource: &str, change_type: &str) -> Result<(), Outgoing> {
    let set = resource.trim_start_matches('/').split('/').next().unwrap_or_default();
    let roles: &[&str] = match set {
        "users" => &["User.Read.All", "Directory.Read.All"],
        "groups" => &["Group.Read.All", "Directory.Read.All"],
        _ => {
            return Err(bad_request(
                world,
                &format!("Resource '{resource}' is not supported for subscriptions."),
            ));
        }
    };
    if !grant.has(roles) {
        let message = "Insufficient privileges to complete the operation.";
        return Err(refusal(world, 403, "Authorization_RequestDenied", message));
    }
    match change_type.split(',').find(|one| !["updated", "deleted"].contains(one)) {
        Some(other) => Err(bad_request(world, &format!("Unsupported change type '{other}' for {set}."))),
        None => Ok(()),
    }
}

fn body(world: &World, call: &Call) -> Result<Value, Outgoing> {
    serde_json::from_slice(&call.body).map_err(|_| bad_request(world, "Unable to read JSON request payload."))
}

fn expiration(world: &World, body: &Value) -> Result<Timestamp, Outgoing> {
    let given = body["expirationDateTime"].as_str().and_then(|text| Timestamp::parse(text).ok());
    let given = given.ok_or_else(|| bad_request(world, "Missing required property: expirationDateTime."))?;
    let now = world.clock.ticks();
    match given.ticks() - now {
        ..=0 => Err(bad_request(world, "Subscription expiration is in the past.")),
        life if life > LONGEST + 60 * SECOND => {
            Err(bad_request(world, "Subscription expiration can only be 41760 minutes in the future."))
        }
        _ => Ok(given),
    }
}
