//! A client of MCP that writes the wire itself.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::common::{Answer, Server};

/// The newer protocol, in which every request stands for itself.
pub(crate) const MODERN: &str = "2026-07-28";
/// The last one that begins with `initialize`.
pub(crate) const LEGACY: &str = "2025-11-25";

/// A request of the older protocol.
pub(crate) fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

pub(crate) fn initialize(version: &str) -> Value {
    let client = json!({"name": "test", "version": "1"});
    request(0, "initialize", &json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client}))
}

/// The headers of a request of the older protocol.
pub(crate) fn headers(version: &str) -> Vec<(&str, &str)> {
    vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", version),
    ]
}

/// Posts a request of the older protocol to `/mcp`.
pub(crate) fn legacy(server: &Server, method: &str, params: &Value) -> Answer {
    let body = request(1, method, params).to_string();
    server.exchange("POST", "/mcp", &headers(LEGACY), &body)
}

/// Posts a request of the newer protocol to `/mcp`.
pub(crate) fn modern(server: &Server, method: &str, mut params: Value) -> Answer {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["name"].as_str().or(params["uri"].as_str()).unwrap_or_default().to_owned();
    let mut headers = headers(MODERN);
    headers.push(("mcp-method", method));
    if !name.is_empty() {
        headers.push(("mcp-name", &name));
    }
    server.exchange("POST", "/mcp", &headers, &request(1, method, &params).to_string())
}

/// The result of a call of the newer protocol.
pub(crate) fn result(server: &Server, method: &str, params: Value) -> Value {
    let answer = modern(server, method, params);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    assert!(answer["error"].is_null(), "{answer}");
    answer["result"].clone()
}

/// Calls a tool, which may fail.
pub(crate) fn call(server: &Server, tool: &str, arguments: &Value) -> Value {
    result(server, "tools/call", json!({"name": tool, "arguments": arguments}))
}

/// Calls a tool, which succeeds: what it tells programs.
pub(crate) fn told(server: &Server, tool: &str, arguments: &Value) -> Value {
    let result = call(server, tool, arguments);
    assert_eq!(result["isError"], false, "{result}");
    result["structuredContent"].clone()
}

/// Why a tool failed.
pub(crate) fn refusal(server: &Server, tool: &str, arguments: &Value) -> String {
    let result = call(server, tool, arguments);
    assert_eq!(result["isError"], true, "{result}");
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

/// A session of the older transport.
pub(crate) struct Session<'a> {
    server: &'a Server,
    events: BufReader<TcpStream>,
    /// Where messages are posted.
    pub(crate) address: String,
}

impl<'a> Session<'a> {
    pub(crate) fn open(server: &'a Server) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        write!(stream, "GET /mcp/sse HTTP/1.0\r\nhost: {}\r\n\r\n", server.address).unwrap();
        let mut session = Self { server, events: BufReader::new(stream), address: String::new() };
        let (event, address) = session.event().unwrap();
        assert_eq!(event, "endpoint");
        session.address = address;
        session
    }

    /// The next event: its name, and its data. Nothing when the stream has ended.
    pub(crate) fn event(&mut self) -> Option<(String, String)> {
        let (mut event, mut line) = (String::new(), String::new());
        while self.events.read_line(&mut line).unwrap() > 0 {
            if let Some(name) = line.trim_end().strip_prefix("event: ") {
                name.clone_into(&mut event);
            }
            if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Some((event, data.to_owned()));
            }
            line.clear();
        }
        None
    }

    pub(crate) fn post(&self, message: &Value) -> Answer {
        self.server.send("POST", &self.address, message)
    }

    /// Posts a request and waits for its answer.
    pub(crate) fn ask(&mut self, message: &Value) -> Value {
        let taken = self.post(message);
        assert_eq!((taken.status, &*taken.body), (202, "Accepted"));
        let (event, data) = self.event().unwrap();
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }

    /// Hangs up, once the server has said all.
    pub(crate) fn close(self) {
        self.events.get_ref().shutdown(std::net::Shutdown::Both).unwrap();
        let mut rest = Vec::new();
        drop(self.events.into_inner().read_to_end(&mut rest));
    }
}
