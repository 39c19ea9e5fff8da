//! Prints how long it takes from the moment a model on this machine writes its first piece until we have it.
//!
//! `cargo run --release -p aoc-llm --features testkit --example first_piece`

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use aoc_core::{LlmProvider, Message, Prompt, Registry, Result, Role};
use aoc_llm::fake::{FakeModel, KEY, Reply};
use serde_json::json;

const ROUNDS: usize = 500;

#[tokio::main]
async fn main() -> Result<()> {
    let fake = FakeModel::start().await?;
    let mut registry = Registry::new();
    aoc_llm::register(&mut registry);
    let options = json!({"base_url": fake.openai_url(), "model": "gpt-4o-mini", "api_key": KEY});
    let model: std::sync::Arc<dyn LlmProvider> = registry.build("openai", options).await?;
    let message = Message { role: Role::User, text: "Who did it?".to_owned() };
    let prompt = Prompt { messages: vec![message], ..Prompt::default() };
    let (mut pieces, mut questions) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        fake.script(Reply::say(["Kim ", "did it."]).slowly(Duration::from_millis(2)));
        let (first, asked) = (Mutex::new(None), Instant::now());
        let note = |_: &str| {
            if let Ok(mut first) = first.lock() {
                first.get_or_insert_with(Instant::now);
            }
        };
        model.complete(&prompt, &note).await?;
        if let (Ok(Some(heard)), Some(said)) = (first.into_inner(), fake.first_piece_at()) {
            pieces.push(heard.saturating_duration_since(said));
            questions.push(heard - asked);
        }
    }
    print("from the first piece until it is handed on", &mut pieces);
    print("from the question until its first piece", &mut questions);
    Ok(())
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    println!("{what}: median {:?}, 99 of 100 below {:?}, longest {:?}", at(50), at(99), at(100));
}
