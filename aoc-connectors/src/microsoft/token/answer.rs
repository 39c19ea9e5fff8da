//! Answers that hold a token.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use super::claims;

/// A token that has just been given.
pub(super) struct Minted {
    pub(super) text: Arc<str>,
    pub(super) life: Duration,
}

/// No token lives shorter: one that says so was dated by a wrong clock.
const LEAST: Duration = Duration::from_secs(1);
/// Nor longer.
const MOST: Duration = Duration::from_secs(86_400);
/// Where nothing says how long it lives.
const UNKNOWN: Duration = Duration::from_secs(300);

/// The token in the body of an answer that came at this time by the giver's clock, if there is one. Numbers may be
/// strings.
pub(super) fn read(body: &str, now: SystemTime) -> Option<Minted> {
    let json: Value = serde_json::from_str(body).ok()?;
    let text = json.get("access_token")?.as_str()?.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let until = |time: f64| time - now.as_secs_f64();
    let life = number(&json, "expires_in")
        .or_else(|| number(&json, "expires_on").map(until))
        .or_else(|| claims(text)?.exp.map(|exp| until(exp as f64)));
    let life = life.map_or(UNKNOWN, |life| Duration::try_from_secs_f64(life).unwrap_or(LEAST));
    Some(Minted { text: text.into(), life: life.clamp(LEAST, MOST) })
}

fn number(json: &Value, key: &str) -> Option<f64> {
    let number = match json.get(key)? {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_read_in_every_shape() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (rest, seconds) in [
            (r#""expires_in":3599"#, 3599),
            (r#""expires_in":"3599","expires_on":"1""#, 3599),
            (r#""expires_on":"1000600""#, 600),
            (r#""expires_on":1000600.5"#, 600),
            (r#""expires_in":0"#, 1),
            (r#""expires_in":-5"#, 1),
            (r#""expires_on":"5""#, 1),
            (r#""expires_in":1e300"#, 1),
            (r#""expires_in":99999999"#, 86_400),
            (r#""expires_in":"soon""#, 300),
            (r#""expires_in":null"#, 300),
            (r#""token_type":"Bearer""#, 300),
        ] {
            let minted = read(&format!(r#"{{"access_token":"abc",{rest}}}"#), now).unwrap();
            assert_eq!((&*minted.text, minted.life.as_secs()), ("abc", seconds), "{rest}");
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"access_token":null}"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\nb"}"#,
            r#"{"access_token":"é"}"#,
            r#"{"access_token":"abc""#,
        ] {
            assert!(read(body, UNIX_EPOCH).is_none(), "{body}");
        }
    }
}
