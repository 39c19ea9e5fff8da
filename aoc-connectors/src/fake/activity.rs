//! The Office 365 Management Activity API.

use std::sync::Arc;

use aoc_core::prelude::*;
use serde_json::{Value, json};

use super::{
    blobs::{CONTENT_TYPES, Found, Listed, Place, State},
    clock::{DAY, SECOND, lock},
    known_faults::af429,
    limits::Bucket,
    reply::{Answered, Call, Outgoing, Reply, no_such_place},
    tenant::Settings,
    world::{Grant, Service, World},
};

/// `/api/v1.0/{tenant}/activity/feed/{path}`.
pub(super) fn answer(world: &World, call: &Call, tenant: &str, path: &str) -> Answered {
    let grant = authorized(world, call)?;
    if call.seen.param("PublisherIdentifier").is_none() {
        world.offence(format!("{} {} without PublisherIdentifier", call.seen.method, call.seen.path));
    }
    if !lock(&world.throttle).allows(grant.tenant.id(), Bucket::Activity, world.clock.ticks()) {
        return Err(af429().into());
    }
    allowed(&grant, tenant)?;
    match (call.seen.method.as_str(), path) {
        ("POST", "subscriptions/start") => start(call, &grant),
        ("POST", "subscriptions/stop") => stop(call, &grant),
        ("GET", "subscriptions/list") => {
            let with_status = !grant.tenant.settings().list_without_status;
            Ok(Reply::json(200, &grant.tenant.feed().subscriptions(with_status)).into())
        }
        ("GET", "subscriptions/content") => content(world, call, &grant),
        ("GET", "subscriptions/notifications") => Ok(Reply::json(200, &json!([])).into()),
        ("GET", _) if path.starts_with("audit/") => blob(world, &grant, &path["audit/".len()..]),
        _ => Err(no_such_place()),
    }
}

fn authorized(world: &World, call: &Call) -> Result<Arc<Grant>, Outgoing> {
    let refused = || {
        let body = json!({"Message": "Authorization has been denied for this request."});
        Outgoing::from(Reply::json(401, &body).header("www-authenticate", "Bearer"))
    };
    let grant = world.grant(call).ok_or_else(refused)?;
    let is_elsewhere = grant.service.is_some_and(|service| service != Service::Activity);
    if is_elsewhere || grant.expires <= world.clock.ticks() { Err(refused()) } else { Ok(grant) }
}

/// A refusal with one of the documented codes.
fn refusal(status: u16, code: &str, message: &str) -> Outgoing {
    Reply::json(status, &json!({"error": {"code": code, "message": message}})).into()
}

/// Whose token, which roles, which tenant, and whether auditing is on.
fn allowed(grant: &Grant, tenant: &str) -> Result<(), Outgoing> {
    if !grant.has(&["ActivityFeed.Read"]) {
        let message = "The permission set () sent in the request did not include the expected permission ActivityFeed.Read.";
        return Err(refusal(403, "AF10001", message));
    }
    if tenant.len() != 36 {
        return Err(refusal(400, "AF20013", "The tenant ID passed in the URL is not a valid GUID."));
    }
    if !tenant.eq_ignore_ascii_case(grant.tenant.id()) {
        let message = format!(
            "The tenant ID passed in the URL ({tenant}) does not match the tenant ID passed in the access token."
        );
        return Err(refusal(403, "AF20010", &message));
    }
    if !grant.tenant.settings().audit_enabled {
        let message = format!("Specified tenant ID ({tenant}) is incorrectly configured in the system.");
        return Err(refusal(400, "AF20012", &message));
    }
    Ok(())
}

/// The content type that is asked for.
fn content_type(call: &Call, grant: &Grant) -> Result<String, Outgoing> {
    let missing = || refusal(400, "AF20001", "Missing parameter: contentType.");
    let name = call.seen.param("contentType").ok_or_else(missing)?;
    if !CONTENT_TYPES.contains(&name.as_str()) {
        return Err(refusal(400, "AF20020", "The specified content type is not valid."));
    }
    if name == "DLP.All" && !grant.has(&["ActivityFeed.ReadDlp"]) {
        let message = "The permission set (ActivityFeed.Read) sent in the request did not include the expected permission ActivityFeed.ReadDlp.";
        return Err(refusal(403, "AF10001", message));
    }
    Ok(name)
}

fn says_its_length(call: &Call) -> Result<(), Outgoing> {
    let says = call.header("content-length").is_some() || call.header("transfer-encoding").is_some();
    if says { Ok(()) } else { Err(Reply::text(411, "text/html", "<h2>Length Required</h2>").into()) }
}

fn start(call: &Call, grant: &Grant) -> Answered {
    says_its_length(call)?;
    let content_type = content_type(call, grant)?;
    let webhook = match call.body.as_ref() {
        [] => Value::Null,
        body => {
            let body: Value = serde_json::from_slice(body).map_err(|_| {
                refusal(400, "AF20002", "Invalid parameter type: webhook. Expected type: object")
            })?;
            body["webhook"].clone()
        }
    };
    let mut feed = grant.tenant.feed();
    if feed.state(&content_type) == Some(&State::Enabled(webhook.clone())) {
        return Err(refusal(400, "AF20024", "The subscription is already enabled. No property change."));
    }
    let body = json!({"contentType": content_type, "status": "enabled", "webhook": webhook});
    feed.set_state(&content_type, State::Enabled(webhook));
    Ok(Reply::json(200, &body).into())
}

fn stop(call: &Call, grant: &Grant) -> Answered {
    says_its_length(call)?;
    let content_type = content_type(call, grant)?;
    let mut feed = grant.tenant.feed();
    subscribed(feed.state(&content_type))?;
    feed.set_state(&content_type, State::Stopped);
    Ok(Reply::new(200).into())
}

fn subscribed(state: Option<&State>) -> Result<(), Outgoing> {
    match state {
        Some(State::Enabled(_)) => Ok(()),
        Some(State::Disabled) => {
            let message = "The subscription was disabled by a tenant admin or a service admin.";
            Err(refusal(400, "AF20023", message))
        }
        Some(State::Stopped) | None => {
            Err(refusal(400, "AF20022", "No subscription found for the specified content type."))
        }
    }
}

fn content(world: &World, call: &Call, grant: &Grant) -> Answered {
    let content_type = content_type(call, grant)?;
    subscribed(grant.tenant.feed().state(&content_type))?;
    let now = world.clock.ticks();
    let window = window(call, now)?;
    let after = match call.seen.param("nextPage") {
        Some(text) => Some(
            read_place(&text)
                .ok_or_else(|| refusal(400, "AF20031", &format!("Invalid nextPage Input: {text}.")))?,
        ),
        None => None,
    };
    let settings = grant.tenant.settings();
    let size = settings.content_page_size.max(1);
    let mut listed = grant.tenant.feed().list(&content_type, window, after, size, now);
    let has_more = listed.len() > size;
    listed.truncate(size);
    let root = format!("{}/api/v1.0/{}/activity/feed", world.url, grant.tenant.id());
    let rows: Vec<Value> = listed.iter().map(|row| row_json(row, &root)).collect();
    let reply = Reply::json(200, &Value::Array(rows));
    let last = listed.last().filter(|_| has_more);
    Ok(match last {
        Some(last) => reply.header(&settings.next_page_header, next_page(call, &root, last, &settings)),
        None => reply,
    }
    .into())
}

/// The address of what comes behind a row.
fn next_page(call: &Call, root: &str, last: &Listed, settings: &Settings) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let publisher = settings.next_page_keeps_publisher.then_some("PublisherIdentifier");
    for name in ["contentType", "startTime", "endTime"].into_iter().chain(publisher) {
        if let Some(value) = call.seen.param(name) {
            query.append_pair(name, &value);
        }
    }
    let (ticks, set, number) = last.place;
    query.append_pair("nextPage", &format!("{:016x}{set:04x}{number:012x}", ticks as u64 ^ SHUFFLE));
    format!("{root}/subscriptions/content?{}", query.finish())
}

fn row_json(row: &Listed, root: &str) -> Value {
    let time = |ticks| Timestamp::from_ticks(ticks).instant().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    json!({
        "contentType": row.content_type,
        "contentId": row.content_id,
        "contentUri": format!("{root}/audit/{}", row.content_id),
        "contentCreated": time(row.created),
        "contentExpiration": time(row.expires),
    })
}

/// The window that is asked for: start inclusive, end exclusive.
fn window(call: &Call, now: i64) -> Result<(i64, i64), Outgoing> {
    let rule = |code: &str| {
        let message = "Start time and end time must both be specified (or both omitted) and must be less than or equal to \
                       24 hours apart, with the start time prior to end time and start time no more than 7 days in the past.";
        refusal(400, code, message)
    };
    let time = |name: &str| match call.seen.param(name) {
        None => Ok(None),
        Some(text) => read_time(&text).map(Some).ok_or_else(|| {
            refusal(400, "AF20002", &format!("Invalid parameter type: {name}. Expected type: datetime"))
        }),
    };
    match (time("startTime")?, time("endTime")?) {
        (None, None) => Ok((now - DAY, i64::MAX)),
        (Some(start), Some(end)) if start >= end => Err(rule("AF20055")),
        (Some(start), Some(end)) if end - start > DAY => Err(rule("AF20030")),
        (Some(start), _) if start < now - 7 * DAY - 3_600 * SECOND => Err(rule("AF20030")),
        (Some(start), Some(end)) => Ok((start, end)),
        _ => Err(rule("AF20030")),
    }
}

/// `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM` or `YYYY-MM-DDTHH:MM:SS`, UTC, without a zone.
fn read_time(text: &str) -> Option<i64> {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00"),
        16 => format!("{text}:00"),
        19 => text.to_owned(),
        _ => return None,
    };
    Timestamp::parse(&whole).ok().map(Timestamp::ticks)
}

fn read_place(text: &str) -> Option<Place> {
    let read = |from, to| u64::from_str_radix(text.get(from..to)?, 16).ok();
    let place = ((read(0, 16)? ^ SHUFFLE) as i64, read(16, 20)?, read(20, 32)?);
    (text.len() == 32).then_some(place)
}

/// Pages are opaque: nobody shall read a time out of them.
const SHUFFLE: u64 = 0x1b87_3593_cc9e_2d51;

fn blob(world: &World, grant: &Grant, content_id: &str) -> Answered {
    if content_id.contains('%') || content_id.contains('/') {
        return Err(refusal(400, "AF20052", &format!("Content ID {content_id} in the URL is invalid.")));
    }
    let found = grant.tenant.feed().find(content_id, world.clock.ticks());
    match found {
        Found::Body(body) => Ok(Outgoing::of_bytes(body)),
        Found::Expired => {
            let message = format!("Content requested with the key {content_id} has already expired.");
            Err(refusal(400, "AF20051", &message))
        }
        Found::Unknown => {
            Err(refusal(404, "AF20050", &format!("The specified content ({content_id}) does not exist.")))
        }
    }
}
