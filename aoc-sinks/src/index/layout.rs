//! How a segment is laid out in bytes.
//!
//! ```text
//! "AOCSEG01"  count of events u32, count of sections u32, then per section: start u64, length u64
//! sections, each at a multiple of 8
//! xxh3 of all before, u64
//! ```
//! All numbers have their little end first. Events are numbered by time, then by position.

/// First bytes of a segment: its kind and version.
pub(crate) const MAGIC: &[u8; 8] = b"AOCSEG01";
/// Where the table of sections starts.
pub(crate) const TABLE: usize = 16;

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// i64 per event: time in ticks.
    Ticks,
    /// u64 per event: position in the log.
    Positions,
    /// u16 per event and column: number of the value in the column's names; [`COLUMNS`] of them, one after the other.
    Columns,
    /// Per column: count u32, then per name: length u32 and text.
    Names,
    /// The words, sorted, each between line breaks.
    Words,
    /// u32 per word, and one more: where its text starts in `Words`.
    WordStarts,
    /// u32 per word: its postings.
    WordPostings,
    /// u128 per GUID, sorted.
    Guids,
    /// u32 per GUID: its postings.
    GuidPostings,
    /// Lists of event numbers; see [`super::postings`].
    Postings,
}

/// How many sections there are.
pub(crate) const SECTIONS: usize = 10;

/// A column: one value per event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Service,
    Operation,
    Result,
    Source,
    Tenant,
    /// Both names of the actor, as [`join_names`] writes them.
    Actor,
}

/// All columns in their order.
pub(crate) const COLUMNS: [Column; 6] =
    [Column::Service, Column::Operation, Column::Result, Column::Source, Column::Tenant, Column::Actor];

/// Display name and user principal name in one text: the length of the first, a colon, both.
pub(crate) fn join_names(display: &str, upn: &str) -> String {
    format!("{}:{display}{upn}", display.len())
}

/// The two names again.
pub(crate) fn split_names(names: &str) -> (&str, &str) {
    let split = || {
        let (length, both) = names.split_once(':')?;
        both.split_at_checked(length.parse().ok()?)
    };
    split().unwrap_or((names, ""))
}
