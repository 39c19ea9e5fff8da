//! Change notifications of Graph: a subscription that is kept alive, and the doorbell that hears it.
//!
//! Audit logs themselves cannot be subscribed to; a change of a user or group says that there will be something to
//! fetch. Whatever is lost on this way costs nothing but time: fetching goes on as configured.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aoc_core::{
    Doorbell,
    http::{Base, Method},
    prelude::*,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Api, Failure};

/// Where and how change notifications are received.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// The public address of this server's `/api/webhooks/graph`; Microsoft reaches it by https.
    pub(crate) url: String,
    /// A secret of your choice that Microsoft sends back with each notification; at most 128 characters.
    pub(crate) secret: Secret,
    /// The resources to subscribe to; `users` and `groups` by default.
    #[serde(default = "usual_resources")]
    pub(crate) resources: Vec<String>,
}

fn usual_resources() -> Vec<String> {
    vec!["users".into(), "groups".into()]
}

/// How long a subscription is asked to live: within what all resources allow.
const LIFE: TimeDelta = TimeDelta::minutes(4_200);
/// It is renewed when less than this is left.
const RENEW: TimeDelta = TimeDelta::minutes(1_400);
/// How often is looked whether something is to be done.
const EVERY: TimeDelta = TimeDelta::minutes(5);

/// Keeps the subscriptions of one tenant.
pub(crate) struct Keeper {
    api: Api,
    webhook: Webhook,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By resource.
    subscriptions: BTreeMap<String, Subscription>,
    /// Those that another run made. Their secret cannot be known, so they are replaced.
    strangers: Vec<Subscription>,
    /// Whether what the tenant has was looked up.
    looked_up: bool,
    /// By the other side's clock, as the ends of subscriptions are.
    next_look: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    id: String,
    resource: String,
    #[serde(default)]
    notification_url: String,
    expiration_date_time: Timestamp,
}

#[derive(Deserialize)]
struct Subscriptions {
    value: Vec<Subscription>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// So many pages of subscriptions have no end.
const MOST_PAGES: usize = 50;

impl Keeper {
    /// Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the webhook makes no sense.
    pub(crate) fn new(api: Api, mut webhook: Webhook) -> Result<Arc<Self>> {
        Base::parse(&webhook.url).map_err(|error| error.at("webhook.url"))?;
        if webhook.secret.expose().is_empty() || webhook.secret.expose().len() > 128 {
            return Err(Error::config("expected 1 to 128 characters").at("webhook.secret"));
        }
        let mut names = HashSet::new();
        for resource in &mut webhook.resources {
            *resource = plain(resource).to_owned();
            if resource.is_empty() || !names.insert(resource.to_lowercase()) {
                let message = format!("`{resource}` is empty or given twice, expected each resource once");
                return Err(Error::config(message).at("webhook.resources"));
            }
        }
        Ok(Arc::new(Self { api, webhook, state: Mutex::default() }))
    }

    /// Creates what is missing and renews what ends soon; does nothing where that was looked after just now.
    ///
    /// # Errors
    /// Those of Graph; the next call after a while tries again.
    pub(crate) async fn keep(&self) -> Result<()> {
        let now = self.api.clock().now();
        let next_look: Timestamp = (now.instant() + EVERY).into();
        {
            let mut state = self.state();
            // Where the clock was set back, a look that seems far away is due.
            if state.next_look.is_some_and(|next| now < next && next <= next_look) {
                return Ok(());
            }
            state.next_look = Some(next_look);
        }
        if !self.state().looked_up {
            self.look_up().await?;
        }
        // One that is refused holds up none of the others.
        let mut outcome = Ok(());
        for resource in &self.webhook.resources {
            outcome = outcome.and(self.keep_one(resource).await);
        }
        outcome
    }

    /// Finds the subscriptions that an earlier run of this program made: renewed, they would go on to bring its secret.
    async fn look_up(&self) -> Result<()> {
        let mut strangers = Vec::new();
        let mut url = self.api.base().join("v1.0/subscriptions")?;
        for _ in 0..MOST_PAGES {
            let answer = self.api.get(url).await?;
            let page = serde_json::from_slice(&answer.bytes(16 << 20).await?);
            let page: Subscriptions = page.map_err(|cause| {
                Error::unavailable("Graph sent a list that cannot be read").because(cause)
            })?;
            strangers.extend(page.value.into_iter().filter(|one| one.notification_url == self.webhook.url));
            let Some(next) = page.next.filter(|next| !next.is_empty()) else {
                let mut state = self.state();
                (state.looked_up, state.strangers) = (true, strangers);
                return Ok(());
            };
            url = self.api.base().follow(&next)?;
        }
        Err(Error::unavailable("the pages of the list of subscriptions do not end"))
    }

    /// Deletes what another run made for a resource; Graph has but one for each.
    async fn replace(&self, resource: &str) -> Result<()> {
        let is_of = |one: &Subscription| plain(&one.resource).eq_ignore_ascii_case(resource);
        while let Some(stranger) = self.stranger(is_of) {
            let url = self.api.base().join(&format!("v1.0/subscriptions/{}", stranger.id))?;
            match self.api.ask(Method::DELETE, url, None).await {
                Err(failure) if failure.status != 404 => return Err(failure.into()),
                _ => self.state().strangers.retain(|one| one.id != stranger.id),
            }
        }
        Ok(())
    }

    fn stranger(&self, is_of: impl Fn(&Subscription) -> bool) -> Option<Subscription> {
        self.state().strangers.iter().find(|one| is_of(one)).cloned()
    }

    async fn keep_one(&self, resource: &str) -> Result<()> {
        self.replace(resource).await?;
        let until: Timestamp = (self.api.clock().now().instant() + LIFE).into();
        let known = self.state().subscriptions.get(resource).cloned();
        let kept = match known {
            Some(known)
                if known.expiration_date_time.instant() - self.api.clock().now().instant() > RENEW =>
            {
                return Ok(());
            }
            Some(known) => match self.renew(&known.id, until).await {
                Err(failure) if failure.status == 404 => self.create(resource, until).await?,
                renewed => renewed?,
            },
            None => self.create(resource, until).await?,
        };
        self.state().subscriptions.insert(resource.to_owned(), kept);
        Ok(())
    }

    async fn create(&self, resource: &str, until: Timestamp) -> Result<Subscription, Failure> {
        let body = json!({
            "changeType": "updated,deleted",
            "notificationUrl": self.webhook.url,
            "lifecycleNotificationUrl": self.webhook.url,
            "resource": resource,
            "expirationDateTime": until,
            "clientState": self.webhook.secret.expose(),
        });
        let url = self.api.base().join("v1.0/subscriptions")?;
        self.subscription(Method::POST, url, &body).await
    }

    async fn renew(&self, id: &str, until: Timestamp) -> Result<Subscription, Failure> {
        let url = self.api.base().join(&format!("v1.0/subscriptions/{id}"))?;
        self.subscription(Method::PATCH, url, &json!({ "expirationDateTime": until })).await
    }

    async fn subscription(
        &self,
        method: Method,
        url: aoc_core::http::Url,
        body: &Value,
    ) -> Result<Subscription, Failure> {
        let answer = self.api.ask(method, url, Some(body)).await?;
        let bytes = answer.bytes(1 << 20).await?;
        let read = serde_json::from_slice(&bytes);
        Ok(read.map_err(|cause| Error::unavailable("Graph sent no subscription").because(cause))?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic leaves half done is looked up again at worst.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a notification says, of which nothing is believed before its secret was compared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    subscription_id: String,
    client_state: String,
    #[serde(default)]
    lifecycle_event: Option<String>,
}

impl Doorbell for Keeper {
    fn rings(&self, notification: &Value) -> bool {
        let Ok(notification) = Notification::deserialize(notification) else { return false };
        if !are_equal(&notification.client_state, self.webhook.secret.expose()) {
            return false;
        }
        let mut state = self.state();
        let mine = state.subscriptions.iter().find(|(_, one)| one.id == notification.subscription_id);
        let Some(resource) = mine.map(|(resource, _)| resource.clone()) else { return false };
        match notification.lifecycle_event.as_deref() {
            // The next look makes a new one.
            Some("subscriptionRemoved") => {
                state.subscriptions.remove(&resource);
                state.next_look = None;
            }
            // Renewing it authorizes it anew.
            Some("reauthorizationRequired") => {
                if let Some(one) = state.subscriptions.get_mut(&resource) {
                    one.expiration_date_time = self.api.clock().now();
                }
                state.next_look = None;
            }
            _ => {}
        }
        true
    }
}

/// A resource without what it may be written with.
fn plain(resource: &str) -> &str {
    resource.trim().trim_matches('/')
}

/// Compares in a time that says nothing of where they differ.
fn are_equal(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    a.iter().zip(b.iter()).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

/// A source beside which subscriptions are kept.
pub(crate) struct Notified {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) keeper: Arc<Keeper>,
}

#[async_trait]
impl Source for Notified {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        let mut page = self.source.fetch(from).await?;
        if let Err(error) = self.keeper.keep().await {
            tracing::warn!(error = error.chain(), "change notifications are not kept");
            page.warnings.push(format!("no change notifications, fetching goes on as configured: {error}"));
        }
        Ok(page)
    }
}
