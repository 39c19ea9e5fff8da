//! A source of one's own: a component in fifty lines, configured and run. Run it in the folder `examples`.

use aoc_core::{config::Config, prelude::*};

/// Reads a CSV export, `time,actor,operation,target`, and goes on when it grows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvFile {
    /// The file to read.
    pub path: String,
    /// The service these events are filed under.
    pub service: String,
}

impl Component for CsvFile {
    type Built = Feed;
    const TYPE: &'static str = "csv_file";
    const EXAMPLE: &'static str = "path = \"badges.csv\"\nservice = \"Badge\"";

    async fn build(self) -> Result<Feed> {
        Ok(Feed::new(Lines { path: self.path }, Columns { service: self.service }))
    }
}

/// Brings the lines of the file.
pub struct Lines {
    /// The file.
    pub path: String,
}

#[async_trait]
impl Source for Lines {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        let seen = match from {
            Bookmark::At(cursor) => cursor.read::<usize>()?,
            Bookmark::Since(_) => 0,
        };
        let text = tokio::fs::read_to_string(&self.path).await;
        let text = text.map_err(|cause| Error::unavailable("cannot read the file").because(cause))?;
        // A last line without its end is still being written.
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let records: Vec<Record> = whole.skip(seen).take(1_000).map(Record::from).collect();
        let (next, more) = (Cursor::of(seen + records.len())?, records.len() == 1_000);
        Ok(Page { more, ..Page::new(records, next) })
    }
}

struct Columns {
    service: String,
}

impl Normalizer for Columns {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let line = record.as_str().unwrap_or_default();
        let [time, actor, operation, target] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(Error::invalid("expected four columns: time,actor,operation,target"));
        };
        let mut event = Event::new(CsvFile::TYPE, Key::derived_id(&[&line]), Timestamp::parse(time)?);
        event.service.clone_from(&self.service);
        event.operation = operation.into();
        event.actor_display = Some(actor.into());
        event.target_displays = vec![target.into()];
        event.display_summary = format!("{actor}: {operation} at {target}.");
        event.normalizer = "csv_file/1".into();
        Ok(event)
    }
}

const CONFIGURATION: &str = r#"
[store]
type = "memory"

[index]
type = "segments"

[sources.badges]
type = "csv_file"
path = "records/badges.csv"
service = "Badge"
"#;

#[tokio::main]
async fn main() -> Result<()> {
    let mut registry = Registry::new();
    aoc_sinks::register(&mut registry);
    registry.add::<CsvFile>();
    let config = Config::read(CONFIGURATION, "configuration", std::env::vars())?;
    let plan = config.plan(&registry).await?;
    let running = plan.pipeline.start();
    running.fetch_now("badges").await?;
    for hit in plan.index.search(&Query::new()).await?.items {
        println!("{} {} {}", hit.event.timestamp, hit.event.service, hit.event.display_summary);
    }
    running.stop().await
}
