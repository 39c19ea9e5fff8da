//! The analyst: answers with and without a model, lies, injections, explanations.

mod answers;
mod claims;
mod explain;
mod injections;
mod models;
mod prompts;
mod world;
