//! A Sigma rule as a matcher.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    aliases::Pack,
    budget::Budget,
    condition::condition,
    field::Field,
    item::{Placeholders, Words},
    node::Node,
    selection::selections,
    source::{Kind, origins},
};
use crate::{
    Error, Key, Result,
    alert::detect::{Matcher, Step, View},
};

/// What a rule is for each kind of record that it is about.
pub(super) struct SigmaMatcher {
    variants: Vec<Variant>,
    fingerprint: [u8; 16],
}

struct Variant {
    kind: Kind,
    pack: Pack,
    node: Node,
}

/// Reads which events a rule is about, and what it looks for in them.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) saying where, and what is not supported.
pub(crate) fn compile(rule: &Map<String, Value>, placeholders: &Placeholders) -> Result<Arc<dyn Matcher>> {
    let Some(detection) = rule.get("detection").and_then(Value::as_object) else {
        return Err(Error::invalid("`detection` is no map"));
    };
    let (mut variants, budget) = (Vec::new(), Budget::default());
    for (kind, pack) in origins(rule)? {
        let words = Words { pack, placeholders, budget: &budget };
        let selections = selections(detection, words).map_err(|error| error.at("detection"))?;
        let node = condition(detection.get("condition"), &selections);
        let node = node.map_err(|error| error.at("detection.condition"))?;
        variants.push(Variant { kind, pack, node });
    }
    Ok(Arc::new(SigmaMatcher { variants, fingerprint: fingerprint(rule, placeholders) }))
}

/// Of all that decides which events it is about.
fn fingerprint(rule: &Map<String, Value>, placeholders: &Placeholders) -> [u8; 16] {
    let parts = [rule.get("logsource"), rule.get("detection")].map(|part| part.map(Value::to_string));
    Key::from(format!("{parts:?} {placeholders:?}")).digest()
}

impl SigmaMatcher {
    fn variant(&self, record: &Value) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.kind.is(record))
    }
}

impl Matcher for SigmaMatcher {
    fn fingerprint(&self) -> Option<[u8; 16]> {
        Some(self.fingerprint)
    }

    fn matches(&self, view: &View<'_>) -> bool {
        let record = view.record();
        self.variant(record).is_some_and(|variant| variant.node.holds(record))
    }

    fn explain(&self, view: &View<'_>) -> Step {
        let record = view.record();
        match self.variant(record) {
            Some(variant) => variant.node.explain(record),
            None => Step::leaf("the record is of the rule's log source", false, Vec::new()),
        }
    }

    fn values(&self, view: &View<'_>, field: &str) -> Vec<String> {
        let record = view.record();
        let variant = self.variant(record);
        variant.map(|variant| Field::new(variant.pack, field).texts(record)).unwrap_or_default()
    }

    fn needles(&self) -> Option<Vec<String>> {
        let each: Option<Vec<_>> = self.variants.iter().map(|variant| variant.node.needles()).collect();
        let mut needles = each?.concat();
        needles.sort();
        needles.dedup();
        Some(needles)
    }
}
