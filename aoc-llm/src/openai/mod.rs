//! Models that are asked as OpenAI's are: OpenAI, Azure OpenAI, and every server that speaks chat completions.
//!
//! ```toml
//! [llm]
//! type = "openai"
//! model = "gpt-4o-mini"
//! api_key = { env = "LLM_API_KEY" }
//! ```

mod address;
mod auth;
mod azure;
mod call;
mod entra;
mod events;
mod heard;
mod provider;
mod refusal;
mod schema;
mod wire;

use std::{sync::Arc, time::Duration};

use aoc_core::{
    config::Span,
    http::{HttpClient, Options, header::HeaderValue},
    prelude::*,
};

pub use self::azure::{Api, AzureOpenAi, is_azure};
use self::{
    address::{Address, Plain},
    auth::{Auth, Shown},
    provider::ChatProvider,
    refusal::Keys,
    wire::Manner,
};

/// How a model is told that its answer must be JSON that follows a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StructuredOutput {
    /// The server sees to it that the answer follows the schema. What the schema lets be left out may come as null.
    #[default]
    JsonSchema,
    /// The server sees to it that the answer is JSON; the prompt says the schema.
    JsonObject,
    /// The prompt says all.
    None,
}

/// Asks a model of OpenAI, or of any server that speaks its chat completions, at `base_url`.
///
/// Errors say in our own words what to do; what the server says is not shown, as it may repeat the prompt. Redirects are
/// not followed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenAi {
    /// What stands before `/chat/completions`; `https://api.openai.com/v1` without it.
    pub base_url: Option<String>,
    /// The model's name; it must be given.
    pub model: String,
    /// The key; must be given for OpenAI itself. It is sent to the host of `base_url` and nowhere else.
    pub api_key: Option<Secret>,
    /// The organization that is charged, where a key has several.
    pub organization: Option<String>,
    /// The project that is charged, where a key has several.
    pub project: Option<String>,
    /// Take a `base_url` of plain http also when it is not of this machine. The key and all questions can be read on the way.
    pub allow_http: bool,
    /// How long an answer may take to begin, tries included, and be silent in the middle; `60s` without it. To its end it may
    /// take ten times as long.
    pub timeout: Option<Span>,
    /// How many tokens an answer may have, those of its reasoning included; `4096` without it.
    pub max_answer_tokens: Option<u32>,
    /// How freely the model chooses words, from 0 to 2. Not sent without it: some models refuse it.
    pub temperature: Option<f64>,
    /// How the model is told that an answer must be JSON: `json_schema`, or where a server does not know that,
    /// `json_object` or `none`.
    pub structured_output: StructuredOutput,
    /// Whether the answer is taken piece by piece as it is written; yes, without it.
    pub stream: Option<bool>,
}

/// Where OpenAI is.
const OPENAI: &str = "https://api.openai.com/v1";
const TIMEOUT: Span = Span::seconds(60);
const MAX_ANSWER_TOKENS: u32 = 4096;

impl OpenAi {
    /// This model of OpenAI, with this key.
    pub fn new(model: impl Into<String>, api_key: Secret) -> Self {
        Self { model: model.into(), api_key: Some(api_key), ..Self::default() }
    }

    fn provider(self) -> Result<ChatProvider> {
        if self.model.trim().is_empty() {
            return Err(Error::config("`model` is missing; give such as `gpt-4o-mini`"));
        }
        if self.base_url.is_none() && self.api_key.is_none() {
            return Err(Error::config("`api_key` is missing; give such as `{ env = \"LLM_API_KEY\" }`"));
        }
        let shown = self.api_key.as_ref().map(|key| Shown::bearer(key.expose())).transpose();
        let auth = Auth::Fixed(shown.map_err(|error| error.at("api_key"))?.unwrap_or_default());
        let headers = [
            ("openai-organization", "organization", self.organization),
            ("openai-project", "project", self.project),
        ];
        let headers = headers.into_iter().filter_map(|(name, key, value)| Some((name, key, value?)));
        let headers = headers.map(|(name, key, value)| match HeaderValue::from_str(&value) {
            Ok(_) => Ok((name, value)),
            Err(_) => Err(Error::config("not an id").at(key)),
        });
        let plain = if self.allow_http { Plain::Allowed } else { Plain::Refused };
        let base = self.base_url.as_deref().unwrap_or(OPENAI);
        let common = Common {
            timeout: self.timeout,
            max_answer_tokens: self.max_answer_tokens,
            temperature: self.temperature,
            structured_output: self.structured_output,
            stream: self.stream,
        };
        let address = Address::new(base, "/chat/completions", plain)?;
        if is_azure(&address.host) && !address.url.path().starts_with("/openai/v1/") {
            let message = "this host is Azure OpenAI's; write `type = \"azure_openai\"` with `deployment`";
            return Err(Error::config(message).at("base_url"));
        }
        let provider = common.provider(
            address,
            auth,
            Some(self.model),
            Keys { credential: "`api_key`", model: "`model`" },
        )?;
        Ok(ChatProvider { headers: headers.collect::<Result<_>>()?, ..provider })
    }
}

impl Component for OpenAi {
    type Built = Arc<dyn LlmProvider>;
    const TYPE: &'static str = "openai";
    const EXAMPLE: &'static str = r#"model = "gpt-4o-mini"
api_key = { env = "LLM_API_KEY" }"#;

    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(self.provider()?))
    }
}

/// What both components have in common.
struct Common {
    timeout: Option<Span>,
    max_answer_tokens: Option<u32>,
    temperature: Option<f64>,
    structured_output: StructuredOutput,
    stream: Option<bool>,
}

impl Common {
    fn provider(
        self,
        address: Address,
        auth: Auth,
        model: Option<String>,
        keys: Keys,
    ) -> Result<ChatProvider> {
        let timeout = self.timeout.unwrap_or(TIMEOUT).duration();
        // An answer to its end takes ten times as long; a day is enough.
        if !(Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&timeout) {
            return Err(Error::config("expected from `1s` to `1d`").at("timeout"));
        }
        if self.max_answer_tokens == Some(0) {
            return Err(Error::config("expected at least 1").at("max_answer_tokens"));
        }
        if self.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
            return Err(Error::config("expected from 0 to 2").at("temperature"));
        }
        let manner = Manner {
            model,
            max_answer_tokens: self.max_answer_tokens.unwrap_or(MAX_ANSWER_TOKENS),
            temperature: self.temperature,
            structured_output: self.structured_output,
            stream: self.stream.unwrap_or(true),
        };
        let options = Options { silence: timeout, proxy: !address.is_local, ..Options::default() };
        let http = HttpClient::new(options)?;
        let quirks = std::sync::Mutex::default();
        Ok(ChatProvider { http, address, auth, headers: Vec::new(), manner, timeout, keys, quirks })
    }
}
