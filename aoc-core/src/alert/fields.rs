//! The names by which our own rules know what an event has.

use serde_json::Value;

use super::{detect::View, path::Path};
use crate::{ActorType, Error, Event, Result, config::suggestion};

type See<'a> = dyn FnMut(&str) + 'a;
type Member = fn(&Event, &mut See<'_>);

/// The members of events that rules may name; beside them there is `raw.` and a path into the record.
const MEMBERS: [(&str, Member); 20] = [
    ("actor", |event, see| given(see, [&event.actor_display, &event.actor_upn].into_iter().flatten())),
    ("actor_display", |event, see| given(see, &event.actor_display)),
    ("actor_ip", |event, see| given(see, &event.actor_ip)),
    ("actor_type", |event, see| event.actor_type.into_iter().for_each(|kind| see(type_name(kind)))),
    ("actor_upn", |event, see| given(see, &event.actor_upn)),
    ("changes.new", |event, see| event.changes.iter().for_each(|change| texts(&change.new, see))),
    ("changes.old", |event, see| event.changes.iter().for_each(|change| texts(&change.old, see))),
    ("changes.property", |event, see| given(see, event.changes.iter().map(|change| &change.property))),
    ("changes.target", |event, see| {
        given(see, event.changes.iter().filter_map(|change| change.target.as_ref()))
    }),
    ("correlation_id", |event, see| given(see, &event.correlation_id)),
    ("display_summary", |event, see| given(see, [&event.display_summary])),
    ("flags", |event, see| given(see, &event.flags)),
    ("id", |event, see| given(see, [&event.id])),
    ("operation", |event, see| given(see, [&event.operation])),
    ("result", |event, see| see(event.result.as_str())),
    ("service", |event, see| given(see, [&event.service])),
    ("source", |event, see| given(see, [&event.source])),
    ("target", |event, see| given(see, &event.target_displays)),
    ("target_displays", |event, see| given(see, &event.target_displays)),
    ("tenant", |event, see| given(see, [&event.tenant])),
];

/// A field of an event, as our own rules name it.
#[derive(Clone)]
pub(crate) enum Field {
    Member(Member),
    /// Into the record.
    Raw(Path),
}

impl Field {
    /// The field of this name.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when there is none, with a suggestion.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        if let Some(path) = name.strip_prefix("raw.") {
            return match path.split('.').all(|step| !step.trim().is_empty()) {
                true => Ok(Self::Raw(Path::parse(path))),
                false => Err(Error::invalid(format!(
                    "`{name}` has an empty step, expected such as `raw.Parameters[Name=ForwardTo].Value`"
                ))),
            };
        }
        let known = MEMBERS.iter().find(|(known, _)| *known == name);
        known.map(|(_, member)| Self::Member(*member)).ok_or_else(|| {
            let names = MEMBERS.map(|(known, _)| known);
            let near = suggestion(name, &names);
            let all = if near.is_empty() {
                format!("; fields are {} and `raw.` with a path", names.join(", "))
            } else {
                near
            };
            Error::invalid(format!("unknown field `{name}`{all}"))
        })
    }

    /// Shows every value that the event has there, as text.
    pub(crate) fn visit(&self, view: &View<'_>, see: &mut See<'_>) {
        match self {
            Self::Member(member) => member(view.event, see),
            Self::Raw(path) => {
                path.visit(view.record(), &mut |value| {
                    texts(value, &mut |text| see(path.change.of(text)));
                });
            }
        }
    }

    /// The values, each once.
    pub(crate) fn values(&self, view: &View<'_>) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        self.visit(view, &mut |text| {
            if !values.iter().any(|known| known == text) {
                values.push(text.to_owned());
            }
        });
        values
    }
}

/// Shows those that are not empty.
fn given<'a>(see: &mut See<'_>, texts: impl IntoIterator<Item = &'a String>) {
    texts.into_iter().filter(|text| !text.is_empty()).for_each(|text| see(text));
}

fn type_name(kind: ActorType) -> &'static str {
    match kind {
        ActorType::User => "user",
        ActorType::Admin => "admin",
        ActorType::Guest => "guest",
        ActorType::App => "app",
        ActorType::System => "system",
        ActorType::Partner => "partner",
        ActorType::Unknown => "unknown",
    }
}

/// Shows a value as text: those of arrays one by one, objects as their JSON, and nothing for null.
fn texts(value: &Value, see: &mut See<'_>) {
    match value {
        Value::Null => {}
        Value::String(text) => see(text),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, see)),
        other => see(&other.to_string()),
    }
}
