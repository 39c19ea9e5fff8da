//! Change notifications: the handshake, and what is posted to a subscriber.

use std::time::Duration;

use aoc_core::{
    http::{Base, Method},
    prelude::*,
};
use serde_json::{Value, json};

use super::{FakeMicrosoft, clock::lock, world::World};

/// A subscription of change notifications that somebody has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub tenant_id: String,
    /// What is watched, such as `users`.
    pub resource: String,
    /// Such as `updated,deleted`.
    pub change_type: String,
    /// Where notifications go.
    pub notification_url: String,
    /// Where lifecycle events go.
    pub lifecycle_url: Option<String>,
    /// What the subscriber knows a true notification by.
    pub client_state: String,
    /// When it ends.
    pub expires: Timestamp,
}

impl Subscription {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "resource": self.resource,
            "changeType": self.change_type,
            "clientState": self.client_state,
            "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": self.expires,
        })
    }
}

impl FakeMicrosoft {
    /// The subscriptions there are, also those that have expired.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        lock(&self.world().subscriptions).clone()
    }

    /// Posts a change (`updated` or `deleted`) of an object to a subscriber; gives the status of its answer.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when there is no answer.
    pub async fn notify(&self, subscription: &Subscription, change: &str, object_id: &str) -> Result<u16> {
        let resource = format!("{}/{object_id}", subscription.resource.trim_matches('/'));
        let item = json!({
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": subscription.expires,
            "clientState": subscription.client_state,
            "changeType": change,
            "resource": resource,
            "tenantId": subscription.tenant_id,
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.User",
                "@odata.id": resource,
                "id": object_id,
            },
        });
        self.post(&subscription.notification_url, &json!({"value": [item]})).await
    }

    /// Posts a lifecycle event (`reauthorizationRequired`, `subscriptionRemoved` or `missed`) to a subscriber; gives
    /// the status of its answer. A subscription that is removed is gone.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when there is no answer.
    pub async fn lifecycle(&self, subscription: &Subscription, event: &str) -> Result<u16> {
        if event == "subscriptionRemoved" {
            lock(&self.world().subscriptions).retain(|other| other.id != subscription.id);
        }
        let item = json!({
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": subscription.expires,
            "clientState": subscription.client_state,
            "resource": subscription.resource,
            "tenantId": subscription.tenant_id,
            "lifecycleEvent": event,
        });
        let url = subscription.lifecycle_url.as_ref().unwrap_or(&subscription.notification_url);
        self.post(url, &json!({"value": [item]})).await
    }

    /// Posts any JSON to any address of this machine or of HTTPS, as a forger would; gives the status of the answer.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when there is no answer, [`Config`](ErrorKind::Config) when it is no address.
    pub async fn post(&self, url: &str, body: &Value) -> Result<u16> {
        let http = &self.world().http;
        let request = http.request(Method::POST, address(url)?).header("content-type", "application/json");
        let answer = http.send(request.body(body.to_string())).await?;
        Ok(answer.status().as_u16())
    }
}

/// An address that may have a query.
fn address(url: &str) -> Result<aoc_core::http::Url> {
    Base::parse(url.split(['?', '#']).next().unwrap_or_default())?.follow(url)
}

/// Asks an endpoint to repeat a token, as Graph does before it makes a subscription.
///
/// # Errors
/// Why it failed.
pub(super) async fn handshake(world: &World, url: &str) -> Result<(), String> {
    let token = format!(
        "Validation: Testing client application reachability for subscription Request-Id: {}+/=",
        world.guid()
    );
    let joint = if url.contains('?') { '&' } else { '?' };
    let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let url =
        address(&format!("{url}{joint}validationToken={encoded}")).map_err(|error| error.to_string())?;
    let request = world.http.request(Method::POST, url).header("content-type", "text/plain; charset=utf-8");
    let answered = async {
        let answer = world
            .http
            .send(request.header("content-length", "0"))
            .await
            .map_err(|error| error.to_string())?;
        let (status, content_type) =
            (answer.status(), answer.header("content-type").unwrap_or_default().to_owned());
        Ok::<_, String>((status, content_type, answer.text(64 * 1024).await))
    };
    let late = |_| "The request timed out.".to_owned();
    let (status, content_type, text) =
        tokio::time::timeout(Duration::from_secs(10), answered).await.map_err(late)??;
    match status.as_u16() {
        200 if !content_type.starts_with("text/plain") => Err(format!("The content type is {content_type}.")),
        200 if text == token => Ok(()),
        200 => Err("The token was not repeated.".to_owned()),
        other => Err(format!("HTTP status code is '{other}'.")),
    }
}
