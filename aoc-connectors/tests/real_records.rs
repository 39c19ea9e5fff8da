//! The acceptance tests over real records, which are no part of the repository.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::{HashMap, HashSet};

use aoc_core::{Event, UNREADABLE};
use support::{Kept, data, events};

fn unreadable(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .filter(|event| event.service == UNREADABLE)
        .map(|event| event.display_summary.as_str())
        .collect()
}

#[test]
fn office_365_records_and_the_export_are_3271_events() {
    let Some(data) = data() else { return };
    let native = events(&data.join("o365_management_activity.ndjson"));
    let export = events(&data.join("ual_export.csv"));
    assert_eq!((native.len(), export.len()), (3271, 5158));
    assert_eq!(unreadable(&native), [""; 0]);
    assert_eq!(unreadable(&export), [""; 0]);
    let keys: HashSet<_> = export.iter().map(|event| &event.dedupe_key).collect();
    assert_eq!(keys.len(), 3160);
    let mut kept = Kept::default();
    kept.add_all(native);
    kept.add_all(export);
    assert_eq!((kept.events.len(), kept.revisions, kept.repeats), (3271, 0, 5158));
}

#[test]
fn directory_audits_in_three_shapes_are_81_events() {
    let Some(data) = data() else { return };
    let files = ["", ".azure_monitor", ".log_analytics"]
        .map(|s| data.join(format!("entra_directory_audits{s}.ndjson")));
    let mut kept = Kept::default();
    for file in files {
        kept.add_all(events(&file));
    }
    assert_eq!((kept.events.len(), kept.revisions, kept.repeats), (81, 0, 29));
}

#[test]
fn intune_audits_in_two_shapes_are_7_events() {
    let Some(data) = data() else { return };
    let mut kept = Kept::default();
    kept.add_all(events(&data.join("intune_audit_events.ndjson")));
    kept.add_all(events(&data.join("intune_audit_events.azure_monitor.ndjson")));
    assert_eq!((kept.events.len(), kept.revisions, kept.repeats), (7, 0, 6));
}

/// 70 sign-ins, and 4 rows of managed identities and service principals that Graph's `signIns` does not list.
#[test]
fn sign_ins_in_three_shapes_are_74_events() {
    let Some(data) = data() else { return };
    let mut kept = Kept::default();
    for shape in ["", ".azure_monitor", ".log_analytics"] {
        kept.add_all(events(&data.join(format!("entra_sign_ins{shape}.ndjson"))));
    }
    assert_eq!((kept.events.len(), kept.revisions, kept.repeats), (74, 0, 68));
}

#[test]
fn different_records_under_one_id_are_all_kept() {
    let Some(data) = data() else { return };
    let all = events(&data.join("edge_same_id.ndjson"));
    assert_eq!(unreadable(&all), [""; 0]);
    let keys: HashSet<_> = all.iter().map(|event| event.dedupe_key.clone()).collect();
    let mut kept = Kept::default();
    kept.add_all(all);
    assert_eq!((kept.events.len(), keys.len(), kept.revisions), (14, 4, 10));
}

#[test]
fn another_shape_says_the_same() {
    let Some(data) = data() else { return };
    let mut compared = 0;
    for name in ["entra_directory_audits", "entra_sign_ins", "intune_audit_events"] {
        let native = events(&data.join(format!("{name}.ndjson")));
        let native: HashMap<_, _> =
            native.into_iter().map(|event| (event.dedupe_key.clone(), event)).collect();
        for shape in ["azure_monitor", "log_analytics"] {
            let file = data.join(format!("{name}.{shape}.ndjson"));
            if !file.is_file() {
                continue;
            }
            for event in events(&file) {
                let Some(partner) = native.get(&event.dedupe_key) else { continue };
                let difference = format!("{}\n{partner:#?}\n{event:#?}", event.id);
                assert!(event.says_the_same_as(partner), "{difference}");
                assert_eq!(event.display_summary, partner.display_summary, "{difference}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 16 + 13 + 4 + 64 + 6);
}

#[test]
fn what_is_no_audit_record_says_what_it_is() {
    let Some(data) = data() else { return };
    let mut reasons = Vec::new();
    for file in ["entra_other.azure_monitor", "entra_other.log_analytics", "intune_other.azure_monitor"] {
        let all = events(&data.join(format!("{file}.ndjson")));
        assert_eq!(unreadable(&all).len(), all.len());
        reasons.extend(all.into_iter().map(|event| event.display_summary));
    }
    reasons.sort();
    reasons.dedup();
    let expected = [
        "Azure Monitor category `DeviceComplianceOrg`",
        "Azure Monitor category `Devices`",
        "Azure Monitor category `MicrosoftGraphActivityLogs`",
        "Azure Monitor category `OperationalLogs`",
        "Azure Monitor category `UserRiskEvents`",
        "Log Analytics table `AADRiskyUsers`",
        "Log Analytics table `AADUserRiskEvents`",
    ];
    let expected =
        expected.map(|what| format!("A record could not be read: {what} is no audit log that AOC reads"));
    assert_eq!(reasons, expected);
}

#[test]
fn rows_of_office_activity_are_events() {
    let Some(data) = data() else { return };
    let all = events(&data.join("o365_office_activity.log_analytics.ndjson"));
    assert_eq!(unreadable(&all), [""; 0]);
    assert_eq!(all.len(), 9);
    let keys: HashSet<_> = all.iter().map(|event| &event.dedupe_key).collect();
    assert_eq!(keys.len(), 9);
    assert!(all.iter().all(|event| event.actor_upn.is_some() && !event.has_unreadable_time()), "{all:#?}");
}
