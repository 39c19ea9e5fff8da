//! What only the leader runs. It can be started again and again, each time over the store that goes with the lead.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{RwLock, mpsc, watch},
    task::JoinSet,
};

use super::{
    aside::SetAside,
    backoff::Backoff,
    follow::{Follow, Start},
    followers::Following,
    ingest::{Ingest, Nudge},
    keep_ledger::keep_ledger,
    retention::forget_old,
    silence::{Origins, Silences},
    status::{Board, State},
};
use crate::{
    Normalizer, Source,
    store::{EventIndex, EventStore},
};

/// A source, and how often it is asked.
pub(super) struct Asked {
    /// The loop's name: the source's, and its content's where it has several.
    pub(super) name: String,
    /// The source's name.
    pub(super) source: String,
    pub(super) origin: Arc<dyn Source>,
    pub(super) normalizer: Arc<dyn Normalizer>,
    pub(super) every: Duration,
}

/// What the loops are made of.
pub(super) struct Loops {
    pub(super) sources: Vec<Asked>,
    pub(super) followers: Vec<(String, Following, Start)>,
    pub(super) retention: Option<Duration>,
    pub(super) silence: Option<(Arc<dyn EventIndex>, Origins)>,
    pub(super) board: Board,
    pub(super) stop: watch::Receiver<bool>,
}

/// Loops that run, and how they are asked. Dropping it stops them at once.
#[derive(Default)]
pub(super) struct Crew {
    pub(super) tasks: JoinSet<()>,
    /// By the names of the sources' loops.
    pub(super) nudges: BTreeMap<String, mpsc::Sender<Nudge>>,
}

impl Loops {
    /// The names of the sources' loops.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.sources.iter().map(|asked| asked.name.clone()).collect()
    }

    /// Starts all of them. Nothing that an earlier start remembered is used: others may have led since.
    pub(super) fn start(&self, store: &Arc<dyn EventStore>) -> Crew {
        self.show(State::Starting);
        let (mut crew, ledger) = (Crew::default(), Arc::new(RwLock::new(())));
        if !self.sources.is_empty() || self.retention.is_some() {
            crew.tasks.spawn(keep_ledger(store.clone(), ledger.clone(), self.stop.clone()));
        }
        let (beginning, begun) = watch::channel(());
        for asked in &self.sources {
            let (sender, nudges) = mpsc::channel(16);
            crew.nudges.insert(asked.name.clone(), sender);
            let ledger = ledger.clone();
            crew.tasks.spawn(self.ingest(asked, store.clone(), nudges, begun.clone(), ledger).run());
        }
        for (name, following, start) in &self.followers {
            let (name, follower, start) = (name.clone(), following.over(store), *start);
            let (store, board, stop) = (store.clone(), self.board.clone(), self.stop.clone());
            let begun = Some(beginning.clone());
            let (position, aside) = (None, SetAside::default());
            let follow = Follow { name, follower, store, start, board, stop, begun, position, aside };
            crew.tasks.spawn(follow.run());
        }
        self.start_keepers(store, &mut crew.tasks);
        crew
    }

    fn ingest(
        &self,
        asked: &Asked,
        store: Arc<dyn EventStore>,
        nudges: mpsc::Receiver<Nudge>,
        begun: watch::Receiver<()>,
        ledger: Arc<RwLock<()>>,
    ) -> Ingest {
        Ingest {
            name: asked.name.clone(),
            source: asked.source.clone(),
            origin: asked.origin.clone(),
            normalizer: asked.normalizer.clone(),
            store,
            every: asked.every,
            board: self.board.clone(),
            nudges,
            stop: self.stop.clone(),
            begun,
            caught_up: false,
            backoff: Backoff::default(),
            ledger,
            looked_back: None,
        }
    }

    /// Those that look after what is stored.
    fn start_keepers(&self, store: &Arc<dyn EventStore>, tasks: &mut JoinSet<()>) {
        if let Some((index, origins)) = self.silence.clone() {
            let (store, board) = (store.clone(), self.board.clone());
            tasks.spawn(Silences { store, index, board, origins }.run(self.stop.clone()));
        }
        if let Some(retention) = self.retention {
            tasks.spawn(forget_old(store.clone(), retention, self.stop.clone()));
        }
    }

    /// Shows all sources and followers in this state, with nothing but what they have counted.
    pub(super) fn show(&self, state: State) {
        for asked in &self.sources {
            self.board.source(&asked.name, |status| status.begin_anew(state));
        }
        for (name, ..) in &self.followers {
            self.board.follower(name, |status| status.begin_anew(state));
        }
    }
}
