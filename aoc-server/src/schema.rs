//! The JSON Schema of the whole configuration, every component included.

use aoc_core::{Entry, Kind, Registry, config::Span, query::Filter};
use schemars::schema_for;
use serde_json::{Map, Value, json};

use crate::config::{AlertsConfig, AskConfig, AuthConfig, ServerConfig};

/// The JSON Schema of a configuration file, for editors and for checking one without this program.
pub fn configuration_schema(registry: &Registry) -> Value {
    let mut definitions = Map::new();
    let mut any_of = |kind: Kind| -> Value {
        let entries = registry.entries().iter().filter(|entry| entry.kind == kind);
        let choices: Vec<Value> = entries.map(|entry| table_of(entry, &mut definitions)).collect();
        if choices.is_empty() { json!(false) } else { json!({ "oneOf": choices }) }
    };
    let named = |table: Value| json!({ "type": "object", "additionalProperties": table });
    let (store, index) = (any_of(Kind::Store), any_of(Kind::Index));
    let (sources, sinks) = (named(any_of(Kind::Source)), named(any_of(Kind::Sink)));
    let model = any_of(Kind::Llm);
    let asking = hoisted(schema_for!(AskConfig).to_value(), &mut definitions);
    let server = hoisted(schema_for!(ServerConfig).to_value(), &mut definitions);
    let alerts = hoisted(schema_for!(AlertsConfig).to_value(), &mut definitions);
    let auth = hoisted(schema_for!(AuthConfig).to_value(), &mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "AOC configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "store": store,
            "index": index,
            "profiles": named(json!({ "type": "object" })),
            "sources": sources,
            "sinks": sinks,
            "alerts": alerts,
            "llm": asked(model, asking),
            "server": server,
            "auth": auth,
        },
        "$defs": definitions,
    })
}

/// `[llm]`: a component with the keys of asking beside its own or, without a `type`, these alone.
fn asked(mut model: Value, asking: Value) -> Value {
    for table in model["oneOf"].as_array_mut().into_iter().flatten() {
        for (key, schema) in asking["properties"].as_object().into_iter().flatten() {
            table["properties"][key] = schema.clone();
        }
    }
    match model["oneOf"].as_array_mut() {
        Some(choices) => choices.push(asking),
        None => return asking,
    }
    model
}

/// The table of one component: its own keys, and those that every component of its kind has.
fn table_of(entry: &Entry, definitions: &mut Map<String, Value>) -> Value {
    let mut table = hoisted(entry.schema.clone().to_value(), definitions);
    let reserved: Vec<(&str, Value)> =
        reserved(entry.kind).into_iter().map(|(name, schema)| (name, hoisted(schema, definitions))).collect();
    if let Value::Object(table) = &mut table {
        table.insert("additionalProperties".into(), false.into());
        let properties = table.entry("properties").or_insert_with(|| json!({}));
        properties["type"] = json!({ "const": entry.name });
        for (name, schema) in reserved {
            properties[name] = schema;
        }
        // What else is required may come from a profile or from the environment.
        let always =
            if entry.kind == Kind::Store || entry.kind == Kind::Index { json!([]) } else { json!(["type"]) };
        table.insert("required".into(), always);
    }
    table
}

fn reserved(kind: Kind) -> Vec<(&'static str, Value)> {
    let profile =
        ("profile", json!({ "type": "string", "description": "the name of a table in [profiles]" }));
    let span = || schema_for!(Span).to_value();
    let mut keys = vec![profile];
    match kind {
        Kind::Source => keys.push(("every", span())),
        Kind::Store => keys.push(("retention", span())),
        Kind::Sink => {
            keys.push(("filter", schema_for!(Filter).to_value()));
            keys.push(("from", schema_for!(aoc_core::pipeline::Start).to_value()));
            let number = || json!({ "type": "integer", "minimum": 1 });
            keys.extend([("batch_events", number()), ("batch_bytes", number())]);
        }
        Kind::Index | Kind::Evaluator | Kind::Llm => {}
    }
    keys
}

/// The schema with its definitions moved to the one list that references look into.
fn hoisted(mut schema: Value, definitions: &mut Map<String, Value>) -> Value {
    if let Value::Object(map) = &mut schema {
        map.remove("$schema");
        if let Some(Value::Object(own)) = map.remove("$defs") {
            definitions.extend(own);
        }
    }
    schema
}
