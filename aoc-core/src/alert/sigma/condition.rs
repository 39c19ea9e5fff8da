//! The language of conditions: `selection and not 1 of filter_*`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::{node::Node, selection::Selections};
use crate::{Error, Result, config::suggestion};

/// The longest condition, in bytes.
const LONGEST: usize = 4_000;
/// The deepest nesting of a condition.
const DEEPEST: usize = 50;
/// The most conditions of a list.
const MOST: usize = 50;
/// The most conditions of a rule, those of its selections counted as often as they are referred to.
const MOST_NODES: usize = 2_000;

/// Reads a condition, or a list of them, of which one must hold.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when it cannot be understood, or leaves a selection unused.
pub(super) fn condition(value: Option<&Value>, selections: &Selections) -> Result<Node> {
    let texts = match value {
        Some(Value::Array(texts)) if !texts.is_empty() && texts.len() <= MOST => texts.as_slice(),
        Some(text @ Value::String(_)) => std::slice::from_ref(text),
        None => return Err(Error::invalid("missing `condition`")),
        Some(_) => {
            return Err(Error::invalid(format!("a text or a list of at most {MOST} texts is expected")));
        }
    };
    let mut found = Found::new(selections);
    let mut nodes = Vec::new();
    for text in texts {
        let text = text.as_str().ok_or_else(|| Error::invalid("a list of texts is expected"))?;
        nodes.push(Reader::new(text, selections, &mut found)?.whole()?);
    }
    if let Some(name) = selections.keys().find(|name| !found.used.contains(name.as_str())) {
        return Err(Error::invalid(format!("does not use the selection `{name}`")));
    }
    Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes.into()) })
}

/// What conditions refer to.
struct Found<'a> {
    used: BTreeSet<&'a str>,
    weights: BTreeMap<&'a str, usize>,
    /// The selections that are like a pattern, and what they weigh.
    patterns: BTreeMap<&'a str, (Arc<[Node]>, usize)>,
    weight: usize,
}

impl<'a> Found<'a> {
    fn new(selections: &'a Selections) -> Self {
        let weights = selections.iter().map(|(name, node)| (name.as_str(), node.weight())).collect();
        Self { used: BTreeSet::new(), weights, patterns: BTreeMap::new(), weight: 0 }
    }

    /// Counts what is referred to once more.
    fn weigh(&mut self, weight: usize) -> Result<()> {
        self.weight += weight;
        if self.weight > MOST_NODES {
            return Err(Error::invalid(format!(
                "the rule makes more than {MOST_NODES} conditions, those of a selection counted each time"
            )));
        }
        Ok(())
    }

    fn named(&mut self, name: &'a str, node: &Arc<Node>) -> Node {
        self.used.insert(name);
        Node::Named(name.to_owned(), node.clone())
    }
}

struct Reader<'a, 'u> {
    words: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
    selections: &'a Selections,
    found: &'u mut Found<'a>,
    depth: usize,
}

impl<'a, 'u> Reader<'a, 'u> {
    fn new(text: &'a str, selections: &'a Selections, found: &'u mut Found<'a>) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(Error::invalid(format!("{} bytes; {LONGEST} are the most", text.len())));
        }
        if text.contains('|') {
            return Err(Error::invalid(
                "aggregations behind `|` are not supported; write a correlation of type `event_count`, or of type \
                 `value_count` for `count(field)`",
            ));
        }
        Ok(Reader { words: words(text).into_iter().peekable(), selections, found, depth: 0 })
    }

    fn whole(mut self) -> Result<Node> {
        let node = self.any()?;
        match self.words.next() {
            None => Ok(node),
            Some(word) => {
                Err(Error::invalid(format!("`{word}` is out of place; expected `and`, `or` or the end")))
            }
        }
    }

    fn any(&mut self) -> Result<Node> {
        let mut nodes = vec![self.all()?];
        while self.takes("or") {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes.into()) })
    }

    fn all(&mut self) -> Result<Node> {
        let mut nodes = vec![self.one()?];
        while self.takes("and") {
            nodes.push(self.one()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes.into()) })
    }

    fn one(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::invalid(format!("nested deeper than {DEEPEST}")));
        }
        let node = if self.takes("not") {
            Node::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let node = self.any()?;
            if !self.takes(")") {
                return Err(Error::invalid("a parenthesis is not closed"));
            }
            node
        } else {
            self.selection()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn selection(&mut self) -> Result<Node> {
        let Some(word) = self.words.next() else { return Err(Error::invalid("ends too early")) };
        if self.takes("of") {
            return self.several(word);
        }
        match self.selections.get_key_value(word) {
            Some((name, node)) => {
                self.found.weigh(self.found.weights.get(name.as_str()).copied().unwrap_or(1))?;
                Ok(self.found.named(name, node))
            }
            None if matches!(word, ")" | "and" | "or" | "them") => {
                Err(Error::invalid(format!("`{word}` is out of place; expected a selection")))
            }
            None => {
                let known: Vec<&str> = self.selections.keys().map(String::as_str).collect();
                Err(Error::invalid(format!("no selection is named `{word}`{}", suggestion(word, &known))))
            }
        }
    }

    fn several(&mut self, how_many: &str) -> Result<Node> {
        let Some(pattern) = self.words.next() else { return Err(Error::invalid("ends behind `of`")) };
        let nodes = self.like(pattern)?;
        match how_many.to_ascii_lowercase().as_str() {
            "1" | "any" => Ok(Node::Any(nodes)),
            "all" => Ok(Node::All(nodes)),
            other => Err(Error::invalid(format!(
                "`{other} of` is not supported; expected `1 of`, `any of` or `all of`"
            ))),
        }
    }

    /// The selections that are like a pattern.
    fn like(&mut self, pattern: &'a str) -> Result<Arc<[Node]>> {
        if let Some((nodes, weight)) = self.found.patterns.get(pattern).cloned() {
            return self.found.weigh(weight).map(|()| nodes);
        }
        let them = pattern.eq_ignore_ascii_case("them");
        let meant = |name: &str| if them { !name.starts_with('_') } else { is_like(name, pattern) };
        let (mut nodes, mut weight) = (Vec::new(), 0);
        for (name, node) in self.selections.iter().filter(|(name, _)| meant(name)) {
            weight += self.found.weights.get(name.as_str()).copied().unwrap_or(1);
            nodes.push(self.found.named(name, node));
        }
        if nodes.is_empty() {
            return Err(Error::invalid(format!("no selection is like `{pattern}`")));
        }
        let nodes: Arc<[Node]> = nodes.into();
        self.found.patterns.insert(pattern, (nodes.clone(), weight));
        self.found.weigh(weight).map(|()| nodes)
    }

    /// Goes on where the next word is this one. A selection of that name is one all the same.
    fn takes(&mut self, word: &str) -> bool {
        self.words.next_if(|next| next.eq_ignore_ascii_case(word)).is_some()
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')']) {
            words.extend([&rest[..at], &rest[at..=at]].into_iter().filter(|piece| !piece.is_empty()));
            rest = &rest[at + 1..];
        }
        words.extend(Some(rest).filter(|rest| !rest.is_empty()));
    }
    words
}

/// Whether a name is like a pattern, in which `*` stands for any characters.
fn is_like(name: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A selection of each name; one holds where its name is in the record.
    fn read(text: Value, names: &[&str]) -> Result<Node> {
        let words = crate::alert::sigma::item::Words {
            pack: crate::alert::sigma::aliases::Pack::Activity,
            placeholders: &crate::alert::sigma::item::Placeholders::new(),
            budget: &crate::alert::sigma::budget::Budget::default(),
        };
        let lines = names.iter().map(|name| ((*name).to_owned(), json!({*name: true})));
        let selections = super::super::selection::selections(&lines.collect(), words)?;
        condition(Some(&text), &selections)
    }

    fn holds(text: &str, names: &[&str], true_ones: &[&str]) -> bool {
        let record: Value = true_ones.iter().map(|name| ((*name).to_owned(), json!(true))).collect();
        read(json!(text), names).unwrap().holds(&record)
    }

    #[test]
    fn not_binds_tighter_than_and_and_and_tighter_than_or() {
        let abc = ["a", "b", "c"];
        for (text, true_ones, expected) in [
            ("a or b and c", &["a"][..], true),
            ("(a or b) and c", &["a"], false),
            ("not a and b or c", &["b"], true),
            ("not a and b or c", &["a", "b"], false),
            ("not (a and b) and c", &["a", "c"], true),
            ("NOT a AND b OR c", &["c", "a"], true),
            ("not not a or b or c", &["a"], true),
            ("((a)and(b))or(c)", &["a", "b"], true),
            ("1 of them", &["b"], true),
            ("any of them", &[], false),
            ("all of them", &["a", "b"], false),
            ("All of THEM", &["a", "b", "c"], true),
        ] {
            assert_eq!(holds(text, &abc, true_ones), expected, "{text}");
        }
    }

    #[test]
    fn patterns_choose_selections() {
        let names = ["sel_a", "sel_b", "filter_x_main", "_hidden"];
        let text = "1 of sel_* and not 1 of filter*main or _hidden";
        assert!(holds(text, &names, &["sel_b"]));
        assert!(!holds(text, &names, &["sel_b", "filter_x_main"]));
        assert!(!holds("(all of them) or (_hidden and sel_a)", &names, &["_hidden"]));
        let either = read(json!(["a and b", "c"]), &["a", "b", "c"]).unwrap();
        assert!(either.holds(&json!({"c": true})) && !either.holds(&json!({"a": true})));
    }

    #[test]
    fn what_selections_make_of_a_condition_is_limited() {
        let names: Vec<String> = (0..500).map(|number| format!("s{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(read(json!("1 of them or all of them or 1 of s* or all of s*"), &names).is_ok());
        let said = |text: Value| read(text, &names).map(|_| ()).unwrap_err().to_string();
        let many = said(json!(vec![vec!["1 of them"; 300].join(" or "); 10]));
        assert!(many.contains("more than 2000 conditions"), "{many}");
        let again = said(json!(vec![vec!["s1"; 300].join(" or "); 7]));
        assert!(again.contains("more than 2000 conditions"), "{again}");
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for (text, said) in [
            (json!("a"), "does not use the selection `b`"),
            (json!("a and bb"), "no selection is named `bb`; did you mean `b`?"),
            (json!("a and"), "ends too early"),
            (json!("a b"), "`b` is out of place"),
            (json!("(a and b"), "a parenthesis is not closed"),
            (json!("a and b)"), "`)` is out of place"),
            (json!("a and ()b"), "`)` is out of place"),
            (json!("2 of them"), "`2 of` is not supported"),
            (json!("1 of"), "ends behind `of`"),
            (json!("1 of x* and a and b"), "no selection is like `x*`"),
            (json!("a and b | count() > 5"), "write a correlation of type `event_count`"),
            (json!(""), "ends too early"),
            (json!([]), "a text or a list"),
            (json!(5), "a text or a list"),
            (json!(null), "a text or a list"),
            (json!("(".repeat(3_000)), "nested deeper than 50"),
            (json!("not ".repeat(900)), "nested deeper than 50"),
            (json!("a and ".repeat(4_000)), "4000 are the most"),
        ] {
            let error = read(text.clone(), &["a", "b"]).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert!(condition(None, &Selections::new()).is_err());
    }
}
