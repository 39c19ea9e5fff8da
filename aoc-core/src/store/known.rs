//! Whether an event is known: the one rule all stores follow.

use crate::{Event, Key, Result};

/// What a store knows of an event that comes in.
#[derive(Debug)]
pub enum Known {
    /// Nothing: append it.
    New,
    /// It is there.
    Repeat,
    /// Its id is there with another content: append this, findable under its own key and under its alias, too.
    Revision(Box<Event>),
}

/// Decides whether an event is known, given a way to find stored events by key (or alias).
///
/// An unknown key is new. Under a known key it is a repeat when it is [one](Event::is_repeat_of) of the first
/// event or of any of its revisions; otherwise it is a revision.
///
/// # Errors
/// Those of `find`.
pub fn recognise(event: &Event, mut find: impl FnMut(&Key) -> Result<Option<Event>>) -> Result<Known> {
    let Some(first) = find(&event.dedupe_key)? else { return Ok(Known::New) };
    if event.is_repeat_of(&first) {
        return Ok(Known::Repeat);
    }
    let revision = event.clone().into_revision();
    let same_content = find(&revision.dedupe_key)?;
    let same_meaning = if same_content.is_none() { find(&revision.alias())? } else { None };
    let known = same_content.is_some() || same_meaning.is_some_and(|other| event.is_repeat_of(&other));
    Ok(if known { Known::Repeat } else { Known::Revision(Box::new(revision)) })
}
