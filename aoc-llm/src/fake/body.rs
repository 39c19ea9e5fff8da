//! Bodies: chunks of a completion, and the parts in which they travel.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::body::{Body, Bytes, Frame};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::sleep};

use super::{Reply, Seen, World, lock, reply::What};

/// A body whose parts come from a task.
pub(super) struct Parts(mpsc::Receiver<io::Result<Bytes>>);

impl Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}

/// The whole answer as one JSON.
pub(super) fn whole(reply: &Reply, seen: &Seen) -> Value {
    let (text, manner) = (text(reply), &reply.manner);
    let content = if text.is_empty() { Value::Null } else { json!(text) };
    let message = json!({"role": "assistant", "content": content, "refusal": manner.refusal});
    let choice = json!({"index": 0, "message": message, "finish_reason": manner.finish});
    let mut body = json!({"id": "chatcmpl-1", "object": "chat.completion", "model": seen.body["model"], "choices": [choice]});
    if manner.usage {
        body["usage"] = usage(seen, &text);
    }
    body
}

/// The chunks of a stream, each an event.
pub(super) fn chunks(reply: &Reply, seen: &Seen, is_azure: bool) -> Vec<String> {
    let manner = &reply.manner;
    let chunk =
        |choices: Value| json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": choices});
    let choice =
        |delta: Value, finish: &Value| chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]));
    let mut all = Vec::new();
    if manner.preamble || is_azure {
        all.push(
            json!({"id": "", "object": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
        );
    }
    all.push(choice(json!({"role": "assistant", "content": "", "refusal": null}), &Value::Null));
    if let What::Says(pieces) = &reply.what {
        all.extend(pieces.iter().map(|piece| choice(json!({"content": piece}), &Value::Null)));
    }
    if let Some(words) = &manner.refusal {
        all.push(choice(json!({"refusal": words}), &Value::Null));
    }
    if let Some(error) = &manner.error {
        all.push(json!({"error": error}));
    } else {
        all.push(choice(json!({}), &manner.finish));
        if manner.usage && seen.body["stream_options"]["include_usage"] == true {
            let mut last = chunk(json!([]));
            last["usage"] = usage(seen, &text(reply));
            all.push(last);
        }
    }
    let mut events: Vec<String> = all.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    if manner.done && manner.error.is_none() {
        events.push("data: [DONE]\n\n".to_owned());
    }
    events
}

fn text(reply: &Reply) -> String {
    match &reply.what {
        What::Says(pieces) => pieces.concat(),
        _ => String::new(),
    }
}

fn usage(seen: &Seen, text: &str) -> Value {
    let tokens = |length: usize| length.div_ceil(4);
    let (prompt, answer) = (tokens(seen.body["messages"].to_string().len()), tokens(text.len()));
    json!({"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer})
}

/// Sends the pieces one after another, as the reply wants.
pub(super) fn send(world: Arc<World>, reply: &Reply, pieces: Vec<Vec<u8>>) -> Parts {
    let (sender, receiver) = mpsc::channel(1);
    let manner = reply.manner.clone();
    tokio::spawn(async move {
        let mut left = manner.cut.unwrap_or(usize::MAX);
        let mut said = 0;
        for piece in pieces {
            let has_text = has_text(&piece);
            said += usize::from(has_text);
            match said {
                1 if has_text => *lock(&world.first_piece) = Some(Instant::now()),
                2 if has_text && manner.held => {
                    if let Ok(permit) = world.gate.acquire().await {
                        permit.forget();
                    }
                }
                _ => {}
            }
            if has_text && said > 1 && !manner.pause.is_zero() {
                sleep(manner.pause).await;
            }
            for part in piece.chunks(manner.split.unwrap_or(usize::MAX)) {
                let part = &part[..part.len().min(left)];
                left -= part.len();
                if sender.send(Ok(Bytes::copy_from_slice(part))).await.is_err() {
                    return;
                }
                if left == 0 {
                    // What was sent must reach the other side before the connection breaks.
                    sleep(Duration::from_millis(20)).await;
                    let _ = sender.send(Err(io::ErrorKind::ConnectionAborted.into())).await;
                    return;
                }
            }
        }
    });
    Parts(receiver)
}

/// Whether there is a text in a chunk.
fn has_text(piece: &[u8]) -> bool {
    const LONGEST_CHUNK: usize = 64 * 1024;
    const KEY: &[u8] = b"\"content\":\"";
    let Some(at) = piece.windows(KEY.len()).take(LONGEST_CHUNK).position(|part| part == KEY) else {
        return false;
    };
    piece.get(at + KEY.len()) != Some(&b'"')
}
