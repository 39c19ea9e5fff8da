use std::sync::Arc;

use aoc_core::{Event, MemoryStore, Timestamp, store::EventLog};
use futures::{SinkExt, StreamExt, channel::mpsc};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};

use super::*;
use crate::{config::ServerConfig as Config, mcp::sse, operations::Operations};

/// A client of a face, whatever the transport.
struct Client {
    sent: mpsc::Sender<ClientJsonRpcMessage>,
    answers: mpsc::Receiver<ServerJsonRpcMessage>,
}

impl Client {
    async fn of(face: Face) -> Self {
        let ((sent, received), (answered, answers)) = (mpsc::channel(4), mpsc::channel(4));
        tokio::spawn(sse::serve(face, answered, received));
        let mut client = Self { sent, answers };
        let about = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": about});
        client.ask("initialize", params).await;
        client
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.sent.send(serde_json::from_value(message).unwrap()).await.unwrap();
        serde_json::to_value(self.answers.next().await.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn whoever_may_not_read_gets_nothing_of_any_tool_and_no_resource() {
    let store = MemoryStore::new();
    let mut event = Event::new("entra_audit", "event-1", Timestamp::now());
    event.actor_display = Some("Ada".to_owned());
    store.append(&[event]).await.unwrap();
    let operations = Arc::new(Operations::new(Arc::new(store.clone()), Arc::new(store)));
    let mcp = Mcp::over(operations, &Config::default());
    let tools: Vec<Tool> = mcp.0.tools.iter().map(|entry| entry.tool.clone()).collect();
    let mut client = Client::of(Face::new(mcp, Caller::nobody(), "test")).await;
    for tool in tools {
        let required =
            tool.input_schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let given: serde_json::Map<String, Value> =
            required.iter().map(|name| (name.as_str().unwrap().to_owned(), json!("event-1"))).collect();
        let answer = client.ask("tools/call", json!({"name": tool.name, "arguments": given})).await;
        assert_eq!(answer["result"]["isError"], true, "{}: {answer}", tool.name);
        let said = &answer["result"]["content"][0]["text"];
        assert_eq!(said, "this needs the permission `read`", "{}", tool.name);
        assert!(answer["result"]["structuredContent"].is_null(), "{}: {answer}", tool.name);
    }
    let answer = client.ask("resources/read", json!({"uri": "aoc://event/entra_audit%3Aevent-1"})).await;
    assert_eq!(answer["error"]["message"], "this needs the permission `read`", "{answer}");
}
