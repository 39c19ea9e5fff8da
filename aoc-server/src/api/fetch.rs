//! Fetching now.

use std::time::Duration;

use aoc_core::Error;
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, StatusCode, header},
};

use super::{Context, error::ApiError, params::Params};
use crate::{headers::Origins, operations::types::FetchReport};

/// How long the answer waits for the sources; less than any answer may take to begin.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);

/// `GET` is taken because the original took it; so pages elsewhere must be kept from asking.
pub(super) async fn fetch(
    State(context): State<Context>,
    Extension(origins): Extension<Origins>,
    headers: HeaderMap,
    params: Params,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<FetchReport>), ApiError> {
    if comes_from_elsewhere(&headers, &origins) {
        let sentence = "a page of another site asked for this; add its origin to `cors_origins` in [server]";
        return Err(Error::forbidden(sentence).into());
    }
    if body.map_or(true, |body| !body.is_empty()) {
        return Err(
            Error::invalid("a body is not read; give `hours` and `source` as query parameters").into()
        );
    }
    let request = params.fetch()?;
    let report = context.operations.fetch(&context.caller, &request, PATIENCE).await?;
    // The report names the leader; who looks at the status only must not think that it was done.
    let status = if report.stands_by { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok((status, Json(report)))
}

/// Other methods, also `HEAD`: what only wants to know whether something is there must not make anybody fetch.
pub(super) async fn refuse() -> (StatusCode, [(HeaderName, &'static str); 1]) {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")])
}

/// Whether a browser asks on behalf of a page that is not ours and may not read answers either.
///
/// Browsers say whose page it is; older ones at least where another site posts. Who says nothing is no browser.
pub(crate) fn comes_from_elsewhere(headers: &HeaderMap, origins: &Origins) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN.as_str());
    if origin.is_some_and(|origin| origins.0.iter().any(|allowed| allowed == origin)) {
        return false;
    }
    match text("sec-fetch-site") {
        Some(site) => !["same-origin", "none"].contains(&site),
        None => origin.is_some_and(|origin| {
            let own = text(header::HOST.as_str()).unwrap_or_default();
            origin.split_once("://").is_none_or(|(_, host)| !host.eq_ignore_ascii_case(own))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_those_that_may_read_can_ask() {
        let origins = Origins(["https://portal.example".to_owned()].into());
        for (headers, elsewhere) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://portal.example")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], true),
            (&[("origin", "https://aoc.example:8443")], false),
            (&[("origin", "https://evil.example")], true),
            (&[("origin", "null")], true),
        ] {
            let mut map = HeaderMap::new();
            map.insert("host", "aoc.example:8443".parse().unwrap());
            for (name, value) in headers {
                map.insert(*name, value.parse().unwrap());
            }
            assert_eq!(comes_from_elsewhere(&map, &origins), elsewhere, "{headers:?}");
        }
    }
}
