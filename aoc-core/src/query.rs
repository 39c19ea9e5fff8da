//! One filter for search, rules, sinks, ask and MCP; and what a search answers.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Error, Event, Outcome, Result, SearchText, Timestamp, fold,
    store::{Position, Stored},
};

/// Which events. Members that are empty restrict nothing; those that are not must all hold.
///
/// Lists mean *one of these*. Names are compared whole, case ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Services.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<String>,
    /// Operations; `*` stands for any characters.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub operation: Vec<String>,
    /// Results.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub result: Vec<Outcome>,
    /// Component types that events came from.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// Tenants.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub tenant: Vec<String>,
    /// Part of the actor's display name or user principal name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Not before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Free text; see [`SearchText`].
    #[serde(skip_serializing_if = "SearchText::is_empty")]
    pub search: SearchText,
    /// Tags an event must all have.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub include_tags: Vec<String>,
    /// Tags of which an event may have none.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub exclude_tags: Vec<String>,
}

impl Filter {
    /// Whether the event is one of them. This is the meaning of every filter; an index only has to be faster.
    pub fn matches(&self, event: &Event) -> bool {
        let time = event.timestamp.ticks();
        self.start.is_none_or(|start| start.ticks() <= time)
            && self.end.is_none_or(|end| time < end.ticks())
            && (self.result.is_empty() || self.result.contains(&event.result))
            && one_of(&self.service, &event.service)
            && one_of(&self.source, &event.source)
            && one_of(&self.tenant, &event.tenant)
            && self.matches_operation(&event.operation)
            && self.matches_actor(event.actor_display.as_deref(), event.actor_upn.as_deref())
            && self.include_tags.iter().all(|tag| event.tags.contains(tag))
            && !self.exclude_tags.iter().any(|tag| event.tags.contains(tag))
            && self.search.matches(event)
    }

    /// Checks what the types do not: that the range has a length, and how much is searched for.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming the member.
    pub fn check(&self) -> Result<()> {
        match (self.start, self.end) {
            (Some(start), Some(end)) if end < start => {
                Err(Error::invalid(format!("end: {end} is before start {start}")))
            }
            _ => self.search.check(),
        }
    }

    /// Whether the operation is asked for.
    pub fn matches_operation(&self, operation: &str) -> bool {
        self.operation.is_empty()
            || self.operation.iter().any(|pattern| like(&fold(pattern), &fold(operation)))
    }

    /// Whether the actor of these names is asked for.
    pub fn matches_actor(&self, display: Option<&str>, upn: Option<&str>) -> bool {
        let Some(part) = self.actor.as_deref().filter(|part| !part.is_empty()).map(fold) else { return true };
        [display, upn].into_iter().flatten().any(|name| fold(name).contains(part.as_ref()))
    }
}

/// Whether nothing is asked for or the name is one of those asked for, case ignored.
pub fn one_of(asked: &[String], name: &str) -> bool {
    asked.is_empty() || asked.iter().any(|other| fold(other) == fold(name))
}

/// Whether the text is like the pattern, in which `*` stands for any characters.
fn like(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let Some(tail) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(tail)
}

/// Reads a list of which one member may stand alone: for the members of other types that mean what those of a [`Filter`] mean.
///
/// # Errors
/// Those of the deserializer.
pub fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Visit<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visit<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("one name or a list of names")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            T::deserialize(de::value::StrDeserializer::new(text)).map(|one| vec![one])
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(list))
        }
    }
    deserializer.deserialize_any(Visit(std::marker::PhantomData))
}

/// One page of a search, newest event first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Which events.
    pub filter: Filter,
    /// How many at most; 1 to [`Query::MOST`].
    pub limit: usize,
    /// Behind which page, as [`Hits::next`] said.
    pub after: Option<PageMark>,
}

impl Default for Query {
    fn default() -> Self {
        Self { filter: Filter::default(), limit: 50, after: None }
    }
}

impl Query {
    /// The largest page.
    pub const MOST: usize = 500;

    /// The newest 50 events.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this free text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.filter.search = SearchText::new(text);
        self
    }

    /// Of the last days.
    #[must_use]
    pub fn last_days(mut self, days: u32) -> Self {
        self.filter.start = Some((chrono::Utc::now() - chrono::TimeDelta::days(i64::from(days))).into());
        self
    }

    /// Checks how much is asked for.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the limit is 0 or more than [`Query::MOST`], or too much is
    /// searched for.
    pub fn check(&self) -> Result<()> {
        self.filter.search.check()?;
        if (1..=Self::MOST).contains(&self.limit) {
            return Ok(());
        }
        Err(Error::invalid(format!("page_size: {} is not between 1 and {}", self.limit, Self::MOST)))
    }
}

/// A place between two pages of a search: behind the event at `position` with this time.
///
/// Pages go from new to old by time, then by position. Events stored after the first page was made
/// (positions above `until`) are left out of the pages that follow, so that no page repeats or skips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageMark {
    /// Time of the last event of the page before, in ticks of 100 ns since 1970.
    pub ticks: i64,
    /// Its position.
    pub position: Position,
    /// The last position there was when the first page was made.
    pub until: Position,
}

impl PageMark {
    /// Whether an event with this time and position comes behind the mark.
    pub fn is_before(&self, ticks: i64, position: Position) -> bool {
        (ticks, position) < (self.ticks, self.position) && position <= self.until
    }
}

impl std::fmt::Display for PageMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}.{:x}.{:x}", self.ticks, self.position.0, self.until.0)
    }
}

impl std::str::FromStr for PageMark {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("cursor: not one that AOC gave");
        let numbers: Vec<u64> = text
            .split('.')
            .map(|n| u64::from_str_radix(n, 16).map_err(|_| wrong()))
            .collect::<Result<_>>()?;
        let &[ticks, position, until] = &numbers[..] else { return Err(wrong()) };
        Ok(Self { ticks: ticks.cast_signed(), position: Position(position), until: Position(until) })
    }
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hits {
    /// The page, newest first.
    pub items: Vec<Stored>,
    /// How many events there are over all pages.
    pub total: u64,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<PageMark>,
}

/// A member of events that can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Facet {
    /// By service.
    Service,
    /// By operation.
    Operation,
    /// By result.
    Result,
    /// By actor: the display name, else the user principal name; events without an actor are not counted.
    Actor,
    /// By source.
    Source,
    /// By tenant; events without one are not counted.
    Tenant,
    /// By tag.
    Tag,
}

impl Facet {
    /// All facets.
    pub const ALL: [Self; 7] =
        [Self::Service, Self::Operation, Self::Result, Self::Actor, Self::Source, Self::Tenant, Self::Tag];

    /// The values of an event that it is counted under.
    pub fn values(self, event: &Event) -> BTreeSet<String> {
        let one = |text: &str| (!text.is_empty()).then(|| text.to_owned()).into_iter().collect();
        match self {
            Self::Service => one(&event.service),
            Self::Operation => one(&event.operation),
            Self::Result => one(event.result.as_str()),
            Self::Actor => one(event.actor_name().unwrap_or_default()),
            Self::Source => one(&event.source),
            Self::Tenant => one(&event.tenant),
            Self::Tag => event.tags.clone(),
        }
    }
}

/// How many events have a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// The value.
    pub value: String,
    /// How many events have it.
    pub count: u64,
}

/// How long the buckets of a timeline are. All start at UTC midnight, hours and minutes; weeks on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BucketSize {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 28 to 31 days: a calendar month.
    Month,
}

impl BucketSize {
    /// All sizes, small ones first.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Start of the bucket that holds the time, in ticks.
    pub fn floor(self, ticks: i64) -> i64 {
        const SECOND: i64 = 10_000_000;
        let down = |unit: i64, origin: i64| (ticks - origin).div_euclid(unit) * unit + origin;
        match self {
            Self::Minute => down(60 * SECOND, 0),
            Self::Hour => down(3_600 * SECOND, 0),
            Self::Day => down(86_400 * SECOND, 0),
            // 1970 began on a Thursday.
            Self::Week => down(7 * 86_400 * SECOND, 4 * 86_400 * SECOND),
            Self::Month => month_start(ticks),
        }
    }

    /// Start of the bucket behind the one that starts at `start`, in ticks.
    pub fn next(self, start: i64) -> i64 {
        const DAY: i64 = 864_000_000_000;
        match self {
            Self::Minute => start + DAY / 1_440,
            Self::Hour => start + DAY / 24,
            Self::Day => start + DAY,
            Self::Week => start + 7 * DAY,
            // The last month of the year 9999 has none behind it that could be told.
            Self::Month => {
                Some(month_start(start + 32 * DAY)).filter(|next| *next > start).unwrap_or(start + 31 * DAY)
            }
        }
    }

    /// The smallest size that cuts the range into no more than `most` buckets.
    pub fn fitting(from: i64, until: i64, most: i64) -> Self {
        const SECOND: i64 = 10_000_000;
        let fits =
            |size: Self, length: i64| (size.floor(until) - size.floor(from)) / (length * SECOND) < most;
        match () {
            () if fits(Self::Minute, 60) => Self::Minute,
            () if fits(Self::Hour, 3_600) => Self::Hour,
            () if fits(Self::Day, 86_400) => Self::Day,
            () if fits(Self::Week, 7 * 86_400) => Self::Week,
            () => Self::Month,
        }
    }
}

fn month_start(ticks: i64) -> i64 {
    use chrono::Datelike;
    let date = Timestamp::from_ticks(ticks).instant().date_naive();
    let first = date.with_day(1).unwrap_or(date);
    Timestamp::from(first.and_time(chrono::NaiveTime::MIN).and_utc()).ticks()
}

/// How many events fall into a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// Start of the stretch.
    pub start: Timestamp,
    /// How many events.
    pub count: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// Counts over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// How long a bucket is.
    pub bucket: BucketSize,
    /// The buckets that hold an event, oldest first.
    pub buckets: Vec<Bucket>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("add member", "add member", true),
            ("add member", "add member to role", false),
            ("add*", "add member", true),
            ("*member", "add member", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_filter_reads_one_or_many() {
        let filter: Filter = serde_json::from_str(r#"{"service":["A","B"],"result":"failure"}"#).unwrap();
        assert_eq!((filter.service.len(), &filter.result[..]), (2, &[Outcome::Failure][..]));
        let error = serde_json::from_str::<Filter>(r#"{"servce":"A"}"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `servce`"), "{error}");
    }

    #[test]
    fn page_marks_go_there_and_back() {
        let mark = PageMark { ticks: -5, position: Position(7), until: Position(900) };
        assert_eq!(mark.to_string().parse::<PageMark>().unwrap(), mark);
        assert!("1.2".parse::<PageMark>().is_err() && "1.2.x".parse::<PageMark>().is_err());
    }

    #[test]
    fn buckets_tile_time() {
        let at = |text: &str| Timestamp::parse(text).unwrap().ticks();
        let time = at("2026-02-28T23:59:59.5Z");
        for (size, start, next) in [
            (BucketSize::Hour, "2026-02-28T23:00:00Z", "2026-03-01T00:00:00Z"),
            (BucketSize::Week, "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"),
            (BucketSize::Month, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ] {
            assert_eq!((size.floor(time), size.next(size.floor(time))), (at(start), at(next)), "{size:?}");
        }
        let last = at("9999-12-31T23:59:59Z");
        assert!(
            BucketSize::ALL.iter().all(|size| size.next(size.floor(last)) > last),
            "time ends, buckets do not"
        );
    }
}
