//! Assertions signed with a certificate that is made here.

use aoc_core::http::Url;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, TokenData, Validation};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;

/// A certificate and its key.
pub(super) struct Made {
    certificate: String,
    key: String,
    public: String,
    thumbprint: String,
}

pub(super) fn make() -> Made {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate =
        CertificateParams::new(vec!["aoc.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    Made {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        public: key.public_key_pem(),
        thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate.der())),
    }
}

impl Made {
    pub(super) fn file(&self) -> String {
        self.certificate.clone() + &self.key
    }

    fn key_of_pkcs1(&self) -> String {
        let key = EncodingKey::from_rsa_pem(self.key.as_bytes()).unwrap();
        pem::encode(&pem::Pem::new("RSA PRIVATE KEY", key.as_bytes()))
    }

    /// Checks the signature, audience and time of an assertion as Entra would.
    fn verify(&self, assertion: &str, audience: &str) -> TokenData<Value> {
        let mut validation = Validation::new(Algorithm::PS256);
        validation.set_audience(&[audience]);
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        let public = DecodingKey::from_rsa_pem(self.public.as_bytes()).unwrap();
        jsonwebtoken::decode(assertion, &public, &validation).unwrap()
    }
}

fn with_certificate(server: &Server, path: PathBuf) -> Account {
    Account { client_secret: None, certificate: Some(path), ..account(server) }
}

fn header(assertion: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn the_assertion_is_signed_and_says_what_entra_wants() {
    let (made, folder) = (make(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.pem");
    write(&path, &made.file(), 0);
    let server = Server::start(|number, _| token(number, 1)).await;
    let tokens = tokens_of(&with_certificate(&server, path));
    tokens.get().await.unwrap();
    pass(2).await;
    tokens.get().await.unwrap();
    let asked = server.asked();
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(asked[0].field("client_assertion_type").as_deref(), Some(kind));
    assert_eq!(asked[0].field("client_secret"), None);
    let url = format!("{}/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee/oauth2/v2.0/token", server.url);
    let [first, second] = [0, 1].map(|number: usize| asked[number].field("client_assertion").unwrap());
    let [one, two] = [&first, &second].map(|assertion| made.verify(assertion, &url).claims);
    let expected = serde_json::json!({"alg": "PS256", "typ": "JWT", "x5t#S256": made.thumbprint});
    assert_eq!(header(&first), expected);
    assert_eq!((&one["iss"], &one["sub"]), (&one["sub"], &"11111111-2222-4333-8444-555555555555".into()));
    assert_eq!(one["exp"].as_i64().unwrap() - one["iat"].as_i64().unwrap(), 600);
    assert_eq!(one["nbf"], one["iat"]);
    let id = one["jti"].as_str().unwrap();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(id.as_bytes()[14], b'4');
    assert_ne!(one["jti"], two["jti"]);
}

#[tokio::test]
async fn files_are_taken_in_every_order_and_with_a_chain() {
    let (made, other, folder) = (make(), make(), tempfile::tempdir().unwrap());
    let bag = "Bag Attributes\n    friendlyName: aoc\nsubject=CN = aoc\n";
    for (number, file) in [
        made.key.clone() + &made.certificate,
        made.certificate.clone() + &made.key_of_pkcs1(),
        format!("{bag}{}{bag}{}{}", made.key, other.certificate, made.certificate),
        made.file().replace('\n', "\r\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{number}.pem"));
        write(&path, &file, 0);
        let certificate = Certificate::load(&path, &mut None).await.unwrap();
        let url: Url = "https://login.example/token".parse().unwrap();
        let assertion = certificate.assertion("a", &url, Timestamp::now()).unwrap();
        made.verify(&assertion, url.as_str());
        assert_eq!(header(&assertion)["x5t#S256"], made.thumbprint.as_str(), "{number}");
    }
}

#[tokio::test]
async fn a_file_of_no_use_is_named_with_what_would_be_right() {
    let (made, other, folder) = (make(), make(), tempfile::tempdir().unwrap());
    let elliptic = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
    let encrypted = made.key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let path = folder.path().join("a.pem");
    for (file, says) in [
        ("0\u{82}\u{0}binary".to_owned(), "PKCS#12"),
        (made.certificate.clone(), "no private key"),
        (made.key.clone(), "no certificate"),
        (made.certificate.clone() + &encrypted, "encrypted"),
        (made.certificate.clone() + &elliptic, "not an RSA key"),
        (other.certificate.clone() + &made.key, "not the certificate's"),
        (made.file().replace("MII", "M\u{0}I"), ""),
    ] {
        write(&path, &file, 0);
        let Err(error) = Certificate::load(&path, &mut None).await else { panic!("{says}") };
        assert_eq!(error.kind(), ErrorKind::Denied);
        let text = error.to_string();
        assert!(
            text.starts_with("certificate: ")
                && !text.contains(&path.display().to_string())
                && text.contains(says),
            "{text}"
        );
        assert!(error.chain().ends_with("a.pem"), "{error:?}");
        assert!(!error.chain().contains("MII"), "{error:?}");
    }
    let Err(error) = Certificate::load(&folder.path().join("none.pem"), &mut None).await else { panic!() };
    assert_eq!(error.to_string(), "certificate: cannot read the file");
    assert!(error.chain().contains("none.pem: "), "{error:?}");
}

#[tokio::test]
async fn a_wrong_clock_of_ours_costs_one_request_more_and_nothing_else() {
    // The login service lives a day ahead and takes only what is dated within five minutes of its time.
    let ahead = std::time::SystemTime::now() + Duration::from_secs(86_400);
    let date = chrono::DateTime::<chrono::Utc>::from(ahead);
    let server = Server::start(move |number, asked| {
        let claims = asked.field("client_assertion").unwrap();
        let claims = URL_SAFE_NO_PAD.decode(claims.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let is_in_time = claims["nbf"].as_i64().unwrap().abs_diff(date.timestamp()) < 300;
        let answer = if is_in_time { token(number, 1) } else { refusal(401, "invalid_client", 700_024) };
        answer.header("date", &date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    })
    .await;
    let (made, folder) = (make(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.pem");
    write(&path, &made.file(), 0);
    let tokens = tokens_of(&with_certificate(&server, path));
    assert_eq!(&*tokens.get().await.unwrap(), "token-1");
    pass(2).await;
    assert_eq!(&*tokens.get().await.unwrap(), "token-2");
}

#[tokio::test]
async fn a_certificate_is_changed_under_way() {
    let (old, new, folder) = (make(), make(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.pem");
    write(&path, &old.file(), 3_000);
    let server = Server::start(|number, _| token(number, 1)).await;
    let tokens = tokens_of(&with_certificate(&server, path.clone()));
    tokens.get().await.unwrap();
    for (age, file, expected) in [(2_000, new.certificate[..500].to_owned(), &old), (1_000, new.file(), &new)]
    {
        write(&path, &file, age);
        pass(2).await;
        tokens.get().await.unwrap();
        let assertion = server.asked().last().unwrap().field("client_assertion").unwrap();
        assert_eq!(header(&assertion)["x5t#S256"], expected.thumbprint.as_str());
    }
    std::fs::remove_file(&path).unwrap();
    pass(2).await;
    tokens.get().await.unwrap();
}

#[tokio::test]
async fn a_refused_certificate_is_shown_again_as_soon_as_its_file_changes() {
    let (old, new, folder) = (make(), make(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.pem");
    write(&path, &old.file(), 3_000);
    let good = new.thumbprint.clone();
    let server = Server::start(move |number, asked| {
        match header(&asked.field("client_assertion").unwrap())["x5t#S256"] == good.as_str() {
            true => token(number, 3600),
            false => refusal(401, "invalid_client", 700_027),
        }
    })
    .await;
    let tokens = tokens_of(&with_certificate(&server, path.clone()));
    for _ in 0..10 {
        let error = tokens.get().await.unwrap_err();
        assert!(error.to_string().contains("AADSTS700027"), "{error}");
    }
    assert_eq!(server.count(), 1);
    write(&path, &new.file(), 2_000);
    assert_eq!(&*tokens.get().await.unwrap(), "token-1");
}
