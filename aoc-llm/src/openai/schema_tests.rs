use aoc_core::ErrorKind;
use schemars::{JsonSchema, schema_for};

use super::*;

/// What a model says of something.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Finding {
    /// In one sentence.
    summary: String,
    /// From 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    confidence: Option<f64>,
    severity: Severity,
    place: Option<Place>,
    #[schemars(length(max = 5))]
    events: Vec<String>,
    #[serde(default)]
    title: String,
    cause: Option<Box<Finding>>,
}

#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// Nothing to do.
    Low,
    /// Act.
    High,
}

#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
enum Place {
    City { name: String },
    Country(String),
}

fn strict_of<T: JsonSchema>() -> Value {
    strict(schema_for!(T).as_value()).unwrap()
}

/// Fails where a schema says what strict outputs do not know.
fn check(schema: &Value, place: &str) {
    let Value::Object(schema) = schema else { panic!("{place}: {schema}") };
    let known = [
        "$ref",
        "$defs",
        "anyOf",
        "type",
        "enum",
        "description",
        "properties",
        "required",
        "items",
        "additionalProperties",
    ];
    for (key, value) in schema {
        assert!(known.contains(&key.as_str()), "{place}: {key}");
        match key.as_str() {
            "$ref" => assert_eq!(schema.len(), 1, "{place}"),
            "items" => check(value, &format!("{place}/items")),
            "anyOf" => value.as_array().unwrap().iter().for_each(|one| check(one, &format!("{place}/anyOf"))),
            "properties" | "$defs" => {
                value
                    .as_object()
                    .unwrap()
                    .iter()
                    .for_each(|(name, one)| check(one, &format!("{place}/{name}")));
            }
            _ => {}
        }
    }
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        let names: Vec<Value> = members.keys().map(|name| json!(name)).collect();
        assert_eq!(schema["required"], Value::Array(names), "{place}");
        assert_eq!(schema["additionalProperties"], json!(false), "{place}");
    }
}

#[test]
fn a_schema_of_a_type_becomes_strict() {
    let made = strict_of::<Finding>();
    check(&made, "");
    let members = &made["properties"];
    assert_eq!(members["summary"], json!({"description": "In one sentence.", "type": "string"}));
    assert_eq!(members["confidence"], json!({"description": "From 0 to 1.", "type": ["number", "null"]}));
    assert_eq!(members["severity"], json!({"$ref": "#/$defs/Severity"}));
    assert_eq!(members["title"]["type"], json!(["string", "null"]), "what may be left out may be null");
    assert_eq!(members["events"], json!({"type": "array", "items": {"type": "string"}}));
    let severity = &made["$defs"]["Severity"]["anyOf"];
    assert_eq!(severity[1], json!({"description": "Act.", "enum": ["high"], "type": "string"}));
    assert_eq!(members["cause"], json!({"anyOf": [{"$ref": "#"}, {"type": "null"}]}));
}

#[test]
fn making_strict_twice_changes_nothing() {
    let made = strict_of::<Place2>();
    assert_eq!(strict(&made).unwrap(), made);
}

#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Place2 {
    name: Option<String>,
    severity: Option<Severity>,
    nothing: Empty,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[test]
fn values_that_may_be_left_out_may_be_null() {
    for (member, expected) in [
        (json!({"type": "string"}), json!({"type": ["string", "null"]})),
        (json!({"type": ["string", "null"]}), json!({"type": ["string", "null"]})),
        (json!({"enum": ["a", 1]}), json!({"enum": ["a", 1, null], "type": ["integer", "string", "null"]})),
        (json!({"const": "a"}), json!({"enum": ["a", null], "type": ["string", "null"]})),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ),
        (json!({"$ref": "#/definitions/A"}), json!({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]})),
        (
            json!({"type": "object", "properties": {}, "additionalProperties": false}),
            json!({"type": ["object", "null"], "properties": {}, "required": [], "additionalProperties": false}),
        ),
    ] {
        let schema =
            json!({"type": "object", "properties": {"a": member}, "definitions": {"A": {"type": "string"}}});
        assert_eq!(strict(&schema).unwrap()["properties"]["a"], expected);
    }
}

#[test]
fn what_cannot_be_strict_is_refused_with_its_place() {
    for (member, says) in [
        (json!({}), "/properties/a any value"),
        (json!(true), "/properties/a any value"),
        (json!({"description": "x"}), "/properties/a any value"),
        (json!({"type": "object"}), "/properties/a there is a map"),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), "a map"),
        (json!({"type": "array"}), "items have no schema"),
        (json!({"type": "array", "items": {"type": "array", "prefixItems": []}}), "/a/items items have"),
        (json!({"$ref": "#/$defs/None"}), "leads nowhere"),
        (json!({"$ref": "https://evil.example/a"}), "leads nowhere"),
        (json!({"allOf": [{"type": "string"}, {"type": "string"}]}), "at once"),
    ] {
        let schema = json!({"type": "object", "properties": {"a": member}, "required": ["a"]});
        let error = strict(&schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.to_string().contains(says), "{error}");
    }
    for top in [json!({"type": "string"}), json!({"anyOf": [{"type": "string"}]}), json!(null)] {
        assert!(strict(&top).unwrap_err().to_string().contains("its top"), "{top}");
    }
    let mut deep = json!({"type": "string"});
    for _ in 0..200 {
        deep = json!({"type": "array", "items": deep});
    }
    let schema = json!({"type": "object", "properties": {"a": deep}});
    assert!(strict(&schema).unwrap_err().to_string().contains("deeply"));
}

#[test]
fn a_type_that_holds_itself_at_the_top_becomes_strict() {
    let schema = json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}}});
    let made = strict(&schema).unwrap();
    check(&made, "");
    assert_eq!(made["type"], "object");
}

#[test]
fn names_are_of_the_letters_that_are_allowed() {
    for (title, expected) in [
        ("Finding", "Finding"),
        ("What is ök?", "What_is__k_"),
        ("", "answer"),
        (&"x".repeat(99), &"x".repeat(64)),
    ] {
        assert_eq!(name(&json!({"title": title})), expected);
    }
    assert_eq!(name(&json!({})), "answer");
}
