//! The login service: tokens for those who show who they are.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{
    app::App,
    assertion,
    clock::{SECOND, lock, ticks_of},
    reply::{Answered, Call, Outgoing, Reply},
    tenant::Tenant,
    world::{Grant, Service, World},
};

/// A refusal of the login service: status, `error`, the number of its AADSTS code, the sentence.
pub(super) struct Refused(pub(super) u16, pub(super) &'static str, pub(super) u32, pub(super) String);

/// The decoded form.
struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Refused> {
        let missing = || {
            let message = format!("The request body must contain the following parameter: '{name}'.");
            Refused(400, "invalid_request", 900_144, message)
        };
        self.get(name).ok_or_else(missing)
    }
}

/// `POST /{tenant}/oauth2[/v2.0]/token`.
pub(super) fn token(world: &World, call: &Call, tenant: &str, v2: bool) -> Answered {
    if !call.is("POST") {
        return Ok(Reply::new(405).header("allow", "POST").into());
    }
    let mut form = Form(form_urlencoded::parse(&call.body).into_owned().collect());
    form.0.extend(basic(call).into_iter().flatten());
    let granted = grant(world, call, tenant, &form, v2);
    granted.map_err(|refused| refusal(world, &refused)).map(|(token, lifetime)| {
        let number = |seconds: u64| if v2 { json!(seconds) } else { json!(seconds.to_string()) };
        let body = json!({
            "token_type": "Bearer",
            "expires_in": number(lifetime),
            "ext_expires_in": number(lifetime),
            "access_token": token,
        });
        Reply::json(200, &body).header("cache-control", "no-store, no-cache").into()
    })
}

/// Client id and secret out of HTTP's own header, which is taken, too.
fn basic(call: &Call) -> Option<[(String, String); 2]> {
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let mut pairs = form_urlencoded::parse(text.as_bytes());
        pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    Some([("client_id".to_owned(), decode(id)), ("client_secret".to_owned(), decode(secret))])
}

fn grant(world: &World, call: &Call, name: &str, form: &Form, v2: bool) -> Result<(String, u64), Refused> {
    let tenant = world.tenant_called(name).ok_or_else(|| {
        let message =
            format!("Tenant '{name}' not found. Check to make sure you have the correct tenant ID.");
        Refused(400, "invalid_request", 90_002, message)
    })?;
    let grant_type = form.need("grant_type")?;
    if grant_type != "client_credentials" {
        let message = format!("The app requested an unsupported grant type '{grant_type}'.");
        return Err(Refused(400, "unsupported_grant_type", 70_003, message));
    }
    let client_id = form.need("client_id")?;
    let settings = tenant.settings();
    let app =
        settings.apps.iter().find(|app| app.client_id.eq_ignore_ascii_case(client_id)).ok_or_else(|| {
            let message =
                format!("Application with identifier '{client_id}' was not found in the directory '{name}'.");
            Refused(400, "unauthorized_client", 700_016, message)
        })?;
    if app.disabled {
        let message = format!("Application '{client_id}' is disabled.");
        return Err(Refused(400, "unauthorized_client", 7_000_112, message));
    }
    let resource = if v2 { scope(form)? } else { form.need("resource")?.to_owned() };
    prove(world, call, app, form)?;
    let lifetime = settings.token_lifetime.as_secs();
    mint(world, &tenant, client_id, &resource).map(|token| (token, lifetime))
}

/// The one resource of the scope.
fn scope(form: &Form) -> Result<String, Refused> {
    let scope = form.need("scope")?;
    let wrong = || {
        let message = format!(
            "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid. \
             Client credential flows must have a scope value with /.default suffixed to the resource identifier."
        );
        Refused(400, "invalid_scope", 1_002_012, message)
    };
    if scope.split_whitespace().count() != 1 {
        return Err(Refused(400, "invalid_scope", 70_011, format!("The scope {scope} is not valid.")));
    }
    scope.strip_suffix("/.default").map(str::to_owned).ok_or_else(wrong)
}

/// Checks the one credential there must be.
fn prove(world: &World, call: &Call, app: &App, form: &Form) -> Result<(), Refused> {
    if let Some(assertion) = form.get("client_assertion") {
        const JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        if form.need("client_assertion_type")? != JWT {
            let message = "The 'client_assertion_type' must be jwt-bearer.".to_owned();
            return Err(Refused(400, "invalid_request", 900_144, message));
        }
        let audience = format!("{}{}", world.url, call.seen.path);
        return assertion::check(world, app, assertion, &audience);
    }
    let Some(secret) = form.get("client_secret") else {
        let message =
            "'client_assertion' or 'client_secret' is required for the 'client_credentials' grant type.";
        return Err(Refused(401, "invalid_client", 7_000_216, message.to_owned()));
    };
    let Some((_, until)) = app.secrets.iter().find(|(known, _)| known == secret) else {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{}'.",
            app.client_id
        );
        return Err(Refused(401, "invalid_client", 7_000_215, message));
    };
    if until.is_some_and(|until| until.instant() <= world.clock.now()) {
        let message = format!("The provided client secret keys for app '{}' are expired.", app.client_id);
        return Err(Refused(401, "invalid_client", 7_000_222, message));
    }
    Ok(())
}

/// Makes a token for a resource and remembers what it stands for.
pub(super) fn mint(
    world: &World,
    tenant: &Tenant,
    client_id: &str,
    resource: &str,
) -> Result<String, Refused> {
    let service = service_of(world, resource).ok_or_else(|| {
        let message = format!(
            "The resource principal named {resource} was not found in the tenant named {}.",
            tenant.settings().domain
        );
        Refused(400, "invalid_resource", 500_011, message)
    })?;
    let settings = tenant.settings();
    let of_service = |role: &&String| match service {
        None => true,
        Some(Service::Activity) => role.starts_with("ActivityFeed."),
        Some(Service::Graph) => !role.starts_with("ActivityFeed."),
    };
    let roles: Vec<String> = settings.roles.iter().filter(of_service).cloned().collect();
    let expires = world.clock.ticks().saturating_add(ticks_of(settings.token_lifetime));
    let claims = claims(world, tenant, [client_id, resource], &roles, expires / SECOND);
    let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(&world.key))
        .map_err(|error| Refused(500, "server_error", 50_000, error.to_string()))?;
    let grant = Grant { tenant: tenant.clone(), service, roles, expires };
    lock(&world.grants).insert(token.clone(), Arc::new(grant));
    Ok(token)
}

fn claims(world: &World, tenant: &Tenant, of: [&str; 2], roles: &[String], expires: i64) -> Value {
    let [client_id, resource] = of;
    let now = world.clock.now().timestamp();
    let mut claims = json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{}/", tenant.id()),
        "iat": now,
        "nbf": now,
        "exp": expires,
        "appid": client_id,
        "idtyp": "app",
        "tid": tenant.id(),
        "uti": world.guid(),
        "ver": "1.0",
    });
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    claims
}

/// What a resource is for: outside `None` it is unknown, inside `None` it is for all at this address.
#[allow(clippy::option_option, reason = "the two mean different things, and both are said")]
fn service_of(world: &World, resource: &str) -> Option<Option<Service>> {
    const GRAPH: [&str; 5] = [
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
        "00000003-0000-0000-c000-000000000000",
    ];
    const ACTIVITY: [&str; 6] = [
        "https://manage.office.com",
        "https://manage-gcc.office.com",
        "https://manage.office365.us",
        "https://manage.protection.apps.mil",
        "https://manage.office365.cn",
        "c5393580-f805-4401-95e8-94b7a6ef2fc2",
    ];
    let resource = resource.trim_end_matches('/');
    match resource {
        _ if resource == world.url => Some(None),
        _ if GRAPH.contains(&resource) => Some(Some(Service::Graph)),
        _ if ACTIVITY.contains(&resource) => Some(Some(Service::Activity)),
        _ => None,
    }
}

/// The answer of a refusal.
pub(super) fn refusal(world: &World, refused: &Refused) -> Outgoing {
    Reply::json(refused.0, &refusal_body(world, refused)).into()
}

fn refusal_body(world: &World, Refused(_, error, code, message): &Refused) -> Value {
    let (trace, correlation) = (world.guid(), world.guid());
    let time = world.clock.now().format("%Y-%m-%d %H:%M:%SZ").to_string();
    let description =
        format!("AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}");
    json!({
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("{}/error?code={code}", world.url),
    })
}
