use serde_json::json;

use super::*;

#[test]
fn the_machine_is_asked_as_azure_documents() {
    let resource = "https://cognitiveservices.azure.com";
    let (url, _) = machine("", resource, |_| None).unwrap();
    assert_eq!(
        url.as_str(),
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com"
    );
    let env = |name: &str| match name {
        "IDENTITY_ENDPOINT" => Some("http://127.0.0.1:42/msi/token".to_owned()),
        _ => Some("hush".to_owned()),
    };
    let (url, ask) = machine("c-1", resource, env).unwrap();
    assert!(url.as_str().starts_with("http://127.0.0.1:42/msi/token?api-version=2019-08-01&resource="));
    assert!(url.as_str().ends_with("&client_id=c-1"));
    assert!(matches!(ask, Ask::Machine { header: "x-identity-header", .. }));
}

#[test]
fn lives_are_read_in_every_shape() {
    let now = Duration::from_secs(1_000);
    for (body, seconds) in [
        (json!({"expires_in": 3599}), 3599),
        (json!({"expires_in": "3599", "expires_on": "1"}), 3599),
        (json!({"expires_on": "1600"}), 600),
        (json!({"expires_on": 5}), 0),
        (json!({"expires_in": null}), 300),
        (json!({"expires_in": 99_999_999}), 86_400),
    ] {
        assert_eq!(life(&body, now).as_secs(), seconds, "{body}");
    }
}

#[test]
fn a_form_keeps_every_character_of_a_secret() {
    let form = form("c", "a~b.c+d/e&f=g h", "https://x").unwrap();
    assert!(form.expose().ends_with("&client_secret=a%7Eb.c%2Bd%2Fe%26f%3Dg+h"), "{}", form.expose());
}

#[cfg(feature = "testkit")]
#[tokio::test]
async fn a_machine_is_asked_once_and_its_token_is_kept_until_it_is_refused() {
    use crate::fake::{FakeModel, IDENTITY_HEADER};

    let fake = FakeModel::start().await.unwrap();
    let endpoint = format!("{}/msi/token", fake.url());
    let tokens = |header: &'static str| {
        let endpoint = endpoint.clone();
        let env = move |name: &str| match name {
            "IDENTITY_ENDPOINT" => Some(endpoint.clone()),
            _ => Some(header.to_owned()),
        };
        let identity = Identity::Machine { client_id: String::new() };
        Tokens::new(identity, "https://cognitiveservices.azure.com", env).unwrap()
    };
    let good = tokens(IDENTITY_HEADER);
    let (first, second) = (good.get().await.unwrap(), good.get().await.unwrap());
    assert_eq!((first.secrets(), fake.seen().len()), (second.secrets(), 1));
    assert!(good.forget(&first).await);
    let third = good.get().await.unwrap();
    assert!(good.forget(&first).await, "there is another already");
    assert!(!good.forget(&third).await, "the next would be refused, too");
    assert_eq!((good.get().await.unwrap().secrets(), fake.seen().len()), (third.secrets(), 2));
    let error = tokens("wrong").get().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("see that the machine has an identity"), "{error}");
}
