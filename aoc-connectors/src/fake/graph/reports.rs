//! The logs: pages of directory audits, sign-ins and Intune's audit events.

use std::ops::Bound;

use hyper::body::Bytes;
use serde_json::json;

use super::{
    bad_request,
    filter::{Fields, Filter, later},
    refusal,
};
use crate::fake::{
    log::{Place, Wish},
    reply::{Answered, Body, Call, Outgoing},
    tenant::{INTERACTIVE, INTUNE_RETENTION, Settings},
    world::{Grant, World},
};

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Report {
    Audits,
    SignIns,
    Intune,
}

/// The options of a query.
struct Options {
    filter: Filter,
    top: Option<usize>,
    ascending: bool,
    after: Option<Place>,
}

pub(super) fn page(world: &World, call: &Call, grant: &Grant, report: Report, beta: bool) -> Answered {
    let settings = grant.tenant.settings();
    allowed(world, grant, &settings, report)?;
    let options = options(call, report, beta).map_err(|message| bad_request(world, &message))?;
    let now = world.clock.ticks();
    let wish = wish(world, &options, &settings, report, now)?;
    let logs = grant.tenant.logs();
    let log = match report {
        Report::Audits => &logs.audits,
        Report::SignIns => &logs.sign_ins,
        Report::Intune => &logs.intune,
    };
    let (rows, next) = log.page(&wish, now);
    drop(logs);
    let next = next.map(|place| next_link(world, call, place)).or_else(|| {
        let to_itself = report == Report::Intune && settings.intune_links_to_itself;
        to_itself.then(|| format!("{}{}?{}", world.url, call.seen.path, call.seen.query))
    });
    let count = if settings.intune_count_lies { 1_000 } else { rows.len() };
    let version = if beta { "beta" } else { "v1.0" };
    let context = format!("{}/{version}/$metadata#{}", world.url, report.set());
    let body = body(&context, (report == Report::Intune).then_some(count), next, &rows);
    let mut answer = Outgoing::of_bytes(Body::Bytes(body.into()));
    answer.headers.push(("request-id".to_owned(), world.guid()));
    Ok(answer)
}

/// The page, its rows byte for byte.
fn body(context: &str, count: Option<usize>, next: Option<String>, rows: &[Bytes]) -> Vec<u8> {
    let mut head = format!("{{\"@odata.context\":{}", json!(context));
    if let Some(count) = count {
        head.push_str(&format!(",\"@odata.count\":{count}"));
    }
    if let Some(next) = next {
        head.push_str(&format!(",\"@odata.nextLink\":{}", json!(next)));
    }
    head.push_str(",\"value\":[");
    [head.as_bytes(), rows.join(&b',').as_slice(), b"]}"].concat()
}

impl Report {
    const fn set(self) -> &'static str {
        match self {
            Self::Audits => "auditLogs/directoryAudits",
            Self::SignIns => "auditLogs/signIns",
            Self::Intune => "deviceManagement/auditEvents",
        }
    }

    fn fields(self, beta: bool) -> Fields<'static> {
        let (time, of) = match self {
            Self::Audits => ("activityDateTime", "directoryAudit"),
            Self::SignIns => ("createdDateTime", "signIn"),
            Self::Intune => ("activityDateTime", "auditEvent"),
        };
        Fields { time, of, event_types: beta && self == Self::SignIns }
    }
}

/// Licences and roles.
fn allowed(world: &World, grant: &Grant, settings: &Settings, report: Report) -> Result<(), Outgoing> {
    let refused = |code: &str, message: &str| Err(refusal(world, 403, code, message));
    let lacks = |all: &[&str]| all.iter().any(|role| !grant.has(&[role]));
    match report {
        Report::Intune => {
            let roles = ["DeviceManagementApps.Read.All", "DeviceManagementConfiguration.Read.All"];
            if settings.intune && grant.has(&roles) {
                return Ok(());
            }
            let inside = json!({
                "_version": 3,
                "Message": format!("Application is not authorized to perform this operation. Application must have one of the following scopes: {}", roles.join(", ")),
                "CustomApiErrorPhrase": "",
                "RetryAfter": null,
            });
            refused("Forbidden", &inside.to_string())
        }
        Report::SignIns if lacks(&["AuditLog.Read.All", "Directory.Read.All"]) => {
            refused("Authentication_MSGraphPermissionMissing", PERMISSION)
        }
        Report::Audits if lacks(&["AuditLog.Read.All"]) => {
            refused("Authentication_MSGraphPermissionMissing", PERMISSION)
        }
        Report::SignIns if !settings.entra_premium => refused(
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Tenant is not a B2C tenant and doesn't have premium license",
        ),
        _ => Ok(()),
    }
}

const PERMISSION: &str = "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All, \
                          Directory.Read.All to call this API.";

fn options(call: &Call, report: Report, beta: bool) -> Result<Options, String> {
    let mut options = Options { filter: Filter::ALL, top: None, ascending: false, after: None };
    let fields = report.fields(beta);
    for (name, value) in form_urlencoded::parse(call.seen.query.as_bytes()) {
        match name.as_ref() {
            "$filter" => options.filter = Filter::parse(&value, fields)?,
            "$orderby" => options.ascending = is_ascending(&value, fields)?,
            "$skiptoken" => options.after = Some(read_place(&value).ok_or("Invalid Skip Token.")?),
            "$top" => {
                let top = value
                    .parse()
                    .map_err(|_| format!("Invalid value '{value}' for $top query option found."))?;
                if !(1..=1_000).contains(&top) {
                    return Err(format!(
                        "The limit of '1000' for Top query has been exceeded. The value from the incoming request is '{top}'."
                    ));
                }
                options.top = Some(top);
            }
            "$skip" => return Err(
                "Query option 'Skip' is not allowed. To allow it, set the 'AllowedQueryOptions' property."
                    .to_owned(),
            ),
            other if other.starts_with('$') && !["$count", "$select"].contains(&other) => {
                return Err(format!("Query option '{other}' is not supported."));
            }
            _ => {}
        }
    }
    Ok(options)
}

fn is_ascending(value: &str, fields: Fields<'_>) -> Result<bool, String> {
    let mut words = value.split_whitespace();
    let (field, direction) = (words.next().unwrap_or_default(), words.next());
    match direction {
        _ if field != fields.time => {
            Err(format!("Could not find a property named '{field}' on type 'microsoft.graph.{}'.", fields.of))
        }
        None | Some("asc") => Ok(true),
        Some("desc") => Ok(false),
        Some(other) => Err(format!("Syntax error at '{other}' in $orderby.")),
    }
}

fn wish(
    world: &World,
    options: &Options,
    settings: &Settings,
    report: Report,
    now: i64,
) -> Result<Wish, Outgoing> {
    let kept = match report {
        Report::Intune => INTUNE_RETENTION,
        _ => settings.retention(),
    };
    let oldest = now - kept;
    // The window may begin an hour too early: whoever asks has computed it a while ago.
    let is_too_old =
        matches!(options.filter.from, Bound::Included(from) | Bound::Excluded(from) if from < oldest - HOUR);
    if settings.refuse_old_windows && is_too_old {
        let oldest = aoc_core::Timestamp::from_ticks(oldest);
        return Err(bad_request(world, &format!("Minimum allowed time is {oldest}.")));
    }
    Ok(Wish {
        from: later(options.filter.from, Bound::Included(oldest)),
        to: options.filter.to,
        kinds: match report {
            Report::SignIns => options.filter.kinds.unwrap_or(INTERACTIVE),
            _ => u8::MAX,
        },
        ascending: options.ascending,
        after: options.after,
        size: options.top.unwrap_or(settings.page_size).max(1),
    })
}

const HOUR: i64 = 3_600 * crate::fake::clock::SECOND;

/// The same question, behind a place.
fn next_link(world: &World, call: &Call, (ticks, number): Place) -> String {
    let is_token = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        name == "again" || form_urlencoded::parse(name.as_bytes()).any(|(name, _)| name == "$skiptoken")
    };
    let mut pairs: Vec<&str> =
        call.seen.query.split('&').filter(|pair| !pair.is_empty() && !is_token(pair)).collect();
    let token = format!("$skiptoken={:016x}{:016x}", (ticks as u64) ^ SHUFFLE, number ^ SHUFFLE);
    pairs.push(&token);
    format!("{}{}?{}", world.url, call.seen.path, pairs.join("&"))
}

fn read_place(token: &str) -> Option<Place> {
    let (ticks, number) = token.split_at_checked(16).filter(|(_, number)| number.len() == 16)?;
    let read = |text| Some(u64::from_str_radix(text, 16).ok()? ^ SHUFFLE);
    Some((read(ticks)? as i64, read(number)?))
}

/// Tokens are opaque: nobody shall read a time out of them.
const SHUFFLE: u64 = 0x5bd1_e995_9e37_79b9;
