//! `aoc rules why-not`.

use std::process::ExitCode;

use aoc_core::{Error, Result};
use aoc_server::Caller;
use clap::Args;

use super::{is_file, operations, rules_of, tree::tree};
use crate::cli::{Session, output};

#[derive(Args)]
pub(super) struct WhyNot {
    /// File of rules, or the id of a rule.
    #[arg(long, value_name = "ID|FILE")]
    rule: String,
    /// Id or dedupe key of an event.
    #[arg(value_name = "EVENT_ID")]
    event: String,
}

impl WhyNot {
    pub(super) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let operations = operations(session).await?;
        let caller = Caller::local();
        let mut reasons = Vec::new();
        if is_file(&self.rule) {
            let known = rules_of(&[self.rule.clone().into()], operations.rules().config())?;
            if known.rules.is_empty() {
                return Err(Error::invalid("the file has no rule").at("--rule"));
            }
            for rule in &known.rules {
                reasons.push(operations.why_not_of(&caller, rule, &self.event).await?);
            }
        } else {
            reasons.push(operations.why_not(&caller, &self.rule, &self.event).await?);
        }
        match json {
            true => reasons.iter().try_for_each(output::print_json)?,
            false => {
                let trees: Result<Vec<String>> = reasons.iter().map(tree).collect();
                output::print(trees?.join("\n").as_bytes())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
