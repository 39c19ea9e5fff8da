//! How often in a row one thing failed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts failures of one thing at a time; forgotten after a restart.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<(String, u32)>);

impl Failures {
    /// It failed once more; says how often it has in a row.
    pub(super) fn once_more(&self, what: &str) -> u32 {
        let mut last = self.last();
        if last.0 != what {
            *last = (what.to_owned(), 0);
        }
        last.1 += 1;
        last.1
    }

    /// Nothing fails.
    pub(super) fn is_well(&self) {
        *self.last() = (String::new(), 0);
    }

    fn last(&self) -> MutexGuard<'_, (String, u32)> {
        // Nothing that is done under the lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
