//! Text of others, made fit to be shown and to be put into a prompt.

use super::mask::mask;

/// How many characters are read of a text for each one that is kept.
const READ: usize = 4;

/// The text with secrets masked, on one line, without hidden characters, links and markup, at most `most` characters.
pub(crate) fn value(text: &str, most: usize) -> String {
    let plain = plain(text, most.saturating_mul(READ).saturating_add(2_000));
    cut(&harmless(&mask(&plain)), most)
}

/// The text on one line, without hidden characters, at most `most` characters.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let mut made = String::new();
    let mut is_blank = true;
    for c in text.chars().take(most) {
        if is_hidden(c) || c.is_whitespace() {
            if !is_blank {
                made.push(' ');
            }
            is_blank = true;
        } else {
            made.push(c);
            is_blank = false;
        }
    }
    made.truncate(made.trim_end().len());
    made
}

/// The text without anything that a page, a terminal or a chat would make a link or markup of.
fn harmless(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '＜' => made.push('‹'),
            '>' | '＞' => made.push('›'),
            '[' | '【' => made.push('('),
            ']' | '】' => made.push(')'),
            '`' => made.push('\''),
            '/' if made.ends_with(":/") => {
                made.truncate(made.len() - 2);
                made.push_str("(:)//");
            }
            '.' if made.len() >= 3 && made.as_bytes()[made.len() - 3..].eq_ignore_ascii_case(b"www") => {
                made.push_str("(.)");
            }
            _ => made.push(c),
        }
    }
    made
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => {
            let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
            short.push('…');
            short
        }
        None => text.to_owned(),
    }
}

/// Whether a character is not seen, or changes how others are seen: controls, directions, fillers, tags.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_becomes_one_harmless_line() {
        for (text, expected) in [
            ("Kim\r\n  Lee", "Kim Lee"),
            ("\u{202e}evil\u{200b}x", "evil x"),
            ("[here](https://evil.example)", "(here)(https(:)//evil.example)"),
            ("<b>WWW.evil.example</b>", "‹b›WWW(.)evil.example‹/b›"),
            ("\u{1b}[31mred", "(31mred"),
            ("```", "'''"),
        ] {
            assert_eq!(value(text, 80), expected, "{text:?}");
        }
        assert_eq!(value("abcdef", 4), "abc…");
    }
}
