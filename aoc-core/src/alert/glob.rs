//! Texts with wildcards.

/// A pattern, folded.
#[derive(Clone, Debug)]
pub(crate) struct Glob(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Is(char),
    /// Any one character.
    One,
    /// Any characters.
    Any,
}

impl Glob {
    /// `*` stands for any characters and `?` for one.
    pub(crate) fn like(folded: &str) -> Self {
        Self::of(folded, |letter| match letter {
            '*' => Token::Any,
            '?' => Token::One,
            other => Token::Is(other),
        })
    }

    /// `*` stands for any characters.
    pub(crate) fn stars(folded: &str) -> Self {
        Self::of(folded, |letter| if letter == '*' { Token::Any } else { Token::Is(letter) })
    }

    fn of(folded: &str, token: fn(char) -> Token) -> Self {
        let mut tokens: Vec<Token> = folded.chars().map(token).collect();
        tokens.dedup_by(|a, b| *a == Token::Any && *b == Token::Any);
        Self(tokens)
    }

    /// Whether a folded text is like it.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text.chars());
        let mut again: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let before = rest.clone();
            match (self.0.get(at), rest.next()) {
                (None, None) => return true,
                (Some(Token::Any), _) => {
                    (at, rest) = (at + 1, before.clone());
                    again = Some((at, before));
                    continue;
                }
                (Some(Token::One), Some(_)) => {
                    at += 1;
                    continue;
                }
                (Some(Token::Is(wanted)), Some(letter)) if *wanted == letter => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            // The last star takes one character more.
            let Some((behind, from)) = &mut again else { return false };
            if from.next().is_none() {
                return false;
            }
            (at, rest) = (*behind, from.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_characters() {
        for (pattern, text, expected) in [
            ("add*role", "add member to role", true),
            ("add*role", "add member to roles", false),
            ("*a*b?c*", "xxaxbücx", true),
            ("*a*b?c", "abc", false),
            ("?", "", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("**x**", "x", true),
            ("", "", true),
        ] {
            assert_eq!(Glob::like(pattern).matches(text), expected, "{pattern} {text}");
        }
        assert!(Glob::stars("why?*").matches("why? so") && !Glob::stars("why?").matches("whys"));
    }
}
