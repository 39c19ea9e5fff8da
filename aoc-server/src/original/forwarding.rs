//! What the original forwarded, as a sink.

use aoc_core::{Result, config::Config};
use serde_json::json;

/// The name of the sink that is made.
const NAME: &str = "siem";

/// Makes `[sinks.siem]` of `SIEM_WEBHOOK_URL` where `SIEM_ENABLED` says so and there is no such sink.
pub(super) fn apply(config: &mut Config, variable: &impl Fn(&str) -> Option<String>) -> Result<()> {
    if let (true, Some(url)) = (is_enabled(variable)?, variable("SIEM_WEBHOOK_URL")) {
        config.set_default("sinks", NAME, json!({ "type": "webhook", "url": url, "body": "event" }));
    }
    Ok(())
}

/// What is set and does nothing.
pub(super) fn remark(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let url = variable("SIEM_WEBHOOK_URL");
    match (is_enabled(&variable).unwrap_or(false), &url) {
        (true, None) if config.get(&format!("sinks.{NAME}")).is_none() => {
            Some("SIEM_ENABLED is set, SIEM_WEBHOOK_URL not: nothing is forwarded".to_owned())
        }
        (false, Some(_)) => {
            Some("SIEM_WEBHOOK_URL is set, SIEM_ENABLED is not `true`: nothing is forwarded to it".to_owned())
        }
        _ => None,
    }
}

fn is_enabled(variable: &impl Fn(&str) -> Option<String>) -> Result<bool> {
    let said = variable("SIEM_ENABLED").map(|text| super::flag(&text)).transpose();
    Ok(said.map_err(|error| error.at("SIEM_ENABLED"))?.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(toml: &str, variables: &[(&str, &str)]) -> Result<(Config, Option<String>)> {
        let mut config = Config::read(toml, "test", std::iter::empty()).unwrap();
        let find = |name: &str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        apply(&mut config, &find)?;
        let remark = remark(&config, find);
        Ok((config, remark))
    }

    const URL: (&str, &str) = ("SIEM_WEBHOOK_URL", "https://siem.contoso.example/in");

    #[test]
    fn what_the_original_forwarded_is_a_sink() {
        let (config, remark) = applied("", &[("SIEM_ENABLED", "true"), URL]).unwrap();
        let sink = json!({"type": "webhook", "url": URL.1, "body": "event"});
        assert_eq!((config.get("sinks.siem"), remark), (Some(&sink), None));
        let own = "[sinks.siem]\ntype = \"jsonl\"\npath = \"x\"";
        let (config, remark) = applied(own, &[("SIEM_ENABLED", "true"), URL]).unwrap();
        assert_eq!((config.get("sinks.siem.type").unwrap(), remark), (&json!("jsonl"), None));
    }

    #[test]
    fn half_of_it_forwards_nothing_and_says_so() {
        for (variables, word) in [
            (&[URL][..], "SIEM_ENABLED is not `true`"),
            (&[URL, ("SIEM_ENABLED", "no")], "SIEM_ENABLED is not `true`"),
            (&[("SIEM_ENABLED", "1")], "SIEM_WEBHOOK_URL not"),
        ] {
            let (config, remark) = applied("", variables).unwrap();
            assert!(config.get("sinks").is_none());
            assert!(remark.as_deref().is_some_and(|remark| remark.contains(word)), "{remark:?}");
        }
        let error = applied("", &[("SIEM_ENABLED", "perhaps")]).unwrap_err().to_string();
        assert_eq!(error, "SIEM_ENABLED: neither `true` nor `false`: `perhaps`");
    }
}
