//! Correlations: events of other rules that come together.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{head::Head, head::texts};
use crate::{
    Error, Key, Result,
    alert::detect::{CountIs, Detection, Matcher, Part, Step, View, Window, WindowKind},
    config::suggestion,
};

/// A rule that a correlation refers to.
pub(crate) struct Base {
    pub(crate) title: String,
    pub(crate) matcher: Arc<dyn Matcher>,
}

/// A correlation whose rules are yet to be found.
pub(crate) struct Correlation {
    /// The rules it refers to, by name or id.
    pub(crate) rules: Vec<String>,
    window: Window,
    group_by: Vec<String>,
    /// What an alias is in each rule.
    aliases: BTreeMap<String, BTreeMap<String, String>>,
}

const KEYS: [&str; 7] = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];
/// The most rules of a correlation.
const MOST_RULES: usize = 50;

impl Correlation {
    /// Reads a document's `correlation`.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) saying what is not supported, and why.
    pub(crate) fn of(document: &Map<String, Value>) -> Result<Self> {
        Self::read(document).map_err(|error| error.at("correlation"))
    }

    fn read(document: &Map<String, Value>) -> Result<Self> {
        let table = document.get("correlation").and_then(Value::as_object);
        let table = table.ok_or_else(|| Error::invalid("a map is expected"))?;
        if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(Error::invalid(format!("unknown key `{unknown}`{}", suggestion(unknown, &KEYS))));
        }
        let rules = texts(table, "rules")?;
        if rules.is_empty() || rules.len() > MOST_RULES {
            return Err(
                Error::invalid(format!("one rule is the least, {MOST_RULES} are the most")).at("rules")
            );
        }
        let aliases = aliases(table, &rules)?;
        let window = Window { kind: kind(table)?, within: timespan(table)? };
        check_generate(table)?;
        Ok(Self { rules, window, group_by: texts(table, "group-by")?, aliases })
    }

    /// The rules that a document's correlation refers to, and whether they make alerts of their own; also where it is
    /// refused.
    pub(crate) fn references(document: &Map<String, Value>) -> (Vec<String>, bool) {
        let Some(table) = document.get("correlation").and_then(Value::as_object) else {
            return Default::default();
        };
        let generate = table.get("generate") == Some(&Value::Bool(true));
        (texts(table, "rules").unwrap_or_default(), generate)
    }

    /// The detection, of these rules in their order.
    pub(crate) fn detection(&self, head: Head, bases: Vec<Base>) -> Detection {
        let parts = self.rules.iter().zip(bases).map(|(rule, base)| self.part(rule, base)).collect();
        Detection {
            id: head.id,
            title: head.title,
            description: head.description,
            severity: head.severity,
            labels: head.labels,
            enabled: true,
            parts,
            window: Some(self.window.clone()),
            quiet: None,
        }
    }

    fn part(&self, rule: &str, base: Base) -> Part {
        let own = |(alias, fields): (&String, &BTreeMap<String, String>)| {
            Some((alias.clone(), fields.get(rule)?.clone()))
        };
        let names: BTreeMap<String, String> = self.aliases.iter().filter_map(own).collect();
        let matcher = match names.is_empty() {
            true => base.matcher,
            false => Arc::new(Renamed { matcher: base.matcher, names }),
        };
        Part { name: base.title, matcher, group_by: self.group_by.clone() }
    }
}

fn kind(table: &Map<String, Value>) -> Result<WindowKind> {
    let condition = table.get("condition");
    match table.get("type").and_then(Value::as_str) {
        Some("event_count") => Ok(WindowKind::Count(count(condition, Counted::Events)?)),
        Some("value_count") => {
            let count = count(condition, Counted::Values)?;
            Ok(WindowKind::Distinct(counted_field(condition)?, count))
        }
        Some("temporal") => nothing(condition).map(|()| WindowKind::All),
        Some("temporal_ordered") => nothing(condition).map(|()| WindowKind::InOrder),
        Some(other) => Err(Error::invalid(format!(
            "the type `{other}` is not supported; expected `event_count`, `value_count`, `temporal` or \
             `temporal_ordered`"
        ))),
        None => Err(Error::invalid("missing `type`")),
    }
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Events,
    Values,
}

fn count(condition: Option<&Value>, counted: Counted) -> Result<CountIs> {
    read_count(condition, counted).map_err(|error| error.at("condition"))
}

fn read_count(condition: Option<&Value>, counted: Counted) -> Result<CountIs> {
    let table = condition.and_then(Value::as_object);
    let table = table.ok_or_else(|| Error::invalid("a map such as `gte: 10` is expected"))?;
    let mut bounds = table.iter().filter(|(key, _)| counted == Counted::Events || *key != "field");
    let (Some((key, number)), None) = (bounds.next(), bounds.next()) else {
        return Err(Error::invalid("one of `gte`, `gt` and `eq` is expected"));
    };
    let number = number.as_u64().filter(|number| *number < u64::from(u32::MAX));
    let number = number.ok_or_else(|| Error::invalid(format!("`{key}` takes a whole number")))?;
    match (key.as_str(), number) {
        ("gte" | "eq", 0) => Err(Error::invalid("a count of 0 cannot be told: no event comes")),
        ("gte", least) => Ok(CountIs::AtLeast(least)),
        ("gt", below) => Ok(CountIs::AtLeast(below + 1)),
        ("eq", exactly) => Ok(CountIs::Exactly(exactly)),
        ("lt" | "lte" | "neq", _) => Err(Error::invalid(format!(
            "`{key}` is not supported: a count that must stay low cannot be told while events still come"
        ))),
        (other, _) => Err(Error::invalid(format!("unknown key `{other}`, expected `gte`, `gt` or `eq`"))),
    }
}

fn counted_field(condition: Option<&Value>) -> Result<String> {
    let field = condition.and_then(|condition| condition.get("field"));
    let single = field.and_then(|field| match field.as_array().map(Vec::as_slice) {
        Some([single]) => single.as_str(),
        Some(_) => None,
        None => field.as_str(),
    });
    let missing =
        || Error::invalid("`field` says whose different values are counted: one field").at("condition");
    single.map(str::to_owned).ok_or_else(missing)
}

fn nothing(condition: Option<&Value>) -> Result<()> {
    match condition {
        None | Some(Value::Null) => Ok(()),
        Some(_) => {
            Err(Error::invalid("not supported here: all of its rules must come together").at("condition"))
        }
    }
}

/// In seconds.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
/// The longest time, in seconds.
const LONGEST: u64 = 366 * 86_400;

fn timespan(table: &Map<String, Value>) -> Result<Duration> {
    let text = match table.get("timespan") {
        None | Some(Value::Null) => return Err(Error::invalid("missing `timespan`, such as `15m`")),
        Some(value) => value.as_str().unwrap_or_default().trim(),
    };
    let error = |message: String| Error::invalid(message).at("timespan");
    if text.ends_with(['M', 'y', 'Y']) {
        return Err(error(format!("`{text}` has no fixed length; give it in days, such as `30d`")));
    }
    let read = || {
        let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
        let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(seconds).filter(|total| (1..=LONGEST).contains(total))
    };
    let wrong = || {
        error("a number and one of `s`, `m`, `h`, `d`, `w` is expected, such as `15m`, a year at most".into())
    };
    read().map(Duration::from_secs).ok_or_else(wrong)
}

fn check_generate(table: &Map<String, Value>) -> Result<()> {
    match table.get("generate") {
        None | Some(Value::Null | Value::Bool(_)) => Ok(()),
        Some(_) => Err(Error::invalid("true or false is expected").at("generate")),
    }
}

fn aliases(
    table: &Map<String, Value>,
    rules: &[String],
) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let Some(value) = table.get("aliases").filter(|value| !value.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let aliases: BTreeMap<String, BTreeMap<String, String>> =
        crate::config::read(value.clone()).map_err(|error| Error::invalid(error).at("aliases"))?;
    let mut named = aliases.values().flat_map(BTreeMap::keys);
    if let Some(stranger) = named.find(|name| !rules.contains(name)) {
        return Err(Error::invalid(format!("`{stranger}` is none of its `rules`")).at("aliases"));
    }
    Ok(aliases)
}

/// A rule whose fields a correlation calls by other names.
struct Renamed {
    matcher: Arc<dyn Matcher>,
    names: BTreeMap<String, String>,
}

impl Matcher for Renamed {
    fn fingerprint(&self) -> Option<[u8; 16]> {
        let inner = self.matcher.fingerprint()?;
        Some(Key::from(format!("{inner:?} {:?}", self.names)).digest())
    }

    fn matches(&self, view: &View<'_>) -> bool {
        self.matcher.matches(view)
    }

    fn explain(&self, view: &View<'_>) -> Step {
        self.matcher.explain(view)
    }

    fn values(&self, view: &View<'_>, field: &str) -> Vec<String> {
        self.matcher.values(view, self.names.get(field).map_or(field, String::as_str))
    }

    fn needles(&self) -> Option<Vec<String>> {
        self.matcher.needles()
    }
}
