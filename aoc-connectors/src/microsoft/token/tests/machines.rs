//! Managed identities of virtual machines and app services.

use super::*;

const GRAPH: &str = "https://graph.microsoft.com";

/// Tokens of a machine with this environment.
pub(super) fn machine(client_id: &str, env: &[(&str, &str)], resource: &str) -> Result<Tokens> {
    let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let managed = Managed::new(client_id, resource, env)?;
    Ok(Tokens::of(Issuer::Machine(managed), Credential::ManagedIdentity))
}

#[tokio::test]
async fn a_virtual_machine_is_asked_as_azure_documents() {
    let server = Server::start(|_, _| {
        answer(200, r#"{"access_token":"abc","expires_in":"3599","expires_on":"1506484173","resource":"x"}"#)
    })
    .await;
    let env = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*server.url)];
    assert_eq!(&*machine("", &env, GRAPH).unwrap().get().await.unwrap(), "abc");
    assert_eq!(&*machine("i-d", &env, GRAPH).unwrap().get().await.unwrap(), "abc");
    let asked = server.asked();
    let line = "GET /metadata/identity/oauth2/token?api-version=2018-02-01\
        &resource=https%3A%2F%2Fgraph.microsoft.com HTTP/1.1\r\n";
    assert!(asked[0].head.starts_with(line), "{}", asked[0].head);
    assert!(asked[0].head.to_lowercase().contains("\r\nmetadata: true"));
    assert!(asked[1].head.contains("graph.microsoft.com&client_id=i-d HTTP/1.1"));
}

#[tokio::test]
async fn an_app_service_is_asked_as_azure_documents() {
    let until = chrono::Utc::now().timestamp() + 3_600;
    let body = format!(r#"{{"access_token":"abc","expires_on":"{until}","token_type":"Bearer"}}"#);
    let server = Server::start(move |_, _| answer(200, body.clone())).await;
    let endpoint = format!("{}/msi/token/", server.url);
    let env = [("IDENTITY_ENDPOINT", &*endpoint), ("IDENTITY_HEADER", "h-1")];
    let tokens = machine("i-d", &env, GRAPH).unwrap();
    assert_eq!(&*tokens.get().await.unwrap(), "abc");
    let head = &server.asked()[0].head;
    let line = "GET /msi/token/?api-version=2019-08-01\
        &resource=https%3A%2F%2Fgraph.microsoft.com&client_id=i-d HTTP/1.1";
    assert!(head.starts_with(line), "{head}");
    assert!(head.to_lowercase().contains("\r\nx-identity-header: h-1"));
    pass(3_200).await;
    tokens.get().await.unwrap();
    assert_eq!(server.count(), 1, "it is good for an hour");
    pass(200).await;
    tokens.get().await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_the_rest_is_not() {
    for (status, kind) in [
        (404, ErrorKind::Unavailable),
        (410, ErrorKind::Unavailable),
        (429, ErrorKind::Unavailable),
        (500, ErrorKind::Unavailable),
        (503, ErrorKind::Unavailable),
        (200, ErrorKind::Unavailable),
        (302, ErrorKind::Denied),
        (400, ErrorKind::Denied),
        (401, ErrorKind::Denied),
        (403, ErrorKind::Denied),
    ] {
        let body = r#"{"error":"invalid_request","error_description":"Identity not found, h-123"}"#;
        let server = Server::start(move |_, _| answer(status, body)).await;
        let env = [("IDENTITY_ENDPOINT", &*server.url), ("IDENTITY_HEADER", "h-123")];
        let tokens = machine("", &env, GRAPH).unwrap();
        for _ in 0..3 {
            let error = tokens.get().await.unwrap_err();
            assert_eq!(error.kind(), kind, "{status}: {error:?}");
            assert_eq!(error.chain().contains("Identity not found, …"), status != 200, "{error:?}");
            assert!(!format!("{error} {error:?}").contains("h-123"));
            pass(5).await;
        }
        assert_eq!(server.count(), if kind == ErrorKind::Denied { 1 } else { 3 }, "{status}");
    }
}

#[tokio::test]
async fn places_that_are_not_known_say_so() {
    let arc =
        [("IDENTITY_ENDPOINT", "http://localhost:40342/x"), ("IMDS_ENDPOINT", "http://localhost:40342")];
    let fabric =
        [("IDENTITY_ENDPOINT", "https://a"), ("IDENTITY_HEADER", "h"), ("IDENTITY_SERVER_THUMBPRINT", "t")];
    for (env, says) in [(&arc[..], "Azure Arc"), (&fabric[..], "Service Fabric")] {
        let error = machine("", env, GRAPH).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(says), "{error}");
    }
    let nobody = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")];
    let error = machine("", &nobody, GRAPH).unwrap().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("works only in Azure"), "{error}");
}
