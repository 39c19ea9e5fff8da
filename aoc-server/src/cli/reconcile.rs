//! `aoc reconcile`.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use aoc_connectors::{AnyRecord, RecordReader};
use aoc_core::{Error, Event, Result, json_line, normalize};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    operations::{Difference, Reconciled, Reconciliation},
};
use clap::Args;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Format, Session, incomplete, output, table::Table};

/// Compares an export of audit records with the store, event by event.
///
/// Lists the events of the files that the store lacks or has with another content, and those of the store that the files
/// lack although they fall between the first and the last event of the files and are of a service and a tenant that occur
/// there. Reads what `aoc import` reads, and changes nothing. The exit code is 1 when the store lacks something, when a row
/// cannot be read, and when nothing was compared.
#[derive(Args)]
pub(crate) struct Reconcile {
    /// Files; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Tenant id for records that do not say theirs.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
}

impl Reconcile {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let mut list = List::new(session.format);
        let operations = Assembled::to_read(&session.config()?, &registry()).await?.at_rest();
        let mut reconciliation = operations.reconcile(&Caller::local()).await?;
        let files = self.files.len();
        list.begin()?;
        compare(&mut reconciliation, read(self.files, self.tenant)?, &mut list).await?;
        while let Some(differences) = reconciliation.surplus().await? {
            list.show(&differences)?;
        }
        list.finish()?;
        let tally = reconciliation.tally();
        eprint!("{}", summary(tally, files));
        Ok(if tally.store_is_whole() { ExitCode::SUCCESS } else { incomplete() })
    }
}

async fn compare(
    reconciliation: &mut Reconciliation,
    mut batches: Receiver<Result<Vec<Event>>>,
    list: &mut List,
) -> Result<()> {
    // Half a file would make the other half look like a surplus of the store, so what cannot be read ends it all.
    while let Some(batch) = batches.recv().await {
        list.show(&reconciliation.compare(batch?).await?)?;
    }
    Ok(())
}

/// How many records are looked up at once.
const BATCH: usize = 1_000;

/// Reads files on a thread of their own.
fn read(files: Vec<PathBuf>, tenant: Option<String>) -> Result<Receiver<Result<Vec<Event>>>> {
    let (sender, batches) = channel(2);
    let work = move || {
        for file in files {
            if let Err(error) = read_one(&file, tenant.as_deref(), &sender) {
                // Nobody listens any more where an earlier batch failed.
                let _ = sender.blocking_send(Err(error.at(file.display())));
                return;
            }
        }
    };
    let spawned = thread::Builder::new().name("read".to_owned()).spawn(work);
    spawned.map_err(|cause| Error::unavailable("cannot start a thread").because(cause))?;
    Ok(batches)
}

fn read_one(path: &Path, tenant: Option<&str>, sender: &Sender<Result<Vec<Event>>>) -> Result<()> {
    let mut reader = RecordReader::new(open(path)?);
    let normalizer = AnyRecord::new();
    let mut events = Vec::with_capacity(BATCH);
    while let Some(mut record) = reader.next_record()? {
        record.tenant = record.tenant.or_else(|| tenant.map(str::to_owned));
        events.push(normalize(&normalizer, record));
        if events.len() == BATCH && sender.blocking_send(Ok(std::mem::take(&mut events))).is_err() {
            return Ok(());
        }
    }
    let _ = sender.blocking_send(Ok(events));
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(cause) => Err(Error::unavailable("cannot open the file").because(cause)),
    }
}

/// The list of differences, printed as they come.
struct List {
    form: Form,
    rows: usize,
}

enum Form {
    /// Printed by the page, so that a long list needs little memory.
    Table(Table),
    Json,
    Csv,
}

const PAGE: usize = 1_000;
const COLUMNS: [&str; 8] =
    ["differs", "timestamp", "source", "service", "operation", "actor", "tenant", "id"];

impl List {
    fn new(format: Option<Format>) -> Self {
        let form = match format {
            None | Some(Format::Table) => Form::Table(table()),
            Some(Format::Json | Format::Ndjson) => Form::Json,
            Some(Format::Csv) => Form::Csv,
        };
        Self { form, rows: 0 }
    }

    /// Prints the head of a form that has one, whether or not rows follow.
    fn begin(&self) -> Result<()> {
        match self.form {
            Form::Csv => output::print(&csv([COLUMNS.map(str::to_owned)].into_iter())?),
            Form::Table(_) | Form::Json => Ok(()),
        }
    }

    fn show(&mut self, differences: &[Difference]) -> Result<()> {
        self.rows += differences.len();
        match &mut self.form {
            Form::Json => {
                let lines: Vec<Vec<u8>> = differences.iter().map(json_line).collect::<Result<_>>()?;
                output::print(&lines.concat())
            }
            Form::Csv => output::print(&csv(differences.iter().map(cells))?),
            Form::Table(table) => {
                for difference in differences {
                    let [differs, time, _, service, operation, actor, _, id] = cells(difference);
                    table.row([differs.replace('_', " "), time, service, operation, actor, id]);
                }
                if self.rows >= PAGE { self.finish() } else { Ok(()) }
            }
        }
    }

    /// Prints what waits to be printed.
    fn finish(&mut self) -> Result<()> {
        let Form::Table(waiting) = &mut self.form else { return Ok(()) };
        let waiting = std::mem::replace(waiting, table());
        if std::mem::take(&mut self.rows) == 0 {
            return Ok(());
        }
        output::print(waiting.text_uncut().as_bytes())
    }
}

fn table() -> Table {
    Table::new(&["DIFFERS", "TIME", "SERVICE", "OPERATION", "ACTOR", "ID"], usize::MAX)
}

fn cells(difference: &Difference) -> [String; 8] {
    let Difference { differs, timestamp, id, source, service, operation, actor, tenant } = difference.clone();
    [differs.as_str().to_owned(), timestamp.to_string(), source, service, operation, actor, tenant, id]
}

fn csv(rows: impl Iterator<Item = [String; 8]>) -> Result<Vec<u8>> {
    let failed = |cause: csv::Error| Error::internal("a row cannot be written").because(cause);
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(failed)?;
    }
    writer.into_inner().map_err(|cause| Error::internal(cause.error()))
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

/// The summary.
fn summary(tally: &Reconciled, files: usize) -> String {
    let mut text = format!("{} records in {files} file{}", tally.records, if files == 1 { "" } else { "s" });
    for (count, what) in [
        (tally.repeated, "repeat another one"),
        (tally.unreadable, "cannot be read and were not compared"),
        (tally.too_old, "are older than what `retention` keeps and were not compared"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} {what}"));
        }
    }
    if tally.compared() == 0 {
        text.push_str("\nnothing was compared: that proves nothing\n");
        return plain_lines(&text);
    }
    text.push_str(&format!(
        "\n{} are in the store, {} are not, {} are there with another content\n",
        tally.in_both, tally.store_lacks, tally.other_content
    ));
    let (Some(first), Some(last)) = (tally.first, tally.last) else { return plain_lines(&text) };
    let services = tally.scope.iter().map(|(source, services)| {
        format!("{source} ({})", services.iter().cloned().collect::<Vec<_>>().join(", "))
    });
    let tenants = match tally.tenants.is_empty() {
        true => "all tenants".to_owned(),
        false => format!("tenant {}", tally.tenants.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    text.push_str(&format!(
        "{} events of the store are not in the files; scope: {}, {tenants}, from {first} to {last}\n",
        tally.file_lacks,
        services.collect::<Vec<_>>().join(", ")
    ));
    plain_lines(&text)
}

fn plain_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", output::plain(line))).collect()
}
