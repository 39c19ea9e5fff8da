//! Asks questions about three events in memory; no language model is needed.
//!
//! `cargo run -p aoc-llm --example ask "Who reset passwords yesterday?"`

use std::sync::Arc;

use aoc_core::prelude::*;
use aoc_llm::analyst::{Analyst, Question};

#[tokio::main]
async fn main() -> Result<()> {
    let store = Arc::new(MemoryStore::new());
    let now = Timestamp::parse("2026-11-20T11:30:00Z")?;
    for (id, time, who, what, to) in [
        ("1", "2026-11-19T09:12:00Z", "kim@contoso.com", "Reset user password", "lee@contoso.com"),
        ("2", "2026-11-19T10:40:00Z", "kim@contoso.com", "Add member to role", "max@contoso.com"),
        ("3", "2026-11-20T08:00:00Z", "max@contoso.com", "Delete user", "lee@contoso.com"),
    ] {
        let mut event = Event::new("example", id, Timestamp::parse(time)?);
        event.service = "UserManagement".into();
        event.operation = what.into();
        event.result = Outcome::Success;
        event.actor_upn = Some(who.into());
        event.target_displays = vec![to.into()];
        store.append(&[event]).await?;
    }
    let text = std::env::args().nth(1).unwrap_or_else(|| "What happened since yesterday?".to_owned());
    let answer = Analyst::new(store.clone(), store).ask(&Question::new(text, now)).await?;
    println!("{}", answer.answer);
    Ok(())
}
