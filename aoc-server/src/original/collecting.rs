//! What the original collected, as a profile and three sources.

use aoc_core::{Error, Result, config::Config};
use serde_json::{Map, Value, json};

/// The sources that the original had: our name, and the component.
const SOURCES: [(&str, &str); 3] =
    [("entra", "entra_audit"), ("intune", "intune_audit"), ("office365", "office365_activity")];
/// The profile they share.
const PROFILE: &str = "default";
/// The variables of an account, and the keys that they are.
const ACCOUNT: [(&str, &str); 3] =
    [("TENANT_ID", "tenant_id"), ("CLIENT_ID", "client_id"), ("CLIENT_SECRET", "client_secret")];
/// Keys of a profile that are a credential; there must be one of them.
const CREDENTIALS: [&str; 4] = ["client_secret", "certificate", "federated_token_file", "managed_identity"];
/// How often a source is asked that is only to be asked when somebody says so.
const ON_REQUEST: &str = "365d";

/// Makes `[profiles.default]` of `TENANT_ID`, `CLIENT_ID` and `CLIENT_SECRET` where there is none; and the three sources
/// where there are none and nothing is missing.
pub(super) fn apply(config: &mut Config, variable: impl Fn(&str) -> Option<String>) -> Result<()> {
    let interval = every(&variable)?;
    let account = account(config, &variable);
    let has_profile = config.get(&path_of_profile()).is_some();
    if !has_profile && !account.is_empty() {
        config.set_default("profiles", PROFILE, account.clone());
    }
    let configured = config.get("sources").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    if configured || variable("TENANT_ID").is_none() || !is_whole(config, &account) {
        return Ok(());
    }
    let webhook = webhook(config, &variable);
    for (name, component) in SOURCES {
        let mut table = Map::from_iter([
            ("type".to_owned(), Value::from(component)),
            ("profile".to_owned(), Value::from(PROFILE)),
        ]);
        // What a profile of the file leaves open.
        table.extend(account.clone().into_iter().filter(|_| has_profile));
        table.extend(interval.clone().map(|every| ("every".to_owned(), Value::from(every))));
        if name == "entra" {
            table.extend(webhook.clone().map(|webhook| ("webhook".to_owned(), webhook)));
        }
        config.set_default("sources", name, table);
    }
    Ok(())
}

fn path_of_profile() -> String {
    format!("profiles.{PROFILE}")
}

/// The keys of the account that the file's own profile leaves open; a credential only where it has none.
fn account(config: &Config, variable: &impl Fn(&str) -> Option<String>) -> Map<String, Value> {
    let profile = config.get(&path_of_profile()).and_then(Value::as_object);
    let has = |key: &str| profile.is_some_and(|profile| profile.contains_key(key));
    let has_credential = CREDENTIALS.into_iter().any(has);
    let open = |key: &str| if key == "client_secret" { !has_credential } else { !has(key) };
    let keys = ACCOUNT.into_iter().filter(|(_, key)| open(key));
    keys.filter_map(|(name, key)| Some((key.to_owned(), variable(name)?.into()))).collect()
}

/// Whether profile and account together say all that a source needs.
fn is_whole(config: &Config, account: &Map<String, Value>) -> bool {
    let profile = path_of_profile();
    let has = |key: &str| account.contains_key(key) || config.get(&format!("{profile}.{key}")).is_some();
    ["tenant_id", "client_id"].into_iter().all(has) && CREDENTIALS.into_iter().any(has)
}

/// What the variables of an account do not do, and why.
pub(super) fn remarks(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let (set, unset): (Vec<&str>, Vec<&str>) =
        ACCOUNT.iter().map(|(name, _)| *name).partition(|name| variable(name).is_some());
    let sources = config.get("sources").and_then(Value::as_object).filter(|sources| !sources.is_empty());
    let mut remarks = Vec::new();
    if sources.is_none() && !set.is_empty() && !unset.is_empty() {
        let (set, unset) = (listed(&set), listed(&unset));
        remarks.push(format!("{set} set, {unset} not: no source is made of half an account"));
    }
    let has_webhook = sources.into_iter().flatten().any(|(_, source)| source.get("webhook").is_some());
    if variable("WEBHOOK_CLIENT_SECRET").is_some() && !has_webhook {
        remarks.push(
            "WEBHOOK_CLIENT_SECRET does nothing: Microsoft calls only where it finds us; set `public_url` in [server] to \
             an https address, or give a source of the file a `webhook`"
                .to_owned(),
        );
    }
    remarks
}

/// `A is`, `A and B are`.
fn listed(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(" and "))
}

/// An error of a source, naming the variable that the wrong value comes from.
pub(super) fn explained(
    config: &Config,
    path: &str,
    error: Error,
    variable: impl Fn(&str) -> Option<String>,
) -> Error {
    let text = error.to_string();
    let is_of = |(name, key): &&(&str, &str)| {
        let given = variable(name);
        let is_value_at = |table: &str| {
            let value = config.get(&format!("{table}.{key}")).and_then(Value::as_str);
            value.is_some() && value == given.as_deref()
        };
        text.contains(key) && (is_value_at(path) || is_value_at(&path_of_profile()))
    };
    match ACCOUNT.iter().find(is_of) {
        Some((name, _)) if path.starts_with("sources.") && std::error::Error::source(&error).is_none() => {
            Error::new(error.kind(), format!("{text} (this value is that of the variable {name})"))
        }
        _ => error,
    }
}

/// How often the sources are asked; nothing where the variables do not say.
fn every(variable: &impl Fn(&str) -> Option<String>) -> Result<Option<String>> {
    let minutes = variable("FETCH_INTERVAL_MINUTES").map(|text| match text.parse::<u32>() {
        Ok(minutes @ 1..=525_600) => Ok(format!("{minutes}m")),
        _ => Err(Error::config(format!("not a number of minutes: `{text}`")).at("FETCH_INTERVAL_MINUTES")),
    });
    let minutes = minutes.transpose()?;
    let periodic = variable("ENABLE_PERIODIC_FETCH").map(|text| super::flag(&text)).transpose();
    match periodic.map_err(|error| error.at("ENABLE_PERIODIC_FETCH"))? {
        Some(false) => Ok(Some(ON_REQUEST.to_owned())),
        _ => Ok(minutes),
    }
}

/// Microsoft calls only where it finds us: under `public_url`, by https.
fn webhook(config: &Config, variable: &impl Fn(&str) -> Option<String>) -> Option<Value> {
    let secret = variable("WEBHOOK_CLIENT_SECRET")?;
    let address = config.get("server.public_url")?.as_str()?.trim_end_matches('/');
    address.starts_with("https://").then(|| {
        json!({
            "url": format!("{address}/api/webhooks/graph"),
            "secret": secret,
            "resources": ["users", "groups"],
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, &str); 3] =
        [("TENANT_ID", "tenant"), ("CLIENT_ID", "client"), ("CLIENT_SECRET", "hush")];

    fn configured(toml: &str, variables: &[(&str, &str)]) -> Result<Config> {
        let mut config = Config::read(toml, "test", std::iter::empty()).unwrap();
        super::super::apply(&mut config, |name| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })?;
        Ok(config)
    }

    fn get(config: &Config, path: &str) -> Value {
        config.get(path).cloned().unwrap_or_default()
    }

    #[test]
    fn an_account_is_a_profile_and_three_sources() {
        let config = configured("", &VALUES).unwrap();
        let account = json!({"tenant_id": "tenant", "client_id": "client", "client_secret": "hush"});
        assert_eq!(get(&config, "profiles.default"), account);
        let source = |component: &str| json!({"type": component, "profile": "default"});
        let all = json!({
            "entra": source("entra_audit"),
            "intune": source("intune_audit"),
            "office365": source("office365_activity"),
        });
        assert_eq!(get(&config, "sources"), all);
    }

    #[test]
    fn half_an_account_and_empty_values_make_no_source() {
        for missing in 0..3 {
            let mut variables = VALUES;
            variables[missing].1 = "  ";
            let config = configured("", &variables).unwrap();
            assert_eq!(get(&config, "sources"), Value::Null, "{missing}");
        }
        assert_eq!(get(&configured("", &[("CLIENT_ID", "")]).unwrap(), "profiles"), Value::Null);
    }

    #[test]
    fn keys_of_the_file_come_first() {
        let file = "[sources.mine]\ntype = \"jsonl\"\npath = \"x\"";
        let config = configured(file, &VALUES).unwrap();
        assert_eq!(get(&config, "sources").as_object().unwrap().len(), 1);
        assert_eq!(get(&config, "profiles.default.tenant_id"), "tenant", "a source may name the profile");
        let file = "[profiles.default]\ntenant_id = \"other\"\ncertificate = \"a.pem\"";
        let config = configured(file, &VALUES).unwrap();
        assert_eq!(get(&config, "profiles.default"), json!({"tenant_id": "other", "certificate": "a.pem"}));
        let entra = json!({"type": "entra_audit", "profile": "default", "client_id": "client"});
        assert_eq!(get(&config, "sources.entra"), entra, "there is one credential only");
        let config = configured("[profiles.default]\ncloud = \"gcc\"", &VALUES).unwrap();
        assert_eq!(get(&config, "sources.entra.client_secret"), "hush");
    }

    #[test]
    fn how_often_is_asked() {
        let every = |more: &[(&str, &str)]| {
            let config = configured("", &[&VALUES[..], more].concat()).unwrap();
            get(&config, "sources.office365.every")
        };
        assert_eq!(every(&[("FETCH_INTERVAL_MINUTES", "15")]), "15m");
        assert_eq!(every(&[("FETCH_INTERVAL_MINUTES", "15"), ("ENABLE_PERIODIC_FETCH", "true")]), "15m");
        assert_eq!(every(&[("FETCH_INTERVAL_MINUTES", "15"), ("ENABLE_PERIODIC_FETCH", "False")]), "365d");
        assert_eq!(every(&[("FETCH_INTERVAL_MINUTES", "")]), Value::Null);
        for (name, value, expected) in [
            ("FETCH_INTERVAL_MINUTES", "0", "FETCH_INTERVAL_MINUTES: not a number of minutes: `0`"),
            ("ENABLE_PERIODIC_FETCH", "x", "ENABLE_PERIODIC_FETCH: neither `true` nor `false`: `x`"),
        ] {
            assert_eq!(configured("", &[(name, value)]).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn the_webhook_is_only_set_where_it_can_be_reached() {
        let variables = [&VALUES[..], &[("WEBHOOK_CLIENT_SECRET", "state")]].concat();
        let webhook = |file: &str| get(&configured(file, &variables).unwrap(), "sources.entra.webhook");
        assert_eq!(webhook(""), Value::Null);
        assert_eq!(webhook("[server]\npublic_url = \"http://aoc.example\""), Value::Null);
        let url = "https://aoc.example/api/webhooks/graph";
        assert_eq!(
            webhook("[server]\npublic_url = \"https://aoc.example/\""),
            json!({"url": url, "secret": "state", "resources": ["users", "groups"]})
        );
        let config = configured("[server]\npublic_url = \"https://aoc.example\"", &variables).unwrap();
        assert_eq!(get(&config, "sources.intune.webhook"), Value::Null);
    }

    fn said(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
        super::super::remarks(&configured(file, variables).unwrap(), |name| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_variables_do_not_do_is_told() {
        assert_eq!(said("", &VALUES), [""; 0]);
        let half =
            "TENANT_ID and CLIENT_ID are set, CLIENT_SECRET is not: no source is made of half an account";
        assert_eq!(said("", &VALUES[..2]), [half]);
        let half =
            "CLIENT_SECRET is set, TENANT_ID and CLIENT_ID are not: no source is made of half an account";
        assert_eq!(said("", &VALUES[2..]), [half]);
        assert_eq!(said("[sources.mine]\ntype = \"jsonl\"", &VALUES[..2]), [""; 0]);
        let certificate = "[profiles.default]\ncertificate = \"a.pem\"";
        assert_eq!(said(certificate, &VALUES[..2]), [""; 0], "that makes it whole");
        let webhook = [&VALUES[..], &[("WEBHOOK_CLIENT_SECRET", "state")]].concat();
        assert!(said("", &webhook)[0].starts_with("WEBHOOK_CLIENT_SECRET does nothing: "));
        assert_eq!(said("[server]\npublic_url = \"https://aoc.example\"", &webhook), [""; 0]);
    }

    #[test]
    fn an_error_names_the_variable_that_the_value_comes_from() {
        let config = configured("", &VALUES).unwrap();
        let explain = |text: &str, value: &str| {
            let error = Error::config(text).at("sources.office365");
            explained(&config, "sources.office365", error, |name| {
                (name == "TENANT_ID").then(|| value.to_owned())
            })
            .to_string()
        };
        let expected =
            "sources.office365: tenant_id: not a tenant (this value is that of the variable TENANT_ID)";
        assert_eq!(explain("tenant_id: not a tenant", "tenant"), expected);
        assert_eq!(
            explain("tenant_id: not a tenant", "another"),
            "sources.office365: tenant_id: not a tenant"
        );
        assert_eq!(explain("every: too short", "tenant"), "sources.office365: every: too short");
    }
}
