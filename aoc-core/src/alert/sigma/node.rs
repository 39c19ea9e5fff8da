//! What a rule is, as a tree of conditions.

use std::sync::Arc;

use serde_json::Value;

use super::leaf::{Leaf, best};
use crate::alert::detect::Step;

/// So many values weigh as much as one more condition.
const VALUES: usize = 100;

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// All of these; of none, always.
    All(Arc<[Node]>),
    /// One of these; of none, never.
    Any(Arc<[Node]>),
    /// Not this.
    Not(Box<Node>),
    /// A selection under its name; a condition may refer to it more than once.
    Named(String, Arc<Node>),
    /// On values.
    Leaf(Arc<Leaf>),
}

impl Node {
    pub(super) fn holds(&self, record: &Value) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(record)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(record)),
            Self::Not(node) => !node.holds(record),
            Self::Named(_, node) => node.holds(record),
            Self::Leaf(leaf) => leaf.holds(record),
        }
    }

    pub(super) fn explain(&self, record: &Value) -> Step {
        let each = |nodes: &[Node]| nodes.iter().map(|node| node.explain(record)).collect::<Vec<_>>();
        let of = |words: &str, steps| Step::of(words, self.holds(record), steps);
        match self {
            Self::All(nodes) => of("all of", each(nodes)),
            Self::Any(nodes) => of("one of", each(nodes)),
            Self::Not(node) => of("not", vec![node.explain(record)]),
            Self::Named(name, node) => of(name, vec![node.explain(record)]),
            Self::Leaf(leaf) => leaf.explain(record),
        }
    }

    /// How many conditions are looked at, where none settles it early: one that is referred to twice counts twice, and many
    /// values count as several.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::All(nodes) | Self::Any(nodes) => 1 + nodes.iter().map(Self::weight).sum::<usize>(),
            Self::Not(node) => 1 + node.weight(),
            Self::Named(_, node) => node.weight(),
            Self::Leaf(leaf) => 1 + leaf.tests.iter().map(Vec::len).sum::<usize>() / VALUES,
        }
    }

    /// Texts of which every record in which it holds has one; `None` where nothing is known.
    pub(super) fn needles(&self) -> Option<Vec<String>> {
        match self {
            Self::All(nodes) => best(nodes.iter().map(Self::needles)),
            Self::Any(nodes) => {
                let all: Option<Vec<Vec<String>>> = nodes.iter().map(Self::needles).collect();
                let mut needles = all?.concat();
                needles.sort();
                needles.dedup();
                Some(needles)
            }
            Self::Not(_) => None,
            Self::Named(_, node) => node.needles(),
            Self::Leaf(leaf) => leaf.needles(),
        }
    }
}
