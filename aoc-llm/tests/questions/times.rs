//! How times are read: on Friday, 20 November 2026, 12:30 in Vienna.

use aoc_llm::analyst::Vocabulary;
use chrono::{DateTime, FixedOffset};

use super::read;

/// Start and end in Vienna's time; an empty start is as far back as there is.
fn range(question: &str) -> (String, String) {
    let range = read(question, &Vocabulary::default()).range;
    let vienna = FixedOffset::east_opt(3600).unwrap();
    let local =
        |instant: DateTime<chrono::Utc>| instant.with_timezone(&vienna).format("%Y-%m-%d %H:%M").to_string();
    (range.start.map(|start| local(start.instant())).unwrap_or_default(), local(range.end.instant()))
}

const NOW: &str = "2026-11-20 12:30";

/// Asserts what these words mean.
fn check(rows: &[(&str, &str, &str)]) {
    for (words, start, end) in rows {
        let question = format!("which roles were changed {words}");
        assert_eq!(range(&question), ((*start).to_owned(), (*end).to_owned()), "{words}");
    }
}

#[test]
fn phrases_and_lengths_are_time_at_the_place_of_the_question() {
    check(&[
        ("today", "2026-11-20 00:00", NOW),
        ("yesterday", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("the day before yesterday", "2026-11-18 00:00", "2026-11-19 00:00"),
        ("this morning", "2026-11-20 06:00", "2026-11-20 12:00"),
        ("yesterday evening", "2026-11-19 18:00", "2026-11-20 00:00"),
        ("last night", "2026-11-19 18:00", "2026-11-20 06:00"),
        ("this week", "2026-11-16 00:00", NOW),
        ("last week", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("last month", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("this quarter", "2026-10-01 00:00", NOW),
        ("in Q1", "2026-01-01 00:00", "2026-04-01 00:00"),
        ("last year", "2025-01-01 00:00", "2026-01-01 00:00"),
        ("in 2025", "2025-01-01 00:00", "2026-01-01 00:00"),
        ("last 7 days", "2026-11-13 12:30", NOW),
        ("in the past 3 weeks", "2026-10-30 12:30", NOW),
        ("over the last two days", "2026-11-18 12:30", NOW),
        ("within 24 hours", "2026-11-19 12:30", NOW),
        ("last 90 minutes", "2026-11-20 11:00", NOW),
        ("past hour", "2026-11-20 11:30", NOW),
        ("last 24h", "2026-11-19 12:30", NOW),
        ("3 days ago", "2026-11-17 00:00", "2026-11-18 00:00"),
        ("since two hours ago", "2026-11-20 10:30", NOW),
        ("since Monday", "2026-11-16 00:00", NOW),
        ("since yesterday", "2026-11-19 00:00", NOW),
        ("since 3 March", "2026-03-03 00:00", NOW),
        ("since 9:00", "2026-11-20 09:00", NOW),
        ("since yesterday 14:00", "2026-11-19 14:00", NOW),
        ("on Tuesday", "2026-11-17 00:00", "2026-11-18 00:00"),
        ("last Friday", "2026-11-13 00:00", "2026-11-14 00:00"),
        ("on Tuesday morning", "2026-11-17 06:00", "2026-11-17 12:00"),
        ("since Friday", "2026-11-13 00:00", NOW),
        ("on the last business day", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("ytd", "2026-01-01 00:00", NOW),
        ("this months", "2026-11-01 00:00", NOW),
        ("on the weekend", "2026-11-14 00:00", "2026-11-16 00:00"),
    ]);
}

#[test]
fn dates_are_read_as_people_write_them() {
    check(&[
        ("on 12 March 2026", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("on March 12th, 2025", "2025-03-12 00:00", "2025-03-13 00:00"),
        ("on the 3rd of December", "2025-12-03 00:00", "2025-12-04 00:00"),
        ("2026-03-12", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("12.03.2026", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("on 3/12", "2026-03-12 00:00", "2026-03-13 00:00"),
        ("on 25/12/2025", "2025-12-25 00:00", "2025-12-26 00:00"),
        ("on the 14th", "2026-11-14 00:00", "2026-11-15 00:00"),
        ("on the 28th", "2026-10-28 00:00", "2026-10-29 00:00"),
        ("first half of November", "2026-11-01 00:00", "2026-11-16 00:00"),
        ("in the second half of October", "2026-10-16 00:00", "2026-11-01 00:00"),
        ("in March", "2026-03-01 00:00", "2026-04-01 00:00"),
        ("in March 2025", "2025-03-01 00:00", "2025-04-01 00:00"),
        ("in December", "2025-12-01 00:00", "2026-01-01 00:00"),
        ("first week of November", "2026-11-01 00:00", "2026-11-08 00:00"),
    ]);
}

#[test]
fn bounds_and_hours_make_one_range() {
    check(&[
        ("between 2 and 6 November", "2026-11-02 00:00", "2026-11-07 00:00"),
        ("from Monday to Wednesday", "2026-11-16 00:00", "2026-11-19 00:00"),
        ("from 2026-11-02 until 2026-11-06", "2026-11-02 00:00", "2026-11-07 00:00"),
        ("yesterday and today", "2026-11-19 00:00", NOW),
        ("before 3 March", "", "2026-03-03 00:00"),
        ("until 3 March", "", "2026-03-04 00:00"),
        ("after 3 March", "2026-03-04 00:00", NOW),
        ("between 8 and 10 this morning", "2026-11-20 08:00", "2026-11-20 10:00"),
        ("between 1 and 3 yesterday afternoon", "2026-11-19 13:00", "2026-11-19 15:00"),
        ("yesterday between 22:00 and 02:00", "2026-11-19 22:00", "2026-11-20 02:00"),
        ("after 18:00 yesterday", "2026-11-19 18:00", "2026-11-20 00:00"),
        ("before 8am today", "2026-11-20 00:00", "2026-11-20 08:00"),
        ("at 3 pm yesterday", "2026-11-19 15:00", "2026-11-19 16:00"),
        ("after 18:00", "2026-11-19 18:00", "2026-11-20 00:00"),
        ("between 3 March 08:00 and 4 March 10:00", "2026-03-03 08:00", "2026-03-04 10:00"),
        ("2026-11-19T10:00:00Z to 2026-11-19T11:00:00Z", "2026-11-19 11:00", "2026-11-19 12:00"),
        ("2.11.2026 - 6.11.2026", "2026-11-02 00:00", "2026-11-07 00:00"),
        ("2.11.2026-6.11.2026", "2026-11-02 00:00", "2026-11-07 00:00"),
        ("until Wednesday this week", "2026-11-16 00:00", "2026-11-19 00:00"),
        ("ever", "", NOW),
        ("recently", "2026-11-13 12:30", NOW),
        ("", "2026-11-13 12:30", NOW),
    ]);
}

#[test]
fn what_no_calendar_has_and_what_is_to_come_is_noted_and_the_last_seven_days_are_taken() {
    for (words, note) in [
        ("on 31 February", "no date"),
        ("2026-13-40", "no date"),
        ("tomorrow", "future"),
        ("next week", "future"),
        ("on 1 January 2030", "future"),
    ] {
        let plan = read(&format!("who deleted users {words}"), &Vocabulary::default());
        assert!(plan.notes.iter().any(|other| other.contains(note)), "{words}: {:?}", plan.notes);
        assert_eq!(range(&format!("who deleted users {words}")).0, "2026-11-13 12:30", "{words}");
    }
}

#[test]
fn what_is_assumed_about_a_date_is_noted() {
    let plan = read("who deleted users on 3/12", &Vocabulary::default());
    assert!(plan.notes.iter().any(|note| note.contains("month first, as 12 March 2026")), "{:?}", plan.notes);
}
