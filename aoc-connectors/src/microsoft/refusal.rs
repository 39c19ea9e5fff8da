//! What Microsoft's refusals mean, in one table: the kind, and one sentence with the way to put it right.

use aoc_core::prelude::*;
use serde_json::Value;

/// The code and message out of the body of a refusal, which may be JSON, JSON in single quotes, or anything.
pub(crate) fn code_and_message(body: &str) -> (String, String) {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let error = json.as_ref().map(|json| json.get("error").unwrap_or(json));
    let text = |key: &str| error.and_then(|error| error.get(key)).and_then(Value::as_str).unwrap_or_default();
    let activity = activity_code(body);
    let code = match (text("code"), activity) {
        ("", Some(activity)) => activity.to_owned(),
        (code, _) => code.to_owned(),
    };
    let message = match text("message") {
        "" => body,
        message => message,
    };
    (code, shorten(message))
}

/// The first `AF` followed by digits: Management Activity also sends codes in what is no JSON.
fn activity_code(body: &str) -> Option<&str> {
    body.match_indices("AF").find_map(|(at, _)| {
        let digits = body[at + 2..].bytes().take_while(u8::is_ascii_digit).count();
        (digits >= 3).then(|| &body[at..at + 2 + digits])
    })
}

/// A message without line breaks and not too long.
fn shorten(message: &str) -> String {
    const MOST: usize = 300;
    let mut short: String =
        message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    if message.chars().count() > MOST {
        short.push('…');
    }
    short
}

/// What a refusal with this status and code means. Throttling is told apart before.
pub(crate) fn meaning(status: u16, code: &str) -> (ErrorKind, String) {
    let row = MEANINGS.iter().find(|(known, ..)| *known == code);
    if let Some((_, kind, sentence)) = row {
        return (*kind, (*sentence).to_owned());
    }
    let code_or_none = if code.is_empty() { "no code".to_owned() } else { format!("`{code}`") };
    match status {
        _ if code.starts_with("AF5") => {
            (ErrorKind::Unavailable, format!("Microsoft failed internally ({code})"))
        }
        401 => (ErrorKind::Denied, "the token is refused; check that tenant and cloud are right".to_owned()),
        403 => (
            ErrorKind::Denied,
            format!(
                "the application may not do this ({code_or_none}); check its permissions, admin consent and the tenant's licences"
            ),
        ),
        300..=399 => {
            (ErrorKind::Denied, "answered with a redirect, which is not followed; check the URLs".to_owned())
        }
        404 => (ErrorKind::NotFound, format!("there is no such thing there ({code_or_none})")),
        408 | 500.. => {
            (ErrorKind::Unavailable, format!("Microsoft cannot answer now (status {status}, {code_or_none})"))
        }
        _ => (ErrorKind::Invalid, format!("the request was refused (status {status}, {code_or_none})")),
    }
}

use ErrorKind::{Denied, Invalid, NotFound, Unavailable};

/// Code, kind, sentence.
const MEANINGS: &[(&str, ErrorKind, &str)] = &[
    // Graph.
    (
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        Denied,
        "the tenant has no Entra ID P1 or P2 licence, which sign-in logs need; get one, or remove this source",
    ),
    (
        "Authentication_MSGraphPermissionMissing",
        Denied,
        "the application lacks a permission; grant AuditLog.Read.All (for sign-ins also Directory.Read.All) with \
         admin consent",
    ),
    (
        "Authorization_RequestDenied",
        Denied,
        "the application lacks a permission of Microsoft Graph; grant it with admin consent",
    ),
    ("InvalidAuthenticationToken", Denied, "the token is refused; check that tenant and cloud are right"),
    (
        "Forbidden",
        Denied,
        "the application lacks DeviceManagementApps.Read.All, or the tenant has no Intune licence; grant the one or \
         get the other, or remove this source",
    ),
    // Management Activity.
    (
        "AF10001",
        Denied,
        "the token lacks ActivityFeed.Read, or for DLP.All ActivityFeed.ReadDlp (AF10001); grant it on `Office 365 \
         Management APIs` with admin consent",
    ),
    ("AF20001", Invalid, "a parameter is missing (AF20001); this is a bug of AOC"),
    ("AF20002", Invalid, "a parameter is of the wrong type (AF20002); this is a bug of AOC"),
    ("AF20003", Invalid, "the webhook's expiration is in the past (AF20003)"),
    ("AF20010", Denied, "the token is of another tenant than the one asked for (AF20010); check `tenant_id`"),
    (
        "AF20011",
        Denied,
        "the tenant is not known to the audit service (AF20011); switch on unified auditing in the Purview portal",
    ),
    (
        "AF20012",
        Denied,
        "the tenant is not set up for auditing (AF20012); switch on unified auditing in the Purview portal",
    ),
    ("AF20013", Denied, "the tenant must be given by its id (AF20013); `tenant_id` is a domain here"),
    ("AF20020", Invalid, "there is no such content type (AF20020); check `content`"),
    ("AF20021", Denied, "the webhook did not answer its validation (AF20021)"),
    ("AF20022", NotFound, "there is no subscription for this content (AF20022)"),
    (
        "AF20023",
        Denied,
        "the subscription was disabled by a tenant or service administrator (AF20023); enable unified auditing, then \
         start the subscription again",
    ),
    ("AF20030", Invalid, "the window is longer than a day or older than seven days (AF20030)"),
    ("AF20055", Invalid, "the window is longer than a day or older than seven days (AF20055)"),
    ("AF20031", Invalid, "the next page is not known any more (AF20031)"),
    ("AF20050", NotFound, "the content does not exist (AF20050)"),
    ("AF20051", NotFound, "the content has expired (AF20051)"),
    ("AF20052", Invalid, "the content id is malformed (AF20052)"),
    ("AF20053", Invalid, "a header is malformed (AF20053); this is a bug of AOC"),
    ("AF20054", Invalid, "a header is malformed (AF20054); this is a bug of AOC"),
    ("AF50000", Unavailable, "Microsoft failed internally (AF50000)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_whatever_is_sent() {
        for (body, code) in [
            (r#"{"error":{"code":"AF20022","message":"No subscription."}}"#, "AF20022"),
            ("{'error':{'code':'AF429','message':'Too many requests.'}}", "AF429"),
            (
                r#"{"error":{"code":"Authorization_RequestDenied","message":"x"}}"#,
                "Authorization_RequestDenied",
            ),
            (r#"{"error":{"code":"","message":""}}"#, ""),
            ("<html>Forbidden AFx AF12</html>", ""),
            ("", ""),
            (r#"{"error":"invalid_client"}"#, ""),
            ("[1]", ""),
        ] {
            assert_eq!(code_and_message(body).0, code, "{body}");
        }
    }

    #[test]
    fn every_sentence_is_one_and_unknown_codes_are_named() {
        for (code, kind, sentence) in MEANINGS {
            assert!(!sentence.ends_with('.') && sentence.len() > 20, "{code}");
            assert_eq!(meaning(400, code).0, *kind);
        }
        assert!(meaning(403, "Mystery").1.contains("`Mystery`"));
        assert_eq!(meaning(502, "").0, Unavailable);
        assert_eq!(meaning(400, "AF50006").0, Unavailable);
        assert_eq!(meaning(302, "").0, Denied);
    }
}
