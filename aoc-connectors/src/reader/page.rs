//! Pages of an API: `{"@odata.context":"…","value":[…]}`, and blobs: `{"records":[…]}`.

/// What the data begins with.
pub(super) enum Head {
    /// A page; its first record stands behind this many bytes.
    Page(usize),
    /// Something else.
    None,
    /// Too little was read to say.
    More,
}

/// Whether the data begins like a page: members that are about it, then its array.
pub(super) fn head(data: &[u8]) -> Head {
    let mut at = 1;
    loop {
        let Some(name_end) = string_end(data, &mut at) else {
            return if at < data.len() { Head::None } else { Head::More };
        };
        let name = &data[at + 1..name_end - 1];
        at = name_end;
        match (step(data, &mut at), name) {
            (None, _) => return Head::More,
            (Some(b':'), b"value" | b"records") => {
                at += 1;
                return match step(data, &mut at) {
                    None => Head::More,
                    Some(b'[') => Head::Page(at + 1),
                    Some(_) => Head::None,
                };
            }
            (Some(b':'), [b'@', ..] | b"count" | b"odata.metadata" | b"nextLink") => at += 1,
            _ => return Head::None,
        }
        if !skip_scalar(data, &mut at) {
            return if at < data.len() { Head::None } else { Head::More };
        }
    }
}

/// Skips blanks; the byte behind them.
fn step(data: &[u8], at: &mut usize) -> Option<u8> {
    while data.get(*at)?.is_ascii_whitespace() {
        *at += 1;
    }
    data.get(*at).copied()
}

/// The end of the string that stands behind blanks; `at` is its first quote then, or the end of the data.
fn string_end(data: &[u8], at: &mut usize) -> Option<usize> {
    if step(data, at)? != b'"' {
        return None;
    }
    let mut end = *at + 1;
    loop {
        match data.get(end) {
            Some(b'"') => return Some(end + 1),
            Some(b'\\') => end += 2,
            Some(_) => end += 1,
            None => {
                *at = data.len();
                return None;
            }
        }
    }
}

/// Skips a string, number or word and the comma behind it.
fn skip_scalar(data: &[u8], at: &mut usize) -> bool {
    match step(data, at) {
        Some(b'"') => match string_end(data, at) {
            Some(end) => *at = end,
            None => return false,
        },
        Some(b'{' | b'[') => return false,
        _ => {
            while data
                .get(*at)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
            {
                *at += 1;
            }
        }
    }
    let is_comma = step(data, at) == Some(b',');
    *at += usize::from(is_comma);
    is_comma
}
