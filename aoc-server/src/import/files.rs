//! Which files an import reads.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use aoc_core::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// Something that could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// The file or folder.
    pub path: String,
    /// What was wrong.
    pub error: String,
}

impl Failure {
    pub(super) fn new(path: &Path, error: &Error) -> Self {
        Self { path: path.display().to_string(), error: error.chain() }
    }
}

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// What comes in.
    Stdin,
    /// A file and its length.
    File(PathBuf, u64),
}

impl Input {
    /// Its length, where it is known.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(_, length) => Some(*length),
        }
    }

    /// Its name in messages.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Stdin => Path::new("-"),
            Self::File(path, _) => path,
        }
    }

    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>> {
        match self {
            Self::Stdin => Ok(Box::new(io::stdin())),
            Self::File(path, _) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(cause) => Err(Error::unavailable("cannot open the file").because(cause)),
            },
        }
    }
}

/// The files that these paths mean, folders with all that is in them, in the order of their names; and what is
/// wrong with the others.
pub(super) fn inputs(paths: &[PathBuf]) -> (Vec<Input>, Vec<Failure>) {
    let (mut inputs, mut failures) = (Vec::new(), Vec::new());
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input::Stdin);
        } else if let Err(error) = visit(path, &mut inputs, &mut failures) {
            failures.push(Failure::new(path, &error));
        }
    }
    (inputs, failures)
}

fn visit(path: &Path, inputs: &mut Vec<Input>, failures: &mut Vec<Failure>) -> Result<()> {
    let about = fs::metadata(path)
        .map_err(|cause| Error::not_found("there is no such file or folder").because(cause))?;
    if is_database(path) {
        return Err(Error::invalid("this is an SQLite database and no export of audit records"));
    }
    if !about.is_dir() {
        inputs.push(Input::File(path.to_owned(), about.len()));
        return Ok(());
    }
    let unreadable = |cause: io::Error| Error::unavailable("cannot read the folder").because(cause);
    let entries: io::Result<Vec<fs::DirEntry>> = fs::read_dir(path).and_then(Iterator::collect);
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let databases: Vec<PathBuf> =
        entries.iter().map(fs::DirEntry::path).filter(|path| is_database(path)).collect();
    let is_ours = |path: &Path| databases.iter().any(|database| is_beside(path, database));
    for entry in entries.into_iter().filter(|entry| is_wanted(entry) && !is_ours(&entry.path())) {
        if let Err(error) = visit(&entry.path(), inputs, failures) {
            failures.push(Failure::new(&entry.path(), &error));
        }
    }
    Ok(())
}

/// Whether it is a database, such as our own store, which may lie among the files of a folder.
fn is_database(path: &Path) -> bool {
    const HEAD: &[u8; 16] = b"SQLite format 3\0";
    let mut head = [0; HEAD.len()];
    let is_file = fs::metadata(path).is_ok_and(|about| about.is_file());
    is_file
        && fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok_and(|()| head == *HEAD)
}

/// Whether it is the database or one of the files and folders that we and SQLite keep beside it.
fn is_beside(path: &Path, database: &Path) -> bool {
    let (path, database) = (path.as_os_str().as_encoded_bytes(), database.as_os_str().as_encoded_bytes());
    let behind = path.strip_prefix(database);
    behind.is_some_and(|rest| matches!(rest, b"" | b"-wal" | b"-shm" | b"-journal" | b"-lock" | b".index"))
}

/// Hidden files are left alone, and so are folders behind links, which may lead in circles, and what is neither
/// file nor folder, which may never end.
fn is_wanted(entry: &fs::DirEntry) -> bool {
    let is_endless = fs::metadata(entry.path()).is_ok_and(|about| !about.is_file() && !about.is_dir());
    if is_endless {
        return false;
    }
    let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    let linked_folder = link && entry.path().is_dir();
    !hidden && !linked_folder
}
