//! Which loop brings which workloads: learned from what passes, and kept over restarts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{
    Event, Normalizer, Record, Result, UNREADABLE,
    store::{Note, Notebook},
};

/// What can fall silent: one service of one source in one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Workload {
    pub(super) tenant: String,
    pub(super) source: String,
    pub(super) service: String,
}

/// The workloads that each loop brought, by the loop's name.
#[derive(Clone, Default)]
pub(in crate::pipeline) struct Origins(Arc<Mutex<BTreeMap<String, Brought>>>);

#[derive(Default)]
struct Brought {
    workloads: Vec<Workload>,
    /// Whether some are not in the notebook yet.
    grown: bool,
}

/// The most workloads that are remembered of one loop: names are an attacker's to choose.
const MOST: usize = 500;

impl Origins {
    /// A normalizer that does the same, and notes which workloads pass.
    pub(in crate::pipeline) fn watching(
        &self,
        name: &str,
        normalizer: Arc<dyn Normalizer>,
    ) -> Arc<dyn Normalizer> {
        Arc::new(Watching { name: name.to_owned(), normalizer, origins: self.clone() })
    }

    /// Recalls what was learned before the last stop.
    pub(super) async fn recall(&self, notebook: &(impl Notebook + ?Sized), names: &[String]) -> Result<()> {
        for name in names {
            let known = notebook.read(&key(name)).await?;
            // What cannot be read any more is learned anew.
            let known: Vec<Workload> =
                known.and_then(|note| serde_json::from_value(note).ok()).unwrap_or_default();
            known.into_iter().for_each(|workload| self.learn(name, workload, false));
        }
        Ok(())
    }

    /// Keeps what was learned since.
    pub(super) async fn keep(&self, notebook: &(impl Notebook + ?Sized)) -> Result<()> {
        let grown: Vec<(String, Vec<Workload>)> = {
            let all = self.lock();
            let grown = all.iter().filter(|(_, brought)| brought.grown);
            grown.map(|(name, brought)| (name.clone(), brought.workloads.clone())).collect()
        };
        if grown.is_empty() {
            return Ok(());
        }
        let notes = grown.iter().map(|(name, workloads)| Note::new(key(name), workloads));
        notebook.write(&notes.collect::<Result<Vec<_>>>()?).await?;
        for (name, written) in grown {
            if let Some(brought) = self.lock().get_mut(&name) {
                brought.grown = brought.workloads.len() > written.len();
            }
        }
        Ok(())
    }

    /// All workloads, each with the loops that bring it.
    pub(super) fn workloads(&self) -> BTreeMap<Workload, Vec<String>> {
        let mut all: BTreeMap<Workload, Vec<String>> = BTreeMap::new();
        for (name, brought) in &*self.lock() {
            for workload in &brought.workloads {
                all.entry(workload.clone()).or_default().push(name.clone());
            }
        }
        all
    }

    fn note(&self, name: &str, event: &Event, record: &Record) {
        if event.service.is_empty() || event.service == UNREADABLE {
            return;
        }
        let asked_of = record.tenant.as_deref().unwrap_or_default();
        let tenant = if event.tenant.is_empty() { asked_of } else { &event.tenant };
        let known = self.lock().get(name).is_some_and(|brought| {
            brought.workloads.iter().any(|workload| {
                workload.service == event.service
                    && workload.source == event.source
                    && workload.tenant == tenant
            })
        });
        if !known {
            let (source, service) = (event.source.clone(), event.service.clone());
            self.learn(name, Workload { tenant: tenant.to_owned(), source, service }, true);
        }
    }

    fn learn(&self, name: &str, workload: Workload, is_new: bool) {
        let mut all = self.lock();
        let brought = all.entry(name.to_owned()).or_default();
        if brought.workloads.len() < MOST && !brought.workloads.contains(&workload) {
            brought.workloads.push(workload);
            brought.grown |= is_new;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Brought>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(name: &str) -> String {
    format!("silence/{name}")
}

struct Watching {
    name: String,
    normalizer: Arc<dyn Normalizer>,
    origins: Origins,
}

impl Normalizer for Watching {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let event = self.normalizer.normalize(record)?;
        self.origins.note(&self.name, &event, record);
        Ok(event)
    }
}
