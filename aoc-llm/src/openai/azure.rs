//! Azure OpenAI.

use std::sync::Arc;

use aoc_core::{config::Span, http::Base, prelude::*};

use super::{
    Common, StructuredOutput,
    address::{Address, Plain},
    auth::{Auth, Shown},
    entra::{Identity, Tokens},
    provider::ChatProvider,
    refusal::Keys,
};

/// What the hosts of Azure's models end with, in its clouds.
const AZURE: [&str; 6] = [
    ".openai.azure.com",
    ".openai.azure.us",
    ".openai.azure.cn",
    ".cognitiveservices.azure.com",
    ".cognitiveservices.azure.us",
    ".services.ai.azure.com",
];

/// Whether a host, perhaps with a port, is one of Azure's. It never decides how a model is asked, only what is said of a
/// configuration that cannot work.
pub fn is_azure(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default().to_lowercase();
    AZURE.iter().any(|end| host.ends_with(end))
}

/// Which of Azure's interfaces is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `/openai/deployments/{deployment}/chat/completions?api-version={api_version}`.
    Classic,
    /// `/openai/v1/chat/completions`.
    V1,
}

/// Asks a model that is deployed in Azure OpenAI.
///
/// Who asks is shown by `api_key`, by an application (`tenant_id`, `client_id`, `client_secret`) or by the machine's managed
/// identity; the last two need the role Cognitive Services OpenAI User on the resource.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AzureOpenAi {
    /// The resource's address, before `/openai`, such as `https://NAME.openai.azure.com`; it must be given.
    pub base_url: String,
    /// The deployment's name, which need not be the model's; it must be given.
    pub deployment: String,
    /// The version of the classic interface, such as `2024-10-21`. Without it, `v1` is asked.
    pub api_version: Option<String>,
    /// Which interface is asked; without it, `classic` where `api_version` is given, else `v1`.
    pub api: Option<Api>,
    /// A key of the resource.
    pub api_key: Option<Secret>,
    /// The tenant (directory) id of the application.
    pub tenant_id: Option<String>,
    /// The application (client) id; with `managed_identity`, of several the one that is meant.
    pub client_id: Option<String>,
    /// The application's secret (its value, not its id).
    pub client_secret: Option<Secret>,
    /// Use the managed identity of the Azure machine or app service AOC runs on.
    pub managed_identity: bool,
    /// The base of the login service; `https://login.microsoftonline.com` without it.
    pub login_url: Option<String>,
    /// What tokens are asked for; `https://cognitiveservices.azure.com` without it, `https://cognitiveservices.azure.us` in US
    /// government clouds.
    pub token_resource: Option<String>,
    /// Take a `base_url` of plain http also when it is not of this machine. The key and all questions can be read on the way.
    pub allow_http: bool,
    /// How long an answer may take to begin, tries included, and be silent in the middle; `60s` without it. To its end it may
    /// take ten times as long.
    pub timeout: Option<Span>,
    /// How many tokens an answer may have, those of its reasoning included; `4096` without it.
    pub max_answer_tokens: Option<u32>,
    /// How freely the model chooses words, from 0 to 2. Not sent without it: some models refuse it.
    pub temperature: Option<f64>,
    /// How the model is told that an answer must be JSON: `json_schema`, or where a model does not know that,
    /// `json_object` or `none`.
    pub structured_output: StructuredOutput,
    /// Whether the answer is taken piece by piece as it is written; yes, without it.
    pub stream: Option<bool>,
}

const LOGIN: &str = "https://login.microsoftonline.com";
const RESOURCE: &str = "https://cognitiveservices.azure.com";
const ONE_OF: &str =
    "one of `api_key`, `client_secret` (with `tenant_id` and `client_id`) and `managed_identity = true`";

impl AzureOpenAi {
    /// This deployment, with a key of its resource.
    pub fn new(base_url: impl Into<String>, deployment: impl Into<String>, api_key: Secret) -> Self {
        Self {
            base_url: base_url.into(),
            deployment: deployment.into(),
            api_key: Some(api_key),
            ..Self::default()
        }
    }

    fn provider(self) -> Result<ChatProvider> {
        if self.base_url.trim().is_empty() {
            return Err(Error::config("`base_url` is missing; give such as `https://NAME.openai.azure.com`"));
        }
        if self.deployment.is_empty() {
            return Err(Error::config("`deployment` is missing; give the name of the deployment in Azure"));
        }
        let (path, model) = self.path()?;
        let plain = if self.allow_http { Plain::Allowed } else { Plain::Refused };
        let address = Address::new(&self.base_url, &path, plain)?;
        let auth = self.auth()?;
        let credential = match auth {
            Auth::Fixed(_) => "`api_key`",
            Auth::Entra(_) => "the identity and its role Cognitive Services OpenAI User",
        };
        let common = Common {
            timeout: self.timeout,
            max_answer_tokens: self.max_answer_tokens,
            temperature: self.temperature,
            structured_output: self.structured_output,
            stream: self.stream,
        };
        common.provider(address, auth, model, Keys { credential, model: "`deployment`" })
    }

    /// The path with its query, and the model that the body must name.
    fn path(&self) -> Result<(String, Option<String>)> {
        let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !is_name(&self.deployment) || self.deployment.starts_with('.') {
            return Err(Error::config("expected letters, digits, `-`, `_` and `.`").at("deployment"));
        }
        let version = self.api_version.as_deref();
        if version.is_some_and(|version| version.is_empty() || !is_name(version)) {
            return Err(Error::config("expected such as `2024-10-21`").at("api_version"));
        }
        if self.base_url.split('/').skip(3).any(|part| part == "openai") {
            return Err(Error::config("give only what stands before `/openai`").at("base_url"));
        }
        let default = if version.is_some() { Api::Classic } else { Api::V1 };
        let query = version.map_or_else(String::new, |version| format!("?api-version={version}"));
        match self.api.unwrap_or(default) {
            Api::Classic if version.is_none() => {
                Err(Error::config("`api = \"classic\"` needs `api_version`, such as `2024-10-21`"))
            }
            Api::Classic => {
                Ok((format!("/openai/deployments/{}/chat/completions{query}", self.deployment), None))
            }
            Api::V1 => Ok((format!("/openai/v1/chat/completions{query}"), Some(self.deployment.clone()))),
        }
    }

    fn auth(&self) -> Result<Auth> {
        let given = [self.api_key.is_some(), self.client_secret.is_some(), self.managed_identity];
        match given.into_iter().filter(|given| *given).count() {
            0 => return Err(Error::config(format!("no credential; give {ONE_OF}"))),
            1 => {}
            _ => return Err(Error::config(format!("several credentials; give only {ONE_OF}"))),
        }
        if let Some(key) = &self.api_key {
            return Ok(Auth::Fixed(Shown::api_key(key).map_err(|error| error.at("api_key"))?));
        }
        let base = |text: &Option<String>, default: &str, key: &str| {
            Base::parse(text.as_deref().unwrap_or(default)).map_err(|error| error.at(key))
        };
        let resource = base(&self.token_resource, RESOURCE, "token_resource")?.origin();
        let client_id = self.client_id.clone().unwrap_or_default().trim().to_owned();
        let identity = match &self.client_secret {
            Some(secret) => Identity::Application {
                login: base(&self.login_url, LOGIN, "login_url")?,
                tenant_id: self.tenant()?,
                client_id: Some(client_id).filter(|id| !id.is_empty()).ok_or_else(|| {
                    Error::config("`client_id` is missing; it is in the overview of the app registration")
                })?,
                secret: secret.clone(),
            },
            None => Identity::Machine { client_id },
        };
        let tokens = Tokens::new(identity, &resource, |name| std::env::var(name).ok())?;
        Ok(Auth::Entra(Box::new(tokens)))
    }

    fn tenant(&self) -> Result<String> {
        let tenant = self.tenant_id.as_deref().unwrap_or_default().trim();
        let is_tenant = tenant.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        match tenant {
            "" => Err(Error::config(
                "`tenant_id` is missing; it is in the tenant's overview in the Entra portal",
            )),
            "common" | "organizations" | "consumers" => {
                Err(Error::config(format!("`{tenant}` is no tenant; give the tenant's own id"))
                    .at("tenant_id"))
            }
            _ if !is_tenant => Err(Error::config("neither a tenant id nor a domain").at("tenant_id")),
            _ => Ok(tenant.to_owned()),
        }
    }
}

impl Component for AzureOpenAi {
    type Built = Arc<dyn LlmProvider>;
    const TYPE: &'static str = "azure_openai";
    const EXAMPLE: &'static str = r#"base_url = "https://contoso.openai.azure.com"
deployment = "gpt-4o-mini"
api_key = { env = "LLM_API_KEY" }"#;

    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(self.provider()?))
    }
}
