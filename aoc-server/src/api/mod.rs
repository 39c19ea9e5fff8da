//! The HTTP API: one table of routes, and handlers of a few lines over the operations.

pub(crate) mod ask;
mod body;
pub(crate) mod error;
mod events;
pub(crate) mod fetch;
mod gaps;
mod meta;
pub(crate) mod params;
mod problem;
pub(crate) mod rules;
mod sinks;
mod status;
mod webhooks;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, post, put},
};

pub(crate) use self::problem::{Problem, render_problems};
use crate::{
    auth::Caller,
    mcp::{self, Mcp},
    operations::Operations,
    ui,
};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody. `tests/public_routes.txt` lists these.
    Public,
    /// Whoever has the permission that the route's operation asks for.
    Asked,
}

/// One route of the server.
#[derive(Clone)]
pub struct Route {
    /// The method; routes for `GET` answer `HEAD`, too.
    pub method: Method,
    /// The path, with `{name}` for its variable parts.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    handler: MethodRouter<Context>,
}

/// What handlers have at hand.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) operations: Arc<Operations>,
    pub(crate) caller: Caller,
    pub(crate) mcp: Mcp,
}

const FETCH: &str = "/api/fetch-audit-logs";

/// All routes of the server.
pub fn routes() -> Vec<Route> {
    let read = |path, access, handler| Route { method: Method::GET, path, access, handler };
    let write = |path, access, handler| Route { method: Method::POST, path, access, handler };
    use Access::{Asked, Public};
    let mut routes = vec![
        read("/", Public, get(ui::page)),
        read("/assets/{*path}", Public, get(ui::asset)),
        read("/health", Public, get(status::health)),
        read("/metrics", Asked, get(status::metrics)),
        read("/api/version", Public, get(meta::version)),
        read("/api/config/features", Public, get(meta::features)),
        read("/api/events", Asked, get(events::search)),
        read("/api/events/{id}", Asked, get(events::get)),
        read("/api/filter-options", Asked, get(events::filter_options)),
        read("/api/timeline", Asked, get(events::timeline)),
        read("/api/summary", Asked, get(events::summary)),
        read("/api/export", Asked, get(events::export)),
        read("/api/gaps", Asked, get(gaps::gaps)),
        read("/api/source-health", Asked, get(status::source_health)),
        read(FETCH, Asked, get(fetch::fetch).head(fetch::refuse).fallback(fetch::refuse)),
        write(FETCH, Asked, post(fetch::fetch)),
        write("/api/webhooks/graph", Public, post(webhooks::graph)),
    ];
    routes.push(write("/api/ask", Asked, post(ask::ask)));
    routes.push(write("/api/events/{id}/explain", Asked, post(ask::explain)));
    routes.extend(rules_and_sinks());
    routes.extend(model_context());
    routes
}

/// The routes of alert rules and of sinks.
fn rules_and_sinks() -> Vec<Route> {
    let asked = |method, path, handler| Route { method, path, access: Access::Asked, handler };
    let rule = "/api/rules/{id}";
    vec![
        asked(Method::GET, "/api/rules", get(rules::list)),
        asked(Method::POST, "/api/rules", post(rules::create)),
        asked(Method::GET, "/api/rules/schema", get(rules::schema)),
        asked(Method::POST, "/api/rules/backtest", post(rules::backtest)),
        asked(Method::GET, rule, get(rules::get)),
        asked(Method::PUT, rule, put(rules::update)),
        asked(Method::DELETE, rule, delete(rules::delete)),
        asked(Method::GET, "/api/rules/{id}/why-not", get(rules::why_not_of)),
        asked(Method::POST, "/api/rules/{id}/why-not", post(rules::why_not)),
        asked(Method::GET, "/api/sinks", get(sinks::list)),
        asked(Method::GET, "/api/sinks/{name}/rejected", get(sinks::rejected)),
        asked(Method::POST, "/api/sinks/{name}/replay", post(sinks::replay)),
    ]
}

/// The routes of MCP. They stand in the same table as all others: whatever asks callers who they are covers them.
fn model_context() -> Vec<Route> {
    let asked = |method, path, handler| Route { method, path, access: Access::Asked, handler };
    vec![
        asked(Method::POST, "/mcp", post(mcp::http::exchange)),
        asked(Method::GET, "/mcp/sse", get(mcp::sse::open).head(mcp::sse::refuse)),
        asked(Method::POST, "/mcp/messages/", post(mcp::sse::take)),
    ]
}

/// The routes as a router, for this caller.
pub(crate) fn router(operations: Arc<Operations>, caller: Caller, mcp: Mcp) -> Router {
    let router =
        routes().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    router
        .fallback(|| async { nothing_here() })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .with_state(Context { operations, caller, mcp })
}

fn nothing_here() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address").into_response()
}
