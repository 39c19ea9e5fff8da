//! Sign-ins, told apart by the error code of the sign-in service.

use aoc_core::{Event, Outcome};
use serde_json::Value;

use super::Kind;

/// What operations are called that are sign-ins.
const OPERATIONS: [&str; 4] = ["UserLoggedIn", "UserLoginFailed", "Sign-in activity", "Sign-in"];
/// Where records hold a code, or the name of one.
const CODES: [&str; 8] = [
    "/status/errorCode",
    "/properties/status/errorCode",
    "/Status/errorCode",
    "/ErrorNumber",
    "/ErrorCode",
    "/ResultType",
    "/resultType",
    "/LogonError",
];

/// The kind of a sign-in.
pub(super) fn kind(event: &Event) -> Option<&'static Kind> {
    let is_sign_in = event.service == "SignIn" || OPERATIONS.contains(&event.operation.as_str());
    if !is_sign_in {
        return None;
    }
    let codes = codes(event);
    let known = BY_CODE.iter().find(|(of, _)| codes.iter().any(|code| of.contains(&code.as_str())));
    Some(match (known, event.result) {
        (Some((_, kind)), _) => kind,
        (None, Outcome::Success) => &SUCCEEDED,
        (None, _) => &FAILED,
    })
}

fn codes(event: &Event) -> Vec<String> {
    let Ok(raw) = event.raw.read::<Value>() else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    CODES.iter().filter_map(|path| raw.pointer(path).and_then(text)).collect()
}

const SUCCEEDED: Kind = Kind::new(
    &[],
    &["Whoever signed in has a session of the account."],
    &["Compare the address, the application and the hour with what is usual for the account."],
);
const FAILED: Kind = Kind::new(
    &[],
    &["Nobody got in by this attempt."],
    &["Look at the reason in the record, and for a success behind it from the same address."],
);

/// Kinds by the codes of Entra, as numbers or as names.
const BY_CODE: &[(&[&str], Kind)] = &[
    (
        &["50126", "50056", "InvalidUserNameOrPassword"],
        Kind::new(
            &[],
            &["Somebody gave a wrong password; one is a slip, many are guesses."],
            &[
                "Count the failures of this account and of this address around that time, and look for a success behind them.",
            ],
        ),
    ),
    (
        &["50053", "IdsLocked"],
        Kind::new(
            &[],
            &[
                "The account is locked for a while after many wrong passwords, or the address is known for attacks.",
            ],
            &[
                "Look at the address of the failures before; unlock the account only when they are the user's own.",
            ],
        ),
    ),
    (
        &["50034", "51004", "UserAccountNotFound", "50020"],
        Kind::new(
            &[],
            &["There is no such account here; somebody mistyped a name or tries names."],
            &["Look for other names that were tried from this address."],
        ),
    ),
    (
        &["50057", "UserDisabled", "UserAccountDisabled"],
        Kind::new(
            &[],
            &["The account is disabled; whoever tried knows its name and perhaps its old password."],
            &["Ask who still uses the account, and look at the address."],
        ),
    ),
    (
        &["50055", "50144", "InvalidPasswordExpiredPassword", "50133", "50173", "FreshTokenNeeded"],
        Kind::new(
            &[],
            &["The password has expired, or it was changed and the session is older."],
            &["Nothing, if the user signs in again soon after from an address they use."],
        ),
    ),
    (
        &[
            "500121",
            "50074",
            "50076",
            "50079",
            "50072",
            "50158",
            "UserStrongAuthClientAuthNRequired",
            "AuthenticationFailedSasError",
            "UserStrongAuthEnrollmentRequired",
        ],
        Kind::new(
            &[],
            &["The password was right, but the second proof was missing, asked for or refused."],
            &[
                "Ask the user whether it was they; if not, somebody knows the password: reset it and revoke sessions.",
            ],
        ),
    ),
    (
        &["53003", "53000", "53001", "53002", "530031", "530032", "530034", "BlockedByConditionalAccess"],
        Kind::new(
            &[],
            &["A conditional access policy stopped the sign-in; the password may have been right."],
            &["Look at which policy stopped it, and whether the device and the address are the user's."],
        ),
    ),
    (
        &["7000215", "7000222", "700027", "7000216"],
        Kind::new(
            &[],
            &["An application gave a wrong or expired secret or certificate."],
            &["Renew the credential if the application is yours; else somebody tries to act as it."],
        ),
    ),
    (
        &["65001", "65004", "90094", "90095", "65005", "DelegationDoesNotExist"],
        Kind::new(
            &[],
            &["The user was asked to let an application use their data; nobody has agreed to it so far."],
            &["Check the application before anybody consents."],
        ),
    ),
    (
        &["50105", "50177", "700016", "50131"],
        Kind::new(
            &[],
            &["The account may not use this application, or it is not known here."],
            &["Assign the user if they should use it."],
        ),
    ),
    (
        &[
            "50058",
            "50140",
            "16000",
            "16001",
            "50059",
            "50097",
            "50125",
            "50129",
            "50132",
            "50199",
            "51006",
            "70043",
            "70044",
            "70008",
            "700082",
            "UserInformationNotProvided",
            "SsoUserAccountNotFoundInResourceTenant",
        ],
        Kind::new(
            &[],
            &[
                "The sign-in was interrupted: a step was still to be done, or a session had ended; that alone is no attack.",
            ],
            &["Nothing, if the user signs in again soon after."],
        ),
    ),
];
