//! Whom the original asked, as `[llm]`.

use aoc_core::{Error, Result, config::Config};
use aoc_llm::openai;
use serde_json::{Map, Value, json};

/// The variables of a model, and the keys that they are.
const KEYS: [(&str, &str); 5] = [
    ("LLM_API_KEY", "api_key"),
    ("LLM_BASE_URL", "base_url"),
    ("LLM_API_VERSION", "api_version"),
    ("LLM_MODEL", "model"),
    ("LLM_MODEL", "deployment"),
];
/// The model where nobody names one.
const MODEL: &str = "gpt-4o-mini";
/// How many events are looked at one by one, at most.
const MOST_EVENTS: u64 = 500;

/// Fills in `[llm]`: the model of `LLM_API_KEY` where the file names no `type`, and how it is asked.
pub(super) fn apply(config: &mut Config, variable: &impl Fn(&str) -> Option<String>) -> Result<()> {
    if let Some(events) = max_events(variable)? {
        config.set_default("llm", "max_events", events.min(MOST_EVENTS));
    }
    let timeout = timeout(variable)?;
    if config.get("llm.type").is_none() {
        for (key, value) in model(config, variable).unwrap_or_default() {
            config.set_default("llm", &key, value);
        }
    }
    if let Some(seconds) = timeout.filter(|_| config.get("llm.type").is_some() && !has(config, "timeout")) {
        config.set_default("llm", "timeout", format!("{seconds}s"));
    }
    Ok(())
}

/// The keys of the model that is asked, none where the variables name none; or why there is none.
///
/// The address alone never makes it Azure: the version of its interface does.
fn model(
    config: &Config,
    variable: &impl Fn(&str) -> Option<String>,
) -> std::result::Result<Map<String, Value>, &'static str> {
    let given = |key: &str, name: &str| {
        let own = config.get(&format!("llm.{key}")).and_then(Value::as_str);
        own.map(str::to_owned).or_else(|| variable(name))
    };
    let base_url = given("base_url", "LLM_BASE_URL");
    let Some(api_key) = variable("LLM_API_KEY") else {
        let is_set = variable("LLM_BASE_URL").is_some();
        return if is_set { Err(NO_KEY) } else { Ok(Map::new()) };
    };
    let name = variable("LLM_MODEL");
    let model = match (given("api_version", "LLM_API_VERSION"), base_url) {
        (Some(_), None) => return Err(NO_ADDRESS),
        (Some(version), Some(url)) => {
            let (base_url, deployment) = resource(&url);
            let deployment = deployment.map(str::to_owned).or(name).unwrap_or_else(|| MODEL.to_owned());
            json!({
                "type": "azure_openai", "base_url": base_url, "deployment": deployment, "api_version": version,
                "api": "classic", "api_key": api_key,
            })
        }
        (None, Some(url)) if is_azure(&url) => return Err(NO_VERSION),
        (None, url) => {
            let mut model =
                json!({ "type": "openai", "model": name.as_deref().unwrap_or(MODEL), "api_key": api_key });
            if let Some(url) = url {
                model["base_url"] = url.into();
            }
            model
        }
    };
    Ok(model.as_object().cloned().unwrap_or_default())
}

const NO_KEY: &str = "LLM_BASE_URL is set, LLM_API_KEY is not: no language model is asked; for a server that wants no key, give \
                      `type = \"openai\"`, `base_url` and `model` in [llm]";
const NO_ADDRESS: &str = "LLM_API_VERSION is set, which means Azure, and LLM_BASE_URL is not: no language model is asked; set it to \
                          the resource's address, such as https://NAME.openai.azure.com";
const NO_VERSION: &str = "LLM_BASE_URL is an address of Azure, and LLM_API_VERSION is not set: no language model is asked; set it, \
                          such as to 2024-10-21, and LLM_MODEL to the deployment's name, or give `type = \"azure_openai\"` in [llm]";

/// The resource's address, of one that may go on with `/openai/deployments/NAME`; and that name.
fn resource(url: &str) -> (&str, Option<&str>) {
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with(['/', '?']);
    let Some((at, part)) = url.match_indices("/openai").find(|(at, part)| is_end(&url[at + part.len()..]))
    else {
        return (url, None);
    };
    let name =
        url[at + part.len()..].strip_prefix("/deployments/").and_then(|rest| rest.split(['/', '?']).next());
    (&url[..at], name.filter(|name| !name.is_empty()))
}

/// Whether only Azure's own interface is at the address. `/openai/v1` is asked as OpenAI is.
fn is_azure(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    openai::is_azure(host) && path.trim_end_matches('/') != "openai/v1"
}

fn max_events(variable: &impl Fn(&str) -> Option<String>) -> Result<Option<u64>> {
    let read = |text: String| match text.parse() {
        Ok(events @ 1..) => Ok(events),
        _ => Err(Error::config(format!("not a number of events: `{text}`")).at("LLM_MAX_EVENTS")),
    };
    variable("LLM_MAX_EVENTS").map(read).transpose()
}

/// In whole seconds.
fn timeout(variable: &impl Fn(&str) -> Option<String>) -> Result<Option<f64>> {
    let read = |text: String| match text.parse::<f64>() {
        Ok(seconds) if (1.0..=86_400.0).contains(&seconds) => Ok(seconds.ceil()),
        _ => {
            let message = format!("not a number of seconds from 1 to 86400: `{text}`");
            Err(Error::config(message).at("LLM_TIMEOUT_SECONDS"))
        }
    };
    variable("LLM_TIMEOUT_SECONDS").map(read).transpose()
}

/// Whether `[llm]` or its profile has the key.
fn has(config: &Config, key: &str) -> bool {
    let profile = config.get("llm.profile").and_then(Value::as_str).map(|name| format!("profiles.{name}"));
    let tables = ["llm".to_owned()].into_iter().chain(profile);
    tables.into_iter().any(|table| config.get(&format!("{table}.{key}")).is_some())
}

/// What the variables do not do, and why.
pub(super) fn remarks(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let is_off = config.get("llm.enabled").is_some_and(|said| said == false || said == "false");
    if is_off {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    if let Some(events) = max_events(&variable).ok().flatten().filter(|events| *events > MOST_EVENTS) {
        remarks.push(format!("LLM_MAX_EVENTS is {events}; {MOST_EVENTS} are the most"));
    }
    if config.get("llm.type").is_none() {
        remarks.extend(model(config, &variable).err().map(str::to_owned));
        return remarks;
    }
    let has_credential = ["api_key", "client_secret", "managed_identity"].iter().any(|key| has(config, key));
    if variable("LLM_API_KEY").is_some() && !has_credential {
        remarks.push(
            "LLM_API_KEY is not used, as the file has its own [llm]; give `api_key = { env = \"LLM_API_KEY\" }` there"
                .to_owned(),
        );
    }
    remarks.extend(two_names(config, &variable));
    remarks
}

/// The address names one deployment, and the variable another.
fn two_names(config: &Config, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let (url, name) = (variable("LLM_BASE_URL")?, variable("LLM_MODEL")?);
    let asked = config.get("llm.deployment").and_then(Value::as_str)?;
    let is_of_address = resource(&url).1 == Some(asked) && name != asked;
    is_of_address.then(|| format!("LLM_MODEL is not used: LLM_BASE_URL names the deployment `{asked}`"))
}

/// An error of the model, naming the variable that the wrong value comes from.
pub(super) fn explained(config: &Config, error: Error, variable: impl Fn(&str) -> Option<String>) -> Error {
    let text = error.to_string();
    let is_of = |(name, key): &&(&str, &str)| {
        let value = config.get(&format!("llm.{key}")).and_then(Value::as_str).unwrap_or_default();
        let given = variable(name).unwrap_or_default();
        // An address may be the beginning of what was given.
        !value.is_empty() && given.starts_with(value) && text.contains(key)
    };
    match KEYS.iter().find(is_of) {
        Some((name, _)) if std::error::Error::source(&error).is_none() => {
            let more = if text.contains("plain http") { "; AOC_LLM__ALLOW_HTTP=true takes it" } else { "" };
            Error::new(error.kind(), format!("{text} (this value is that of the variable {name}){more}"))
        }
        _ => error,
    }
}

#[cfg(test)]
#[path = "asking_tests.rs"]
mod tests;
