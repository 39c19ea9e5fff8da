//! Real records, which are no part of the repository, explained without a model.

use std::{collections::BTreeMap, fs::File, path::Path, sync::Arc, time::Duration};

use aoc_connectors::{AnyRecord, read_records};
use aoc_core::{Event, EventLog, MemoryStore, normalize};
use aoc_llm::analyst::Analyst;

/// Files of records that a tenant's administrators would import.
const FILES: [&str; 4] = [
    "o365_management_activity.ndjson",
    "entra_directory_audits.ndjson",
    "entra_sign_ins.ndjson",
    "intune_audit_events.ndjson",
];

#[tokio::test]
async fn nearly_every_operation_of_real_records_is_explained_by_what_it_means() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        println!("skipped: there are no real records in {}", folder.display());
        return;
    }
    let (store, normalizer) = (Arc::new(MemoryStore::new()), AnyRecord::new());
    let records = FILES.iter().flat_map(|name| read_records(File::open(folder.join(name)).unwrap()));
    let events: Vec<Event> = records.map(|record| normalize(&normalizer, record.unwrap())).collect();
    for part in events.chunks(500) {
        store.append(part).await.unwrap();
    }
    let mut kinds: BTreeMap<(String, String), Event> = BTreeMap::new();
    for event in events {
        kinds.insert((event.service.clone(), event.operation.clone()), event);
    }
    let analyst = Analyst::new(store.clone(), store);
    let (all, mut silent) = (kinds.len(), Vec::new());
    for (kind, event) in kinds {
        let patience = ("", Duration::from_secs(60));
        let told = analyst.explain(&event.dedupe_key, super::vienna(), patience).await.unwrap();
        if told.implications.is_empty() || told.next_steps.is_empty() {
            silent.push(kind);
        }
    }
    println!("{} of {all} operations are explained", all - silent.len());
    assert!(silent.len() * 20 <= all, "{silent:?}");
}
