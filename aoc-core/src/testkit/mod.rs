//! What implementations are tested with: generators, fakes, and suites that say what each trait promises.
//!
//! [`suite!`](crate::suite) turns a suite into tests of your crate, one for each sentence. Anything that is
//! not run against its suite does not ship.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests; they panic to fail")]

pub mod crash;
pub mod events;
pub mod fakes;
#[cfg(feature = "config")]
pub mod fleet;
pub mod index;
pub mod normalizer;
pub mod random;
pub mod shared;
pub mod sink;
pub mod source;
pub mod store;

/// Makes the tests of a suite, one for each sentence; needs tokio with `macros` and `rt-multi-thread`.
///
/// - `suite!(store, make)`: `make()` gives a future of a fresh, empty store (see [`store::Made`]).
/// - `suite!(reopen, make)`: `make()` gives a future of a fresh [`store::Place`].
///
/// - `suite!(index, make)` or `suite!(index, make, sizes)`: `make()` gives a future of a fresh, empty store and an
///   index over it (see [`index::Indexed`]); `sizes` are [`index::Sizes`].
/// - `suite!(source, make)`: `make()` gives a future of a [`source::Spring`].
/// - `suite!(sink, make)`: `make()` gives a future of a [`sink::Receiver`].
///
/// Each suite in a module of its own, where a file has several.
#[macro_export]
macro_rules! suite {
    (store, $make:expr) => {
        $crate::suite! { @tests {made}, $crate::testkit::store, $make,
            an_empty_append_adds_nothing
            every_member_survives
            positions_grow_in_the_order_of_the_batch
            a_known_event_adds_nothing
            appended_annotations_are_ignored
            a_large_batch_is_appended
            big_and_odd_events_are_kept
            an_append_that_is_cut_off_adds_all_or_none
            writers_of_the_same_events_add_each_once
            another_record_under_a_known_id_is_a_revision
            a_revision_is_found_by_its_own_id
            a_revision_that_comes_again_is_known
            revisions_are_found_within_a_batch
            the_order_of_members_makes_no_revision
            another_shape_that_says_the_same_is_known
            a_revision_is_known_in_another_shape
            a_tenant_that_only_one_side_knows_makes_no_revision
            reading_goes_on_behind_a_position
            events_at_positions_come_in_the_order_asked_for
            an_event_is_found_by_its_id_and_by_its_key
            an_id_of_two_sources_gives_two_events
            ids_are_told_apart_by_case
            tags_are_set_added_and_removed
            comments_are_kept_in_order
            an_annotation_changes_nothing_else
            annotations_outlive_a_repeat
            annotating_what_is_not_there_is_not_found
            tags_are_found_and_counted
            annotations_made_at_the_same_time_are_all_kept
            a_note_is_read_as_it_was_written
            notes_are_written_and_erased_together
            a_list_has_the_notes_whose_keys_start_so
            many_notes_are_kept
            a_writing_that_is_cut_off_wrote_all_or_none
            what_is_forgotten_is_gone
            annotations_are_forgotten_with_their_events
            the_horizon_is_the_latest_time_given
            a_forgotten_event_that_comes_again_is_new
            a_forgotten_revision_is_a_revision_again
            a_rewriting_keeps_position_key_record_and_annotations
            a_rewritten_event_is_known
            a_rewriting_is_done_whole_or_not_at_all
            a_rewritten_time_counts_for_forgetting
            a_rewritten_revision_is_known_by_what_it_says_now
            revisions_that_swap_what_they_say_are_known
            a_copied_revision_is_known_in_another_shape
            what_is_removed_is_gone
            a_removed_event_that_comes_again_is_new
            a_removed_first_event_is_new_beside_its_revision
            a_removed_revision_is_a_revision_again
            a_reader_beside_writers_sees_every_position_once_and_in_order
            nothing_appears_at_or_below_the_head
            the_tail_wakes_who_waits
            positions_are_never_used_twice
        }
    };
    (reopen, $make:expr) => {
        $crate::suite! { @tests {itself}, $crate::testkit::store, $make,
            everything_survives
            what_was_known_is_known
            positions_go_on_where_they_were
            the_tail_wakes_after_opening_again
            rewritings_and_removals_survive
        }
    };
    (index, $make:expr) => {
        $crate::suite! { index, $make, $crate::testkit::index::Sizes::default() }
    };
    (index, $make:expr, $sizes:expr) => {
        $crate::suite! { @tests {indexed $sizes}, $crate::testkit::index, $make,
            an_empty_log_has_empty_answers
            searches_agree_with_matches
            free_text_agrees_with_matches
            facets_agree_with_matches
            timelines_agree_with_matches
            an_open_timeline_has_at_most_200_buckets
            a_horizon_within_a_tick_forgets_nothing_of_that_tick
            every_search_of_the_table_agrees
            a_word_at_the_end_of_a_large_record_is_found
            pages_stay_while_events_arrive
            events_of_the_same_time_come_by_position
            late_events_stand_where_their_time_says
            the_limit_of_a_page_is_checked
            what_was_appended_is_found_at_once
            catching_up_reads_all_there_is
            tags_count_at_once
            what_is_forgotten_is_found_no_more
            pages_go_on_after_their_mark_is_gone
            rewritten_events_are_found_as_they_are_told_now
            removed_events_are_found_no_more
            a_rewritten_time_moves_an_event
            a_rebuild_while_more_is_appended_misses_nothing
        }
    };
    (source, $make:expr) => {
        $crate::suite! { @tests {itself}, $crate::testkit::source, $make,
            pages_come_to_an_end
            a_restart_at_any_cursor_skips_nothing
            the_same_bookmark_brings_the_same
            nothing_new_is_no_error
            asking_from_now_on_is_no_error
        }
    };
    (sink, $make:expr) => {
        $crate::suite! { @tests {itself}, $crate::testkit::sink, $make,
            events_arrive_in_order
            an_empty_batch_only_probes
            a_refused_batch_is_an_error_of_the_right_kind
            a_probe_says_when_the_other_side_refuses
        }
    };
    (@tests $kind:tt, $suite:path, $make:expr, $($sentence:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $sentence() {
            use $suite as suite;
            let made = ($make)().await;
            $crate::suite! { @run $kind, suite::$sentence, made }
        }
    )*};
    (@run {made}, $sentence:path, $made:ident) => {
        $sentence(suite::Made::store(&$made)).await
    };
    (@run {indexed $sizes:expr}, $sentence:path, $made:ident) => {
        $sentence(suite::Indexed::store(&$made), suite::Indexed::index(&$made), $sizes).await
    };
    (@run {itself}, $sentence:path, $made:ident) => {
        $sentence($made).await
    };
}
