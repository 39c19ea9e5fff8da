//! `aoc export`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use aoc_core::{Error, Result};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    operations::types::ExportFormat,
};
use clap::Args;
use futures::TryStreamExt;

use super::{Format, Session, filters::Filters, output};

/// Writes all events of a search, newest first.
///
/// `--format ndjson` (the default) is lossless: one event per line, with its record. `--format csv` is for spreadsheets
/// and leaves records out.
#[derive(Args)]
pub(crate) struct Export {
    /// Writes to this file, which is there only once it is whole; else to standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filters: Filters,
}

impl Export {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let format = match session.format {
            None | Some(Format::Json | Format::Ndjson) => ExportFormat::Ndjson,
            Some(Format::Csv) => ExportFormat::Csv,
            Some(Format::Table) => return Err(Error::invalid("--format table: an export is ndjson or csv")),
        };
        let operations = Assembled::to_read(&session.config()?, &registry()).await?.at_rest();
        let mut exported = operations.export(&Caller::local(), self.filters.filter()?, format).await?;
        let Some(path) = self.output.filter(|path| path.as_os_str() != "-") else {
            while let Some(piece) = exported.content.try_next().await? {
                output::print(&piece)?;
            }
            return Ok(ExitCode::SUCCESS);
        };
        let mut part = PartFile::beside(&path)?;
        while let Some(piece) = exported.content.try_next().await? {
            part.write(&piece)?;
        }
        part.finish()?;
        eprintln!("{} events in {}", exported.total, path.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// A file under another name until it is whole.
struct PartFile {
    file: BufWriter<tempfile::NamedTempFile<File>>,
    path: PathBuf,
}

impl PartFile {
    fn beside(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let part = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
        let file = BufWriter::new(part.map_err(|cause| failed(path, cause))?);
        Ok(Self { file, path: path.to_owned() })
    }

    fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).map_err(|cause| failed(&self.path, cause))
    }

    fn finish(self) -> Result<()> {
        let Self { file, path } = self;
        let part = file.into_inner().map_err(|cause| failed(&path, cause.into_error()))?;
        part.as_file().sync_all().map_err(|cause| failed(&path, cause))?;
        part.persist(&path).map(drop).map_err(|cause| failed(&path, cause.error))
    }
}

fn failed(path: &Path, cause: std::io::Error) -> Error {
    Error::unavailable("cannot write the file").at(path.display()).because(cause)
}
