//! Graph's logs: clocks that differ, and checkpoints older than what is kept.

use aoc_connectors::fake::{Fault, Reply, Seen};
use aoc_core::{ledger::Stage, prelude::*, store::Note};
use chrono::TimeDelta;

use crate::{
    graph_help::{LOGS, add, begin, bookmark, bounds, on_day, path, said},
    world::{World, ago},
};

const DAY: i64 = 1_440;

/// The windows that are lost.
async fn lost(world: &World) -> Vec<(Timestamp, Timestamp, String)> {
    let windows = world.ledger().await.into_iter();
    windows
        .filter_map(|window| match window.stage {
            Stage::Lost(reason) => Some((window.from, window.until, reason)),
            _ => None,
        })
        .collect()
}

fn near(time: Timestamp, expected: Timestamp) -> bool {
    (time.instant() - expected.instant()).abs() < TimeDelta::seconds(30)
}

/// A record every five hours, so far back.
fn scatter(world: &World, source: &str, days: i64) {
    for number in 0..days * 24 / 5 {
        add(world, source, &format!("{source}-{number}"), ago(&world.fake, number * 300 + 7));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_older_than_what_is_kept_is_a_recorded_loss_of_exactly_that() {
    // Without a licence directory audits are kept for seven days, and older times are refused.
    for (source, days_ago, kept) in
        [("entra", 9, 7), ("entra", 40, 30), ("sign_ins", 40, 30), ("intune", 400, 365)]
    {
        let world = World::new(&[source]).await;
        world.tenant.change(|settings| {
            (settings.entra_premium, settings.refuse_old_windows) = (kept != 7, true);
        });
        scatter(&world, source, 12);
        let since = ago(&world.fake, days_ago * DAY);
        bookmark(&world, source, since).await;
        let said = said(&world, source).await;
        assert!(said.iter().any(|one| one.contains("is lost: older than")), "{said:?}");
        let lost = lost(&world).await;
        assert_eq!(lost.len(), 1, "{source}: {lost:?}");
        assert!(near(lost[0].0, since) && near(lost[0].1, ago(&world.fake, kept * DAY)), "{lost:?}");
        world.assert_complete().await;
        let gaps = aoc_core::ledger::read(&world.store).await.unwrap();
        for windows in gaps.streams.values() {
            let standing = aoc_core::ledger::segments(windows);
            let holes = standing.iter().filter(|one| one.standing == aoc_core::ledger::Standing::Missing);
            assert_eq!(holes.count(), 0, "{standing:?}");
        }
        let again = crate::world::collector(&world.fake, &world.tenant, &world.store, &[source]);
        again.fetch_now(source).await.unwrap();
        assert_eq!(self::lost(&world).await, lost, "it is lost once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_names_the_earliest_time_as_americans_write_it_costs_no_more_than_that() {
    let world = World::new(&["sign_ins"]).await;
    let earliest = on_day(&world.fake, 20, 0);
    (0..20).for_each(|days| add(&world, "sign_ins", &format!("s{days}"), on_day(&world.fake, days, 1)));
    let message = format!(
        "Specified argument was out of the range of valid values. (Parameter 'Minimum allowed time for createdDateTime \
         is {}')",
        earliest.instant().format("%-m/%-d/%Y %-I:%M:%S %p")
    );
    let too_old = move |seen: &Seen| bounds(seen).is_some_and(|(from, _)| from < earliest);
    let refused = Fault::graph_error(400, "BadRequest", &message).path("signIns").when(too_old).always();
    let refused = world.fake.script(refused);
    let since = ago(&world.fake, 25 * DAY);
    bookmark(&world, "sign_ins", since).await;
    world.collect("sign_ins").await;
    assert_eq!(refused.hits(), 1);
    let lost = lost(&world).await;
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(near(lost[0].0, since) && lost[0].1 == earliest, "{lost:?}");
    world.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_without_a_licence_after_a_pause_does_not_stop_everything() {
    // Windows that were read once and not a last time are older than what is kept when it goes on.
    let world = World::new(&["entra"]).await;
    world.tenant.change(|settings| {
        (settings.entra_premium, settings.refuse_old_windows) = (false, true);
        settings.token_lifetime = std::time::Duration::from_secs(40 * 86_400);
    });
    scatter(&world, "entra", 3);
    world.collect("entra").await;
    let before = world.ids().await;
    let stopped = world.fake.now();
    world.fake.advance(std::time::Duration::from_secs(9 * 86_400));
    (0..30).for_each(|number| {
        add(&world, "entra", &format!("new-{number}"), ago(&world.fake, 10 + number * 300))
    });
    world.collect("entra").await;
    let lost = lost(&world).await;
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(near(lost[0].0, stopped) && near(lost[0].1, ago(&world.fake, 7 * DAY)), "{lost:?}");
    let (served, stored) = (world.fake.served_ids(&world.tenant), world.ids().await);
    assert!(served.is_subset(&stored) && before.is_subset(&stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_stretch_at_the_edge_of_what_is_kept_is_read_to_its_end() {
    let world = World::new(&["intune"]).await;
    world.tenant.change(|settings| settings.page_size = 5);
    let late = Fault::delay(std::time::Duration::from_millis(120)).path("auditEvents").times(12);
    world.fake.script(late);
    bookmark(&world, "intune", ago(&world.fake, 366 * DAY)).await;
    let edge = ago(&world.fake, 365 * DAY).instant();
    for number in 1..=60 {
        add(&world, "intune", &format!("i{number}"), (edge + TimeDelta::seconds(10 * number)).into());
    }
    begin(&world, "intune").await;
    world.collect("intune").await;
    assert_eq!(lost(&world).await.len(), 1, "{:?}", lost(&world).await);
    world.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_two_hours_off_makes_no_gap_and_asks_nothing_of_the_future() {
    for (ahead, greets) in [(-7_200, true), (7_200, true), (-7_200, false), (7_200, false)] {
        for source in LOGS {
            let world = World::new(&[source]).await;
            world.fake.set_ahead(ahead);
            if !greets {
                world.fake.script(Fault::drop_connection().method("HEAD").always());
            }
            world.tenant.change(|settings| settings.refuse_old_windows = true);
            scatter(&world, source, 6);
            (1..50).for_each(|minute| {
                add(&world, source, &format!("recent-{minute}"), ago(&world.fake, minute))
            });
            world.collect(source).await;
            world.assert_complete().await;
            world.assert_proven().await;
            (0..5).for_each(|minute| add(&world, source, &format!("now-{minute}"), ago(&world.fake, minute)));
            world.fake.advance(std::time::Duration::from_secs(600));
            world.collect(source).await;
            world.assert_complete().await;
            world.assert_proven().await;
            let soon = (world.fake.now().instant() + TimeDelta::minutes(61)).into();
            for seen in world.fake.requests().iter().filter(|seen| seen.path.contains(path(source))) {
                let (from, until) = bounds(seen).unwrap();
                assert!(
                    from <= seen.at && until <= soon,
                    "{source} asks for {from} to {until} at {}",
                    seen.at
                );
            }
            let now = world.fake.now();
            assert!(
                world.ledger().await.iter().all(|window| window.until <= now),
                "nothing is proven of the future"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_in_the_middle_of_a_round_does_not_read_for_ever() {
    let world = World::new(&["intune"]).await;
    world.fake.set_ahead(7_200);
    world.tenant.change(|settings| settings.page_size = 5);
    scatter(&world, "intune", 6);
    let fake = world.fake.clone();
    let set_back = Fault::edit(move |_, _| fake.set_ahead(0)).path("auditEvents").nth(2);
    world.fake.script(set_back);
    world.collect("intune").await;
    assert!(world.fake.count("auditEvents") < 60, "{} requests", world.fake.count("auditEvents"));
    world.fake.set_ahead(7_200);
    world.collect("intune").await;
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_absurd_date_ends_no_source_and_promises_nothing() {
    for date in
        ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
    {
        for source in LOGS {
            let world = World::new(&[source]).await;
            scatter(&world, source, 5);
            let absurd = move |_: &Seen, reply: &mut Reply| *reply = reply.clone().header("date", date);
            world.fake.script(Fault::edit(absurd).times(6));
            world.collect(source).await;
            world.assert_complete().await;
            world.fake.script(Fault::edit(absurd).path(path(source)).times(3));
            world.fake.advance(std::time::Duration::from_secs(7_200));
            add(&world, source, "later", ago(&world.fake, 1));
            world.collect(source).await;
            world.collect(source).await;
            world.assert_complete().await;
            world.assert_proven().await;
            let now = world.fake.now();
            assert!(world.ledger().await.iter().all(|window| window.until <= now));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_ahead_for_one_answer_seals_nothing() {
    let world = World::new(&["intune"]).await;
    scatter(&world, "intune", 5);
    let month_ahead = |_: &Seen, reply: &mut Reply| {
        let date = chrono::Utc::now() + TimeDelta::days(30);
        *reply = reply.clone().header("date", date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    };
    world.fake.script(Fault::edit(month_ahead).path("auditEvents").times(1));
    world.collect("intune").await;
    world.assert_complete().await;
    let settled = ago(&world.fake, DAY - 5);
    for window in world.ledger().await {
        assert!(window.stage != Stage::Sealed || window.until <= settled, "{window:?} is sealed too early");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_tenant_or_address_begins_anew() {
    for other in ["tenant", "log"] {
        let mut world = World::new(&["intune"]).await;
        scatter(&world, "intune", 5);
        world.collect("intune").await;
        world.restart().await;
        let mut place = world.store.read("cursor/intune").await.unwrap().unwrap();
        let of = place["of"].as_str().unwrap().to_owned();
        assert!(of.contains("auditEvents") && of.ends_with(crate::world::TENANT), "{of}");
        let of =
            if other == "tenant" { of.replace(crate::world::TENANT, "fabrikam.com") } else { "other".into() };
        place["of"] = of.into();
        world.store.write(&[Note::new("cursor/intune", place).unwrap()]).await.unwrap();
        add(&world, "intune", "before", ago(&world.fake, 5 * DAY));
        let said = said(&world, "intune").await;
        assert!(world.ids().await.contains("before"), "{said:?}");
        world.assert_complete().await;
        assert_eq!(lost(&world).await, []);
        let place = world.store.read("cursor/intune").await.unwrap().unwrap();
        assert!(place["of"].as_str().unwrap().ends_with(crate::world::TENANT));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_look_back_is_not_refused_where_there_is_no_licence_and_begins_on_the_hour() {
    for ahead in [0, 3_000, -3_000] {
        let world = World::new(&["entra"]).await;
        world.fake.set_ahead(ahead);
        world.tenant.change(|settings| {
            (settings.entra_premium, settings.refuse_old_windows) = (false, true);
        });
        scatter(&world, "entra", 5);
        world.collect("entra").await;
        world.assert_complete().await;
        assert_eq!(lost(&world).await, []);
        let asked = world.fake.requests().into_iter().filter(|seen| seen.path.contains("directoryAudits"));
        let asked: Vec<Seen> = asked.collect();
        assert!(asked.iter().all(|seen| seen.status == 200), "{asked:?}");
        let (from, _) = bounds(&asked[0]).unwrap();
        assert!(from.to_string().ends_with(":00:00Z"), "{from}");
    }
}
