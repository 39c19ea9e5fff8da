//! What error codes of sign-ins mean.

use aoc_core::Outcome;

/// Codes with which Entra interrupts a sign-in to ask for more: another factor, registration, a new password, consent, a
/// choice of account, whether to stay signed in. The first step went well, the sign-in is not done: `partial`.
const INTERRUPTS: [i64; 20] = [
    16000, 16001, 50055, 50058, 50072, 50074, 50076, 50078, 50079, 50097, 50125, 50127, 50129, 50140, 50158,
    50199, 50203, 51006, 52004, 65001,
];

/// How a sign-in with this error code ended.
pub(super) fn outcome(code: i64) -> Outcome {
    match code {
        0 => Outcome::Success,
        code if INTERRUPTS.contains(&code) => Outcome::Partial,
        _ => Outcome::Failure,
    }
}
