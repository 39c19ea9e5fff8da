//! What goes over the wire: the request, and the shapes of answers.

use aoc_core::{Message, Prompt, Result, Role};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{StructuredOutput, schema};

/// What stands in every request.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// The model, unless the address says it.
    pub(super) model: Option<String>,
    pub(super) max_answer_tokens: u32,
    pub(super) temperature: Option<f64>,
    pub(super) structured_output: StructuredOutput,
    pub(super) stream: bool,
}

/// What a server turned out not to know; the older words are used for it instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    pub(super) old_max_tokens: bool,
    pub(super) no_stream_options: bool,
}

impl Quirks {
    /// What this server does not know after it refused a member, if that was not known yet.
    pub(super) fn learn(self, refused: &str) -> Option<Self> {
        let learnt = match refused {
            NEW_MAX => Self { old_max_tokens: true, ..self },
            STREAM_OPTIONS => Self { no_stream_options: true, ..self },
            _ => return None,
        };
        (learnt != self).then_some(learnt)
    }
}

/// The members that compatible servers may not know.
pub(super) const MEMBERS: [&str; 2] = [NEW_MAX, STREAM_OPTIONS];
const NEW_MAX: &str = "max_completion_tokens";
const STREAM_OPTIONS: &str = "stream_options";

/// The body of a request.
///
/// # Errors
/// [`Internal`](aoc_core::ErrorKind::Internal) when the prompt's schema cannot be said strictly.
pub(super) fn request(prompt: &Prompt, manner: &Manner, quirks: Quirks) -> Result<Value> {
    let mut body = Map::new();
    let mut add = |key: &str, value: Value| body.insert(key.to_owned(), value);
    if let Some(model) = &manner.model {
        add("model", json!(model));
    }
    let (format, hint) = format(prompt, manner.structured_output)?;
    add("messages", messages(prompt, &hint));
    let most = prompt.max_tokens.map_or(manner.max_answer_tokens, |most| most.min(manner.max_answer_tokens));
    add(if quirks.old_max_tokens { "max_tokens" } else { NEW_MAX }, json!(most));
    if let Some(temperature) = manner.temperature {
        add("temperature", json!(temperature));
    }
    if let Some(format) = format {
        add("response_format", format);
    }
    add("stream", json!(manner.stream));
    if manner.stream && !quirks.no_stream_options {
        add(STREAM_OPTIONS, json!({"include_usage": true}));
    }
    Ok(Value::Object(body))
}

/// The format of the answer, and what the model is told of it where the server does not see to it.
fn format(prompt: &Prompt, by: StructuredOutput) -> Result<(Option<Value>, String)> {
    let Some(schema) = &prompt.schema else { return Ok((None, String::new())) };
    let hint =
        || format!("Answer with one JSON object, and nothing else, that follows this JSON Schema:\n{schema}");
    Ok(match by {
        StructuredOutput::JsonSchema => {
            let strict = schema::strict(schema)?;
            let schema = json!({"name": schema::name(schema), "strict": true, "schema": strict});
            (Some(json!({"type": "json_schema", "json_schema": schema})), String::new())
        }
        StructuredOutput::JsonObject => (Some(json!({"type": "json_object"})), hint()),
        StructuredOutput::None => (None, hint()),
    })
}

fn messages(prompt: &Prompt, hint: &str) -> Value {
    let parts = [prompt.system.as_str(), hint].into_iter().filter(|part| !part.is_empty());
    let system = parts.collect::<Vec<_>>().join("\n\n");
    let system = (!system.is_empty()).then(|| json!({"role": "system", "content": system}));
    let said = |message: &Message| {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({"role": role, "content": message.text})
    };
    system.into_iter().chain(prompt.messages.iter().map(said)).collect()
}

/// An answer, or a piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) choices: Option<Vec<Choice>>,
    pub(super) usage: Option<Tokens>,
    /// What went wrong in the middle of it.
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    pub(super) index: Option<u64>,
    pub(super) message: Option<Said>,
    pub(super) delta: Option<Said>,
    pub(super) finish_reason: Option<String>,
}

/// What the model says: in whole or in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    /// A text, nothing, or (some servers) a list of parts.
    pub(super) content: Value,
    pub(super) refusal: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
}

impl Said {
    pub(super) fn text(self) -> String {
        match self.content {
            Value::String(text) => text,
            Value::Array(parts) => {
                parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
            }
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manner(structured_output: StructuredOutput, stream: bool) -> Manner {
        Manner {
            model: Some("m".into()),
            max_answer_tokens: 100,
            temperature: None,
            structured_output,
            stream,
        }
    }

    fn prompt() -> Prompt {
        let message = |role, text: &str| Message { role, text: text.to_owned() };
        Prompt {
            system: "Be brief.".into(),
            messages: vec![message(Role::User, "a"), message(Role::Assistant, "b"), message(Role::User, "c")],
            schema: None,
            max_tokens: None,
        }
    }

    #[test]
    fn a_request_says_what_must_be_said_and_no_more() {
        let body =
            request(&prompt(), &manner(StructuredOutput::JsonSchema, true), Quirks::default()).unwrap();
        let expected = json!({
            "model": "m",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
            "max_completion_tokens": 100,
            "stream": true,
            "stream_options": {"include_usage": true},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn older_words_are_used_where_a_server_knows_no_other() {
        let quirks = Quirks::default().learn("max_completion_tokens").unwrap();
        assert_eq!(quirks.learn("max_completion_tokens"), None, "it cannot be refused twice");
        assert_eq!(quirks.learn("temperature"), None);
        let quirks = quirks.learn("stream_options").unwrap();
        let asked = Prompt { max_tokens: Some(7), ..Prompt::default() };
        let body = request(&asked, &manner(StructuredOutput::None, true), quirks).unwrap();
        assert_eq!(body, json!({"model": "m", "messages": [], "max_tokens": 7, "stream": true}));
    }

    #[test]
    fn an_answer_never_has_more_tokens_than_configured() {
        for (asked, most) in [(None, 100), (Some(99), 99), (Some(101), 100)] {
            let asked = Prompt { max_tokens: asked, ..prompt() };
            let body = request(&asked, &manner(StructuredOutput::None, false), Quirks::default()).unwrap();
            assert_eq!((&body["max_completion_tokens"], body.get("stream_options")), (&json!(most), None));
        }
    }

    #[test]
    fn a_schema_is_given_in_the_way_the_server_knows() {
        let schema = json!({"title": "A B", "type": "object", "properties": {"x": {"type": "string"}}});
        let asked = Prompt { schema: Some(schema.clone()), ..prompt() };
        let of = |way| request(&asked, &manner(way, false), Quirks::default()).unwrap();
        let body = of(StructuredOutput::JsonSchema);
        let format = &body["response_format"];
        assert_eq!(
            (&format["json_schema"]["name"], &format["json_schema"]["strict"]),
            (&json!("A_B"), &json!(true))
        );
        assert_eq!(body["messages"][0]["content"], "Be brief.");
        let body = of(StructuredOutput::JsonObject);
        assert_eq!(body["response_format"], json!({"type": "json_object"}));
        assert!(body["messages"][0]["content"].as_str().unwrap().ends_with(&schema.to_string()));
        let body = of(StructuredOutput::None);
        assert_eq!(body.get("response_format"), None);
        assert!(body["messages"][0]["content"].as_str().unwrap().contains("JSON"));
    }
}
