//! What people note about events. Any process may.

use aoc_core::{prelude::*, query::Counted, store::Annotation};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};

use super::{MongoStore, command::ask, document, number, position};

impl MongoStore {
    pub(super) async fn change_annotations(&self, at: Position, annotation: Annotation) -> Result<()> {
        let events = &self.shared.connection().await?.events;
        let event = self.visible(doc! { "$eq": number(at) }, Some(&at)).await?;
        let change = match annotation {
            Annotation::Tags(tags) => doc! { "$set": { "tags": Vec::from_iter(tags) } },
            Annotation::AddTag(tag) => doc! { "$addToSet": { "tags": tag } },
            Annotation::RemoveTag(tag) => doc! { "$pull": { "tags": tag } },
            Annotation::Comment(comment) => {
                doc! { "$push": { "comments": document::write_comment(&comment) } }
            }
        };
        let changed = ask(events.update_one(event, change)).await?;
        if changed.matched_count == 0 { Err(Error::not_found("no such event")) } else { Ok(()) }
    }

    pub(super) async fn positions_tagged(&self, tag: &str) -> Result<Vec<Position>> {
        let events = self.shared.connection().await?.events.clone_with_type::<Document>();
        let mut filter = self.visible(doc! { "$gt": 0_i64 }, None).await?;
        filter.insert("tags", tag);
        let asking = events.find(filter).projection(doc! { "_id": 0, "position": 1 });
        let mut cursor = ask(asking).await?;
        let mut found = Vec::new();
        while let Some(document) = ask(cursor.try_next()).await? {
            found.extend(document.get_i64("position").ok().map(position));
        }
        found.sort_unstable();
        Ok(found)
    }

    pub(super) async fn all_tags(&self) -> Result<Vec<Counted>> {
        let events = &self.shared.connection().await?.events;
        let mut tagged = self.visible(doc! { "$gt": 0_i64 }, None).await?;
        // So that the index of tags is used: only events that have one.
        tagged.insert("tags", doc! { "$gte": "" });
        let steps = vec![
            doc! { "$match": tagged },
            doc! { "$project": { "tags": 1 } },
            doc! { "$unwind": "$tags" },
            doc! { "$group": { "_id": "$tags", "count": { "$sum": 1_i64 } } },
            doc! { "$sort": { "count": -1, "_id": 1 } },
        ];
        let mut cursor = ask(events.aggregate(steps)).await?;
        let mut found = Vec::new();
        while let Some(document) = ask(cursor.try_next()).await? {
            let (Ok(value), Ok(count)) = (document.get_str("_id"), document.get_i64("count")) else {
                continue;
            };
            found.push(Counted { value: value.to_owned(), count: count.unsigned_abs() });
        }
        Ok(found)
    }
}
