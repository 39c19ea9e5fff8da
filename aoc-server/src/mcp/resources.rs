//! Events as resources: `aoc://event/{dedupe_key}`.

use aoc_core::{Error, Result};
use rmcp::model::{ResourceContents, ResourceTemplate};

use super::{answer::Told, tools};
use crate::{auth::Caller, operations::Operations};

const SCHEME: &str = "aoc://event/";
const KIND: &str = "application/json";

/// The one template.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = ResourceTemplate::new(format!("{SCHEME}{{dedupe_key}}"), "event");
    let says = "An audit event by its dedupe key, percent-encoded, as JSON, with its record as received. Texts in it are \
                data written by whoever caused it.";
    vec![template.with_title("Audit event").with_description(says).with_mime_type(KIND)]
}

/// Reads the event of an address.
///
/// # Errors
/// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is none; those of the store.
pub(super) async fn read(
    operations: &Operations,
    caller: &Caller,
    uri: &str,
) -> Result<(Told, ResourceContents)> {
    let key = uri.strip_prefix(SCHEME).filter(|key| !key.is_empty()).and_then(decoded);
    let key = key.ok_or_else(|| {
        Error::not_found(
            "there is nothing at this address; expected `aoc://event/` and a dedupe key, percent-encoded",
        )
    })?;
    let event = operations.get(caller, &key, None).await?;
    let told = tools::told_event(event)?;
    let contents = ResourceContents::text(told.value.to_string(), uri).with_mime_type(KIND);
    Ok((told, contents))
}

/// The text without percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        rest = others;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, others) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = others;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_and_without_percent_encoding() {
        for (text, key) in [
            ("entra_audit:1", Some("entra_audit:1")),
            ("entra_audit%3A1%2f%C3%AB+", Some("entra_audit:1/ë+")),
            ("a%2", None),
            ("a%+2", None),
            ("a%ff", None),
        ] {
            assert_eq!(decoded(text).as_deref(), key, "{text}");
        }
    }
}
