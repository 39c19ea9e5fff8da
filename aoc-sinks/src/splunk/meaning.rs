//! What the collector's answers mean. Their codes say more than the status.

use aoc_core::{Error, ErrorKind};
use serde::Deserialize;

use crate::forward::{Heard, Link, kind_of};

/// What became of a request.
pub(super) enum Verdict {
    /// All was taken; with the number to ask for where acknowledgement is on.
    Taken { ack: Option<u64> },
    /// There was nothing in it.
    NoData,
    /// It was refused for what is in it: for the event of this number, where Splunk says so. Those before it were taken.
    Refused(Option<usize>, Error),
    /// It was not taken.
    Failed(Error),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    code: Option<u64>,
    #[serde(rename = "invalid-event-number")]
    number: Option<usize>,
    #[serde(rename = "ackId")]
    ack: Option<u64>,
}

const NO_DATA: u64 = 5;
const ACK_DISABLED: u64 = 14;
/// What is told where Splunk acknowledges nothing.
pub(super) const NO_ACK: &str =
    "Splunk acknowledges nothing for this token; switch acknowledgement on for the token or set ack = false";

/// Reads an answer.
pub(super) fn of(link: &Link, heard: &Heard) -> Verdict {
    let answer: Answer = match serde_json::from_slice(&heard.body) {
        Ok(answer) => answer,
        Err(_) if is_told_by_splunk(heard.status) => {
            let what = "does not answer as Splunk does, or not to the end";
            return Verdict::Failed(link.tell(ErrorKind::Unavailable, what, heard));
        }
        Err(_) => Answer::default(),
    };
    if heard.is_success() {
        return match answer.code {
            Some(0) => Verdict::Taken { ack: answer.ack },
            // A proxy may say 200 to anything.
            _ => Verdict::Failed(link.tell(ErrorKind::Denied, "does not answer as Splunk does", heard)),
        };
    }
    if answer.code == Some(NO_DATA) {
        return Verdict::NoData;
    }
    if answer.code == Some(ACK_DISABLED) {
        return Verdict::Failed(Error::denied(NO_ACK));
    }
    match kind(answer.code, heard.status) {
        ErrorKind::Rejected => Verdict::Refused(answer.number, link.error_of(ErrorKind::Rejected, heard)),
        kind => Verdict::Failed(link.error_of(kind, heard)),
    }
}

/// Whether Splunk says more than this status. What is too large or too much, and what is elsewhere, a proxy may say as well.
fn is_told_by_splunk(status: u16) -> bool {
    !matches!(status, 300..400 | 413 | 429)
}

/// Tokens, indexes and channels are configuration: nothing is refused for good because of them.
fn kind(code: Option<u64>, status: u16) -> ErrorKind {
    match code {
        Some(1..=4 | 7 | 10 | 11 | 14 | 16) => ErrorKind::Denied,
        Some(8 | 9 | 18) => ErrorKind::Unavailable,
        _ => kind_of(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_splunk_has_its_kind() {
        use ErrorKind::{Denied, Rejected, Unavailable};
        for (code, status, expected) in [
            (1, 403, Denied),
            (2, 401, Denied),
            (3, 401, Denied),
            (4, 403, Denied),
            (6, 400, Rejected),
            (7, 400, Denied),
            (8, 500, Unavailable),
            (9, 503, Unavailable),
            (10, 400, Denied),
            (11, 400, Denied),
            (12, 400, Rejected),
            (13, 400, Rejected),
            (14, 400, Denied),
            (15, 400, Rejected),
            (16, 400, Denied),
            (18, 503, Unavailable),
        ] {
            assert_eq!(kind(Some(code), status), expected, "{code}");
        }
        assert_eq!(kind(None, 404), Denied);
    }
}
