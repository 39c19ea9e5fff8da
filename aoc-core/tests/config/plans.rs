//! A configuration becomes a pipeline.

use std::time::Duration;

use aoc_core::prelude::*;

use super::{built, plan};

#[tokio::test]
async fn a_configuration_becomes_a_pipeline_that_runs() {
    let plan = plan(
        "[store]\ntype = \"memory\"\nretention = \"365000d\"\n\
         [profiles.contoso]\ntenant = \"runs\"\nclient_secret = \"s\"\n\
         [sources.a]\ntype = \"counter\"\nprofile = \"contoso\"\nevery = \"1h\"\n\
         [sinks.s]\ntype = \"nowhere\"\nfrom = \"beginning\"\nfilter = { operation = \"round\" }\n",
        &[],
    )
    .await
    .unwrap();
    assert_eq!(built("runs").client_secret.unwrap().expose(), "s");
    let running = plan.pipeline.start();
    running.fetch_now("a").await.unwrap();
    assert_eq!(plan.index.count(&Filter::default()).await.unwrap(), 3);
    for _ in 0..1_000 {
        if running.status().followers["s"].position == Position(3) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let status = running.status();
    assert_eq!(
        (status.followers["s"].position, status.followers["s"].delivered),
        (Position(3), 1),
        "the filter lets one through"
    );
    running.stop().await.unwrap();
}

#[tokio::test]
async fn the_retention_of_the_store_is_kept() {
    // The numbered records are of 2026-01-01, which is more than a second ago.
    let plan = plan("[store]\ntype = \"memory\"\nretention = \"1s\"", &[]).await.unwrap();
    let event = Event::new("badge", "old", Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
    plan.store.append(&[event]).await.unwrap();
    let running = plan.pipeline.start();
    for _ in 0..1_000 {
        if plan.store.horizon().await.unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(plan.store.read_after(Position(0), 5).await.unwrap(), []);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_profile_gives_what_the_table_does_not_say() {
    let text = "[profiles.p]\ntenant = \"theirs\"\nlimit = 5\n[sources.a]\ntype = \"counter\"\nprofile = \"p\"\ntenant = \"mine\"\n\
                [sinks.s]\ntype = \"nowhere\"\nprofile = \"p\"\n";
    plan(text, &[]).await.unwrap();
    assert_eq!(built("mine").limit, 5);
}

#[tokio::test]
async fn a_profile_that_the_store_uses_too_may_have_its_keys() {
    let text = "[profiles.p]\ntenant = \"shared\"\nfolder = \"/data\"\n[store]\ntype = \"keeper\"\nprofile = \"p\"\n\
                [sources.a]\ntype = \"counter\"\nprofile = \"p\"\n";
    plan(text, &[]).await.unwrap();
    assert_eq!(built("shared").limit, 0);
}
