//! Placeholders: `%name%` in a value with `expand`.

use super::item::Placeholders;
use crate::{Error, Result, config::suggestion};

/// The most that the texts may take together, in bytes.
const LARGEST: usize = 4 << 20;

/// The text with every way to fill in its placeholders, which is at most so many.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) where there is none, one without values, or far too much text.
pub(super) fn expand(text: &str, placeholders: &Placeholders, most: usize) -> Result<Vec<String>> {
    let mut all = vec![String::new()];
    let mut rest = text;
    let mut found = false;
    while let Some((before, name, after)) = next(rest) {
        found = true;
        let values = placeholders.get(name).filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| missing(name, placeholders))?;
        if all.len().saturating_mul(values.len()) > most {
            return Err(Error::invalid(format!("its placeholders make more than {most} values")));
        }
        let starts: usize = all.iter().map(|start| start.len() + before.len()).sum();
        let ends = values.iter().map(|value| value.len()).sum::<usize>() + after.len() * values.len();
        if starts * values.len() + ends * all.len() > LARGEST {
            return Err(Error::invalid(format!("its placeholders make texts of more than {LARGEST} bytes")));
        }
        let filled = |start: &String| {
            values.iter().map(move |value| format!("{start}{before}{value}")).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(filled).collect();
        rest = after;
    }
    if !found {
        return Err(Error::invalid(format!(
            "`expand` needs a placeholder such as `%name%`, {text:?} has none"
        )));
    }
    all.iter_mut().for_each(|start| start.push_str(rest));
    Ok(all)
}

/// What stands before the next placeholder, its name, and what stands behind it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find('%')?;
        let end = start + 1 + text.get(start + 1..)?.find('%')?;
        let name = &text[start + 1..end];
        let is_name = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
        if !name.is_empty() && name.chars().all(is_name) {
            return Some((&text[..start], name, &text[end + 1..]));
        }
        from = end;
    }
}

fn missing(name: &str, placeholders: &Placeholders) -> Error {
    let known: Vec<&str> = placeholders.keys().map(String::as_str).collect();
    Error::invalid(format!(
        "nothing stands for the placeholder `%{name}%`: give it values as `{name}` in `[alerts.placeholders]`{}",
        suggestion(name, &known)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_every_way() {
        let words = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let known = Placeholders::from([("a".into(), words(&["1", "2"])), ("b_x".into(), words(&["y*"]))]);
        assert_eq!(expand("%a%-%b_x%!", &known, 10).unwrap(), ["1-y*!", "2-y*!"]);
        assert_eq!(expand("100% of %a%", &known, 10).unwrap(), ["100% of 1", "100% of 2"]);
        assert!(expand("%a%%a%%a%%a%", &known, 10).unwrap_err().to_string().contains("more than 10"));
        let said = expand("%c%", &known, 10).unwrap_err().to_string();
        assert!(said.contains("`%c%`") && said.contains("[alerts.placeholders]"), "{said}");
        let long = format!("{}%a%", "x".repeat(LARGEST));
        assert!(expand(&long, &known, 10).unwrap_err().to_string().contains("more than 4194304 bytes"));
        assert!(expand("none", &known, 10).is_err());
    }
}
