//! Leading and standing by, where several processes share one store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{
    loops::{Crew, Loops},
    status::{Leadership, State},
};
use crate::store::{EventStore, Lead, Leader};

/// The loops that run for the lead at the moment; none while another process leads.
#[derive(Clone, Default)]
pub(super) struct SharedCrew(Arc<Mutex<Crew>>);

impl SharedCrew {
    pub(super) fn lock(&self) -> MutexGuard<'_, Crew> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the loops away: from now on nobody can ask them.
    pub(super) fn take(&self) -> Crew {
        std::mem::take(&mut *self.lock())
    }
}

/// Starts the loops when this process wins the lead, and stops them when it loses it.
///
/// Invariant: the loops run only over the store that came with the lead, so whatever one of them does too late is
/// refused there.
pub(super) struct Leading {
    lead: watch::Receiver<Lead>,
    loops: Loops,
    crew: SharedCrew,
    /// The token of the lead that the loops run for.
    leads: Option<u64>,
}

impl Leading {
    /// Does at once what is to be done by who leads now. Gives nothing to run on where there is no choice.
    pub(super) fn begin(store: &Arc<dyn EventStore>, loops: Loops) -> (Option<Self>, SharedCrew) {
        let (mut lead, crew) = (store.lead(), SharedCrew::default());
        let now = lead.borrow_and_update().clone();
        if let Lead::Alone = now {
            *crew.lock() = loops.start(store);
            return (None, crew);
        }
        let mut leading = Self { lead, loops, crew: crew.clone(), leads: None };
        leading.take_up(&now);
        (Some(leading), crew)
    }

    /// Follows the lead until it is time to stop; the loops that run then are left to finish.
    pub(super) async fn run(mut self) {
        let mut stop = self.loops.stop.clone();
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                changed = self.lead.changed() => if changed.is_err() { return },
            }
            let lead = self.lead.borrow_and_update().clone();
            if !self.goes_on(&lead) {
                self.give_up(&lead).await;
                self.take_up(&lead);
            }
        }
    }

    /// Whether nothing changes for the loops.
    fn goes_on(&self, lead: &Lead) -> bool {
        let same = matches!(lead, Lead::Ours(leader, _) if self.leads == Some(leader.token));
        if same {
            self.loops.board.lead(Leadership::of(lead));
        }
        same
    }

    /// Stops the loops at once, and waits until nothing of them is left.
    async fn give_up(&mut self, lead: &Lead) {
        let mut crew = self.crew.take();
        let Some(token) = self.leads.take() else { return };
        self.loops.board.lead(Leadership { leads: false, leader: lead.leader().cloned() });
        tracing::info!(token, leader = name_of(lead), "this process leads no more");
        crew.tasks.shutdown().await;
    }

    fn take_up(&mut self, lead: &Lead) {
        let Lead::Ours(Leader { name, token, .. }, store) = lead else { return self.stand_by(lead) };
        tracing::info!(token, leader = name, "this process leads");
        self.leads = Some(*token);
        let crew = self.loops.start(store);
        *self.crew.lock() = crew;
        self.loops.board.lead(Leadership::of(lead));
    }

    fn stand_by(&self, lead: &Lead) {
        let leadership = Leadership { leads: false, leader: lead.leader().cloned() };
        if self.loops.board.lead(leadership) {
            tracing::info!(leader = name_of(lead), "this process stands by");
        }
        self.loops.show(State::Standby);
    }
}

fn name_of(lead: &Lead) -> Option<&str> {
    lead.leader().map(|leader| leader.name.as_str())
}
