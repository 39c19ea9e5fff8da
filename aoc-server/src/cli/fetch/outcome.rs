//! Telling what was fetched.

use std::process::ExitCode;

use aoc_core::{
    Error, ErrorKind, Position, Result, Status, Timestamp,
    pipeline::{Counts, Failure, FollowerStatus, Leadership, SourceStatus, State},
};
use aoc_server::operations::types::{FetchReport, SourceFetched};

use super::{
    super::{log::Causes, output, table::Table},
    work::LookedBack,
};

/// What became of fetching once.
pub(super) struct Outcome {
    report: FetchReport,
    exit: u8,
    interrupted: bool,
}

impl Outcome {
    pub(super) fn of(status: Status, head: Position, mut looked_back: LookedBack, interrupted: bool) -> Self {
        let mut outcome = Self { report: FetchReport::default(), exit: 0, interrupted };
        for (name, mut source) in status.sources {
            let is_lost = source.state == State::Standby;
            source.last_error = is_lost.then(|| lost_lead(&status.leadership)).or(source.last_error);
            outcome.add_source(&name, source, looked_back.remove(&name));
        }
        for (name, follower) in status.followers {
            outcome.add_follower(&name, &follower, head);
        }
        outcome
    }

    fn add_source(
        &mut self,
        name: &str,
        source: SourceStatus,
        looked_back: Option<Result<aoc_core::pipeline::Fetched>>,
    ) {
        let own = source
            .last_error
            .filter(|_| source.state != State::Ok)
            .map(|failure| (failure.kind, failure.message));
        let (failure, mut warnings) = match looked_back {
            Some(Err(error)) => (Some((error.kind(), error.to_string())), source.warnings),
            Some(Ok(fetched)) => (own, [source.warnings, fetched.warnings].concat()),
            None => (own, source.warnings),
        };
        warnings.dedup();
        if self.interrupted && source.state == State::Starting {
            warnings.push("not caught up".to_owned());
        }
        let kind = failure.as_ref().map(|(kind, _)| *kind);
        self.exit = self.exit.max(kind.map_or(0, |kind| kind.meaning().exit));
        self.report.add(name, source.counts, &warnings, failure.map(|(_, message)| message));
    }

    fn add_follower(&mut self, name: &str, follower: &FollowerStatus, head: Position) {
        let behind = head.0.saturating_sub(follower.position.0);
        if behind == 0 {
            return;
        }
        let (why, exit) = match &follower.last_error {
            Some(failure) => (format!(": {}", failure.message), failure.kind.meaning().exit),
            None => (String::new(), ErrorKind::Unavailable.meaning().exit),
        };
        self.exit = self.exit.max(exit);
        let sentence =
            format!("{name}: {behind} positions of the log are not handed on yet; the next run goes on{why}");
        self.report.warnings.push(sentence);
    }

    /// Prints it: the report to standard output; errors and warnings, for people, to standard error.
    pub(super) fn print(&self, json: bool, causes: &Causes) -> Result<(), Error> {
        if json {
            return output::print_json(&self.report);
        }
        output::print(self.table().text().as_bytes())?;
        for (error, names) in self.errors() {
            let error = causes.of(names[0], error);
            eprintln!("error: {}: {}", output::plain(&names.join(", ")), output::plain(&error));
        }
        self.report.warnings.iter().for_each(|warning| eprintln!("warning: {}", output::plain(warning)));
        Ok(())
    }

    /// Each error of a source once, with the loops that have it: where the account is wrong, all contents say the same.
    fn errors(&self) -> Vec<(&str, Vec<&str>)> {
        let mut errors: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        for (name, report) in &self.report.sources {
            let Some(error) = &report.error else { continue };
            let (source, _) = name.split_once('/').unwrap_or((name, ""));
            match errors.iter_mut().find(|(of, other, _)| *of == source && other == error) {
                Some((_, _, names)) => names.push(name),
                None => errors.push((source, error, vec![name])),
            }
        }
        errors.into_iter().map(|(_, error, names)| (error, names)).collect()
    }

    /// 130 after a signal, as a shell tells it; else that of the worst error.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.interrupted { 130 } else { self.exit })
    }

    fn table(&self) -> Table {
        let head = ["SOURCE", "", "FETCHED", "NEW", "DUPLICATE", "REVISED", "UNREADABLE"];
        let mut table = Table::new(&head, 2);
        let mut total = Counts::default();
        for (name, source) in &self.report.sources {
            let SourceFetched { fetched, new, revised, duplicates, unreadable, error } = source.clone();
            let counts = Counts { fetched, new, revised, duplicates, unreadable };
            total += counts;
            table.row(row(name, if error.is_some() { "error" } else { "ok" }, counts));
        }
        if self.report.sources.len() > 1 {
            table.row(row("total", "", total));
        }
        table
    }
}

/// Nobody can say what another process fetches now.
fn lost_lead(Leadership { leader, .. }: &Leadership) -> Failure {
    let leader = leader.as_ref().map_or("another process", |leader| &leader.name);
    let message = format!("this process lost the lead before it was done; {leader} goes on");
    Failure { kind: ErrorKind::Unavailable, message, at: Timestamp::now() }
}

fn row(name: &str, state: &str, counts: Counts) -> [String; 7] {
    let Counts { fetched, new, revised, duplicates, unreadable } = counts;
    let [fetched, new, duplicates, revised, unreadable] =
        [fetched, new, duplicates, revised, unreadable].map(|count| count.to_string());
    [name.to_owned(), state.to_owned(), fetched, new, duplicates, revised, unreadable]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_errors_of_one_source_are_told_once() {
        let mut outcome = Outcome { report: FetchReport::default(), exit: 0, interrupted: false };
        for (name, error) in [("a/X", "no"), ("a/Y", "no"), ("a/Z", "other"), ("b/X", "no"), ("c", "")] {
            let error = Some(error).filter(|error| !error.is_empty()).map(str::to_owned);
            outcome.report.add(name, Counts::default(), &[], error);
        }
        let told: Vec<String> = outcome
            .errors()
            .into_iter()
            .map(|(error, names)| format!("{}: {error}", names.join(", ")))
            .collect();
        assert_eq!(told, ["a/X, a/Y: no", "a/Z: other", "b/X: no"]);
    }
}
