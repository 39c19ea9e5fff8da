//! Query parameters, read by hand so that repeated ones and comma lists work and a wrong one is named.

use std::str::FromStr;

use aoc_core::{
    Error, Outcome, Position, Result, Timestamp,
    query::{BucketSize, Filter, PageMark},
};
use axum::{extract::FromRequestParts, http::request::Parts};

use super::error::ApiError;
use crate::{
    operations::{
        read_time,
        types::{ExportFormat, FetchNow, FindGaps, SearchEvents, outcome_names},
    },
    words::did_you_mean,
};

/// The parameters that make a filter.
const FILTER: [&str; 12] = [
    "service",
    "services",
    "operation",
    "result",
    "source",
    "tenant",
    "actor",
    "start",
    "end",
    "search",
    "include_tags",
    "exclude_tags",
];

/// The parameters of a request, in their order, empty ones left out.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    fn read(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.trim().is_empty()).collect())
    }

    /// `GET /api/events`.
    pub(crate) fn search(&self) -> Result<SearchEvents> {
        self.known(&["page_size", "cursor", "raw"], true)?;
        let default = SearchEvents::default();
        Ok(SearchEvents {
            filter: self.filter()?,
            page_size: self.number("page_size")?.unwrap_or(default.page_size),
            cursor: self.one("cursor")?.map(PageMark::from_str).transpose()?,
            raw: self.flag("raw")?.unwrap_or(default.raw),
        })
    }

    /// A filter and nothing else.
    pub(crate) fn only_filter(&self) -> Result<Filter> {
        self.known(&[], true)?;
        self.filter()
    }

    /// A filter, and a bucket size.
    pub(crate) fn timeline(&self) -> Result<(Filter, Option<BucketSize>)> {
        self.known(&["bucket"], true)?;
        let names = ["minute", "hour", "day", "week", "month"];
        let bucket = self.one_of("bucket", &names)?.map(|index| BucketSize::ALL[index]);
        Ok((self.filter()?, bucket))
    }

    /// A filter, and the form of an export.
    pub(crate) fn export(&self) -> Result<(Filter, ExportFormat)> {
        self.known(&["format"], true)?;
        let forms = [ExportFormat::Ndjson, ExportFormat::Csv];
        let format = self.one_of("format", &["ndjson", "csv"])?.map(|index| forms[index]);
        Ok((self.filter()?, format.unwrap_or_default()))
    }

    /// A number of days.
    pub(crate) fn days(&self, default: u32) -> Result<u32> {
        self.known(&["days"], false)?;
        Ok(self.number("days")?.unwrap_or(default))
    }

    /// `GET /api/gaps`.
    pub(crate) fn gaps(&self) -> Result<FindGaps> {
        self.known(&["source", "tenant", "content", "from", "until", "strip"], false)?;
        Ok(FindGaps {
            source: self.list("source"),
            tenant: self.list("tenant"),
            content: self.list("content"),
            from: self.time("from")?,
            until: self.time("until")?,
            strip: self.flag("strip")?.unwrap_or_default(),
        })
    }

    /// `/api/fetch-audit-logs`.
    pub(crate) fn fetch(&self) -> Result<FetchNow> {
        self.known(&["hours", "source"], false)?;
        Ok(FetchNow { hours: self.number("hours")?, source: self.one("source")?.map(str::to_owned) })
    }

    /// The name of a source.
    pub(crate) fn source(&self) -> Result<Option<&str>> {
        self.known(&["source"], false)?;
        self.one("source")
    }

    /// The id of an event.
    pub(crate) fn event(&self) -> Result<&str> {
        self.known(&["event"], false)?;
        self.one("event")?.ok_or_else(|| Error::invalid("event: expected the id of an event"))
    }

    /// A position of the log.
    pub(crate) fn after(&self) -> Result<Option<Position>> {
        self.known(&["after"], false)?;
        Ok(self.number("after")?.map(Position))
    }

    /// No parameters at all.
    pub(crate) fn none(&self) -> Result<()> {
        self.known(&[], false)
    }

    fn filter(&self) -> Result<Filter> {
        Ok(Filter {
            service: [self.list("service"), self.list("services")].concat(),
            // Names of operations may hold commas, so this one is repeated only.
            operation: self.all("operation").map(str::to_owned).collect(),
            result: self.list("result").iter().map(|text| outcome(text)).collect::<Result<_>>()?,
            source: self.list("source"),
            tenant: self.list("tenant"),
            actor: self.one("actor")?.map(str::to_owned),
            start: self.time("start")?,
            end: self.time("end")?,
            search: self.one("search")?.unwrap_or_default().into(),
            include_tags: self.list("include_tags"),
            exclude_tags: self.list("exclude_tags"),
        })
    }

    /// Refuses parameters that are none of these (and, with `filter`, none of a filter).
    fn known(&self, own: &[&str], filter: bool) -> Result<()> {
        let known: Vec<&str> = if filter { [&FILTER[..], own].concat() } else { own.to_vec() };
        let unknown = self.0.iter().find(|(name, _)| !known.contains(&name.as_str()));
        let Some((unknown, _)) = unknown else { return Ok(()) };
        let hint = match known.len() {
            0 => "; this address takes none".to_owned(),
            _ => format!("{}; there are: {}", did_you_mean(unknown, &known), known.join(", ")),
        };
        Err(Error::invalid(format!("unknown parameter `{unknown}`{hint}")))
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.trim())
    }

    /// The values of a parameter that may be repeated and may be a comma list.
    fn list(&self, name: &str) -> Vec<String> {
        let parts = self.all(name).flat_map(|value| value.split(','));
        parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(Error::invalid(format!("{name}: given more than once"))),
            None => Ok(first),
        }
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let wrong = |text: &str| Error::invalid(format!("{name}: not a whole number: `{text}`"));
        self.one(name)?.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>> {
        self.one(name)?.map(read_time).transpose().map_err(|error| error.at(name))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>> {
        Ok(self.one_of(name, &["false", "true"])?.map(|index| index == 1))
    }

    /// Which of these words the parameter is.
    fn one_of(&self, name: &str, words: &[&str]) -> Result<Option<usize>> {
        let wrong = |text| {
            let list = words.join(", ");
            Error::invalid(format!("{name}: `{text}` is none of {list}{}", did_you_mean(text, words)))
        };
        let index = |text| words.iter().position(|word| *word == text).ok_or_else(|| wrong(text));
        self.one(name)?.map(index).transpose()
    }
}

fn outcome(text: &str) -> Result<Outcome> {
    let found = Outcome::ALL.into_iter().find(|outcome| outcome.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names = outcome_names();
        let hint = did_you_mean(text, &names);
        Error::invalid(format!("result: `{text}` is none of {}{hint}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_repeated_or_divided_by_commas() {
        let params =
            Params::read("service=Exchange,SharePoint&services=Teams&operation=a,+b&operation=c&tenant=");
        let filter = params.only_filter().unwrap();
        assert_eq!(filter.service, ["Exchange", "SharePoint", "Teams"]);
        assert_eq!(filter.operation, ["a, b", "c"]);
        assert!(filter.tenant.is_empty());
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        for (query, expected) in [
            ("servce=x", "unknown parameter `servce`; did you mean `service`?"),
            ("page_size=ten", "page_size: not a whole number: `ten`"),
            ("page_size=-1", "page_size: not a whole number: `-1`"),
            ("start=now", "start: not a time: `now`"),
            ("end=2026-13-01", "end: not a time: `2026-13-01`"),
            (
                "result=failur",
                "result: `failur` is none of success, failure, partial, unknown; did you mean `failure`?",
            ),
            ("cursor=x", "cursor: not one that AOC gave"),
            ("raw=no", "raw: `no` is none of false, true"),
            ("actor=a&actor=b", "actor: given more than once"),
        ] {
            let error = Params::read(query).search().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{query}: {error}");
        }
    }
}
