//! What stands behind a field's name: `field|contains|all`.

use std::collections::BTreeSet;

use super::{encode::Encoding, pattern::Place, test::Order, text::Case};
use crate::{Error, Result, config::suggestion};

/// The modifiers of one line, understood.
#[derive(Debug, Default)]
pub(super) struct Modifiers {
    pub(super) how: How,
    pub(super) place: Place,
    pub(super) case: Case,
    pub(super) join: Join,
    pub(super) expand: bool,
    pub(super) encodings: Vec<Encoding>,
    /// `i`, `m` and `s` of a regular expression.
    pub(super) flags: String,
}

/// How values are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum How {
    #[default]
    Text,
    Regex,
    Network,
    Number(Order),
    Field,
    Exists,
}

/// How several values go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Join {
    #[default]
    Any,
    All,
    None,
}

const KNOWN: [&str; 26] = [
    "contains",
    "startswith",
    "endswith",
    "all",
    "re",
    "i",
    "m",
    "s",
    "cased",
    "exists",
    "cidr",
    "lt",
    "lte",
    "gt",
    "gte",
    "neq",
    "fieldref",
    "expand",
    "base64",
    "base64offset",
    "wide",
    "utf16le",
    "utf16be",
    "utf16",
    "windash",
    "ignorecase",
];

impl Modifiers {
    /// Divides a key into the field's name and its modifiers.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming one that is not known or cannot stand there.
    pub(super) fn of(key: &str) -> Result<(&str, Self)> {
        let mut parts = key.split('|');
        let name = parts.next().unwrap_or_default().trim();
        let (mut modifiers, mut taken) = (Self::default(), BTreeSet::new());
        for part in parts.map(str::trim) {
            modifiers.take(part)?;
            if !taken.insert(part) {
                return Err(Error::invalid(format!("the modifier `{part}` stands there twice")));
            }
        }
        modifiers.check()?;
        Ok((name, modifiers))
    }

    fn take(&mut self, name: &str) -> Result<()> {
        match name {
            "contains" => self.stand(Place::Anywhere)?,
            "startswith" => self.stand(Place::Start)?,
            "endswith" => self.stand(Place::End)?,
            "all" => self.join(Join::All)?,
            "neq" => self.join(Join::None)?,
            "re" => self.compare(How::Regex)?,
            "i" | "m" | "s" if self.how == How::Regex => self.flags.push_str(name),
            "ignorecase" if self.how == How::Regex => self.flags.push('i'),
            "cased" => self.case = Case::Heeded,
            "exists" => self.compare(How::Exists)?,
            "cidr" => self.compare(How::Network)?,
            "lt" => self.compare(How::Number(Order::Less))?,
            "lte" => self.compare(How::Number(Order::AtMost))?,
            "gt" => self.compare(How::Number(Order::More))?,
            "gte" => self.compare(How::Number(Order::AtLeast))?,
            "fieldref" => self.compare(How::Field)?,
            "expand" => self.expand = true,
            name => match Encoding::named(name) {
                Some(encoding) => self.encodings.push(encoding),
                None => return Err(unknown(name)),
            },
        }
        Ok(())
    }

    fn stand(&mut self, place: Place) -> Result<()> {
        if self.place != Place::Whole && self.place != place {
            return Err(Error::invalid("one of `contains`, `startswith` and `endswith` at a time"));
        }
        self.place = place;
        Ok(())
    }

    fn join(&mut self, join: Join) -> Result<()> {
        if self.join != Join::Any && self.join != join {
            return Err(Error::invalid("`all` and `neq` do not go together"));
        }
        self.join = join;
        Ok(())
    }

    fn compare(&mut self, how: How) -> Result<()> {
        if self.how != How::Text && self.how != how {
            return Err(Error::invalid(
                "one of `re`, `cidr`, `exists`, `fieldref`, `lt` and the like at a time",
            ));
        }
        self.how = how;
        Ok(())
    }

    /// Refuses what makes no sense together.
    fn check(&self) -> Result<()> {
        let what = match self.how {
            How::Text => return Ok(()),
            How::Field if self.encodings.is_empty() && !self.expand => return Ok(()),
            How::Network if self.place == Place::Whole && self.encodings.is_empty() => return Ok(()),
            How::Field => "fieldref",
            How::Network => "cidr",
            How::Regex => "re",
            How::Number(_) => "a comparison of numbers",
            How::Exists => "exists",
        };
        let bare = self.place == Place::Whole && self.encodings.is_empty() && !self.expand;
        if bare && !(self.how == How::Exists && self.join != Join::Any) {
            return Ok(());
        }
        Err(Error::invalid(format!("`{what}` does not go together with the other modifiers")))
    }

    /// Whether null may stand among the values.
    pub(super) fn takes_null(&self) -> bool {
        self.how == How::Text && self.place == Place::Whole && self.encodings.is_empty() && !self.expand
    }

    /// The comparison in words.
    pub(super) fn verb(&self) -> &'static str {
        match (self.how, self.place) {
            _ if self.join == Join::None => "is not",
            (How::Text, Place::Whole) => "is",
            (How::Text, Place::Anywhere) => "contains",
            (How::Text, Place::Start) => "starts with",
            (How::Text, Place::End) => "ends with",
            (How::Regex, _) => "matches",
            (How::Network, _) => "is in",
            (How::Number(Order::Less), _) => "is less than",
            (How::Number(Order::AtMost), _) => "is at most",
            (How::Number(Order::More), _) => "is more than",
            (How::Number(Order::AtLeast), _) => "is at least",
            (How::Field, Place::Whole) => "is what stands in",
            (How::Field, Place::Anywhere) => "contains what stands in",
            (How::Field, Place::Start) => "starts with what stands in",
            (How::Field, Place::End) => "ends with what stands in",
            (How::Exists, _) => "exists:",
        }
    }
}

fn unknown(name: &str) -> Error {
    match name {
        "i" | "m" | "s" | "ignorecase" => Error::invalid(format!("the modifier `{name}` stands behind `re`")),
        "minute" | "hour" | "day" | "week" | "month" | "year" => Error::invalid(format!(
            "the modifier `{name}` is not supported; a rule of our own can have a `schedule`"
        )),
        _ => Error::invalid(format!("unknown modifier `{name}`{}", suggestion(name, &KNOWN))),
    }
}
