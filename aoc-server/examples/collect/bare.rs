//! The yardstick: signs in, lists, downloads eight blobs at a time, parses each record, writes it to a file.

use std::{io::Write, sync::Arc};

use aoc_connectors::{
    fake::{CLIENT_ID, CLIENT_SECRET},
    microsoft::{Account, Cloud},
};
use aoc_core::{
    Secret,
    http::{HttpClient, Method, Options, Url},
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::{CONTENT, Failure, TENANT};

pub(crate) fn account(url: &str) -> Account {
    Account {
        cloud: Cloud::Custom,
        login_url: Some(url.into()),
        graph_url: Some(url.into()),
        activity_url: Some(url.into()),
        ..Account::new(TENANT, CLIENT_ID, Secret::new(CLIENT_SECRET))
    }
}

/// Says how many records came.
pub(crate) async fn download(url: &str) -> Result<u64, Failure> {
    let http = HttpClient::new(Options { proxy: false, ..Options::default() })?;
    let secret: String = form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let form = format!(
        "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={secret}&scope={url}/.default"
    );
    let login = Url::parse(&format!("{url}/{TENANT}/oauth2/v2.0/token"))?;
    let answer = http.send(http.request(Method::POST, login).body(form)).await?;
    let token: Value = serde_json::from_slice(&answer.bytes(1 << 20).await?)?;
    let token: Arc<str> = token["access_token"].as_str().ok_or("no token")?.into();

    let mut next = Some(format!(
        "{url}/api/v1.0/{TENANT}/activity/feed/subscriptions/content?contentType={CONTENT}&PublisherIdentifier={TENANT}"
    ));
    let mut links = Vec::new();
    while let Some(page) = next {
        let answer = http.send(http.request(Method::GET, Url::parse(&page)?).bearer_auth(&token)).await?;
        next = answer.header("nextpageuri").map(|link| format!("{link}&PublisherIdentifier={TENANT}"));
        let listed: Vec<Value> = serde_json::from_slice(&answer.bytes(64 << 20).await?)?;
        links.extend(listed.iter().filter_map(|blob| Some(blob["contentUri"].as_str()?.to_owned())));
    }
    let mut file = std::io::BufWriter::new(tempfile::tempfile()?);
    let blobs = stream::iter(links).map(|link| {
        let (http, token) = (http.clone(), token.clone());
        async move {
            let link = Url::parse(&format!("{link}?PublisherIdentifier={TENANT}"))?;
            let answer = http.send(http.request(Method::GET, link).bearer_auth(&token)).await?;
            Ok::<_, Failure>(answer.bytes(64 << 20).await?)
        }
    });
    let mut blobs = blobs.buffer_unordered(8);
    let mut events = 0;
    while let Some(blob) = blobs.try_next().await? {
        for record in serde_json::from_slice::<Vec<Value>>(&blob)? {
            serde_json::to_writer(&mut file, &record)?;
            file.write_all(b"\n")?;
            events += 1;
        }
    }
    file.into_inner()?.sync_data()?;
    Ok(events)
}
