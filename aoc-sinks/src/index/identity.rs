//! What ties an index to its store: a note there, which the manifest repeats. Files that repeat another note are not
//! read. To rebuild is to change the note: every process that follows the log compares it every few seconds, and
//! forgets all it has read when it has changed.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use aoc_core::{Error, Result, store::Note};

use super::{Shared, blocking, files::Files, follow::Following};

/// The note's key.
pub(crate) const IDENTITY: &str = "index/identity";
/// How long an answer may rely on the note as it was read.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Shared {
    /// Whether the note was compared a moment ago.
    pub(super) fn has_looked(&self) -> bool {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.is_some_and(|at| at.elapsed() < LOOK_EVERY)
    }

    /// Sees to it that the files are open, and that nothing is kept from before a rebuild.
    pub(super) async fn prepare(&self, following: &mut Following) -> Result<()> {
        if !following.opened || !self.has_looked() {
            self.look(following).await?;
        }
        self.open(following).await
    }

    /// Reads the note, and forgets everything if it is another than before.
    async fn look(&self, following: &mut Following) -> Result<()> {
        let now = Instant::now();
        let identity = self.store.read(IDENTITY).await?;
        if following.identity != identity {
            *following = Following::of(identity);
            self.show(following.view());
        }
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }

    /// Opens the files, if they are not open.
    async fn open(&self, following: &mut Following) -> Result<()> {
        if following.opened {
            return Ok(());
        }
        if let Some(folder) = self.folder.clone()
            && let Some(identity) = self.identity(following).await
        {
            match blocking(move || Files::open(&folder, &identity)).await? {
                Ok(files) => following.files = self.checked(files).await?,
                Err(error) => tracing::warn!(error = error.chain(), "the index is kept in memory"),
            }
        }
        following.opened = true;
        Ok(())
    }

    /// The files, without segments if they are not of the log as it is; `None` if those cannot be forgotten.
    async fn checked(&self, mut files: Files) -> Result<Option<Files>> {
        // The log after the files, which another process may be writing.
        let is_ahead = files.position() > self.store.head().await?;
        let is_other = match files.last() {
            Some((position, key)) => {
                let stored = self.store.read_at(&[position]).await?;
                stored.first().is_some_and(|stored| stored.event.dedupe_key.as_str() != key)
            }
            None => false,
        };
        if !is_ahead && !is_other {
            return Ok(Some(files));
        }
        let Err(error) = files.reset() else { return Ok(Some(files)) };
        tracing::warn!(error = error.chain(), "the index is of another log, and is kept in memory");
        Ok(None)
    }

    /// What the note says. Where there is none it is made; `None` where the store cannot be written.
    async fn identity(&self, following: &mut Following) -> Option<String> {
        if following.identity.is_none() {
            let note = new_identity().ok()?;
            self.store.write(std::slice::from_ref(&note)).await.ok()?;
            following.identity = Some(note.value);
        }
        following.identity.as_ref()?.as_str().map(str::to_owned)
    }

    /// Forgets everything, for all processes.
    pub(super) async fn rebuild(self: Arc<Self>) -> Result<()> {
        // It goes on when the caller stops waiting.
        let work = async move {
            // The note first: once it is written nobody reads the files of before, even if this process ends here.
            self.store.write(&[new_identity()?]).await?;
            let mut following = self.following.clone().lock_owned().await;
            self.look(&mut following).await?;
            self.open(&mut following).await
        };
        tokio::spawn(work).await.map_err(|cause| Error::internal("the index panicked").because(cause))?
    }
}

pub(crate) fn new_identity() -> Result<Note> {
    let random = |salt: u64| RandomState::new().hash_one((salt, std::process::id(), SystemTime::now()));
    Note::new(IDENTITY, format!("{:016x}{:016x}", random(1), random(2)))
}
