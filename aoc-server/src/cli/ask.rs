//! `aoc ask`.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{Error, Filter, Result, config::Config};
use aoc_llm::{
    Usage,
    analyst::{Claim, Plan, Status},
};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    config::{AskConfig, ReadBy},
    operations::{AskQuestion, Asking},
};
use clap::{Arg, Args};
use serde::Serialize;
use serde_json::Value;

use super::{Session, filters::Filters, output, signals::Signals};

/// Answers a question in plain English from what is stored.
///
/// The store alone answers, and a language model where the configuration names one: of what it says, only what the events
/// say, too, is in the answer. How the question was understood, and what the model did, is told on standard error.
#[derive(Args)]
#[command(mut_arg("text", as_question))]
pub(crate) struct Ask {
    /// Runs the plan in this file, or of standard input, instead of reading a question.
    #[arg(long, value_name = "FILE|-")]
    plan: Option<PathBuf>,
    /// Prints as JSON how the question is understood, and ends: to be edited, and run by --plan. No language model is asked.
    #[arg(long)]
    show_plan: bool,
    #[command(flatten)]
    filters: Filters,
}

fn as_question(text: Arg) -> Arg {
    let help =
        "The question, such as: Who reset passwords yesterday? What options say goes before what it says";
    text.value_name("QUESTION").help(help).required_unless_present("plan")
}

/// How long a language model may take; whoever waits can end it.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

impl Ask {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let (json, config) = (session.wants_json()?, session.config()?);
        let assembled = Assembled::to_read(&config, &registry()).await?;
        let plan = self.plan.as_deref().map(read_plan).transpose()?;
        let request = request(self.filters.filter()?, plan)?;
        if self.show_plan {
            return show_plan(&config, assembled, &request, json).await;
        }
        assembled.asking.begin().await?;
        let has_model = assembled.asking.has_model();
        let (operations, caller) = (assembled.at_rest(), Caller::local());
        let printed = Printed::default();
        let on_text = |piece: &str| {
            if !json {
                printed.line(piece);
            }
        };
        let asked = operations.ask(&caller, &request, PATIENCE, &on_text);
        let Some(answer) = unless_stopped(asked).await? else { return Ok(stopped()) };
        printed.end()?;
        if json {
            output::print_json(&answer)?;
        }
        eprintln!("plan: {}", output::plain(&in_short(&answer.query_info.plan)));
        eprintln!("{}", deeds_of_model(has_model, &answer.claims, answer.usage, answer.llm_error.as_deref()));
        Ok(ExitCode::SUCCESS)
    }
}

/// How the question is understood by our own tables, within the filters.
async fn show_plan(
    config: &Config,
    mut assembled: Assembled,
    request: &AskQuestion,
    json: bool,
) -> Result<ExitCode> {
    let asking = AskConfig::of(config)?;
    if asking.planning == ReadBy::Model && assembled.asking.has_model() {
        eprintln!(
            "read by our own tables; as `planning` in [llm] says, the language model reads it when it is asked"
        );
    }
    let parts = (assembled.store.clone(), assembled.index.clone());
    assembled.asking = Asking::new(&AskConfig { planning: ReadBy::Words, ..asking }, None, parts);
    let (operations, caller) = (assembled.at_rest(), Caller::local());
    let asked = operations.ask(&caller, request, PATIENCE, &|_| {});
    let Some(answer) = unless_stopped(asked).await? else { return Ok(stopped()) };
    let plan = &answer.query_info.plan;
    if json {
        output::print_json(plan)?;
    } else {
        let text = serde_json::to_string_pretty(plan)
            .map_err(|cause| Error::internal("a plan has no JSON").because(cause))?;
        output::print(format!("{text}\n").as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read_plan(path: &Path) -> Result<Plan> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text).map(drop),
        _ => fs::read_to_string(path).map(|read| text = read),
    };
    let at = |error: Error| error.at(path.display());
    read.map_err(|cause| at(Error::invalid("cannot read the plan")).because(cause))?;
    serde_json::from_str(&text).map_err(|cause| at(Error::invalid(format!("no plan: {cause}"))))
}

/// The question with what the options say, on the clocks of this machine.
fn request(filter: Filter, plan: Option<Plan>) -> Result<AskQuestion> {
    Ok(AskQuestion {
        question: filter.search.as_str().to_owned(),
        plan,
        utc_offset_minutes: utc_offset_minutes(),
        services: filter.service,
        actor: filter.actor,
        operation: filter.operation,
        result: filter.result,
        source: filter.source,
        tenant: filter.tenant,
        start: filter.start,
        end: filter.end,
        include_tags: filter.include_tags,
        exclude_tags: filter.exclude_tags,
        ..AskQuestion::default()
    })
}

/// How far east of UTC this machine's clock is; what "today" means.
pub(super) fn utc_offset_minutes() -> i32 {
    chrono::Local::now().offset().local_minus_utc() / 60
}

/// What is done, unless somebody wants the program to end.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        done = work => done.map(Some),
        () = signals.next() => Ok(None),
    }
}

/// The exit code of a program that was interrupted.
pub(super) fn stopped() -> ExitCode {
    eprintln!("stopped before the end");
    ExitCode::from(130)
}

/// Prints the sentences of an answer as they come.
#[derive(Default)]
struct Printed(Mutex<Option<Error>>);

impl Printed {
    /// Prints a piece of an answer: a sentence, and before it, where it is not the first, a line break.
    fn line(&self, piece: &str) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_none() {
            let lines = piece.strip_prefix('\n').unwrap_or(piece).split('\n');
            let lines: String = lines.map(|line| format!("{}\n", output::plain(line))).collect();
            *failed = output::print(lines.as_bytes()).err();
        }
    }

    /// Whether all was printed.
    fn end(self) -> Result<()> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// A plan on a line.
fn in_short(plan: &Plan) -> String {
    let mut parts = vec![word(&plan.intent)];
    if let Ok(Value::Object(filter)) = serde_json::to_value(&plan.filter) {
        parts.extend(filter.iter().map(|(key, value)| format!("{key} {}", listed(value))));
    }
    parts.extend(plan.group_by.map(|group| format!("by {}", word(&group))));
    parts.push(match plan.range.start {
        Some(start) => format!("from {start} until {}", plan.range.end),
        None => format!("until {}", plan.range.end),
    });
    parts.join("; ")
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).map(|value| listed(&value)).unwrap_or_default()
}

fn listed(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(listed).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the language model did for an answer, on a line.
pub(super) fn deeds_of_model(
    has_model: bool,
    claims: &[Claim],
    usage: Option<Usage>,
    error: Option<&str>,
) -> String {
    let count = |status| claims.iter().filter(|claim| claim.status == status).count();
    let said = [Status::Verified, Status::Corrected, Status::Removed].map(count);
    let mut parts = Vec::new();
    match (has_model, usage) {
        (false, _) => parts.push("none is configured".to_owned()),
        (true, None) if error.is_none() => parts.push("not asked".to_owned()),
        (true, _) if said == [0; 3] => {}
        (true, _) => {
            let [verified, corrected, removed] = said;
            parts.push(format!("{verified} of its sentences kept, {corrected} corrected, {removed} removed"));
        }
    }
    parts.extend(error.map(str::to_owned));
    parts.extend(usage.map(|usage| {
        let about = if usage.estimated { "about " } else { "" };
        format!("{about}{} tokens", usage.total())
    }));
    format!("language model: {}", parts.join("; "))
}
