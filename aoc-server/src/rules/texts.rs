//! The texts of files of rules.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

/// Files by name: their texts, or why they cannot be read.
pub(super) type Texts = BTreeMap<String, Result<String, String>>;

/// The largest file, in bytes.
const LARGEST: u64 = 1 << 20;
/// How deep folders may lie in each other: links may lead in circles.
const DEEPEST: usize = 16;

/// What is in these files, and in the files of rules of these folders. Files that were known and lie in a folder that
/// cannot be read are among them: nobody can say that they are gone.
pub(super) fn texts_of<'a>(paths: &[PathBuf], known: impl IntoIterator<Item = &'a String>) -> Texts {
    let mut looked = Looked::default();
    for path in paths {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => looked.folder(path, 0),
            Ok(_) => looked.file(path),
            Err(cause) => looked.lose(path, &format!("cannot read the file: {cause}")),
        }
    }
    let Looked { mut texts, lost } = looked;
    let is_lost = |name: &&String| lost.iter().any(|folder| Path::new(name.as_str()).starts_with(folder));
    for name in known.into_iter().filter(is_lost) {
        texts.entry(name.clone()).or_insert_with(|| Err("its folder cannot be read".to_owned()));
    }
    texts
}

#[derive(Default)]
struct Looked {
    texts: Texts,
    /// Folders of which nobody knows what is in them.
    lost: Vec<PathBuf>,
}

impl Looked {
    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > DEEPEST {
            return self.lose(folder, "folders lie too deep in each other");
        }
        let cannot = |cause: io::Error| format!("cannot read the folder: {cause}");
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(cause) => return self.lose(folder, &cannot(cause)),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry, depth),
                // What else it would have given is not known.
                Err(cause) => return self.lose(folder, &cannot(cause)),
            }
        }
    }

    fn entry(&mut self, entry: &fs::DirEntry, depth: usize) {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            return;
        }
        match fs::metadata(&path) {
            Ok(about) if about.is_dir() => self.folder(&path, depth + 1),
            _ if is_of_rules(&path) => self.file(&path),
            Ok(_) => (),
            // It is gone, or a link that leads nowhere.
            Err(cause) if cause.kind() == ErrorKind::NotFound => self.lost.push(path),
            Err(cause) => self.lose(&path, &format!("cannot read it: {cause}")),
        }
    }

    fn file(&mut self, path: &Path) {
        let text = read(path).map_err(|cause| format!("cannot read the file: {cause}"));
        if text.is_err() {
            self.lost.push(path.to_owned());
        }
        self.texts.insert(path.display().to_string(), text);
    }

    fn lose(&mut self, path: &Path, reason: &str) {
        self.lost.push(path.to_owned());
        self.texts.insert(path.display().to_string(), Err(reason.to_owned()));
    }
}

/// The text of a file, which must be one: reading others may never end.
fn read(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it has more than {LARGEST} bytes, the most that are read")));
    }
    Ok(text)
}

fn is_of_rules(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml" || ending == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_gone_through_and_only_rules_are_read() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        ["a.yml", "b/c.yaml", "b/readme.md", "d.json", ".git/d.yml", ".e.yml", "f.txt"]
            .iter()
            .for_each(|name| write(name));
        let paths = [place.path().to_owned(), place.path().join("f.txt"), place.path().join("g.yml")];
        let texts = texts_of(&paths, []);
        let names: Vec<String> = texts
            .keys()
            .map(|name| Path::new(name).strip_prefix(place.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["a.yml", "b/c.yaml", "d.json", "f.txt", "g.yml"]);
        assert!(texts.values().last().unwrap().as_ref().unwrap_err().contains("cannot read the file"));
    }

    #[test]
    fn files_that_are_no_files_or_too_large_are_not_read() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::write(path("large.yml"), "x".repeat(1 + (1 << 20))).unwrap();
        // Whoever reads it waits for a writer that never comes.
        let made = std::process::Command::new("mkfifo").arg(path("fifo.yml")).status();
        let texts = texts_of(&[place.path().to_owned()], []);
        let said = |name: &str| texts[&path(name).display().to_string()].clone().unwrap_err();
        assert!(said("large.yml").contains("more than 1048576 bytes"));
        if made.is_ok_and(|status| status.success()) {
            assert!(said("fifo.yml").contains("no regular file"));
        }
    }
}
