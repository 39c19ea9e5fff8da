//! Why a source works or does not: signs in, looks what the token allows, and asks each log for a little.

use std::sync::Arc;

use aoc_core::{Checkup, Finding, Verdict, prelude::*};
use chrono::TimeDelta;

use super::{Account, Api, Failure, token::claims};

/// Asks one thing of the other side.
#[async_trait]
pub(crate) trait Probe: Send + Sync {
    /// What is asked.
    fn subject(&self) -> String;
    /// Asks it: what was found, or why it cannot be had.
    async fn ask(&self, api: &Api) -> Result<Finding, Failure>;
}

/// A checkup of one account at one service.
pub(crate) struct Examination {
    pub(crate) account: Account,
    pub(crate) api: Api,
    /// The application permissions the token must have; of each row one is enough.
    pub(crate) permissions: Vec<&'static [&'static str]>,
    pub(crate) probes: Vec<Arc<dyn Probe>>,
}

/// Clocks that differ by more than this need attention; tokens and certificates are judged by them.
const MOST_SKEW: i64 = 120;
/// The subject of what is found about permissions.
const PERMISSION: &str = "permission";

#[async_trait]
impl Checkup for Examination {
    async fn examine(&self) -> Vec<Finding> {
        let token = match self.api.token().await {
            Ok(token) => token,
            Err(error) => return vec![broken("token", &error)],
        };
        let mut findings = self.token(&token);
        findings.push(self.clock().await);
        for probe in &self.probes {
            let asked = probe.ask(&self.api).await;
            let lacks = findings.iter().any(|finding| finding.subject == PERMISSION);
            findings.push(asked.unwrap_or_else(|failure| {
                let found = broken(&probe.subject(), &failure.error);
                match failure.code.as_str() {
                    // The token says better than the answer which of them it is.
                    "Authentication_MSGraphPermissionMissing" if lacks => {
                        Finding { fix: Some("grant the permission that the token lacks".into()), ..found }
                    }
                    _ => found,
                }
            }));
        }
        findings
    }
}

impl Examination {
    /// What the token says of tenant and permissions.
    fn token(&self, token: &str) -> Vec<Finding> {
        let Some(claims) = claims(token) else {
            return vec![fine("token", "the login service gave a token, which cannot be looked into")];
        };
        let mut findings = Vec::new();
        let tenant = claims.tid.clone().unwrap_or_default();
        let is_other =
            self.account.has_tenant_guid() && !tenant.eq_ignore_ascii_case(&self.account.tenant_id);
        findings.push(if is_other && !tenant.is_empty() {
            let sentence = format!("the token is of tenant {tenant}, not of {}", self.account.tenant_id);
            wrong("token", sentence, "correct `tenant_id`")
        } else {
            let roles = if claims.roles.is_empty() { "no role".to_owned() } else { claims.roles.join(", ") };
            fine("token", format!("signed in to tenant {tenant} with {roles}"))
        });
        let has = |role: &&&str| claims.roles.iter().any(|mine| mine == **role);
        for one_of in self.permissions.iter().filter(|one_of| !one_of.iter().any(|role| has(&role))) {
            let names = one_of.join(" or ");
            let fix = match self.account.managed_identity {
                true => format!(
                    "assign the app role {names} to the managed identity, and wait for the machine's next token (up to a day)"
                ),
                false => format!(
                    "grant the application permission {names} in the app registration, give admin consent, and wait for the \
                     next token (up to 90 minutes, or restart)"
                ),
            };
            findings.push(wrong(PERMISSION, format!("the token lacks {names}"), fix));
        }
        findings
    }

    async fn clock(&self) -> Finding {
        self.api.hear_clock().await;
        if !self.api.clock().is_known() {
            let sentence = "Microsoft's clock could not be read, as no answer came with a date";
            let fix = "see that this machine's clock is right (NTP)";
            return doubtful("clock", sentence, fix);
        }
        let ahead = self.api.clock().ahead();
        if ahead.abs() <= MOST_SKEW {
            return fine("clock", "this machine's clock agrees with Microsoft's");
        }
        let (seconds, side) = (ahead.abs(), if ahead > 0 { "behind" } else { "ahead of" });
        let sentence = format!("this machine's clock is {seconds} seconds {side} Microsoft's");
        doubtful(
            "clock",
            sentence,
            "synchronise it (NTP); windows are cut by Microsoft's clock, so nothing is lost",
        )
    }
}

/// Asks a log of Graph for what happened in the last hour.
pub(crate) struct LogProbe {
    pub(crate) name: String,
    /// The query for what happened between two times.
    pub(crate) query: Box<dyn Fn(Timestamp, Timestamp) -> String + Send + Sync>,
}

#[async_trait]
impl Probe for LogProbe {
    fn subject(&self) -> String {
        self.name.clone()
    }

    async fn ask(&self, api: &Api) -> Result<Finding, Failure> {
        let now = api.clock().now();
        let hour_ago: Timestamp = (now.instant() - TimeDelta::hours(1)).into();
        let answer = api.get(api.base().join(&(self.query)(hour_ago, now))?).await?;
        answer.bytes(64 << 20).await?;
        Ok(fine(&self.name, "the log can be read"))
    }
}

pub(crate) fn fine(subject: &str, sentence: impl Into<String>) -> Finding {
    Finding { subject: subject.to_owned(), verdict: Verdict::Fine, sentence: sentence.into(), fix: None }
}

pub(crate) fn wrong(subject: &str, sentence: impl Into<String>, fix: impl Into<String>) -> Finding {
    let (sentence, fix) = (sentence.into(), Some(fix.into()));
    Finding { subject: subject.to_owned(), verdict: Verdict::Broken, sentence, fix }
}

pub(crate) fn doubtful(subject: &str, sentence: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Doubtful, ..wrong(subject, sentence, fix) }
}

/// An error's sentence says what is wrong and, behind the first semicolon, what would put it right.
pub(crate) fn broken(subject: &str, error: &Error) -> Finding {
    let text = error.to_string();
    let (sentence, fix) = match text.split_once("; ") {
        Some((sentence, fix)) => (sentence.to_owned(), Some(fix.to_owned())),
        None => {
            let fix = usual_fix(error.kind(), &text).map(str::to_owned);
            (text, fix)
        }
    };
    Finding { subject: subject.to_owned(), verdict: Verdict::Broken, sentence, fix }
}

/// What to do about an error that does not say so itself.
fn usual_fix(kind: ErrorKind, text: &str) -> Option<&'static str> {
    let is_about_file = ["certificate: ", "federated_token_file: "].iter().any(|key| text.starts_with(key));
    match kind {
        ErrorKind::Denied if is_about_file && text.contains("cannot read") => {
            Some("see that the file is there, and that AOC may read it")
        }
        ErrorKind::Denied if is_about_file => {
            Some("`docs/guide/connect-your-tenant.md` says what the file must hold")
        }
        ErrorKind::Unavailable => {
            Some("look whether this machine reaches it (network, proxy, `cloud` and the URLs), and try again")
        }
        ErrorKind::RateLimited => Some("wait some minutes, and try again"),
        _ => None,
    }
}
