//! One page of a log.

use aoc_core::{http::Url, prelude::*};

/// The records of a page and the link behind it.
#[derive(Debug, Default)]
pub(super) struct LogPage {
    pub(super) records: Vec<RawJson>,
    pub(super) link: Option<String>,
}

/// Members that are of no use, such as a count, are not looked at: they are known to lie.
#[derive(Deserialize)]
struct Whole {
    value: Vec<RawJson>,
    #[serde(rename = "@odata.nextLink")]
    link: Option<String>,
}

impl LogPage {
    /// Reads a whole page; each record stays as it is, however odd.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when it is none.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let whole: Whole = serde_json::from_slice(bytes)
            .map_err(|cause| Error::unavailable("Graph sent a page that cannot be read").because(cause))?;
        Ok(Self { records: whole.value, link: whole.link.filter(|link| !link.is_empty()) })
    }

    /// What can be saved of a page that cannot be read as a whole: the records, one of which may hold what is no
    /// record, and the link, if it is there. Of what is no page at all, such as HTML, nothing can.
    pub(super) fn salvage(bytes: &[u8]) -> Self {
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Self::default();
        }
        Self { records: pieces_of_value(bytes), link: link_in(bytes) }
    }
}

/// The elements of the array `value`, told apart by their brackets alone: whatever stands in one of them, the others
/// are read. What is no JSON becomes a record that holds its text.
fn pieces_of_value(bytes: &[u8]) -> Vec<RawJson> {
    const VALUE: &[u8] = b"\"value\"";
    let Some(place) = memchr::memmem::find(bytes, VALUE) else { return Vec::new() };
    let Some(start) = memchr::memchr(b'[', &bytes[place..]).map(|at| place + at + 1) else {
        return Vec::new();
    };
    let (mut pieces, mut begin) = (Vec::new(), start);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    let mut end = bytes.len();
    for (at, &byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b']' if depth == 0 => {
                end = at;
                break;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                pieces.push(&bytes[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&bytes[begin..end]);
    let pieces = pieces.into_iter().map(<[u8]>::trim_ascii).filter(|piece| !piece.is_empty());
    pieces.map(|piece| record(&String::from_utf8_lossy(piece))).collect()
}

fn record(text: &str) -> RawJson {
    serde_json::from_str(text).unwrap_or_else(|_| RawJson::string(text))
}

/// The link in a text that need not be JSON.
fn link_in(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.rsplit_once("\"@odata.nextLink\"")?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
    values.next()?.ok().filter(|link| !link.is_empty())
}

/// An address, the same however it is written.
pub(super) fn same(url: &Url) -> String {
    let options = url.query_pairs().map(|(name, value)| format!("{name}={value}"));
    let options: Vec<String> = options.collect();
    format!("{}{}?{}", url.origin().ascii_serialization(), url.path(), options.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_whatever_else_it_says() {
        let page = LogPage::read(
            br#"{"@odata.context":"x","@odata.count":1000,"value":[{"id":"a"},{"id":"\ud83d"}],"@odata.nextLink":"https://a/b?$skiptoken=1"}"#,
        )
        .unwrap();
        assert_eq!(page.records.len(), 2);
        assert_eq!(page.link.as_deref(), Some("https://a/b?$skiptoken=1"));
        assert!(LogPage::read(br#"{"value":[]}"#).unwrap().link.is_none());
        assert!(LogPage::read(b"<html>").is_err());
        assert!(LogPage::read(br#"{"error":{}}"#).is_err());
    }

    #[test]
    fn what_can_be_saved_of_a_broken_page_is_saved() {
        let page = LogPage::salvage(
            br#"{"@odata.nextLink":"https://a/b","value":[{"id":"a"},{"id":"b","x":},{"id":"c"}]}"#,
        );
        let texts: Vec<&str> = page.records.iter().map(RawJson::text).collect();
        assert_eq!(texts, [r#"{"id":"a"}"#, r#""{\"id\":\"b\",\"x\":}""#, r#"{"id":"c"}"#]);
        assert_eq!(page.link.as_deref(), Some("https://a/b"));
        let cut = LogPage::salvage(br#"{"value":[{"id":"a"},{"id":"b"#);
        assert_eq!(cut.records[0].text(), r#"{"id":"a"}"#);
        assert_eq!(cut.records.len(), 2);
        let first = LogPage::salvage(br#"{"value":[{"id":"b", oops },{"id":"\\\"}]"}, {"id":"c"}]}"#);
        assert_eq!(first.records.len(), 3, "{:?}", first.records);
        assert!(cut.link.is_none());
        assert!(LogPage::salvage(b"<html>Maintenance</html>").records.is_empty());
        assert!(LogPage::salvage(b"\x00\xff{]").records.is_empty());
    }
}
