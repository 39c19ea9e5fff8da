//! BSON as JSON text, its members in their order.

use aoc_core::{RawJson, Timestamp};
use mongodb::bson::{Bson, DateTime, Document};

/// The JSON of a value: what JSON does not know, such as dates, is a string.
pub(super) fn json(value: &Bson) -> RawJson {
    let mut out = String::new();
    write(value, &mut out);
    RawJson::parse(out).unwrap_or_default()
}

/// The JSON of a document.
pub(crate) fn json_of(document: &Document) -> String {
    let mut out = String::new();
    write_members(document, &mut out);
    out
}

/// The time of a date.
pub(crate) fn time_of(date: DateTime) -> Option<Timestamp> {
    chrono::DateTime::from_timestamp_millis(date.timestamp_millis()).map(Timestamp::from)
}

fn write(value: &Bson, out: &mut String) {
    match value {
        Bson::Null | Bson::Undefined => out.push_str("null"),
        Bson::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Bson::Int32(number) => out.push_str(&number.to_string()),
        Bson::Int64(number) => out.push_str(&number.to_string()),
        Bson::Double(number) => out.push_str(&serde_json::to_string(number).unwrap_or_default()),
        Bson::String(text) | Bson::Symbol(text) => write_text(text, out),
        Bson::ObjectId(id) => write_text(&id.to_hex(), out),
        Bson::Decimal128(number) => write_text(&number.to_string(), out),
        Bson::DateTime(date) => {
            write_text(&time_of(*date).map_or_else(|| date.to_string(), |time| time.to_string()), out);
        }
        Bson::Array(values) => write_array(values, out),
        Bson::Document(document) => write_members(document, out),
        Bson::Binary(binary) => write_bytes(&binary.bytes, out),
        other => write_text(&other.to_string(), out),
    }
}

/// Bytes as hexadecimal digits.
fn write_bytes(bytes: &[u8], out: &mut String) {
    out.push('"');
    bytes.iter().for_each(|byte| out.push_str(&format!("{byte:02x}")));
    out.push('"');
}

fn write_array(values: &[Bson], out: &mut String) {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(value, out);
    }
    out.push(']');
}

fn write_members(document: &Document, out: &mut String) {
    out.push('{');
    for (index, (name, value)) in document.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{doc, oid::ObjectId};

    use super::*;

    #[test]
    fn what_json_does_not_know_is_a_string_and_members_keep_their_order() {
        let id = ObjectId::from_bytes([1; 12]);
        let document = doc! {
            "z": 1, "a": [1.5, 2.0, f64::NAN, Bson::Null], "date": DateTime::from_millis(1_500),
            "id": id, "text": "a\"b\n", "more": { "yes": true, "big": i64::MAX },
        };
        let expected = format!(
            r#"{{"z":1,"a":[1.5,2.0,null,null],"date":"1970-01-01T00:00:01.500Z","id":"{}","text":"a\"b\n","#,
            "01".repeat(12)
        );
        assert_eq!(json_of(&document), expected + r#""more":{"yes":true,"big":9223372036854775807}}"#);
    }
}
