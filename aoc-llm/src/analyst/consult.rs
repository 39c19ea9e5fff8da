//! Consults a model about some events, within the budget.

use std::time::Duration;

use aoc_core::{Event, Timestamp, query::Counted};
use chrono::FixedOffset;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Analyst, Claim, Counts, Names,
    answer::PATIENCE,
    check::{Checker, Said},
    prompt::{self, Aliases, Material, Record, clean::value},
    say::Speech,
    tab::Tab,
};
use crate::Usage;

/// How many values of a facet a model is told.
const VALUES: usize = 10;
/// The most characters of such a value.
const NAME: usize = 120;

/// What a model is consulted about.
pub(super) struct Matter<'a> {
    pub(super) question: &'a str,
    pub(super) now: Timestamp,
    pub(super) offset: FixedOffset,
    /// Called e1, e2 and so on.
    pub(super) events: &'a [Event],
    pub(super) counts: &'a Counts,
    /// How many events are counted, but not among these.
    pub(super) left_out: u64,
    /// Whose tokens are used.
    pub(super) caller: &'a str,
}

/// What a model did for an answer.
pub(super) struct Use {
    /// When it is waited for no longer.
    pub(super) until: Instant,
    /// How many of its claims are in the answer.
    pub(super) kept: usize,
    pub(super) error: Option<String>,
    pub(super) usage: Option<Usage>,
}

impl Use {
    /// Nothing yet; a model may take so long.
    pub(super) fn within(patience: Duration) -> Self {
        let now = Instant::now();
        let until = now.checked_add(patience).unwrap_or(now + PATIENCE);
        Self { until, kept: 0, error: None, usage: None }
    }

    /// Adds what one request took.
    pub(super) fn add(&mut self, usage: Usage) {
        if usage.total() == 0 {
            return;
        }
        let before = self.usage.unwrap_or_default();
        self.usage = Some(Usage {
            prompt_tokens: before.prompt_tokens.saturating_add(usage.prompt_tokens),
            answer_tokens: before.answer_tokens.saturating_add(usage.answer_tokens),
            estimated: before.estimated || usage.estimated,
        });
    }
}

impl Analyst {
    /// Adds to the speech what a model says and the events prove.
    pub(super) async fn consult(&self, matter: &Matter<'_>, speech: &Speech<'_>, used: &mut Use) {
        let Some(model) = &self.model else { return };
        if !self.allows(matter.caller) {
            used.error = Some("the tokens of the language model are used for today".to_owned());
            return;
        }
        let mark = prompt::mark();
        let is_hidden = self.options.names == Names::Pseudonyms;
        let record = |(at, event)| Record::of(format!("e{}", at + 1), event, matter.offset);
        let records: Vec<Record> = matter.events.iter().enumerate().map(record).collect();
        let actors: Vec<String> = matter.counts.actor.iter().map(|one| value(&one.value, NAME)).collect();
        let aliases = is_hidden.then(|| Aliases::of(&records, actors.iter(), &mark));
        let counts = (matter.counts, matter.left_out);
        let checker = Checker::new(&records, matter.events, counts, aliases.as_ref(), matter.offset);
        let (prompt, told) = prompt::build(&Material {
            question: matter.question,
            now: matter
                .now
                .instant()
                .with_timezone(&matter.offset)
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
            records: &records,
            counts: counted(matter.counts),
            aliases: aliases.as_ref(),
            schema: schemars::schema_for!(Said).to_value(),
            mark: &mark,
        });
        let tab = Tab::open(self.budget.as_deref(), matter.caller, &prompt);
        let heard = speech.ask((&**model, used.until), (&prompt, tab), &checker).await;
        used.add(heard.usage);
        if told < records.len() {
            let note =
                format!("Note: The language model was told {told} of these events; the others did not fit.");
            speech.say(Claim::stored(note, Vec::new()));
        }
        (used.kept, used.error) = (heard.kept, heard.error);
    }

    /// Whether the caller may use the model now.
    pub(super) fn allows(&self, caller: &str) -> bool {
        self.budget.as_ref().is_none_or(|budget| budget.check(caller).is_ok())
    }
}

/// The counts with clean names; null where nothing was counted.
fn counted(counts: &Counts) -> Value {
    if counts.total == 0 {
        return Value::Null;
    }
    let list = |list: &[Counted]| -> Value {
        list.iter().take(VALUES).map(|one| json!([value(&one.value, NAME), one.count])).collect()
    };
    json!({
        "total": counts.total, "service": list(&counts.service), "operation": list(&counts.operation),
        "result": list(&counts.result), "actor": list(&counts.actor),
    })
}
