//! `aoc explain`.

use std::process::ExitCode;

use aoc_core::Result;
use aoc_llm::analyst::{Explanation, Script};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
};
use clap::Args;

use super::{
    Session,
    ask::{PATIENCE, deeds_of_model, stopped, unless_stopped, utc_offset_minutes},
    output,
};

/// Explains an event: what happened, whether it is usual, what it implies, what to look at, and how to undo it.
#[derive(Args)]
pub(crate) struct Explain {
    /// Id or dedupe key of the event.
    #[arg(value_name = "ID")]
    id: String,
    /// Component type that the event came from, where several events have the id.
    #[arg(long, value_name = "TYPE")]
    source: Option<String>,
}

impl Explain {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let assembled = Assembled::to_read(&session.config()?, &registry()).await?;
        assembled.asking.begin().await?;
        let has_model = assembled.asking.has_model();
        let (operations, caller) = (assembled.at_rest(), Caller::local());
        let which = (self.id.as_str(), self.source.as_deref());
        let explained = operations.explain(&caller, which, utc_offset_minutes(), PATIENCE);
        let Some(explained) = unless_stopped(explained).await? else { return Ok(stopped()) };
        match json {
            true => output::print_json(&explained)?,
            false => output::print(text(&explained).as_bytes())?,
        }
        let Explanation { claims, usage, llm_error, .. } = &explained;
        eprintln!("{}", deeds_of_model(has_model, claims, *usage, llm_error.as_deref()));
        Ok(ExitCode::SUCCESS)
    }
}

fn text(explained: &Explanation) -> String {
    let mut text = lines(&explained.explanation, "");
    for (title, sentences) in
        [("What it implies", &explained.implications), ("What to do next", &explained.next_steps)]
    {
        if !sentences.is_empty() {
            text.push_str(&format!("\n{title}\n"));
            text.extend(sentences.iter().map(|sentence| lines(sentence, "- ")));
        }
    }
    if let Some(inverse) = &explained.inverse {
        let language = match inverse.language {
            Script::Graph => "Microsoft Graph",
            Script::PowerShell => "PowerShell of Exchange Online",
        };
        text.push_str(&format!("\nHow to undo it with {language}; read it before you run it\n"));
        text.push_str(&lines(&inverse.text, "  "));
    }
    text
}

/// The lines of a text, harmless to a terminal, each with this before it.
fn lines(text: &str, before: &str) -> String {
    text.lines().map(|line| format!("{before}{}\n", output::plain(line))).collect()
}
