//! What was heard of an answer so far.

use aoc_core::{Completion, Error, Result};

use super::wire::{Answer, Choice, Tokens};

/// Puts the pieces of an answer together.
#[derive(Debug, Default)]
pub(super) struct Heard {
    text: String,
    finish: Option<String>,
    has_refused: bool,
    tokens: Tokens,
}

impl Heard {
    /// Takes an answer or a piece of one; gives the text in it.
    pub(super) fn take(&mut self, answer: Answer) -> String {
        let mut piece = String::new();
        let is_first = |choice: &Choice| choice.index.unwrap_or_default() == 0;
        for choice in answer.choices.into_iter().flatten().filter(is_first) {
            if let Some(said) = choice.message.or(choice.delta) {
                self.has_refused |= said.refusal.as_ref().is_some_and(|text| !text.is_empty());
                piece.push_str(&said.text());
            }
            self.finish = choice.finish_reason.or_else(|| self.finish.take());
        }
        self.text.push_str(&piece);
        self.tokens = answer.usage.unwrap_or(self.tokens);
        piece
    }

    /// The whole answer.
    ///
    /// # Errors
    /// [`Rejected`](aoc_core::ErrorKind::Rejected) when the model does not want to answer, or its filter does not let it.
    pub(super) fn end(self, host: &str) -> Result<Completion> {
        if self.finish.as_deref() == Some("content_filter") {
            return Err(Error::rejected(format!(
                "{host} broke off the answer by its content filter; ask in other words, or about other events"
            )));
        }
        if self.has_refused {
            return Err(Error::rejected(format!(
                "the model of {host} does not want to answer this; ask in other words, or about other events"
            )));
        }
        Ok(Completion {
            text: self.text,
            complete: self.finish.as_deref() == Some("stop"),
            prompt_tokens: self.tokens.prompt_tokens,
            answer_tokens: self.tokens.completion_tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use aoc_core::ErrorKind;
    use serde_json::{Value, json};

    use super::*;

    fn hear(pieces: &[Value]) -> (Vec<String>, Result<Completion>) {
        let mut heard = Heard::default();
        let texts = pieces.iter().map(|piece| heard.take(serde_json::from_value(piece.clone()).unwrap()));
        let texts = texts.collect();
        (texts, heard.end("api.example"))
    }

    #[test]
    fn pieces_become_a_whole() {
        let (texts, whole) = hear(&[
            json!({"choices": [], "prompt_filter_results": []}),
            json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": null}, "finish_reason": null}]}),
            json!({"choices": [{"index": 1, "delta": {"content": "another choice"}}, {"delta": {"content": "a"}}]}),
            json!({"choices": [{"index": 0, "content_filter_offsets": {}}]}),
            json!({"choices": [{"delta": {"content": [{"type": "text", "text": "b"}]}}]}),
            json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}),
            json!({"choices": null, "usage": null}),
        ]);
        assert_eq!(texts.concat(), "ab");
        let expected =
            Completion { text: "ab".into(), complete: true, prompt_tokens: Some(3), answer_tokens: Some(2) };
        assert_eq!(whole.unwrap(), expected);
    }

    #[test]
    fn only_an_answer_that_came_to_its_end_is_complete() {
        for (finish, complete) in [
            (json!("stop"), true),
            (json!("length"), false),
            (json!("tool_calls"), false),
            (Value::Null, false),
        ] {
            let (_, whole) =
                hear(&[json!({"choices": [{"message": {"content": null}, "finish_reason": finish}]})]);
            let whole = whole.unwrap();
            assert_eq!((whole.complete, whole.text.as_str()), (complete, ""), "{finish}");
        }
    }

    #[test]
    fn what_the_model_or_its_filter_does_not_want_is_rejected_without_its_words() {
        for choice in [
            json!({"message": {"content": null, "refusal": "UPSTREAM"}, "finish_reason": "stop"}),
            json!({"delta": {"content": "UPSTREAM"}, "finish_reason": "content_filter"}),
        ] {
            let error = hear(&[json!({"choices": [choice]})]).1.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Rejected);
            assert!(!error.chain().contains("UPSTREAM"), "{error}");
        }
    }
}
