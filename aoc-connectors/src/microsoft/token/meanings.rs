//! What Entra's codes mean, in one table: the kind, what is wrong, and the way to put it right.

use aoc_core::prelude::*;

use ErrorKind::{Denied, RateLimited, Unavailable};

/// Kind, what is wrong, how to put it right.
pub(super) type Words = (ErrorKind, &'static str, &'static str);

/// What a refusal with this status, code and name means. Throttling by status is told apart elsewhere.
pub(super) fn meaning(status: u16, code: u32, name: &str) -> Words {
    let row = MEANINGS.iter().find(|(codes, ..)| codes.contains(&code));
    if let Some((_, kind, what, fix)) = row {
        return (*kind, what, fix);
    }
    let row = NAMES.iter().find(|(known, ..)| *known == name && !name.is_empty());
    if let Some((_, kind, what, fix)) = row {
        return (*kind, what, fix);
    }
    match status {
        300..400 => {
            (Denied, "the login service answered with a redirect, which is not followed", "check `login_url`")
        }
        404 | 405 => {
            (Denied, "there is no login service at this address", "check `login_url` and `tenant_id`")
        }
        408 | 500.. => (Unavailable, "the login service cannot answer now", "it is asked again"),
        _ => (Denied, "the login service refuses us", "check `tenant_id`, `client_id` and the credential"),
    }
}

/// The assertion was dated by a wrong clock.
pub(super) const OUT_OF_TIME: &[u32] = &[700_024, 500_133];
/// A federated credential that is not there, or not yet everywhere.
pub(super) const UNMATCHED: &[u32] = &[70_021, 700_213];
/// The same was asked over and over.
pub(super) const LOOPING: u32 = 50_196;
/// There were too many requests, whatever the status.
pub(super) const THROTTLED: &[u32] = &[LOOPING, 90_055];
const BUG: &str = "this is a bug of AOC";

/// Codes, kind, what is wrong, how to put it right.
const MEANINGS: &[(&[u32], ErrorKind, &str, &str)] = &[
    (
        &[7_000_215],
        Denied,
        "the client secret is wrong",
        "give the secret's value, not its id, in `client_secret`",
    ),
    (
        &[7_000_222],
        Denied,
        "the client secret has expired",
        "make a new one in the app registration and give it in `client_secret`",
    ),
    (&[7_000_216, 7_000_218], Denied, "no credential reached the login service", BUG),
    (
        &[700_027, 50_012, 700_030, 50_017],
        Denied,
        "the certificate is not one of the application's, or its key is another's",
        "upload the certificate in `certificate` to the app registration",
    ),
    (OUT_OF_TIME, Unavailable, "the assertion is out of its time", "set this machine's clock right"),
    (
        &[700_016, 700_011, 90_099, 7_000_229],
        Denied,
        "the application is not known in this tenant",
        "check `tenant_id`, `client_id` and `cloud`, and give admin consent in the tenant",
    ),
    (
        &[7_000_112, 70_001],
        Denied,
        "the application is disabled in this tenant",
        "let it sign in again under the tenant's enterprise applications",
    ),
    (&[90_002, 900_023], Denied, "there is no such tenant in this cloud", "check `tenant_id` and `cloud`"),
    (
        &[90_038, 900_382, 900_432],
        Denied,
        "the tenant or the application is of another cloud",
        "check `cloud` and `tenant_id`",
    ),
    (
        &[9_001_023],
        Denied,
        "an application cannot sign in without a tenant",
        "give the tenant's own id in `tenant_id`",
    ),
    (
        &[70_011, 1_002_012, 28_002, 700_022],
        Denied,
        "the login service does not know what the token is for",
        "check `cloud` and the URLs; if they are right, this is a bug of AOC",
    ),
    (
        &[500_011, 50_001, 650_052, 650_057],
        Denied,
        "the tenant does not have the service that is read",
        "check `cloud`, the tenant's licences, and that the application has a permission of the service",
    ),
    (
        &[700_023],
        Denied,
        "the assertion is for another address than the one it reached",
        "check `login_url` and that nothing on the way changes it",
    ),
    (
        &[700_212],
        Denied,
        "the token in `federated_token_file` is for another audience",
        "have it made for the audience of the federated credential, `api://AzureADTokenExchange`",
    ),
    (
        &[50_027],
        Denied,
        "the login service cannot read the assertion",
        "see that `federated_token_file`, if it is used, holds a token and nothing else",
    ),
    (
        UNMATCHED,
        Denied,
        "no federated credential of the application matches the token in `federated_token_file`",
        "give the application one with the token's issuer, subject and audience; a new one takes some minutes",
    ),
    (
        &[700_211],
        Denied,
        "no federated credential of the application has the issuer of the token in `federated_token_file`",
        "give the application one with this issuer, letter by letter",
    ),
    (
        &[7_002_138],
        Denied,
        "the federated credential's subject differs from the token's in upper and lower case",
        "write it exactly as the token has it",
    ),
    (
        &[53_003, 530_032, 530_035],
        Denied,
        "a Conditional Access policy keeps the application out",
        "allow this machine's address in the policy for workload identities",
    ),
    (
        &[LOOPING],
        RateLimited,
        "the login service was asked the same too often",
        "see whether another program uses this application; it is asked again later",
    ),
    (
        &[90_055],
        RateLimited,
        "the login service has had too many requests of this tenant",
        "it is asked again later",
    ),
    (
        &[90_006, 90_012, 90_024, 90_033, 90_090, 50_000],
        Unavailable,
        "the login service fails for the moment",
        "it is asked again",
    ),
];

/// The same by the name of the error, for codes that are not known.
const NAMES: &[(&str, ErrorKind, &str, &str)] = &[
    (
        "invalid_client",
        Denied,
        "the login service does not accept the credential",
        "compare it with the app registration",
    ),
    (
        "unauthorized_client",
        Denied,
        "the application may not sign in to this tenant",
        "check `tenant_id` and `client_id`, and give admin consent in the tenant",
    ),
    (
        "invalid_scope",
        Denied,
        "the login service does not know what the token is for",
        "check `cloud` and the URLs; if they are right, this is a bug of AOC",
    ),
    (
        "invalid_resource",
        Denied,
        "the tenant does not have the service that is read",
        "check `cloud`, the tenant's licences, and that the application has a permission of the service",
    ),
    (
        "access_denied",
        Denied,
        "a policy of the tenant keeps the application out",
        "look at the application's failed sign-ins in the Entra portal",
    ),
    (
        "invalid_grant",
        Denied,
        "a policy of the tenant keeps the application out",
        "look at the application's failed sign-ins in the Entra portal",
    ),
    ("temporarily_unavailable", Unavailable, "the login service fails for the moment", "it is asked again"),
    ("server_error", Unavailable, "the login service fails for the moment", "it is asked again"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that Microsoft's documents and the field name.
    const KNOWN: &str = "\
        7000215 7000222 7000216 7000218 700027 50012 700030 50017 700024 500133 700016 \
        700011 90099 7000229 7000112 70001 90002 900023 90038 900382 900432 9001023 70011 \
        1002012 28002 700022 500011 50001 650052 650057 70021 700213 700211 7002138 53003 \
        530032 530035 50196 90055 90006 90012 90024 90033 90090 50000 700023 700212 50027";

    #[test]
    fn every_known_code_stands_in_one_row() {
        for code in KNOWN.split_whitespace().map(|code| code.parse::<u32>().unwrap()) {
            assert_eq!(MEANINGS.iter().filter(|(codes, ..)| codes.contains(&code)).count(), 1, "{code}");
        }
        let rows: usize = MEANINGS.iter().map(|(codes, ..)| codes.len()).sum();
        assert_eq!(rows, KNOWN.split_whitespace().count());
    }

    #[test]
    fn every_row_reads_as_a_sentence() {
        let words = MEANINGS.iter().map(|(_, _, what, fix)| (what, fix));
        for (what, fix) in words.chain(NAMES.iter().map(|(_, _, what, fix)| (what, fix))) {
            for part in [what, fix] {
                assert!(part.starts_with(char::is_lowercase) && !part.ends_with('.'), "{part}");
            }
        }
    }
}
