//! The login service: one form, one answer.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aoc_core::{
    http::{HttpClient, Method, Url},
    prelude::*,
};
use tokio::time::timeout;

use super::{
    super::{Account, clock::Clock},
    answer::{self, Minted},
    proof::Proof,
    refused::{Heard, Refusal},
};

/// The token endpoint of a tenant.
pub(super) struct Login {
    url: Url,
    client_id: String,
    scope: String,
    http: HttpClient,
    clock: Arc<Clock>,
}

/// How long an answer may take to come to its end.
const TOTAL: Duration = Duration::from_secs(180);
/// How much of an answer is read.
const MOST: usize = 256 * 1024;

impl Login {
    pub(super) fn new(
        account: &Account,
        resource: &str,
        http: &HttpClient,
        clock: &Arc<Clock>,
    ) -> Result<Self> {
        Ok(Self {
            url: account.login()?.join(&format!("/{}/oauth2/v2.0/token", account.tenant_id))?,
            client_id: account.client_id.trim().to_owned(),
            scope: format!("{resource}/.default"),
            http: http.clone(),
            clock: clock.clone(),
        })
    }

    /// Asks for a token. An assertion that was dated by a wrong clock is written once more, by the answer's clock.
    pub(super) async fn ask(&self, proof: &Proof) -> Result<Minted, Refusal> {
        let ahead = self.clock.ahead();
        match self.ask_once(proof).await {
            Err(refusal)
                if refusal.is_about_time()
                    && matches!(proof, Proof::Certificate(_))
                    && self.clock.ahead() != ahead =>
            {
                self.ask_once(proof).await
            }
            answer => answer,
        }
    }

    async fn ask_once(&self, proof: &Proof) -> Result<Minted, Refusal> {
        let fields = proof.fields(&self.client_id, &self.url, self.clock.now())?;
        let request = self.http.request(Method::POST, self.url.clone());
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(self.form(&fields));
        let answer = self.http.send(request).await?;
        self.clock.heard(answer.date());
        let (status, retry_after) = (answer.status().as_u16(), answer.retry_after());
        let now = answer.date().unwrap_or_else(SystemTime::now);
        let late = |_| Error::unavailable("the login service did not answer in time");
        let body = timeout(TOTAL, answer.text(MOST)).await.map_err(late)?;
        if (200..300).contains(&status) {
            let none = || Error::unavailable("the login service sent no token");
            let detail = || format!("status {status}, {} bytes", body.len());
            return answer::read(&body, now).ok_or_else(|| none().because(detail()).into());
        }
        let secrets: Vec<&str> = fields.last().map(|(_, value)| value.as_str()).into_iter().collect();
        Err(Heard { status, retry_after, body: &body, secrets: &secrets, ahead: self.clock.ahead() }
            .refusal())
    }

    fn form(&self, fields: &[(&str, String)]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &self.client_id);
        form.append_pair("scope", &self.scope);
        form.extend_pairs(fields).finish()
    }
}
