//! How it ended.

use aoc_core::Outcome;

use super::members::{Activity, Member};
use crate::common::{flag, values};

/// Error numbers with which a logon still went through: the user was only asked whether to stay signed in, or to register.
const HARMLESS: [&str; 4] = ["0", "50140", "50125", "70044"];

/// Reads how it ended. For logons the operation and the error decide, as `ResultStatus` says `Success` of
/// failed ones too; where there is no status at all the thing was done, as SharePoint only writes what was.
pub(super) fn outcome(activity: &Activity<'_>, operation: &str, flags: &mut Vec<String>) -> Outcome {
    match operation {
        "UserLoginFailed" => return Outcome::Failure,
        "UserLoggedIn" => return logged_in(activity),
        _ => {}
    }
    let Some(status) = activity.get(Member::ResultStatus).text() else { return Outcome::Success };
    values::outcome(&status).unwrap_or_else(|| {
        flag(flags, "result_unknown");
        Outcome::Unknown
    })
}

fn logged_in(activity: &Activity<'_>) -> Outcome {
    let error = activity.first(&[Member::ErrorNumber, Member::ErrorCode]);
    let is_harmless = error.is_none_or(|error| HARMLESS.contains(&error.trim()));
    if is_harmless { Outcome::Success } else { Outcome::Failure }
}

/// Why it ended so, where the record says.
pub(super) fn reason(activity: &Activity<'_>) -> Option<String> {
    let error = activity.first(&[Member::LogonError]);
    let number = activity.first(&[Member::ErrorNumber, Member::ErrorCode]).filter(|number| number != "0");
    match (error, number) {
        (Some(error), Some(number)) => Some(format!("{error} (error {number})")),
        (Some(error), None) => Some(error.into_owned()),
        (None, Some(number)) => Some(format!("error {number}")),
        (None, None) => None,
    }
}
