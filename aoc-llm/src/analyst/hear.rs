//! Hears a model's answer as it arrives, claim by claim.

/// The most characters that are heard.
const LONGEST: usize = 200_000;
/// How deep claims stand: in a list, in an object.
const DEPTH: usize = 2;

/// Finds the claims in the pieces of `{"claims": […]}`.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// The claim that has begun.
    text: String,
    open: Vec<char>,
    is_string: bool,
    is_escaped: bool,
    /// Characters so far.
    heard: usize,
    /// Claims so far.
    pub(super) claims: usize,
}

impl Hearing {
    /// Hears a piece, and gives the JSON of each claim that it completes.
    pub(super) fn hear(&mut self, piece: &str) -> Vec<String> {
        let mut found = Vec::new();
        for c in piece.chars() {
            self.heard += 1;
            if self.heard > LONGEST {
                break;
            }
            found.extend(self.character(c));
        }
        self.claims += found.len();
        found
    }

    /// Whether no more is heard.
    pub(super) fn is_full(&self) -> bool {
        self.heard > LONGEST
    }

    fn character(&mut self, c: char) -> Option<String> {
        if self.open.len() > DEPTH || (self.open.len() == DEPTH && c == '{') {
            self.text.push(c);
        }
        if self.is_string {
            let was_escaped = std::mem::replace(&mut self.is_escaped, false);
            match c {
                '\\' if !was_escaped => self.is_escaped = true,
                '"' if !was_escaped => self.is_string = false,
                _ => {}
            }
            return None;
        }
        match c {
            '"' => self.is_string = true,
            '{' | '[' => self.open.push(c),
            '}' | ']' => {
                self.open.pop();
                return (self.open.len() == DEPTH && c == '}').then(|| std::mem::take(&mut self.text));
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_heard_as_soon_as_they_are_whole() {
        let text = r#"{"claims":[{"text":"a } \" ]","events":["e1"]},{"text":"b","events":[]},{"text":"cu"#;
        let mut hearing = Hearing::default();
        let found: Vec<String> = text.chars().flat_map(|c| hearing.hear(&c.to_string())).collect();
        assert_eq!(found, [r#"{"text":"a } \" ]","events":["e1"]}"#, r#"{"text":"b","events":[]}"#]);
        assert_eq!(hearing.claims, 2);
    }
}
