//! Office 365: the Management Activity API, and whatever else carries its records (audit exports, Sentinel).
//!
//! ```toml
//! [sources.office365]
//! type = "office365_activity"
//! profile = "contoso"
//! content = ["Audit.Exchange", "Audit.SharePoint"]
//! ```

mod activity;
mod actor;
mod changes;
mod members;
mod normalizer;
mod outcome;
mod targets;

use std::{collections::HashSet, sync::Arc};

use aoc_core::{config::Span, prelude::*};
use chrono::TimeDelta;

pub use normalizer::Office365ActivityNormalizer;
pub(crate) use normalizer::{native, office_activity};

use self::activity::{ActivitySource, Client, ContentProbe};
use crate::microsoft::{
    Account, Budget, EXAMPLE, Hub, Joined, Service,
    checkup::{Examination, Probe},
};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "office365_activity";

/// Collects the unified audit log through the Management Activity API: Exchange, SharePoint, OneDrive, Teams and all
/// else. Needs the application permission ActivityFeed.Read (for DLP.All also ActivityFeed.ReadDlp) of `Office 365
/// Management APIs`, and unified auditing switched on in the tenant.
///
/// Microsoft delivers records in blobs, typically 60 to 90 minutes after they happened and without any promise, and lists
/// a blob for 7 days. AOC subscribes to each content by itself; after that the first blob may take 12 hours. Each content
/// has a loop, a cursor and an error of its own. A subscription is never stopped, as what happens until it is started
/// again would be lost.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Office365Activity(Joined<Account, Options>);

/// What else can be said of Office 365 activity.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// The contents to collect; without it all but `DLP.All`, which holds the sensitive texts that were matched.
    content: Option<Vec<Content>>,
    /// How long after its end a window is listed a last time and sealed, as blobs are listed late; `24h` without it.
    overlap: Option<Span>,
    /// How many requests a minute the tenant is asked at most; 2,000 without it, which Microsoft grants at least.
    requests_per_minute: Option<u32>,
}

/// A content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
enum Content {
    /// Entra ID.
    #[serde(rename = "Audit.AzureActiveDirectory")]
    AzureActiveDirectory,
    /// Exchange.
    #[serde(rename = "Audit.Exchange")]
    Exchange,
    /// SharePoint and OneDrive.
    #[serde(rename = "Audit.SharePoint")]
    SharePoint,
    /// All workloads that have no content of their own, such as Teams.
    #[serde(rename = "Audit.General")]
    General,
    /// Matches of data loss prevention.
    #[serde(rename = "DLP.All")]
    Dlp,
}

impl Content {
    const ALL: [Self; 5] =
        [Self::AzureActiveDirectory, Self::Exchange, Self::SharePoint, Self::General, Self::Dlp];

    const fn name(self) -> &'static str {
        match self {
            Self::AzureActiveDirectory => "Audit.AzureActiveDirectory",
            Self::Exchange => "Audit.Exchange",
            Self::SharePoint => "Audit.SharePoint",
            Self::General => "Audit.General",
            Self::Dlp => "DLP.All",
        }
    }
}

const USUAL: [Content; 4] =
    [Content::AzureActiveDirectory, Content::Exchange, Content::SharePoint, Content::General];
const REQUESTS_PER_MINUTE: u32 = 2_000;
const OVERLAP: TimeDelta = TimeDelta::days(1);

impl Office365Activity {
    /// Of this account's tenant, which must be given by its id.
    pub fn new(account: Account) -> Self {
        Self(Joined { first: account, second: Options::default() })
    }

    /// Only these contents, such as `Audit.Exchange`.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when there is none of that name.
    pub fn only(mut self, contents: &[&str]) -> Result<Self> {
        let read = |name: &&str| {
            Content::ALL.into_iter().find(|content| content.name() == *name).ok_or_else(|| {
                let names = Content::ALL.map(Content::name).join("`, `");
                Error::config(format!("there is no content `{name}`, expected one of `{names}`"))
            })
        };
        self.0.second.content = Some(contents.iter().map(read).collect::<Result<_>>()?);
        Ok(self)
    }

    /// Builds it on a hub that it shares with other sources.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the account makes no sense.
    pub fn build_on(self, hub: &Hub) -> Result<Feed> {
        let Joined { first: account, second: options } = self.0;
        let requests = options.requests_per_minute.unwrap_or(REQUESTS_PER_MINUTE);
        let api = hub.api(&account, Service::Activity, Budget::Activity(requests))?;
        if !account.has_tenant_guid() {
            let message = "Office 365 activity needs the tenant's id, not one of its domains";
            return Err(Error::config(message).at("tenant_id"));
        }
        let contents = options.content.unwrap_or_else(|| USUAL.to_vec());
        let mut names = HashSet::new();
        if let Some(twice) = contents.iter().find(|content| !names.insert(content.name())) {
            let message = format!("`{}` is given twice, expected each content once", twice.name());
            return Err(Error::config(message).at("content"));
        }
        let overlap = options.overlap.and_then(|overlap| TimeDelta::from_std(overlap.duration()).ok());
        let client = Arc::new(Client { api, tenant: account.tenant_id.clone() });
        let source = |content: &Content| {
            let source = ActivitySource::new(client.clone(), content.name(), overlap.unwrap_or(OVERLAP));
            (content.name().to_owned(), Arc::new(source) as Arc<dyn Source>)
        };
        let probe = |content: &Content| {
            Arc::new(ContentProbe { client: client.clone(), content: content.name() }) as Arc<dyn Probe>
        };
        let mut permissions: Vec<&[&str]> = vec![&["ActivityFeed.Read"]];
        if contents.contains(&Content::Dlp) {
            permissions.push(&["ActivityFeed.ReadDlp"]);
        }
        let probes = contents.iter().map(probe).collect();
        let checkup = Examination { account, api: client.api.clone(), permissions, probes };
        let sources = contents.iter().map(source).collect();
        Ok(Feed::of(sources, Office365ActivityNormalizer).with_checkup(Arc::new(checkup)))
    }
}

impl Component for Office365Activity {
    type Built = Feed;
    const TYPE: &'static str = SOURCE;
    const EXAMPLE: &'static str = EXAMPLE;
    async fn build(self) -> Result<Feed> {
        self.build_on(&Hub::new())
    }
}
