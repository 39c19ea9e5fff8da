//! `aoc rules list`.

use std::process::ExitCode;

use aoc_core::Result;
use aoc_server::{Caller, operations::rules::ListedRule, rules::Origin};

use super::operations;
use crate::cli::{Session, output, table::Table};

pub(super) async fn run(session: &Session) -> Result<ExitCode> {
    let json = session.wants_json()?;
    let list = operations(session).await?.rules_list(&Caller::local()).await?;
    if json {
        list.items.iter().try_for_each(output::print_json)?;
    } else {
        let mut table = Table::new(&["ID", "SEVERITY", "IN FORCE", "ORIGIN", "LANGUAGE", "NAME"], usize::MAX);
        list.items.iter().for_each(|rule| table.row(row(rule)));
        output::print(table.text().as_bytes())?;
    }
    for refused in &list.refused {
        let stays = if refused.earlier_stays { " (what the file said before stays in force)" } else { "" };
        eprintln!("cannot be used: {}{stays}", output::plain(&refused.sentence()));
    }
    Ok(ExitCode::SUCCESS)
}

fn row(listed: &ListedRule) -> [String; 6] {
    let rule = &listed.rule;
    let in_force = if listed.in_force { "yes" } else { "no" };
    let origin = match listed.origin {
        Origin::Stored => "stored".to_owned(),
        Origin::File | Origin::Starter => listed.file.clone(),
    };
    let severity = format!("{:?}", rule.severity).to_lowercase();
    [
        rule.id.clone(),
        severity,
        in_force.to_owned(),
        origin,
        listed.language.as_str().to_owned(),
        rule.name.clone(),
    ]
}
