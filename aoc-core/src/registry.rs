//! The list of components.

use std::{future::Future, pin::Pin, sync::Arc};

use schemars::{Schema, schema_for};
use serde_json::Value;

use crate::{Built, Component, Error, Kind, Part, Result};

type Building = Pin<Box<dyn Future<Output = Result<Built>> + Send>>;

/// One component that can be configured.
#[derive(Clone)]
pub struct Entry {
    /// What it is for.
    pub kind: Kind,
    /// Its `type` in configuration.
    pub name: String,
    /// Its options.
    pub schema: Schema,
    /// The smallest TOML that works.
    pub example: String,
    build: Arc<dyn Fn(Value) -> Building + Send + Sync>,
}

impl Entry {
    /// Builds the component from its options.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config), with the place of the option that is wrong.
    pub async fn build(&self, options: Value) -> Result<Built> {
        (self.build)(options).await
    }
}

/// The components of a program: what is compiled in, and what plugins add.
#[derive(Clone, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

impl Registry {
    /// Without any component but the memory store.
    pub fn new() -> Self {
        let mut registry = Self::default();
        registry.add::<crate::store::Memories>();
        registry
    }

    /// Adds a component. One of the same kind and type is replaced.
    pub fn add<C: Component>(&mut self) -> &mut Self {
        self.add_with(|component: C| component.build())
    }

    /// Adds a component that is built by this function: for components that share something, such as connections.
    pub fn add_with<C: Component, F>(
        &mut self,
        build: impl Fn(C) -> F + Clone + Send + Sync + 'static,
    ) -> &mut Self
    where
        F: Future<Output = Result<C::Built>> + Send,
    {
        let build = move |options: Value| -> Building {
            let build = build.clone();
            Box::pin(async move { Ok(build(read_options::<C>(options)?).await?.wrap()) })
        };
        self.add_entry(C::Built::KIND, C::TYPE.to_owned(), schema_for!(C), C::EXAMPLE.to_owned(), build)
    }

    /// Adds a component that is no Rust type, such as a plugin's.
    pub fn add_entry<F>(
        &mut self,
        kind: Kind,
        name: String,
        schema: Schema,
        example: String,
        build: impl Fn(Value) -> F + Send + Sync + 'static,
    ) -> &mut Self
    where
        F: Future<Output = Result<Built>> + Send + 'static,
    {
        self.entries.retain(|entry| (entry.kind, &entry.name) != (kind, &name));
        let build = Arc::new(move |options| -> Building { Box::pin(build(options)) });
        self.entries.push(Entry { kind, name, schema, example, build });
        self
    }

    /// All components, in the order in which they were added.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The component of this kind and type.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config), saying which there are.
    pub fn find(&self, kind: Kind, name: &str) -> Result<&Entry> {
        let of_kind = || self.entries.iter().filter(|entry| entry.kind == kind);
        of_kind().find(|entry| entry.name == name).ok_or_else(|| {
            let names: Vec<&str> = of_kind().map(|entry| entry.name.as_str()).collect();
            let there = if names.is_empty() { "none of this kind".to_owned() } else { names.join(", ") };
            Error::config(format!("no component of type \"{name}\"; this build has: {there}"))
        })
    }

    /// Builds a part from its options.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when there is no such component or its options are wrong.
    pub async fn build<P: Part>(&self, name: &str, options: Value) -> Result<P> {
        let built = self.find(P::KIND, name)?.build(options).await?;
        P::unwrap(built).ok_or_else(|| Error::internal(format!("component \"{name}\" built something else")))
    }
}

#[cfg(feature = "config")]
fn read_options<C: Component>(options: Value) -> Result<C> {
    crate::config::read(options)
}

#[cfg(not(feature = "config"))]
fn read_options<C: Component>(options: Value) -> Result<C> {
    serde_json::from_value(options).map_err(Error::config)
}
