//! What the tests share.

use std::sync::{Arc, Mutex};

use aoc_core::{Completion, Error, LlmProvider, Message, Prompt, Registry, Result, Role};
use aoc_llm::fake::{DEPLOYMENT, FakeModel, KEY};
use serde_json::{Value, json};

/// A model on this machine, and a way to ask it.
pub(crate) struct World {
    pub(crate) fake: FakeModel,
    pub(crate) model: Arc<dyn LlmProvider>,
}

pub(crate) async fn build(kind: &str, options: Value) -> Result<Arc<dyn LlmProvider>> {
    let mut registry = Registry::new();
    aoc_llm::register(&mut registry);
    registry.build(kind, options).await
}

/// The options, with more or other ones.
pub(crate) fn with(mut options: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        options[key] = value.clone();
    }
    options
}

impl World {
    /// OpenAI, with more options.
    pub(crate) async fn openai(more: Value) -> Self {
        let fake = FakeModel::start().await.unwrap();
        let options = json!({"base_url": fake.openai_url(), "model": "gpt-4o-mini", "api_key": KEY});
        let model = build("openai", with(options, more)).await.unwrap();
        Self { fake, model }
    }

    /// Azure OpenAI, with more options, among them who we are.
    pub(crate) async fn azure(more: Value) -> Self {
        let fake = FakeModel::start().await.unwrap();
        let more = with(more, json!({"base_url": fake.url()}));
        let model = build("azure_openai", with(json!({"deployment": DEPLOYMENT}), more)).await.unwrap();
        Self { fake, model }
    }

    /// The answer to a question, and its pieces.
    pub(crate) async fn ask(&self) -> (Result<Completion>, Vec<String>) {
        ask(&*self.model, &question()).await
    }

    /// The error that comes instead of an answer.
    pub(crate) async fn fail(&self) -> Error {
        self.ask().await.0.unwrap_err()
    }
}

pub(crate) async fn ask(model: &dyn LlmProvider, prompt: &Prompt) -> (Result<Completion>, Vec<String>) {
    let pieces = Mutex::new(Vec::new());
    let answer = model.complete(prompt, &|piece| pieces.lock().unwrap().push(piece.to_owned())).await;
    (answer, pieces.into_inner().unwrap())
}

pub(crate) fn question() -> Prompt {
    let message = Message { role: Role::User, text: "Who did it? PROMPT-WORDS".to_owned() };
    Prompt { system: "Be brief.".to_owned(), messages: vec![message], ..Prompt::default() }
}
