//! What must be true of the tenant as a whole.

use super::{DemoRecord, incidents, records};
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::LazyLock;

const WEEKS: u32 = 6;

fn until() -> DateTime<Utc> {
    "2026-11-20T11:30:00Z".parse().unwrap()
}

/// The records of the six weeks, made once for all tests.
fn six_weeks() -> &'static [DemoRecord] {
    static RECORDS: LazyLock<Vec<DemoRecord>> = LazyLock::new(|| records(until(), WEEKS));
    &RECORDS
}

fn id(record: &DemoRecord) -> &str {
    record.record["id"].as_str().or_else(|| record.record["Id"].as_str()).unwrap()
}

/// Every text inside of a value, as a search sees it: lower case, one per line.
fn texts(value: &Value, found: &mut String) {
    match value {
        Value::String(text) => {
            found.push_str(&text.to_lowercase());
            found.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

fn matches(record: &DemoRecord, search: &str) -> bool {
    let mut text = String::new();
    texts(&record.record, &mut text);
    let search = search.to_lowercase();
    match search.strip_prefix('"') {
        Some(phrase) => text.contains(phrase.trim_end_matches('"')),
        None => search.split(' ').all(|part| text.contains(part)),
    }
}

#[test]
fn the_same_arguments_give_the_same_records() {
    assert!(records(until(), 2) == records(until(), 2));
    assert_eq!(incidents(until(), WEEKS), incidents(until(), WEEKS));
}

#[test]
fn overlapping_weeks_share_their_records() {
    let later = until() + Duration::hours(29);
    let first = records(until(), 2);
    let second: HashSet<String> = records(later, 2).iter().map(|record| id(record).to_owned()).collect();
    let start = later - Duration::weeks(2);
    assert!(first.iter().filter(|record| record.time >= start).all(|record| second.contains(id(record))));
}

#[test]
fn six_weeks_hold_ten_to_fifteen_thousand_records() {
    let count = six_weeks().len();
    assert!((10_000..=15_000).contains(&count), "{count} records");
}

#[test]
fn records_are_sorted_and_within_the_weeks() {
    let records = six_weeks();
    let start = until() - Duration::weeks(i64::from(WEEKS));
    assert!(records.is_sorted_by_key(|record| record.time));
    assert!(records.iter().all(|record| (start..until()).contains(&record.time)));
}

#[test]
fn ids_are_unique_within_a_source() {
    let records = six_weeks();
    let ids: HashSet<(&str, &str)> = records.iter().map(|record| (record.source, id(record))).collect();
    assert_eq!(ids.len(), records.len());
}

#[test]
fn the_time_is_the_one_inside_of_the_record() {
    for record in records(until(), 1) {
        let inside = match record.source {
            "entra_sign_ins" => record.record["createdDateTime"].as_str().unwrap().parse().unwrap(),
            "office365_activity" => {
                record.record["CreationTime"].as_str().unwrap().parse::<NaiveDateTime>().unwrap().and_utc()
            }
            _ => record.record["activityDateTime"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(),
        };
        assert_eq!(inside, record.time, "{}", record.record);
    }
}

#[test]
fn six_weeks_hold_every_incident_whenever_they_end() {
    for day in 0..42 {
        let end = until() + Duration::days(day);
        let titles: HashSet<&str> = incidents(end, WEEKS).iter().map(|incident| incident.title).collect();
        assert_eq!(titles.len(), 7, "six weeks until {end}");
    }
}

#[test]
fn the_search_of_an_incident_finds_it_and_little_else() {
    let records = six_weeks();
    for incident in incidents(until(), WEEKS) {
        let found: Vec<&DemoRecord> =
            records.iter().filter(|record| matches(record, incident.search)).collect();
        assert!(
            found.iter().any(|record| incident.ids.iter().any(|key| key == id(record))),
            "{}",
            incident.title
        );
        let within = |record: &&&DemoRecord| (incident.start..=incident.end).contains(&record.time);
        assert_eq!(found.iter().filter(within).count(), found.len(), "{}", incident.title);
    }
}

#[test]
fn the_key_records_of_an_incident_exist() {
    let records = six_weeks();
    let ids: HashSet<&str> = records.iter().map(id).collect();
    for incident in incidents(until(), WEEKS) {
        assert!(incident.ids.len() >= 2 && incident.ids.iter().all(|key| ids.contains(key.as_str())));
    }
}

#[test]
fn a_change_seen_twice_has_one_correlation_id() {
    let records = records(until(), 2);
    let seen: HashSet<&str> =
        records.iter().filter_map(|record| record.record["correlationId"].as_str()).collect();
    let twins: Vec<&str> = records
        .iter()
        .filter(|record| record.record["RecordType"] == 8)
        .filter_map(|record| record.record["InterSystemsId"].as_str())
        .collect();
    assert!(twins.len() > 50 && twins.iter().all(|twin| seen.contains(twin)));
}

#[test]
fn while_the_audit_log_is_off_office_365_is_silent() {
    let records = six_weeks();
    let switches: Vec<DateTime<Utc>> = records
        .iter()
        .filter(|record| record.record["Operation"] == "Set-AdminAuditLogConfig")
        .map(|record| record.time)
        .collect();
    assert_eq!(switches.len(), 2);
    let between = |record: &&DemoRecord| record.time > switches[0] && record.time < switches[1];
    assert!(records.iter().filter(between).all(|record| record.source != "office365_activity"));
}

#[test]
fn addresses_are_for_documentation_only() {
    let allowed = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:", "[2001:db8:"];
    for record in six_weeks() {
        let members = ["ipAddress", "ClientIP", "ClientIPAddress", "ActorIpAddress"];
        let initiator = record.record["initiatedBy"]["user"]["ipAddress"].as_str();
        let addresses = members.iter().filter_map(|member| record.record[member].as_str()).chain(initiator);
        for address in addresses.filter(|address| !address.is_empty()) {
            assert!(allowed.iter().any(|range| address.starts_with(range)), "{address}");
        }
    }
}

#[test]
fn the_markup_in_a_name_is_there() {
    assert!(six_weeks().iter().any(|record| matches(record, "\"<img src=x onerror=alert(1)>\"")));
}
