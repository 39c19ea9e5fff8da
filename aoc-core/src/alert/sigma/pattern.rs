//! Texts with wildcards, compared character by character.

use super::text::{Case, Text, folded};

/// A piece of a text in a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// These characters.
    Text(String),
    /// Any characters, also none.
    Any,
    /// One character.
    One,
}

/// Divides a text at its wildcards. A backslash before a wildcard or another backslash takes its meaning away; any other
/// is a backslash.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => push(&mut pieces, Piece::Any),
            '?' => push(&mut pieces, Piece::One),
            '\\' => push_letter(&mut pieces, letters.next_if(|next| "\\*?".contains(*next)).unwrap_or('\\')),
            letter => push_letter(&mut pieces, letter),
        }
    }
    pieces
}

fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if piece != Piece::Any || pieces.last() != Some(&Piece::Any) {
        pieces.push(piece);
    }
}

fn push_letter(pieces: &mut Vec<Piece>, letter: char) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push(letter),
        _ => pieces.push(Piece::Text(letter.to_string())),
    }
}

/// Where a text may stand in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the whole.
    #[default]
    Whole,
    /// At the start.
    Start,
    /// At the end.
    End,
    /// Anywhere.
    Anywhere,
}

/// A text of a rule, ready to be compared.
#[derive(Debug)]
pub(super) struct Pattern {
    shape: Shape,
    case: Case,
}

#[derive(Debug)]
enum Shape {
    Is(String),
    Starts(String),
    Ends(String),
    Contains(String),
    Like(Vec<Token>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Letter(char),
    Any,
    One,
}

impl Pattern {
    /// These pieces at this place.
    pub(super) fn new(mut pieces: Vec<Piece>, place: Place, case: Case) -> Self {
        if matches!(place, Place::End | Place::Anywhere) && pieces.first() != Some(&Piece::Any) {
            pieces.insert(0, Piece::Any);
        }
        if matches!(place, Place::Start | Place::Anywhere) {
            push(&mut pieces, Piece::Any);
        }
        if case == Case::Ignored {
            for piece in &mut pieces {
                if let Piece::Text(text) = piece {
                    *text = folded(text);
                }
            }
        }
        Self { shape: Shape::of(pieces), case }
    }

    pub(super) fn matches(&self, text: &Text<'_>) -> bool {
        let hay = match self.case {
            Case::Ignored => text.folded(),
            Case::Heeded => text.exact(),
        };
        match &self.shape {
            Shape::Is(wanted) => self.same(hay.as_bytes(), wanted.as_bytes()),
            Shape::Starts(wanted) => {
                hay.as_bytes().get(..wanted.len()).is_some_and(|start| self.same(start, wanted.as_bytes()))
            }
            Shape::Ends(wanted) => {
                let from = hay.len().checked_sub(wanted.len());
                from.is_some_and(|from| self.same(&hay.as_bytes()[from..], wanted.as_bytes()))
            }
            Shape::Contains(wanted) => self.occurs(hay.as_bytes(), wanted.as_bytes()),
            Shape::Like(tokens) => self.is_like(hay, tokens),
        }
    }

    /// Whether it can be the JSON text of an object or array.
    pub(super) fn may_be_json(&self) -> bool {
        match &self.shape {
            Shape::Is(text) | Shape::Starts(text) => text.starts_with(['[', '{']),
            Shape::Ends(text) => text.ends_with([']', '}']),
            Shape::Contains(_) | Shape::Like(_) => true,
        }
    }

    /// The longest run of ASCII letters and digits that every text it matches has.
    pub(super) fn needle(&self) -> Option<String> {
        let longest = |text: &str| {
            let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric());
            runs.max_by_key(|run| run.len()).unwrap_or_default().to_ascii_lowercase()
        };
        let run = match &self.shape {
            Shape::Is(text) | Shape::Starts(text) | Shape::Ends(text) | Shape::Contains(text) => {
                longest(text)
            }
            Shape::Like(tokens) => {
                let letter = |token: &Token| if let Token::Letter(letter) = token { *letter } else { ' ' };
                longest(&tokens.iter().map(letter).collect::<String>())
            }
        };
        (!run.is_empty()).then_some(run)
    }

    fn same(&self, hay: &[u8], wanted: &[u8]) -> bool {
        match self.case {
            Case::Ignored => hay.eq_ignore_ascii_case(wanted),
            Case::Heeded => hay == wanted,
        }
    }

    fn occurs(&self, hay: &[u8], wanted: &[u8]) -> bool {
        let Some(first) = wanted.first() else { return true };
        let Some(last) = hay.len().checked_sub(wanted.len()) else { return false };
        let other = match self.case {
            Case::Ignored => first.to_ascii_uppercase(),
            Case::Heeded => *first,
        };
        memchr::memchr2_iter(*first, other, &hay[..=last])
            .any(|at| self.same(&hay[at..at + wanted.len()], wanted))
    }

    /// Goes along both; where it fails, the last wildcard takes one character more.
    fn is_like(&self, hay: &str, tokens: &[Token]) -> bool {
        let lower = |letter: char| match self.case {
            Case::Ignored => letter.to_ascii_lowercase(),
            Case::Heeded => letter,
        };
        let (mut rest, mut at) = (hay.chars(), 0);
        let mut again = None;
        loop {
            let before = rest.clone();
            let next = rest.next();
            match (tokens.get(at), next) {
                (Some(Token::Any), _) => {
                    again = Some((before.clone(), at + 1));
                    (rest, at) = (before, at + 1);
                }
                (Some(Token::One), Some(_)) => at += 1,
                (Some(Token::Letter(wanted)), Some(letter)) if *wanted == lower(letter) => at += 1,
                (None, None) => return true,
                _ => {
                    let Some((mut later, token)) = again else { return false };
                    if later.next().is_none() {
                        return false;
                    }
                    (rest, at) = (later.clone(), token);
                    again = Some((later, token));
                }
            }
        }
    }
}

impl Shape {
    fn of(mut pieces: Vec<Piece>) -> Self {
        let text = |piece: &mut Piece| match piece {
            Piece::Text(text) => std::mem::take(text),
            Piece::Any | Piece::One => String::new(),
        };
        match pieces.as_mut_slice() {
            [] => Self::Is(String::new()),
            [is @ Piece::Text(_)] => Self::Is(text(is)),
            [Piece::Any] => Self::Contains(String::new()),
            [start @ Piece::Text(_), Piece::Any] => Self::Starts(text(start)),
            [Piece::Any, end @ Piece::Text(_)] => Self::Ends(text(end)),
            [Piece::Any, part @ Piece::Text(_), Piece::Any] => Self::Contains(text(part)),
            all => Self::Like(all.iter().flat_map(tokens).collect()),
        }
    }
}

fn tokens(piece: &Piece) -> Vec<Token> {
    match piece {
        Piece::Text(text) => text.chars().map(Token::Letter).collect(),
        Piece::Any => vec![Token::Any],
        Piece::One => vec![Token::One],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, text: &str) -> bool {
        Pattern::new(pieces(pattern), Place::Whole, Case::Ignored).matches(&Text::new(text))
    }

    #[test]
    fn wildcards_and_escapes_are_those_of_the_specification() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("Add *", "add member", true),
            ("*MEMBER", "Add member", true),
            ("a*b?d*", "AxxbCd", true),
            ("a*b?d", "abcde", false),
            ("*a*b*c", "xaybzbc", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            (r"\?", "?", true),
            (r"\\*", r"\anything", true),
            (r"\\*", "anything", false),
            (r"\\\*", r"\*", true),
            (r"C:\Windows\x", r"c:\windows\X", true),
            (r"C:\\Windows", r"c:\windows", true),
            (r"\\\\server", r"\\SERVER", true),
            (r"end\", r"END\", true),
            ("ÄRGER*", "ärgerlich", true),
            ("straße", "STRASSE", false),
            ("*\nb", "a\nB", true),
        ] {
            assert_eq!(is(pattern, text), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn places_and_case() {
        let like = |text: &str, place, case| Pattern::new(pieces(text), place, case);
        assert!(like("ber g", Place::Anywhere, Case::Ignored).matches(&Text::new("Add memBER Group")));
        assert!(!like("ber g", Place::Anywhere, Case::Heeded).matches(&Text::new("Add memBER Group")));
        assert!(like("add", Place::Start, Case::Ignored).matches(&Text::new("Add x")));
        assert!(like("X", Place::End, Case::Ignored).matches(&Text::new("add x")));
        assert!(!like("xx", Place::End, Case::Ignored).matches(&Text::new("x")));
        assert!(like("", Place::Anywhere, Case::Ignored).matches(&Text::new("x")));
        assert!(like("a?c", Place::Anywhere, Case::Ignored).matches(&Text::new("xxABCxx")));
    }

    #[test]
    fn needles_are_runs_that_must_be_there() {
        let needle = |text: &str| Pattern::new(pieces(text), Place::Whole, Case::Ignored).needle();
        assert_eq!(needle("Add app role*Principal").as_deref(), Some("principal"));
        assert_eq!(needle("Überblick 12"), Some("berblick".into()));
        assert_eq!(needle("?*"), None);
        assert!(!is("k", "\u{212a}"), "the needle would miss it");
    }

    #[test]
    fn many_wildcards_take_no_time_without_end() {
        assert!(!is(&format!("{}b", "*a".repeat(200)), &"a".repeat(5_000)));
    }
}
