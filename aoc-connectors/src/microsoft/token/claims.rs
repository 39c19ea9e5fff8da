//! What a token says of itself, for a checkup that looks whether permissions are in it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// What a token says. Nothing of it is verified: only who gave it can judge it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Claims {
    /// The tenant.
    pub(crate) tid: Option<String>,
    /// The resource it is for.
    pub(crate) aud: Option<String>,
    /// The application's permissions.
    pub(crate) roles: Vec<String>,
    /// The application.
    pub(crate) appid: Option<String>,
    /// When it expires, in seconds since 1970.
    pub(crate) exp: Option<i64>,
}

/// What a token says, if it is a JWT.
pub(crate) fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?.trim_end_matches('=');
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let payload = payload.as_object()?;
    let text = |key: &str| payload.get(key).and_then(Value::as_str).map(str::to_owned);
    let roles = match payload.get("roles") {
        Some(Value::Array(roles)) => roles.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(roles)) => roles.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let exp = payload.get("exp").and_then(|exp| match exp {
        Value::String(text) => text.parse().ok(),
        // A float is cut off, not wrapped.
        other => other.as_i64().or_else(|| other.as_f64().map(|exp| exp as i64)),
    });
    let appid = text("appid").or_else(|| text("azp"));
    Some(Claims { tid: text("tid"), aud: text("aud"), roles, appid, exp })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("x.{}.y", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn claims_are_read_leniently() {
        let payload = r#"{"tid":"t","aud":"https://graph.microsoft.com","roles":["A.Read.All",1,"B"],"appid":"a",
            "exp":1700000000,"iss":"x"}"#;
        let read = claims(&token(payload)).unwrap();
        assert_eq!(read.roles, ["A.Read.All", "B"]);
        assert_eq!(
            (read.tid.as_deref(), read.appid.as_deref(), read.exp),
            (Some("t"), Some("a"), Some(1_700_000_000))
        );
        assert_eq!(claims(&token("{}")), Some(Claims::default()));
        assert_eq!(
            claims(&token(r#"{"exp":"17","roles":"A B","azp":"z","tid":4}"#)).unwrap().roles,
            ["A", "B"]
        );
        for none in ["", "a", "a.b", "a.!!.c", "..", &token("[]"), &token("{")] {
            assert_eq!(claims(none), None, "{none}");
        }
    }
}
