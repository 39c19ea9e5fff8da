//! Which interface is asked, and whether who asks may.

use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, DEPLOYMENT, IDENTITY_HEADER, KEY, Reply, Seen, World, lock};

/// An interface of chat completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenAi,
    AzureClassic,
    AzureV1,
}

impl Dialect {
    pub(super) fn is_azure(self) -> bool {
        self != Self::OpenAi
    }
}

/// The interface that is asked, or the answer of another.
pub(super) fn route(world: &World, seen: &Seen) -> Result<Dialect, Box<Reply>> {
    let parts: Vec<&str> = seen.path.trim_start_matches('/').split('/').collect();
    let dialect = match (seen.method.as_str(), parts.as_slice()) {
        ("POST", ["v1", "chat", "completions"]) => Dialect::OpenAi,
        ("POST", ["openai", "v1", "chat", "completions"]) => Dialect::AzureV1,
        ("POST", ["openai", "deployments", _, "chat", "completions"]) => Dialect::AzureClassic,
        ("POST", [_, "oauth2", "v2.0", "token"]) => return Err(Box::new(login(world, seen))),
        ("GET", ["msi", "token"]) => return Err(Box::new(machine(world, seen))),
        _ => return Err(Box::new(Reply::raw(404, "text/html", "<html>There is nothing here."))),
    };
    if !may(world, seen, dialect) {
        return Err(Box::new(match dialect {
            Dialect::OpenAi => Reply::invalid_key(),
            _ => Reply::json(401, &json!({"error": {"code": "401", "message": super::UPSTREAM}})),
        }));
    }
    let named = match dialect {
        Dialect::AzureClassic => parts.get(2).copied(),
        _ => seen.body["model"].as_str(),
    };
    let is_versioned = seen.query.starts_with("api-version=") || dialect != Dialect::AzureClassic;
    let wrong = match named {
        _ if !is_versioned => Some(Reply::raw(404, "text/plain", "Resource not found")),
        None => Some(Reply::error(400, "invalid_request_error", "missing_required_parameter")),
        Some(name) if dialect.is_azure() && name != DEPLOYMENT => Some(Reply::deployment_not_found()),
        Some(_) => check_schema(&seen.body),
    };
    wrong.map_or(Ok(dialect), |wrong| Err(Box::new(wrong)))
}

fn may(world: &World, seen: &Seen, dialect: Dialect) -> bool {
    let bearer = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match dialect {
        Dialect::OpenAi => bearer == Some(KEY),
        _ => seen.header("api-key") == Some(KEY) || bearer.is_some_and(|token| token == self::token(world)),
    }
}

/// The token that is good now.
fn token(world: &World) -> String {
    format!("eyJ0eXAi.fake-token-{}.x", *lock(&world.tokens))
}

fn login(world: &World, seen: &Seen) -> Reply {
    let secret =
        CLIENT_SECRET.replace('~', "%7E").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let wanted = [
        "grant_type=client_credentials".to_owned(),
        format!("client_id={CLIENT_ID}"),
        format!("client_secret={secret}"),
        "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default".to_owned(),
    ];
    let given: Vec<&str> = seen.text.split('&').collect();
    if wanted.iter().all(|field| given.contains(&field.as_str())) {
        return minted(world, json!(3599));
    }
    let error =
        json!({"error": "invalid_client", "error_codes": [7_000_215], "error_description": super::UPSTREAM});
    Reply::json(401, &error)
}

fn machine(world: &World, seen: &Seen) -> Reply {
    let is_right = seen.header("x-identity-header") == Some(IDENTITY_HEADER);
    if is_right { minted(world, json!("3599")) } else { Reply::json(400, &json!({"statusCode": 400})) }
}

fn minted(world: &World, life: Value) -> Reply {
    *lock(&world.tokens) += 1;
    Reply::json(200, &json!({"token_type": "Bearer", "expires_in": life, "access_token": token(world)}))
}

/// The error of a schema that is not strict although it says so.
fn check_schema(body: &Value) -> Option<Reply> {
    let format = &body["response_format"]["json_schema"];
    let is_wrong = format["strict"] == true && !is_strict(&format["schema"]);
    is_wrong.then(|| {
        let error = json!({"message": super::UPSTREAM, "type": "invalid_request_error", "param": "response_format", "code": null});
        Reply::json(400, &json!({"error": error}))
    })
}

fn is_strict(schema: &Value) -> bool {
    let below = |key: &str| match &schema[key] {
        Value::Object(all) => all.values().all(is_strict),
        Value::Array(all) => all.iter().all(is_strict),
        _ => true,
    };
    let is_closed = match schema["properties"].as_object() {
        Some(members) => {
            let required = schema["required"].as_array().map_or(0, Vec::len);
            schema["additionalProperties"] == false && required == members.len()
        }
        None => true,
    };
    let items = schema.get("items").is_none_or(is_strict);
    is_closed && items && ["properties", "$defs", "anyOf"].into_iter().all(below)
}
