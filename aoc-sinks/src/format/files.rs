//! The file or folder that a record is about.

use super::record::Record;

/// A file or folder.
#[derive(Default)]
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) path: Option<String>,
    pub(super) extension: Option<String>,
    pub(super) url: Option<String>,
    /// `File`, `Folder`, ….
    pub(super) kind: Option<String>,
}

impl File {
    pub(super) fn of(record: &Record) -> Self {
        let said = record.text("SourceFileName");
        let link = record.text("ObjectId").filter(|text| is_url(text));
        let url = link.or_else(|| said.clone().filter(|text| is_url(text)));
        let relative = record.text("SourceRelativeUrl");
        let extension = record.text("SourceFileExtension");
        let name = said.and_then(|name| match is_url(&name) {
            true => named_by(relative.as_deref(), extension.as_deref()).or_else(|| end_of(&name)),
            false => Some(name),
        });
        let path = name.as_ref().zip(relative).map(|(name, folder)| path(&folder, name, url.as_deref()));
        Self {
            path: path.or_else(|| name.as_ref().and(url.clone())),
            extension,
            kind: name.as_ref().and_then(|_| record.text("ItemType")),
            name,
            url,
        }
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Records of sharing have the name in the folder's place already. A folder that is called as what is in it tells itself
/// by the link.
fn path(folder: &str, name: &str, url: Option<&str>) -> String {
    let folder = folder.trim_end_matches('/');
    let joined = format!("{folder}/{name}");
    let ends_so = folder.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let is_inside = url.is_some_and(|url| url.ends_with(&joined));
    if ends_so && !is_inside { folder.to_owned() } else { joined }
}

/// The last part of a path, where it is a file of this extension.
fn named_by(path: Option<&str>, extension: Option<&str>) -> Option<String> {
    let (_, last) = path?.rsplit_once('/').unwrap_or(("", path?));
    let (_, ending) = last.rsplit_once('.')?;
    extension.is_none_or(|extension| ending.eq_ignore_ascii_case(extension)).then(|| last.to_owned())
}

/// The last part of a link behind its host.
fn end_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let (_, path) = rest.split_once('/')?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
}
