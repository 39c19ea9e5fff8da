//! What the tests share.

use std::sync::{Arc, Mutex};

use aoc_core::{Completion, Prompt, RawJson, prelude::*};
use aoc_llm::analyst::{Analyst, Answer, Question};
use serde_json::{Value, json};

pub(crate) const NOW: &str = "2026-11-20T11:30:00Z";

/// An event; members of an actor and of targets may be anything.
pub(crate) fn event(id: &str, time: &str, service: &str, operation: &str) -> Event {
    let mut event = Event::new("test", id, Timestamp::parse(time).unwrap());
    event.service = service.into();
    event.operation = operation.into();
    event.result = Outcome::Success;
    event.actor_display = Some("Kim Lee".into());
    event.actor_upn = Some("kim@contoso.com".into());
    event.actor_ip = Some("203.0.113.7".into());
    event.target_displays = vec!["lee@contoso.com".into()];
    event.raw = RawJson::of(&json!({"id": id, "ip": "203.0.113.7"})).unwrap();
    event
}

/// Three deeds and many file accesses of the day before.
pub(crate) fn events() -> Vec<Event> {
    let mut role = event("role", "2026-11-19T09:12:13Z", "RoleManagement", "Add member to role");
    role.target_displays.push("Global Administrator".into());
    let mut reset = event("reset", "2026-11-19T10:00:00Z", "UserManagement", "Reset user password");
    reset.result = Outcome::Failure;
    reset.target_displays = vec!["max@contoso.com".into()];
    let mut update = event("update", "2026-11-19T11:30:00Z", "UserManagement", "Update user");
    update.actor_display = Some("Lee Ott".into());
    update.actor_upn = Some("lee@contoso.com".into());
    update.actor_ip = Some("198.51.100.9".into());
    update.target_displays = vec!["max@contoso.com".into()];
    update.changes = vec![change("JobTitle", json!("Clerk"), json!("Manager"))];
    let mut all = vec![role, reset, update];
    for minute in 0..40 {
        let time = format!("2026-11-19T12:{minute:02}:00Z");
        let mut read = event(&format!("read{minute}"), &time, "SharePoint", "FileAccessed");
        read.actor_display = Some("Max Roth".into());
        read.actor_upn = Some("max@contoso.com".into());
        read.target_displays = vec!["plan.docx".into()];
        all.push(read);
    }
    all
}

pub(crate) fn change(property: &str, old: Value, new: Value) -> aoc_core::Change {
    aoc_core::Change { target: None, property: property.into(), old, new }
}

pub(crate) async fn store(events: &[Event]) -> MemoryStore {
    let store = MemoryStore::new();
    store.append(events).await.unwrap();
    store
}

/// An analyst of these events.
pub(crate) async fn analyst(events: &[Event]) -> Analyst {
    let store = Arc::new(store(events).await);
    Analyst::new(store.clone(), store)
}

pub(crate) fn question(text: &str) -> Question {
    Question::new(text, Timestamp::parse(NOW).unwrap())
}

/// A question about everything of the day before.
pub(crate) fn all_of_yesterday() -> Question {
    let plan = json!({"range": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"}});
    Question { plan: Some(serde_json::from_value(plan).unwrap()), ..question("What happened yesterday?") }
}

/// A model that says what it was told to, and keeps what it was asked.
#[derive(Default)]
pub(crate) struct Parrot {
    pub(crate) says: String,
    pub(crate) fails: Option<aoc_core::ErrorKind>,
    pub(crate) is_cut: bool,
    /// How many characters a piece has; the whole in one, if 0.
    pub(crate) piece: usize,
    pub(crate) asked: Mutex<Vec<Prompt>>,
}

impl Parrot {
    pub(crate) fn of(claims: &[(&str, &[&str])]) -> Self {
        let claims: Vec<Value> =
            claims.iter().map(|(text, events)| json!({"text": text, "events": events})).collect();
        Self { says: json!({"claims": claims}).to_string(), ..Self::default() }
    }

    pub(crate) fn prompt(&self) -> Prompt {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

#[async_trait]
impl LlmProvider for Parrot {
    async fn complete(
        &self,
        prompt: &Prompt,
        on_text: &(dyn for<'t> Fn(&'t str) + Send + Sync),
    ) -> Result<Completion> {
        self.asked.lock().unwrap().push(prompt.clone());
        let text: Vec<char> = self.says.chars().collect();
        if self.piece > 0 {
            text.chunks(self.piece).for_each(|piece| on_text(&piece.iter().collect::<String>()));
        }
        match self.fails {
            Some(kind) => Err(Error::new(kind, "upstream says <b>sk-secret</b>")),
            None => {
                Ok(Completion { text: self.says.clone(), complete: !self.is_cut, ..Completion::default() })
            }
        }
    }
}

/// The answer about these events where a model says this.
pub(crate) async fn answer_of(events: &[Event], model: Parrot) -> (Answer, Arc<Parrot>) {
    let model = Arc::new(model);
    let answer = analyst(events).await.model(model.clone()).ask(&all_of_yesterday()).await.unwrap();
    (answer, model)
}
