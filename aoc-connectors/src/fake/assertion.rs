//! Assertions: signed by a registered certificate, or made by a federated identity provider.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation, dangerous::insecure_decode_claims, decode, decode_header};
use serde_json::Value;

use super::{
    app::{App, Federation},
    certificate::Certificate,
    clock::lock,
    login::Refused,
    world::World,
};

/// How far clocks may differ, in seconds.
const SKEW: i64 = 300;

/// Checks an assertion that was sent to this address.
pub(super) fn check(world: &World, app: &App, assertion: &str, audience: &str) -> Result<(), Refused> {
    let known =
        |federation: &Federation| matches!(federation, Federation::Token(token) if token == assertion);
    if app.federations.iter().any(known) {
        return Ok(());
    }
    let claims: Value = insecure_decode_claims(assertion).map_err(|_| malformed("it is no JWT"))?;
    if claims["iss"] == app.client_id.as_str() {
        return signed(world, app, assertion, audience);
    }
    federated(world, app, &claims)
}

fn malformed(why: &str) -> Refused {
    Refused(401, "invalid_client", 50_027, format!("JWT token is invalid or malformed: {why}."))
}

fn signed(world: &World, app: &App, assertion: &str, audience: &str) -> Result<(), Refused> {
    let header = decode_header(assertion).map_err(|_| malformed("its header cannot be read"))?;
    let certificate = registered(app, &header)?;
    let mut rules = Validation::new(header.alg);
    rules.algorithms = vec![Algorithm::PS256, Algorithm::RS256];
    rules.required_spec_claims.clear();
    (rules.validate_exp, rules.validate_aud) = (false, false); // by the fake's clock, below
    let signature = |_| {
        let message =
            "Client assertion failed signature validation: the signature does not fit the certificate.";
        Refused(401, "invalid_client", 50_012, message.to_owned())
    };
    let claims = decode::<Value>(assertion, &certificate.key, &rules).map_err(signature)?.claims;
    if claims["sub"] != app.client_id.as_str() {
        return Err(malformed("`sub` is not the client id"));
    }
    if claims["aud"] != audience {
        let message = format!("Client assertion audience claim does not match; expected {audience}.");
        return Err(Refused(401, "invalid_client", 700_023, message));
    }
    in_time(world, &claims)?;
    let id = claims["jti"].as_str().ok_or_else(|| malformed("`jti` is missing"))?;
    if lock(&world.assertions).insert(id.to_owned()) {
        Ok(())
    } else {
        Err(malformed("its `jti` was used before"))
    }
}

/// The certificate that the header names: PS256 by SHA-256; RS256 also by SHA-1, which is only looked at for its form.
fn registered<'a>(app: &'a App, header: &Header) -> Result<&'a Certificate, Refused> {
    let decode = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
    let named = decode(&header.x5t_s256);
    let legacy = decode(&header.x5t).is_some_and(|thumbprint| thumbprint.len() == 20);
    let found = match (header.alg, named) {
        (Algorithm::PS256 | Algorithm::RS256, Some(thumbprint)) => {
            app.certificates.iter().find(|certificate| certificate.thumbprint == thumbprint)
        }
        (Algorithm::RS256, None) if legacy => app.certificates.first(),
        _ => None,
    };
    found.ok_or_else(|| {
        let message = "The certificate with identifier used to sign the client assertion is not registered on application.";
        Refused(401, "invalid_client", 700_027, message.to_owned())
    })
}

fn in_time(world: &World, claims: &Value) -> Result<(), Refused> {
    let now = world.clock.now().timestamp();
    let time = |name: &str| claims[name].as_i64();
    let expires = time("exp").ok_or_else(|| malformed("`exp` is missing"))?;
    if expires + SKEW <= now || time("nbf").is_some_and(|from| from > now + SKEW) {
        let message = "Client assertion is not within its valid time range. Ensure that the access token is not expired.";
        return Err(Refused(401, "invalid_client", 700_024, message.to_owned()));
    }
    Ok(())
}

fn federated(world: &World, app: &App, claims: &Value) -> Result<(), Refused> {
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    let (issuer, subject) = (text("iss"), text("sub"));
    let mut only_case_differs = false;
    for federation in &app.federations {
        let Federation::Identity { issuer: of, subject: whose } = federation else { continue };
        if of == issuer && whose == subject {
            if text("aud") != "api://AzureADTokenExchange" {
                let message = "The audience of the assertion must be api://AzureADTokenExchange.";
                return Err(Refused(401, "invalid_client", 700_212, message.to_owned()));
            }
            return in_time(world, claims);
        }
        only_case_differs |= of.eq_ignore_ascii_case(issuer) && whose.eq_ignore_ascii_case(subject);
    }
    let (code, why) = match only_case_differs {
        true => (7_002_138, "its subject differs in case"),
        false => (700_213, "none has its issuer and subject"),
    };
    let message = format!(
        "No matching federated identity record found for presented assertion subject '{subject}': {why}."
    );
    Err(Refused(400, "invalid_request", code, message))
}
