//! Tokens.

use std::time::Duration;

use aoc_connectors::fake::{App, CLIENT_ID, CLIENT_SECRET, IDENTITY_HEADER};
use aoc_core::http::Method;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{AUDITS, Bench, Got, TENANT};

#[tokio::test]
async fn the_login_refuses_as_entra_does() {
    let bench = Bench::new().await;
    let login = |tenant: &'static str, change: &'static [(&'static str, &'static str)]| {
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        for (name, value) in change {
            fields.retain(|(key, _)| key != name);
            fields.push((name, value));
        }
        let bench = &bench;
        async move { bench.form(&format!("/{tenant}/oauth2/v2.0/token"), &fields).await }
    };
    for (tenant, change, expected, number) in [
        ("99999999-2222-4333-8444-555555555555", &[][..], "400 invalid_request", 90_002),
        (TENANT, &[("client_secret", "wrong")][..], "401 invalid_client", 7_000_215),
        (TENANT, &[("client_secret", "")][..], "401 invalid_client", 7_000_216),
        (TENANT, &[("client_id", "other")][..], "400 unauthorized_client", 700_016),
        (TENANT, &[("scope", "https://graph.microsoft.com/User.Read")][..], "400 invalid_scope", 1_002_012),
        (TENANT, &[("scope", "https://elsewhere.example/.default")][..], "400 invalid_resource", 500_011),
        (TENANT, &[("grant_type", "password")][..], "400 unsupported_grant_type", 70_003),
        (TENANT, &[("grant_type", "")][..], "400 invalid_request", 900_144),
        (TENANT, &[("client_assertion", "x")][..], "400 invalid_request", 900_144),
    ] {
        let got = login(tenant, change).await;
        assert_eq!(got.code(), expected, "{change:?}");
        let body = got.json();
        assert_eq!(body["error_codes"], json!([number]), "{change:?}");
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")));
    }
    for name in [TENANT, "contoso.onmicrosoft.com"] {
        let got = login(name, &[]).await;
        assert_eq!((got.status, got.json()["token_type"].as_str()), (200, Some("Bearer")));
        assert_eq!(got.json()["expires_in"], 3_600);
    }
    let body = "grant_type=client_credentials&scope=https://graph.microsoft.com/.default";
    let request =
        bench.http.request(Method::POST, bench.url(&format!("/{TENANT}/oauth2/v2.0/token"))).body(body);
    let request = request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET.replace('+', "%2B")));
    assert_eq!(bench.http.send(request).await.unwrap().status().as_u16(), 200);
    let before = bench.ago(1);
    bench
        .tenant
        .change(|settings| settings.apps = vec![App::new(CLIENT_ID).secret_until(CLIENT_SECRET, before)]);
    assert_eq!(login(TENANT, &[]).await.json()["error_codes"], json!([7_000_222]));
}

#[tokio::test]
async fn tokens_are_for_one_interface_until_they_expire() {
    let bench = Bench::new().await;
    bench.tenant.change(|settings| settings.token_lifetime = Duration::from_secs(3));
    let get = |token: String, path: &str| {
        let url = bench.url(path);
        let http = &bench.http;
        async move { Got::of(http.send(http.request(Method::GET, url).bearer_auth(token)).await.unwrap()).await }
    };
    let token = |got: Got| got.json()["access_token"].as_str().unwrap().to_owned();
    let list = bench.feed("subscriptions/list");
    let graph = token(bench.login("https://graph.microsoft.com").await);
    let activity = token(bench.login("https://manage.office.com").await);
    let both = token(bench.login(&bench.fake.url()).await);
    assert_eq!(graph.split('.').count(), 3);
    assert_eq!(get(graph.clone(), AUDITS).await.status, 200);
    assert_eq!(get(graph, &list).await.status, 401);
    assert_eq!(get(activity.clone(), AUDITS).await.code(), "401 InvalidAuthenticationToken");
    assert_eq!(get(activity, &list).await.status, 200);
    assert_eq!(get(both.clone(), AUDITS).await.status, 200);
    bench.fake.advance(Duration::from_secs(4));
    assert_eq!(get(both, AUDITS).await.code(), "401 InvalidAuthenticationToken");
    assert_eq!(get("made.up.token".to_owned(), AUDITS).await.code(), "401 InvalidAuthenticationToken");
    let again = bench.token().await;
    bench.fake.revoke_tokens();
    assert_eq!(get(again, AUDITS).await.status, 401);
}

#[tokio::test]
async fn assertions_are_verified() {
    let bench = Bench::new().await;
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["aoc.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let app = App::new(CLIENT_ID).certificate(&(certificate.pem() + &key.serialize_pem())).unwrap();
    bench.tenant.change(|settings| settings.apps = vec![app]);
    let audience = format!("{}/{TENANT}/oauth2/v2.0/token", bench.fake.url());
    let thumbprint = { URL_SAFE_NO_PAD.encode(Sha256::digest(certificate.der())) };
    let now = bench.fake.now().instant().timestamp();
    let make = |algorithm, key: &rcgen::KeyPair, change: Value| {
        let mut header = Header::new(algorithm);
        match algorithm {
            Algorithm::PS256 => header.x5t_s256 = Some(thumbprint.clone()),
            _ => header.x5t = Some("AAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        }
        let mut claims = json!({"aud": audience, "iss": CLIENT_ID, "sub": CLIENT_ID, "jti": change.to_string() + &header.alg_text(),
            "nbf": now, "exp": now + 300});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let key = EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap();
        encode(&header, &claims, &key).unwrap()
    };
    let send = |assertion: String| send_assertion(&bench, assertion);
    let good = make(Algorithm::PS256, &key, json!({}));
    assert_eq!(send(good.clone()).await, 1);
    assert_eq!(send(good).await, 50_027, "a jti is good once");
    assert_eq!(send(make(Algorithm::RS256, &key, json!({}))).await, 1);
    for (change, expected) in [
        (json!({"aud": "https://login.microsoftonline.com/x"}), 700_023),
        (json!({"exp": now - 400}), 700_024),
        (json!({"nbf": now + 400}), 700_024),
        (json!({"sub": "other"}), 50_027),
        (json!({"exp": null}), 50_027),
    ] {
        assert_eq!(send(make(Algorithm::PS256, &key, change.clone())).await, expected, "{change}");
    }
    assert_eq!(send(make(Algorithm::PS256, &other, json!({"jti": "o"}))).await, 50_012);
    assert_eq!(send("no-token".to_owned()).await, 50_027);
}

#[tokio::test]
async fn federated_tokens_are_verified() {
    let bench = Bench::new().await;
    let app = App::new(CLIENT_ID);
    let app = app.federated("https://idp.example", "system:serviceaccount:aoc").federated_token("just-this");
    bench.tenant.change(|settings| settings.apps = vec![app]);
    let now = bench.fake.now().instant().timestamp();
    let send = |assertion: String| send_assertion(&bench, assertion);
    let federated = |subject: &str, audience: &str| {
        let claims = json!({"iss": "https://idp.example", "sub": subject, "aud": audience, "exp": now + 300});
        encode(&Header::default(), &claims, &EncodingKey::from_secret(b"idp")).unwrap()
    };
    let exchange = "api://AzureADTokenExchange";
    assert_eq!(send("just-this".to_owned()).await, 1);
    assert_eq!(send(federated("system:serviceaccount:aoc", exchange)).await, 1);
    assert_eq!(send(federated("system:serviceaccount:AOC", exchange)).await, 7_002_138);
    assert_eq!(send(federated("somebody", exchange)).await, 700_213);
    assert_eq!(send(federated("system:serviceaccount:aoc", "aoc")).await, 700_212);
}

/// The token service's answer to an assertion: 1 for a token, else its error's number.
async fn send_assertion(bench: &Bench, assertion: String) -> u64 {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let got = bench.form(&format!("/{TENANT}/oauth2/v2.0/token"), &fields).await.json();
    got["error_codes"][0].as_u64().unwrap_or(u64::from(got["access_token"].is_string()))
}

trait AlgText {
    fn alg_text(&self) -> String;
}

impl AlgText for Header {
    fn alg_text(&self) -> String {
        format!("{:?}", self.alg)
    }
}

#[tokio::test]
async fn managed_identities_have_endpoints() {
    let bench = Bench::new().await;
    let machine =
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://graph.microsoft.com";
    let service = "/msi/token?api-version=2019-08-01&resource=https://graph.microsoft.com";
    let get = |path: &str, header: &'static str, value: &'static str| {
        let request = bench.http.request(Method::GET, bench.url(path)).header(header, value);
        let http = &bench.http;
        async move { Got::of(http.send(request).await.unwrap()).await }
    };
    assert_eq!(get(machine, "metadata", "true").await.status, 400);
    bench.tenant.change(|settings| settings.managed_identity = Some("mine".to_owned()));
    let got = get(machine, "metadata", "true").await.json();
    assert!(got["expires_in"].as_str().unwrap().parse::<u32>().unwrap() > 3_500);
    assert_eq!(get(machine, "x", "y").await.status, 400);
    assert_eq!(get(&format!("{machine}&client_id=other"), "metadata", "true").await.status, 400);
    assert_eq!(get(service, "x-identity-header", IDENTITY_HEADER).await.json()["client_id"], "mine");
    assert_eq!(get(service, "x-identity-header", "wrong").await.status, 401);
    assert_eq!(get(&service.replace("graph", "x"), "x-identity-header", IDENTITY_HEADER).await.status, 500);
}
