//! What the sinks share that send events by HTTP: addresses, answers and what they mean, batches cut into requests.
//!
//! A receiver that has accepted nothing yet and refuses events alike refuses all of them: then they wait, and are not
//! set aside one after the other.

mod address;
mod answer;
mod guard;
mod mask;
mod request;
mod text;

use std::io::Write;

use aoc_core::{Error, Result, http::header::HeaderValue};
use flate2::{Compression, write::GzEncoder};

pub(crate) use self::{
    address::{Address, Plain},
    answer::{Heard, Link, kind_of},
    guard::Guard,
    mask::Mask,
    request::{Courier, Piece, Prepared, Settled, check_max_bytes, hand_over},
    text::{Members, json_format, text},
};

/// A header that nobody prints.
///
/// # Errors
/// [`Config`](aoc_core::ErrorKind::Config) naming the option, never the value.
pub(crate) fn secret_header(option: &str, value: &str) -> Result<HeaderValue> {
    // The cause would show the value.
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::config(format!("{option}: expected a text without control characters")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The same bytes, compressed.
///
/// # Errors
/// [`Internal`](aoc_core::ErrorKind::Internal) when that fails, which memory does not.
pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let wrong = |cause| Error::internal("a request cannot be compressed").because(cause);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).map_err(wrong)?;
    encoder.finish().map_err(wrong)
}
