//! JSON text kept as it came.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Error, Result};

/// One JSON value as the text it was received in: member order, number spelling and blanks are kept.
///
/// Two are equal when they hold the same value, whatever the order of their members.
#[derive(Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Checks that the text is one JSON value, and keeps it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it is not.
    pub fn parse(text: impl Into<String>) -> Result<Self> {
        let raw = RawValue::from_string(text.into());
        raw.map(Self).map_err(|cause| Error::invalid(format!("not JSON: {cause}")))
    }

    /// The JSON of a value.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the value has no JSON (a map whose keys are no strings).
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Self> {
        let raw = to_raw_value(value);
        raw.map(Self).map_err(|cause| Error::internal("a value has no JSON").because(cause))
    }

    /// A JSON string.
    pub fn string(text: &str) -> Self {
        Self::of(text).unwrap_or_default()
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Reads the text as a type, which may borrow from it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the value has another shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(self.text()).map_err(|cause| Error::invalid(cause.to_string()))
    }

    /// The content, where the value is a JSON string.
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        let text = self.text();
        text.starts_with('"').then(|| unquote(text))
    }

    /// The text with members sorted, blanks gone and strings spelled alike; numbers stay as they are written,
    /// and a member that comes twice comes twice. Equal canonical texts are equal values.
    pub fn canonical(&self) -> String {
        let mut out = String::with_capacity(self.text().len());
        write_canonical(self.text(), DEEPEST, &mut out);
        out
    }

    /// Calls `visit` with every value in the text that is no object, array or null: strings decoded, numbers
    /// and booleans as they are written. Member names are not visited. Works at any depth.
    pub fn each_leaf(&self, visit: &mut dyn FnMut(&str)) {
        let text = self.text();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let end = match bytes[at] {
                b'"' => string_end(bytes, at),
                b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                    at += 1;
                    continue;
                }
                _ => {
                    at + bytes[at..]
                        .iter()
                        .take_while(|c| !matches!(c, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
                        .count()
                }
            };
            let token = &text[at..end];
            let is_name = bytes[at] == b'"' && next_mark(&bytes[end..]) == Some(b':');
            at = end;
            if !is_name && token != "null" {
                visit(&unquote(token));
            }
        }
    }
}

/// The JSON of a value on one line, with a line break behind it. Raw records may be written over several lines;
/// between their tokens a blank does as well.
///
/// # Errors
/// [`Internal`](crate::ErrorKind::Internal) when the value has no JSON.
pub fn json_line(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>> {
    let mut line =
        serde_json::to_vec(value).map_err(|cause| Error::internal("a value has no JSON").because(cause))?;
    // Within strings they are escaped.
    line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    line.push(b'\n');
    Ok(line)
}

/// Values nested deeper than this are compared as they are written.
const DEEPEST: usize = 200;

fn write_canonical(text: &str, depth: usize, out: &mut String) {
    let text = text.trim();
    let done = match text.as_bytes().first() {
        Some(b'{') if depth > 0 => write_members(text, depth, out),
        Some(b'[') if depth > 0 => write_items(text, depth, out),
        Some(b'"') => write_string(text, out),
        _ => None,
    };
    if done.is_none() {
        out.push_str(text);
    }
}

fn write_members(text: &str, depth: usize, out: &mut String) -> Option<()> {
    let Members(mut members) = serde_json::from_str(text).ok()?;
    members.sort_by(|a, b| a.0.cmp(&b.0));
    for (i, (name, value)) in members.iter().enumerate() {
        out.push(if i == 0 { '{' } else { ',' });
        out.push_str(&serde_json::to_string(name).ok()?);
        out.push(':');
        write_canonical(value.get(), depth - 1, out);
    }
    out.push_str(if members.is_empty() { "{}" } else { "}" });
    Some(())
}

fn write_items(text: &str, depth: usize, out: &mut String) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    for (i, value) in items.iter().enumerate() {
        out.push(if i == 0 { '[' } else { ',' });
        write_canonical(value.get(), depth - 1, out);
    }
    out.push_str(if items.is_empty() { "[]" } else { "]" });
    Some(())
}

/// The string as we write it, whatever escapes it came with.
fn write_string(text: &str, out: &mut String) -> Option<()> {
    let decoded: String = serde_json::from_str(text).ok()?;
    out.push_str(&serde_json::to_string(&decoded).ok()?);
    Some(())
}

/// The members of an object in their order, also those that come twice.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// The index behind the closing quote of the string that opens at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(skip) = memchr::memchr2(b'"', b'\\', &bytes[end..]) {
        if bytes[end + skip] == b'"' {
            return end + skip + 1;
        }
        end = (end + skip + 2).min(bytes.len());
    }
    bytes.len()
}

fn next_mark(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|c| !c.is_ascii_whitespace())
}

/// The content of a JSON string; anything else, and a string with broken escapes, as it stands.
fn unquote(token: &str) -> Cow<'_, str> {
    let Some(inner) = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(token);
    };
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str(token).map_or(Cow::Borrowed(inner), Cow::Owned)
}

impl Default for RawJson {
    /// `null`.
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() || self.canonical() == other.canonical()
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl From<Box<RawValue>> for RawJson {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw)
    }
}

impl From<&RawValue> for RawJson {
    fn from(raw: &RawValue) -> Self {
        Self(raw.to_owned())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for RawJson {
    fn schema_name() -> Cow<'static, str> {
        "RawJson".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "any JSON value, kept as the text it came in"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        RawJson::parse(text).unwrap().each_leaf(&mut |leaf| found.push(leaf.to_owned()));
        found
    }

    #[test]
    fn leaves_are_values_and_not_names() {
        let text = r#" {"a" : "x\"y", "b":[1.50,true,null,{"c":"\u00e9"}],"d":{}, "e":-3e2} "#;
        assert_eq!(leaves(text), ["x\"y", "1.50", "true", "é", "-3e2"]);
        assert_eq!(leaves("\"only\""), ["only"]);
        assert_eq!(leaves(r#"["lone \ud800 surrogate"]"#), [r"lone \ud800 surrogate"]);
    }

    #[test]
    fn what_differs_is_not_equal() {
        let same = |a: &str, b: &str| RawJson::parse(a).unwrap() == RawJson::parse(b).unwrap();
        assert!(same(
            r#"{"u":"caf\u00e9","p":"a\/b","e":[ ],"o":{ }}"#,
            r#"{"o":{},"e":[],"p":"a/b","u":"café"}"#
        ));
        for (a, b) in [
            ("18446744073709551617", "18446744073709551618"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            ("0.1", "0.10000000000000001"),
            (r#"["\ud800"]"#, r#"["\ud801"]"#),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
        let deep = |blank: &str| format!("{}1{}", format!("[{blank}").repeat(150), "]".repeat(150));
        assert!(same(&deep(""), &deep(" ")));
    }

    #[test]
    fn any_depth_is_fine() {
        let text = format!("{}\"deep\"{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(leaves(&text), ["deep"]);
    }

    #[test]
    fn a_line_is_one_line() {
        let raw = RawJson::parse("{\r\n \"a\":\n \"x\\ny\" }").unwrap();
        let line = String::from_utf8(json_line(&raw).unwrap()).unwrap();
        assert_eq!((line.matches('\n').count(), serde_json::from_str::<RawJson>(&line).unwrap()), (1, raw));
    }

    #[test]
    fn member_order_does_not_matter() {
        let (a, b) =
            (RawJson::parse(r#"{"a":1,"b":{"c":2,"d":3}}"#), RawJson::parse(r#"{"b":{"d":3,"c":2},"a":1}"#));
        assert_eq!(a.unwrap(), b.unwrap());
    }
}
