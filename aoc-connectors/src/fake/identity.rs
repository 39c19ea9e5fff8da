//! Managed identities: the endpoints on Azure machines and in app services.

use serde_json::{Value, json};

use super::{
    clock::{SECOND, lock},
    login::mint,
    reply::{Answered, Call, Outgoing, Reply},
    tenant::Tenant,
    world::World,
};

/// The value that the `X-IDENTITY-HEADER` must have at `/msi/token`.
pub const IDENTITY_HEADER: &str = "fake-identity-header";

/// `GET /metadata/identity/oauth2/token`, as a virtual machine asks.
pub(super) fn machine(world: &World, call: &Call) -> Answered {
    if !call.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(refused(400, "Required metadata header not specified"));
    }
    if call.header("x-forwarded-for").is_some() {
        return Err(refused(400, "Requests through a proxy are refused"));
    }
    let (token, resource, expires, client_id) = granted(world, call, 400)?;
    let lifetime = expires - world.clock.ticks() / SECOND;
    let body = json!({
        "access_token": token,
        "client_id": client_id,
        "expires_in": lifetime.to_string(),
        "expires_on": expires.to_string(),
        "ext_expires_in": lifetime.to_string(),
        "not_before": (expires - lifetime).to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Ok(Reply::json(200, &body).into())
}

/// `GET /msi/token`, as an app service asks.
pub(super) fn app_service(world: &World, call: &Call) -> Answered {
    if call.header("x-identity-header") != Some(IDENTITY_HEADER) {
        return Err(refused(401, "The X-IDENTITY-HEADER is missing or wrong"));
    }
    let (token, resource, expires, client_id) = granted(world, call, 500)?;
    let body = json!({
        "access_token": token,
        "client_id": client_id,
        "expires_on": expires.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Ok(Reply::json(200, &body).into())
}

/// Token, resource, the second it expires, and whose it is.
fn granted(world: &World, call: &Call, bad_resource: u16) -> Result<(String, String, i64, String), Outgoing> {
    if call.seen.param("api-version").is_none() {
        return Err(refused(400, "'api-version' is missing"));
    }
    let resource = call.seen.param("resource").ok_or_else(|| refused(400, "'resource' is missing"))?;
    let wanted = call.seen.param("client_id");
    let identity = |tenant: &Tenant| {
        let identity = tenant.settings().managed_identity?;
        wanted.as_ref().is_none_or(|wanted| *wanted == identity).then(|| (tenant.clone(), identity))
    };
    let found = lock(&world.tenants).iter().find_map(identity);
    let (tenant, client_id) = found.ok_or_else(|| refused(400, "Identity not found"))?;
    let token = mint(world, &tenant, &client_id, &resource)
        .map_err(|_| refused(bad_resource, "The resource principal was not found"))?;
    let expires = lock(&world.grants).get(&token).map_or(0, |grant| grant.expires / SECOND);
    Ok((token, resource, expires, client_id))
}

fn refused(status: u16, description: &str) -> Outgoing {
    let body: Value = json!({"error": "invalid_request", "error_description": description});
    Reply::json(status, &body).into()
}
