//! What one rule may take, whatever its text says: texts come from people who may not be trusted.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use regex::{Regex, RegexBuilder};

use crate::{Error, Result};

/// The most regular expressions of a rule.
const MOST_REGEXES: usize = 200;
/// The longest regular expression, in bytes: classes take far more than their text before anything is compiled.
const LONGEST_REGEX: usize = 4_096;
/// The sizes that a compiled regular expression may have, in bytes. The next is tried where one is too small, so that each
/// is charged by what it takes.
const SIZES: [usize; 4] = [4 << 10, 16 << 10, 64 << 10, 256 << 10];
/// The memory for what a regular expression learns while it is used, in bytes.
const LEARNED: usize = 64 << 10;
/// The most memory of all compiled regular expressions of a rule, in bytes.
const MOST_COMPILED: usize = 4 << 20;
/// The most memory of all texts of a rule in all their spellings, in bytes.
const MOST_TEXT: usize = 16 << 20;

/// What a rule has taken so far.
#[derive(Default)]
pub(super) struct Budget {
    /// The same for every kind of record that the rule is about.
    regexes: RefCell<BTreeMap<(String, String), Regex>>,
    compiled: Cell<usize>,
    text: Cell<usize>,
}

impl Budget {
    /// Takes a text.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the rule has too many.
    pub(super) fn text(&self, text: &str) -> Result<()> {
        self.text.set(self.text.get().saturating_add(text.len()));
        if self.text.get() > MOST_TEXT {
            return Err(Error::invalid(format!(
                "the rule's texts take more than {MOST_TEXT} bytes in all their spellings"
            )));
        }
        Ok(())
    }

    /// Compiles a regular expression with these of the flags `i`, `m` and `s`.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it cannot be read, is too large, or is one too many.
    pub(super) fn regex(&self, pattern: &str, flags: &str) -> Result<Regex> {
        let key = (pattern.to_owned(), flags.to_owned());
        if let Some(known) = self.regexes.borrow().get(&key) {
            return Ok(known.clone());
        }
        if self.regexes.borrow().len() >= MOST_REGEXES {
            return Err(Error::invalid(format!("the rule has more than {MOST_REGEXES} regular expressions")));
        }
        let (regex, size) = compiled(pattern, flags)?;
        self.compiled.set(self.compiled.get() + size);
        if self.compiled.get() > MOST_COMPILED {
            return Err(Error::invalid(format!(
                "the rule's regular expressions take more than {MOST_COMPILED} bytes"
            )));
        }
        self.regexes.borrow_mut().insert(key, regex.clone());
        Ok(regex)
    }
}

/// A regular expression and the most that it can take.
fn compiled(pattern: &str, flags: &str) -> Result<(Regex, usize)> {
    if pattern.len() > LONGEST_REGEX {
        return Err(Error::invalid(format!(
            "a regular expression of {} bytes; {LONGEST_REGEX} are the most",
            pattern.len()
        )));
    }
    let mut said = String::new();
    for size in SIZES {
        let built = RegexBuilder::new(pattern)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(size)
            .dfa_size_limit(LEARNED)
            .build();
        match built {
            Ok(regex) => return Ok((regex, size)),
            Err(error) => said = error.to_string(),
        }
        if !said.contains("size limit") {
            break;
        }
    }
    let reason = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
    Err(Error::invalid(format!("cannot take the regular expression {pattern:?}: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_are_limited_in_number_length_and_size() {
        let budget = Budget::default();
        for number in 0..MOST_REGEXES {
            budget.regex(&format!("^a{number}.*b$"), "i").unwrap();
        }
        budget.regex("^a7.*b$", "i").unwrap();
        let said = |budget: &Budget, pattern: &str| budget.regex(pattern, "").unwrap_err().to_string();
        assert!(said(&budget, "one more").contains("more than 200 regular expressions"));
        let budget = Budget::default();
        assert!(said(&budget, &r"\w".repeat(3_000)).contains("6000 bytes; 4096 are the most"));
        assert!(said(&budget, r"\w{1000}").contains("size limit"));
        assert!(said(&budget, "(").contains("unclosed group"));
        let all = (0..MOST_REGEXES).try_for_each(|n| budget.regex(&format!("{n}\\w{{5}}"), "").map(drop));
        assert!(all.unwrap_err().to_string().contains("take more than 4194304 bytes"));
    }

    #[test]
    fn texts_are_limited_together() {
        let (budget, text) = (Budget::default(), "x".repeat(MOST_TEXT / 2));
        assert!(budget.text(&text).is_ok() && budget.text(&text).is_ok());
        assert!(budget.text("x").unwrap_err().to_string().contains("16777216 bytes"));
    }
}
