//! Makes tests of the code blocks in the README and the guides.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/add-a-source.md")]
mod add_a_source {}

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/embed.md")]
mod embed {}

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/test-your-collector.md")]
mod test_your_collector {}

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/test-your-component.md")]
mod test_your_component {}

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/write-a-sink.md")]
mod write_a_sink {}
