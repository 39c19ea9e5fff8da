//! All rules on their way along the log.

use std::sync::Arc;

use super::{
    ALERT_SOURCE,
    book::{RuleBook, RuleSet},
    detect::View,
    prefilter::Prefilter,
    watcher::{Look, Watcher, reach},
};
use crate::{Alert, Evaluation, Event};

/// One way along the log with the rules of a book.
pub struct Watch {
    book: RuleBook,
    rules: Arc<RuleSet>,
    /// Of the rules that make alerts.
    watchers: Vec<Watcher>,
    prefilter: Prefilter,
    marks: Vec<bool>,
    /// The latest time at which anything was stored, in ticks.
    newest: i64,
    /// Whether a rule that remembers has come in on the way: what was stored before counts for it, too.
    stale: bool,
}

impl Watch {
    pub(super) fn new(book: RuleBook) -> Self {
        let rules = book.rules();
        let mut watch = Self {
            book,
            rules: Arc::default(),
            watchers: Vec::new(),
            prefilter: Prefilter::of([]),
            marks: Vec::new(),
            newest: i64::MIN,
            stale: false,
        };
        watch.follow(rules);
        watch.stale = false;
        watch
    }

    /// How many events and alerts all rules remember together.
    pub fn remembers(&self) -> usize {
        self.watchers.iter().map(Watcher::remembers).sum()
    }

    fn each(&mut self, event: &Event, act: &mut dyn FnMut(&mut Watcher, &View<'_>, i64)) {
        self.keep_up();
        if event.source == ALERT_SOURCE {
            return;
        }
        let stored = self.stored(event);
        if self.book.is_filtered_first() {
            self.prefilter.mark(event, &mut self.marks);
        } else {
            self.marks.clear();
            self.marks.resize(self.watchers.len(), true);
        }
        let view = View::new(event, &**self.book.reader());
        for (watcher, _) in self.watchers.iter_mut().zip(&self.marks).filter(|(_, mark)| **mark) {
            act(watcher, &view, stored);
        }
    }

    /// When the event was stored, in ticks; the log is in this order.
    fn stored(&mut self, event: &Event) -> i64 {
        self.newest = self.newest.max(event.ingested_at.unwrap_or(event.timestamp).ticks());
        self.newest
    }

    /// Takes over the rules that are in force by now.
    fn keep_up(&mut self) {
        if let Some(rules) = self.book.rules_unless(&self.rules) {
            self.follow(rules);
        }
    }

    fn follow(&mut self, rules: Arc<RuleSet>) {
        let mut before = std::mem::take(&mut self.watchers);
        for rule in rules.detections().iter().filter(|rule| rule.enabled) {
            let known = before.iter().position(|watcher| watcher.detection().remembers_like(rule));
            self.watchers.push(match known {
                Some(index) => before.swap_remove(index).now(rule.clone()),
                None => {
                    self.stale |= !reach(rule).is_zero();
                    Watcher::new(rule.clone(), self.book.lateness_of_events())
                }
            });
        }
        self.prefilter = Prefilter::of(self.watchers.iter().map(|watcher| &**watcher.detection()));
        self.rules = rules;
    }
}

impl Evaluation for Watch {
    fn evaluate(&mut self, event: &Event) -> Vec<Alert> {
        let mut alerts = Vec::new();
        self.each(event, &mut |watcher, view, stored| {
            if let Look::Alerts(found) = watcher.look(view, stored) {
                alerts.extend(found);
            }
        });
        alerts
    }

    fn review(&mut self, event: &Event) {
        self.each(event, &mut |watcher, view, stored| watcher.review(view, stored));
    }

    fn is_stale(&mut self) -> bool {
        self.keep_up();
        self.stale
    }

    fn recall(&mut self, event: &Event) {
        self.keep_up();
        let Some(alert) = Alert::of(event) else { return };
        let own = self.watchers.iter_mut().find(|watcher| watcher.detection().id == alert.rule);
        if let Some(watcher) = own {
            watcher.recall(&alert, event);
        }
    }
}
