//! Language models.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Result;

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Who asks.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prompt {
    /// What the model is told about its task.
    pub system: String,
    /// The conversation, oldest message first.
    pub messages: Vec<Message>,
    /// The JSON Schema that the answer must follow, where one must.
    #[serde(default)]
    pub schema: Option<Value>,
    /// How many tokens the answer may have at most.
    #[serde(default)]
    pub max_tokens: Option<u32>,
}

/// What a model answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Completion {
    /// The answer.
    pub text: String,
    /// Whether the model came to an end by itself; `false` where the answer was cut.
    pub complete: bool,
    /// Tokens of the prompt, if the provider says.
    #[serde(default)]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, if the provider says.
    #[serde(default)]
    pub answer_tokens: Option<u64>,
}

/// Completes a prompt.
#[async_trait]
pub trait LlmProvider: Send + Sync {
    /// Answers the prompt. Pieces of the answer go to `on_text` as they arrive; the whole is returned.
    ///
    /// Errors are never shown to who asked: their text may come from the provider.
    ///
    /// (`for<'t>` is written out because `async_trait` would else ask for texts that outlive the call.)
    async fn complete(
        &self,
        prompt: &Prompt,
        on_text: &(dyn for<'t> Fn(&'t str) + Send + Sync),
    ) -> Result<Completion>;
}
