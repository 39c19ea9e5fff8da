//! The environment of the Python original, which goes on working where no key of ours says otherwise.

mod asking;
mod collecting;
mod forwarding;
mod watermarks;

use aoc_core::{Error, Result, config::Config};
use serde_json::Value;

pub(crate) use self::watermarks::{Heir, heirs, take_up};

/// What a variable of the original means here.
enum Meaning {
    /// The value of a key, as a list divided by commas; `*`, which we do not take, is left out.
    Origins(&'static str),
    /// The value of a key, as a number of days.
    Days(&'static str),
    /// The value of a key, as yes or no.
    Flag(&'static str),
    /// The address of a MongoDB, which makes that the store.
    MongoDb,
    /// Part of what is collected, and how; see [`collecting`].
    Collecting,
    /// Part of what is forwarded; see [`forwarding`].
    Forwarding,
    /// Part of whom questions go to; see [`asking`].
    Asking,
    /// Belongs to a part that this build does not have yet.
    NotYet,
}

use Meaning::{Asking, Collecting, Days, Flag, Forwarding, MongoDb, NotYet, Origins};

/// Every variable of the original, and what it means.
const VARIABLES: [(&str, Meaning); 25] = [
    ("AUTH_ENABLED", Flag("auth.enabled")),
    ("CORS_ORIGINS", Origins("server.cors_origins")),
    ("MONGO_URI", MongoDb),
    ("RETENTION_DAYS", Days("store.retention")),
    ("TENANT_ID", Collecting),
    ("CLIENT_ID", Collecting),
    ("CLIENT_SECRET", Collecting),
    ("REDIS_URL", NotYet),
    ("AUTH_TENANT_ID", NotYet),
    ("AUTH_CLIENT_ID", NotYet),
    ("AUTH_ALLOWED_ROLES", NotYet),
    ("AUTH_ALLOWED_GROUPS", NotYet),
    ("ENABLE_PERIODIC_FETCH", Collecting),
    ("FETCH_INTERVAL_MINUTES", Collecting),
    ("ALERTS_ENABLED", Flag("alerts.enabled")),
    ("SIEM_ENABLED", Forwarding),
    ("SIEM_WEBHOOK_URL", Forwarding),
    ("WEBHOOK_CLIENT_SECRET", Collecting),
    ("AI_FEATURES_ENABLED", Flag("llm.enabled")),
    ("LLM_API_KEY", Asking),
    ("LLM_BASE_URL", Asking),
    ("LLM_API_VERSION", Asking),
    ("LLM_MODEL", Asking),
    ("LLM_TIMEOUT_SECONDS", Asking),
    ("LLM_MAX_EVENTS", Asking),
];

/// Fills in what the original's variables say. Keys of the file and of `AOC_…` variables come first.
///
/// # Errors
/// [`Config`](aoc_core::ErrorKind::Config) naming the variable that makes no sense.
pub(crate) fn apply(config: &mut Config, variable: impl Fn(&str) -> Option<String>) -> Result<()> {
    let variable = |name: &str| given(&variable, name);
    for (name, meaning) in &VARIABLES {
        if let Some(text) = variable(name) {
            set(config, meaning, &text).map_err(|error| error.at(name))?;
        }
    }
    forwarding::apply(config, &variable)?;
    asking::apply(config, &variable)?;
    collecting::apply(config, variable)
}

/// The value of a variable without blanks around it; an empty one is as none.
fn given(variable: &impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Which of the original's variables are set but have no meaning in this build yet.
pub(crate) fn not_used_yet(variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let unused = VARIABLES.iter().filter(|(_, meaning)| matches!(meaning, NotYet));
    unused.map(|(name, _)| *name).filter(|name| given(&variable, name).is_some()).collect()
}

/// What people should know of the variables of an account, a SIEM and a model that are set: what they do not do, and why.
pub(crate) fn remarks(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut remarks = collecting::remarks(config, |name| given(&variable, name));
    remarks.extend(forwarding::remark(config, |name| given(&variable, name)));
    remarks.extend(asking::remarks(config, |name| given(&variable, name)));
    remarks
}

/// An error of the source at a path, or of `llm`, naming the variable that the wrong value comes from.
pub(crate) fn explained(
    config: &Config,
    path: &str,
    error: Error,
    variable: impl Fn(&str) -> Option<String>,
) -> Error {
    match path {
        "llm" => asking::explained(config, error, |name| given(&variable, name)),
        path => collecting::explained(config, path, error, |name| given(&variable, name)),
    }
}

fn set(config: &mut Config, meaning: &Meaning, text: &str) -> Result<()> {
    match meaning {
        Flag(path) => put(config, path, flag(text)?.into()),
        Days(path) => put(config, path, format!("{}d", days(text)?).into()),
        Origins(path) => {
            let origins =
                text.split(',').map(str::trim).filter(|origin| !origin.is_empty() && *origin != "*");
            put(config, path, origins.collect::<Vec<_>>().into());
        }
        MongoDb if config.get("store.type").is_none() => {
            config.set_default("store", "type", "mongodb");
            config.set_default("store", "uri", text);
        }
        MongoDb | Collecting | Forwarding | Asking | NotYet => {}
    }
    Ok(())
}

fn put(config: &mut Config, path: &str, value: Value) {
    if let Some((section, key)) = path.split_once('.') {
        config.set_default(section, key, value);
    }
}

fn flag(text: &str) -> Result<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Error::config(format!("neither `true` nor `false`: `{text}`"))),
    }
}

fn days(text: &str) -> Result<u32> {
    text.parse().map_err(|_| Error::config(format!("not a number of days: `{text}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(toml: &str, variables: &[(&str, &str)]) -> Result<Config> {
        let mut config = Config::read(toml, "test", std::iter::empty()).unwrap();
        let find = |name: &str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        apply(&mut config, find)?;
        Ok(config)
    }

    #[test]
    fn variables_of_the_original_fill_in_what_the_file_leaves_open() {
        let variables =
            [("RETENTION_DAYS", "30"), ("CORS_ORIGINS", "*, https://a.example"), ("AUTH_ENABLED", "False")];
        let config = configured("[store]\nretention = \"90d\"", &variables).unwrap();
        assert_eq!(config.get("store.retention").unwrap(), "90d");
        assert_eq!(config.get("server.cors_origins").unwrap(), &serde_json::json!(["https://a.example"]));
        assert_eq!(config.get("auth.enabled").unwrap(), false);
        let config = configured("", &variables).unwrap();
        assert_eq!(config.get("store.retention").unwrap(), "30d");
    }

    #[test]
    fn a_mongodb_is_the_store_unless_the_file_has_one() {
        let variables = [("MONGO_URI", "mongodb://localhost")];
        let config = configured("", &variables).unwrap();
        assert_eq!(config.get("store.type").unwrap(), "mongodb");
        let config = configured("[store]\ntype = \"memory\"", &variables).unwrap();
        assert!(config.get("store.uri").is_none());
    }

    #[test]
    fn what_has_no_meaning_yet_is_told_only_where_it_is_set() {
        let variables = [("REDIS_URL", "redis://x"), ("AUTH_CLIENT_ID", " "), ("TENANT_ID", "t")];
        let find = |name: &str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(not_used_yet(find), ["REDIS_URL"]);
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named() {
        let error = configured("", &[("AUTH_ENABLED", "maybe")]).unwrap_err().to_string();
        assert_eq!(error, "AUTH_ENABLED: neither `true` nor `false`: `maybe`");
        let error = configured("", &[("RETENTION_DAYS", "many")]).unwrap_err().to_string();
        assert_eq!(error, "RETENTION_DAYS: not a number of days: `many`");
    }
}
