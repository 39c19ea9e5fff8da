//! What rules and correlations say about themselves.

use serde_json::{Map, Value};

use crate::{Error, Result, Severity, alert::rule::RuleTest};

/// What stands at the top of a rule.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) id: String,
    /// The names by which correlations may refer to it.
    pub(crate) names: Vec<String>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) severity: Severity,
    pub(crate) labels: Vec<String>,
    pub(crate) tests: Vec<RuleTest>,
}

/// The longest id, in characters; as for rules of our own.
const LONGEST_ID: usize = 100;

impl Head {
    /// Reads it. What it does not know is allowed: the specification says so.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming the key whose value is wrong.
    pub(crate) fn of(rule: &Map<String, Value>) -> Result<Self> {
        let title = text(rule, "title")?.ok_or_else(|| Error::invalid("missing `title`"))?;
        let (id, name) = (text(rule, "id")?, text(rule, "name")?);
        if rule.contains_key("action") {
            return Err(Error::invalid("documents that build on each other are not supported").at("action"));
        }
        Ok(Self {
            id: match (&id, &name) {
                (Some(id), _) => checked(id)?,
                (None, Some(name)) => slug(name),
                (None, None) => slug(&title),
            },
            names: [id, name].into_iter().flatten().collect(),
            description: described(rule)?,
            severity: severity(rule)?,
            labels: texts(rule, "tags")?,
            tests: tests(rule)?,
            title,
        })
    }
}

fn checked(id: &str) -> Result<String> {
    let is_fine = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if id.len() <= LONGEST_ID && id.chars().all(is_fine) {
        return Ok(id.to_owned());
    }
    let most = format!("letters, digits, `-`, `_` and `.` are expected, at most {LONGEST_ID}");
    Err(Error::invalid(most).at("id"))
}

/// An id made of a name.
pub(crate) fn slug(name: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() && letter.is_ascii() { letter } else { ' ' };
    let plain: String = name.to_lowercase().chars().map(letter).collect();
    let mut id = plain.split_whitespace().collect::<Vec<_>>().join("-");
    id.truncate(LONGEST_ID);
    if id.is_empty() { "rule".to_owned() } else { id }
}

/// A text; nothing where it is not there or empty.
fn text(rule: &Map<String, Value>, key: &str) -> Result<Option<String>> {
    match rule.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Error::invalid("a text is expected").at(key)),
    }
}

/// A list of texts, also where one stands without a list.
pub(super) fn texts(rule: &Map<String, Value>, key: &str) -> Result<Vec<String>> {
    let wrong = || Error::invalid("a list of texts is expected").at(key);
    match rule.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(values)) => {
            values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn severity(rule: &Map<String, Value>) -> Result<Severity> {
    let level = text(rule, "level")?.unwrap_or_default().to_lowercase();
    Ok(match level.as_str() {
        "informational" | "info" => Severity::Informational,
        "low" => Severity::Low,
        "medium" | "" => Severity::Medium,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        other => {
            let known = "expected `informational`, `low`, `medium`, `high` or `critical`";
            return Err(Error::invalid(format!("unknown level `{other}`, {known}")).at("level"));
        }
    })
}

/// The description, and what is no reason to worry.
fn described(rule: &Map<String, Value>) -> Result<String> {
    let mut parts: Vec<String> = text(rule, "description")?.into_iter().collect();
    let harmless = texts(rule, "falsepositives")?;
    let says_something = |text: &String| {
        let word = text.trim().trim_end_matches('.').to_lowercase();
        !["", "unknown", "none", "unlikely"].contains(&word.as_str())
    };
    let harmless: Vec<String> = harmless.into_iter().filter(says_something).collect();
    if !harmless.is_empty() {
        parts.push(format!("May be harmless:\n- {}", harmless.join("\n- ")));
    }
    Ok(parts.join("\n\n"))
}

fn tests(rule: &Map<String, Value>) -> Result<Vec<RuleTest>> {
    let tests = rule.get("tests").filter(|tests| !tests.is_null());
    let Some(tests) = tests else { return Ok(Vec::new()) };
    let tests: Vec<RuleTest> = crate::config::read(tests.clone()).map_err(|error| error.at("tests"))?;
    tests.iter().try_for_each(RuleTest::check).map_err(|error| error.at("tests"))?;
    Ok(tests)
}
