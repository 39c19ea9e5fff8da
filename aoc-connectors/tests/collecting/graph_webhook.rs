//! Change notifications: a subscription that is kept alive, and a bell that only rings for the right ones.

use std::{sync::Arc, time::Duration};

use aoc_connectors::{
    EntraAudit,
    fake::{FakeMicrosoft, Fault, Subscription},
    microsoft::Hub,
};
use aoc_core::{Doorbell, Running, prelude::*};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use crate::{
    graph_help::{add, on_day},
    world::{World, ago},
};

const SECRET: &str = "hush/hush";

/// What AOC's server is for Graph: it repeats validation tokens and takes notifications.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/webhooks/graph", listener.local_addr().unwrap());
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let (mut bytes, mut buffer) = (Vec::new(), [0; 16_384]);
                let body = loop {
                    let read = stream.read(&mut buffer).await.unwrap_or(0);
                    bytes.extend_from_slice(&buffer[..read]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        if read == 0 {
                            return;
                        }
                        continue;
                    };
                    let length = head
                        .to_lowercase()
                        .split("content-length: ")
                        .nth(1)
                        .and_then(|rest| rest.lines().next()?.parse().ok());
                    if body.len() >= length.unwrap_or(0_usize) || read == 0 {
                        break (head.to_owned(), body.to_owned());
                    }
                };
                let target = body.0.split(' ').nth(1).unwrap_or_default().to_owned();
                let query = target.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
                let token =
                    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "validationToken");
                let (status, answer) = match token {
                    Some((_, token)) => ("200 OK", token.into_owned()),
                    None => {
                        let _ = sender.send(serde_json::from_str(&body.1).unwrap_or_default());
                        ("202 Accepted", String::new())
                    }
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    answer.len()
                );
                let _ = stream.write_all(format!("{head}{answer}").as_bytes()).await;
            });
        }
    });
    (url, received)
}

fn source(fake: &FakeMicrosoft, world: &World, url: &str) -> Feed {
    source_with(fake, world, &json!({"url": url, "secret": SECRET})).unwrap()
}

fn source_with(fake: &FakeMicrosoft, world: &World, webhook: &Value) -> Result<Feed> {
    let account = fake.profile(&world.tenant);
    let options = json!({
        "tenant_id": account.tenant_id,
        "client_id": account.client_id,
        "client_secret": account.client_secret.unwrap().expose(),
        "cloud": "custom",
        "login_url": fake.url(),
        "graph_url": fake.url(),
        "webhook": webhook,
    });
    serde_json::from_value::<EntraAudit>(options).unwrap().build_on(&Hub::unlimited())
}

struct House {
    world: World,
    running: Running,
    bell: Arc<dyn Doorbell>,
    received: mpsc::UnboundedReceiver<Value>,
    url: String,
}

impl House {
    async fn new() -> Self {
        let world = World::new(&[]).await;
        world.tenant.change(|settings| settings.token_lifetime = Duration::from_secs(30 * 86_400));
        let (url, received) = receiver().await;
        let (running, bell) = Self::start(&world, &url);
        Self { world, running, bell, received, url }
    }

    fn start(world: &World, url: &str) -> (Running, Arc<dyn Doorbell>) {
        let feed = source(&world.fake, world, url);
        let bell = feed.doorbell.clone().unwrap();
        let pipeline = Pipeline::new(world.store.clone());
        (pipeline.source_every("entra", feed, Duration::from_secs(86_400)).start(), bell)
    }

    async fn fetch(&self) {
        self.running.fetch_now("entra").await.unwrap();
    }

    /// The subscriptions that have not ended, by resource.
    fn subscriptions(&self) -> Vec<Subscription> {
        let now = self.world.fake.now();
        let mut all: Vec<_> =
            self.world.fake.subscriptions().into_iter().filter(|one| one.expires > now).collect();
        all.sort_by(|a, b| a.resource.cmp(&b.resource));
        all
    }
}

fn notification(subscription: &Subscription) -> Value {
    json!({"subscriptionId": subscription.id, "clientState": subscription.client_state, "changeType": "updated"})
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_groups_are_subscribed_to_once_and_renewed_before_their_end() {
    let mut house = House::new().await;
    house.fetch().await;
    let first = house.subscriptions();
    let resources: Vec<&str> = first.iter().map(|one| one.resource.as_str()).collect();
    assert_eq!(resources, ["groups", "users"]);
    for one in &first {
        assert_eq!((one.change_type.as_str(), one.client_state.as_str()), ("updated,deleted", SECRET));
        assert_eq!((&one.notification_url, one.lifecycle_url.as_ref()), (&house.url, Some(&house.url)));
    }
    house.fetch().await;
    house.world.fake.advance(Duration::from_secs(40 * 3_600));
    house.fetch().await;
    assert_eq!(house.subscriptions(), first, "there is time enough");
    house.world.fake.advance(Duration::from_secs(8 * 3_600));
    house.fetch().await;
    house.fetch().await;
    let renewed = house.subscriptions();
    assert_eq!(
        renewed.iter().map(|one| &one.id).collect::<Vec<_>>(),
        first.iter().map(|one| &one.id).collect::<Vec<_>>()
    );
    assert!(renewed.iter().zip(&first).all(|(new, old)| new.expires > old.expires));
    // Another run cannot know the secret of what is there, and makes it anew.
    (house.running, house.bell) = House::start(&house.world, &house.url);
    house.fetch().await;
    let anew = house.subscriptions();
    assert_eq!(anew.len(), 2, "{anew:?}");
    assert!(house.bell.rings(&notification(&anew[0])) && !house.bell.rings(&notification(&renewed[0])));
}

/// Graph keeps the secret of a subscription that is renewed, and does not tell it.
#[tokio::test(flavor = "multi_thread")]
async fn another_secret_is_the_one_that_notifications_bring() {
    let house = House::new().await;
    house.fetch().await;
    let (world, fake) = (&house.world, &house.world.fake);
    let foreign = receiver().await.0;
    let other =
        source_with(fake, world, &json!({"url": foreign, "secret": "theirs", "resources": ["users"]}));
    other.unwrap().sources[0].1.fetch(&Bookmark::Since(fake.now())).await.unwrap();
    assert_eq!(house.subscriptions().len(), 3);
    // What is there is told on a second page, and in another spelling.
    let (base, path) = (fake.url().to_owned(), "v1.0/subscriptions");
    let first = Fault::edit(move |_, reply| {
        let next = format!("{base}/v1.0/subscriptions?$skiptoken=2");
        reply.body = json!({"value": [], "@odata.nextLink": next}).to_string().into_bytes();
    });
    let is_first = |seen: &aoc_connectors::fake::Seen| seen.param("$skiptoken").is_none();
    fake.script(first.path(path).method("GET").when(is_first).always());
    let webhook = json!({"url": house.url, "secret": "another", "resources": ["/users", "groups/"]});
    let feed = source_with(fake, world, &webhook).unwrap();
    let requests = fake.count(path);
    for _ in 0..3 {
        feed.sources[0].1.fetch(&Bookmark::Since(fake.now())).await.unwrap();
    }
    assert_eq!(fake.count(path) - requests, 6, "two pages, and each of two is deleted and made");
    let all = house.subscriptions();
    let (mine, theirs): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.notification_url == house.url);
    assert_eq!((mine.len(), theirs.len()), (2, 1), "{all:?}");
    let bell = feed.doorbell.unwrap();
    for one in mine {
        assert!(one.client_state == "another" && bell.rings(&notification(one)), "{one:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_named_twice_is_refused() {
    let world = World::new(&[]).await;
    for resources in [json!(["users", "/Users"]), json!(["users", " / "])] {
        let webhook = json!({"url": "https://a.example/x", "secret": "s", "resources": resources});
        let error = source_with(&world.fake, &world, &webhook).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("webhook.resources"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_that_are_gone_are_made_anew() {
    let house = House::new().await;
    house.fetch().await;
    let first = house.subscriptions();
    // Removed with a word, and it fetches at once.
    house.world.fake.lifecycle(&first[0], "subscriptionRemoved").await.unwrap();
    let told = json!({"subscriptionId": first[0].id, "clientState": SECRET, "lifecycleEvent": "subscriptionRemoved"});
    assert!(house.bell.rings(&told));
    house.fetch().await;
    let second = house.subscriptions();
    assert_eq!(second.len(), 2);
    assert!(second[0].id != first[0].id && second[1].id == first[1].id);
    assert!(!house.bell.rings(&notification(&first[0])), "the old one is not known any more");
    assert!(house.bell.rings(&notification(&second[0])));
    // Gone without a word: renewing it says so.
    house.world.fake.advance(Duration::from_secs(80 * 3_600));
    assert_eq!(house.subscriptions().len(), 0);
    house.fetch().await;
    let third = house.subscriptions();
    assert_eq!(third.len(), 2);
    assert!(third.iter().all(|one| second.iter().all(|old| old.id != one.id)));
    // Whoever wants it authorised anew gets it renewed at once.
    let told = json!({"subscriptionId": third[1].id, "clientState": SECRET, "lifecycleEvent": "reauthorizationRequired"});
    house.world.fake.advance(Duration::from_secs(60));
    assert!(house.bell.rings(&told));
    house.fetch().await;
    let fourth = house.subscriptions();
    assert!(fourth[1].id == third[1].id && fourth[1].expires > third[1].expires);
    assert_eq!(fourth[0], third[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bell_rings_only_for_a_known_subscription_with_the_right_secret() {
    let house = House::new().await;
    house.fetch().await;
    let one = house.subscriptions()[0].clone();
    let right = notification(&one);
    assert!(house.bell.rings(&right));
    assert_eq!(house.running.ring(&right), 1);
    let with = |key: &str, value: Value| {
        let mut other = right.clone();
        other[key] = value;
        other
    };
    for forged in [
        with("clientState", json!("hush")),
        with("clientState", json!("")),
        with("clientState", json!(null)),
        with("clientState", json!(format!("{SECRET} "))),
        with("subscriptionId", json!("00000000-0000-4000-8000-000000000000")),
        with("subscriptionId", json!(null)),
        json!({}),
        json!(null),
        json!([right.clone()]),
        json!("x"),
    ] {
        assert!(!house.bell.rings(&forged), "{forged}");
        assert_eq!(house.running.ring(&forged), 0);
    }
    let forged =
        json!({"subscriptionId": one.id, "clientState": "no", "lifecycleEvent": "subscriptionRemoved"});
    assert!(!house.bell.rings(&forged));
    assert!(house.bell.rings(&right), "who does not know the secret removes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_notifications_may_be_lost_and_nothing_else_is() {
    let mut house = House::new().await;
    house.fetch().await;
    let subscriptions = house.subscriptions();
    let mut rung = 0;
    for number in 0..40_i64 {
        add(&house.world, "entra", &format!("a{number}"), ago(&house.world.fake, 0));
        house.world.fake.notify(&subscriptions[0], "updated", "someone").await.unwrap();
        let posted = house.received.recv().await.unwrap();
        if number % 2 == 0 {
            for notification in posted["value"].as_array().unwrap() {
                rung += house.running.ring(notification);
            }
        }
    }
    assert_eq!(rung, 20);
    // Many bells make one round, some seconds after the last one.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let so_far = house.world.ids().await.len();
    assert!(so_far >= 30, "a bell that rings is heard: {so_far}");
    house.fetch().await;
    assert_eq!(house.world.ids().await, house.world.fake.served_ids(&house.world.tenant));
    house.world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_that_are_refused_cost_a_warning_and_no_record() {
    let house = House::new().await;
    house.fetch().await;
    assert_eq!(house.subscriptions().len(), 2);
    let world = World::new(&[]).await;
    (0..20)
        .for_each(|number| add(&world, "entra", &format!("a{number}"), on_day(&world.fake, 2, number * 60)));
    let refused = Fault::graph_error(403, "Authorization_RequestDenied", "Insufficient privileges.");
    world.fake.script(refused.path("subscriptions").method("POST"));
    let (url, _received) = receiver().await;
    let (running, _bell) = House::start(&world, &url);
    while running.status().sources["entra"].last_success.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let warnings = &running.status().sources["entra"].warnings;
    assert!(
        warnings.iter().any(|one| one.contains("no change notifications, fetching goes on")),
        "{warnings:?}"
    );
    assert_eq!(world.fake.subscriptions().len(), 1, "one that is refused holds up none of the others");
    assert_eq!(world.ids().await, world.fake.served_ids(&world.tenant));
    world.assert_proven().await;
}
