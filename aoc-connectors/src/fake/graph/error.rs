//! Graph's refusals.

use serde_json::json;

use crate::fake::{
    reply::{Outgoing, Reply},
    world::World,
};

/// A refusal as Graph words it.
pub(in crate::fake) fn refusal(world: &World, status: u16, code: &str, message: &str) -> Outgoing {
    let request_id = world.guid();
    let body = json!({"error": {
        "code": code,
        "message": message,
        "innerError": {
            "date": world.clock.now().format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": request_id,
            "client-request-id": request_id,
        },
    }});
    Reply::json(status, &body).header("request-id", request_id).into()
}

/// A question that Graph does not understand.
pub(super) fn bad_request(world: &World, message: &str) -> Outgoing {
    refusal(world, 400, "BadRequest", message)
}
