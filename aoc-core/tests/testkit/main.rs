//! The test kit bites: what keeps a promise passes, what breaks one is caught.
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

mod fleet;
mod indexes;
mod normalizers;
mod others;

/// Runs a test that must fail, and gives what it says.
async fn failure(test: impl Future<Output = ()> + Send + 'static) -> String {
    let cause = tokio::spawn(test).await.expect_err("it passed").into_panic();
    let text = cause.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| cause.downcast_ref::<&str>().map_or(String::new(), |text| (*text).to_owned()))
}
