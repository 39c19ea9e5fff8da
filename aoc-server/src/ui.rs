//! The web page: plain files, embedded in the program, talking to `/api` only.

use axum::{
    extract::{Path, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The files of `aoc-server/ui`: read from there in a debug build, so that an edit shows after a reload.
#[derive(RustEmbed)]
#[folder = "ui/"]
struct Files;

/// `/`: the page. Its query string is its state and none of the server's business.
pub(crate) async fn page(request: Request) -> Response {
    serve("index.html", request.headers())
}

/// `/assets/…`: what the page loads.
pub(crate) async fn asset(Path(path): Path<String>, request: Request) -> Response {
    serve(&path, request.headers())
}

fn serve(path: &str, asked: &HeaderMap) -> Response {
    let (Some(kind), Some(file)) = (content_type(path), Files::get(path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = tag_of(&file);
    // A page may keep its files but must ask whether they changed.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, tag.clone()),
    ];
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| is_listed(known, &tag));
    match known {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (headers, file.data.into_owned()).into_response(),
    }
}

/// Only what a page needs is served; a stray file in the folder is not.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    let kind = match ending {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => return None,
    };
    Some(kind)
}

fn tag_of(file: &EmbeddedFile) -> HeaderValue {
    let hash: String = file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether a tag is in an `If-None-Match` list; one that a proxy weakened counts.
fn is_listed(list: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(list), Ok(tag)) = (list.to_str(), tag.to_str()) else { return false };
    list.split(',').map(str::trim).any(|known| known.trim_start_matches("W/") == tag)
}
