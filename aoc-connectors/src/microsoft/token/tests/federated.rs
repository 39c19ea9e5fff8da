//! Tokens of other identity providers, in files that are changed under way.

use super::*;

fn with_file(server: &Server, path: &std::path::Path) -> Account {
    Account { client_secret: None, federated_token_file: Some(path.to_owned()), ..account(server) }
}

#[tokio::test]
async fn the_file_is_read_anew_for_each_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let server = Server::start(|number, _| token(number, 1)).await;
    let tokens = tokens_of(&with_file(&server, &path));
    let error = tokens.get().await.unwrap_err();
    assert_eq!(error.to_string(), "federated_token_file: cannot read the file");
    assert!(error.chain().contains(&path.display().to_string()), "{error:?}");
    for text in ["e30.one.x", "e30.two.x\n"] {
        write(&path, text, 0);
        pass(2).await;
        tokens.get().await.unwrap();
        let asked = server.asked().pop().unwrap();
        assert_eq!(asked.field("client_assertion").as_deref(), Some(text.trim()));
        let kind = asked.field("client_assertion_type").unwrap();
        assert_eq!(kind, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    }
    write(&path, " \n", 0);
    pass(2).await;
    let error = tokens.get().await.unwrap_err();
    assert_eq!(error.to_string(), "federated_token_file: the file holds no token");
}

#[tokio::test]
async fn a_credential_that_is_not_known_yet_is_tried_for_ten_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, "e30.one.x", 0);
    let server = Server::start(|_, _| refusal(400, "invalid_request", 700_213)).await;
    let tokens = tokens_of(&with_file(&server, &path));
    for _ in 0..10 {
        let error = tokens.get().await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after().is_some()), (ErrorKind::Unavailable, true));
        pass(59).await;
    }
    pass(20).await;
    assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::Denied);
    let count = server.count();
    pass(55).await;
    assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(server.count(), count);
    write(&path, "e30.two.x", 0);
    assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(server.count(), count + 1, "another token is tried at once");
}
