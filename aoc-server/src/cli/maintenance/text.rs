//! The reports of maintenance, for people.

use aoc_server::operations::maintenance::{Deduped, Example, Renormalized, Repeat, Standing, Verified, Why};

use super::super::{output::plain, table::Table};

pub(super) fn renormalized(report: &Renormalized) -> String {
    let mut text = String::new();
    if let Some(position) = report.continued_at {
        text.push_str(&format!("went on behind position {}\n", position.0));
    }
    let counts = &report.counts;
    let done = if report.applied { "rewritten" } else { "would change" };
    text.push_str(&figures(&[
        ("events read", counts.read),
        ("unchanged", counts.unchanged),
        (done, counts.changed),
        ("not ours", counts.not_ours),
        ("would become unreadable; they stay as they are", counts.would_be_unreadable),
        ("would have another id or dedupe key; they keep theirs", counts.other_key),
    ]));
    if !report.members.is_empty() {
        text.push_str(&members(report));
    }
    text.push_str(&list("would become unreadable", &report.would_be_unreadable));
    text.push_str(&list("another id or dedupe key", &report.other_keys));
    text.push_str(&ending(report));
    text
}

fn members(report: &Renormalized) -> String {
    let mut table = Table::new(&["MEMBER", "EVENTS"], 1);
    for (member, changed) in &report.members {
        table.row([member.clone(), changed.count.to_string()]);
    }
    let examples = report.members.iter().map(|(member, changed)| list(member, &changed.examples));
    format!("{}{}", table.text_uncut(), examples.collect::<String>())
}

fn list(head: &str, examples: &[Example]) -> String {
    let line = |example: &Example| {
        let Example { id, old, new } = example;
        format!("  {}: {} -> {}\n", plain(id), plain(old), plain(new))
    };
    let lines: String = examples.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("{head}, for example:\n{lines}") }
}

fn ending(report: &Renormalized) -> String {
    let hint = match (report.applied, report.interrupted, report.counts.changed) {
        (true, true, _) => "; stopped before the end, run it again to go on",
        (false, true, _) => "; stopped before the end",
        (false, false, 1..) => "; nothing was changed, --apply rewrites these events",
        _ => "",
    };
    format!("{:.1} s{hint}\n", report.seconds)
}

pub(super) fn deduped(report: &Deduped) -> String {
    let mut text = figures(&[
        ("events read", report.read),
        ("revisions among them", report.revisions),
        ("revisions that repeat an earlier event", report.repeated_revisions),
        ("events of a known source and id with the same content", report.repeated_ids),
        ("events of a known source and id with other content; they stay", report.other_content),
        ("removed", report.removed),
        ("tags given to those that stay", report.merged_tags),
        ("comments given to those that stay", report.merged_comments),
    ]);
    if !report.examples.is_empty() {
        let mut table = Table::new(&["REPEAT", "STAYS", "BECAUSE", "AT", "STAYS AT"], 3);
        report.examples.iter().for_each(|repeat| table.row(row(repeat)));
        text.push_str(&table.text_uncut());
    }
    let found = report.repeated_ids + report.repeated_revisions;
    let hint = match (report.interrupted, report.applied, found) {
        (true, _, _) => "; stopped before the end",
        (false, false, 1..) => "; nothing was changed, --apply removes these events",
        _ => "",
    };
    text.push_str(&format!("{:.1} s{hint}\n", report.seconds));
    text
}

fn row(repeat: &Repeat) -> [String; 5] {
    let why = match repeat.why {
        Why::Revision => "revision",
        Why::SameId => "same id",
    };
    let [at, stays] = [repeat.position, repeat.kept_position].map(|position| position.0.to_string());
    [repeat.repeat.to_string(), repeat.kept.to_string(), why.to_owned(), at, stays]
}

pub(super) fn verified(report: &Verified) -> String {
    let mut text = String::new();
    for line in &report.lines {
        let standing = match line.standing {
            Standing::Ok => "ok",
            Standing::Wrong => "wrong",
            Standing::Unknown => "unknown",
        };
        text.push_str(&format!("{standing:<8} {}: {}\n", line.check, plain(&line.found)));
        if let Some(remedy) = &line.remedy {
            text.push_str(&format!("         {remedy}\n"));
        }
    }
    text.push_str(&format!("{} events up to {} in {:.1} s\n", report.events, report.head.0, report.seconds));
    text
}

/// Numbers, one per line.
pub(in crate::cli) fn figures(figures: &[(&str, u64)]) -> String {
    let widest = figures.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or_default();
    figures.iter().map(|(what, count)| format!("{count:>widest$} {what}\n")).collect()
}
