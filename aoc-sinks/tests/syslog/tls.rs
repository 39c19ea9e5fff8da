//! TLS: who is trusted, who is not, and what is said about it.

use aoc_core::{ErrorKind, Sink, testkit::events::Generator};
use aoc_sinks::{
    SyslogSink,
    syslog::{Syslog, Transport},
};

use super::{certificates::Authority, receiver::Server, wire::Frames};

async fn refused(config: Syslog) -> (ErrorKind, String) {
    let address = config.address.clone();
    let sink = SyslogSink::new(config).unwrap();
    let error = sink.deliver(&[]).await.unwrap_err();
    let batch = sink.deliver(&Generator::new(91).events(3)).await.unwrap_err();
    assert_eq!(batch.kind(), error.kind(), "{}", batch.chain());
    (error.kind(), error.to_string().replacen(&format!("{address}: "), "", 1))
}

#[tokio::test]
async fn a_receiver_of_another_ca_is_denied() {
    let (friend, stranger) = (Authority::new(), Authority::new());
    let server = Server::tls(stranger.server("127.0.0.1", None)).await;
    let sentence = "the receiver's certificate is not from a CA that is trusted here, see `ca_file`";
    // The system trusts neither.
    for ca_file in [Some(friend.file()), None] {
        let said = refused(Syslog { ca_file, ..server.config() }).await;
        if said.0 == ErrorKind::Unavailable {
            eprintln!("skipped: this system trusts nobody");
            continue;
        }
        assert_eq!(said, (ErrorKind::Denied, sentence.to_owned()));
    }
    assert_eq!(server.messages(), []);
}

#[tokio::test]
async fn a_receiver_of_another_name_is_denied_unless_that_name_is_expected() {
    let authority = Authority::new();
    let server = Server::tls(authority.server("siem.contoso.com", None)).await;
    let config = Syslog { ca_file: Some(authority.file()), ..server.config() };
    let said = refused(config.clone()).await;
    let sentence = "the receiver's certificate is for another name, see `server_name`";
    assert_eq!(said, (ErrorKind::Denied, sentence.to_owned()));
    let sink = SyslogSink::new(Syslog { server_name: Some("siem.contoso.com".into()), ..config }).unwrap();
    sink.deliver(&Generator::new(92).events(3)).await.unwrap();
    assert_eq!(server.messages().len(), 3);
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_certificate_gets_ours() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Server::tls(authority.server("127.0.0.1", Some(&authority))).await;
    let config = Syslog { ca_file: Some(authority.file()), ..server.config() };
    let error = SyslogSink::new(config.clone()).unwrap().deliver(&[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    let sentence = "the receiver refuses us by TLS alert `CertificateRequired`, see `certificate` and `key`";
    assert!(error.to_string().ends_with(sentence), "{error}");
    let wrong = Syslog { certificate: Some(stranger.identity("aoc")), ..config.clone() };
    let error = SyslogSink::new(wrong).unwrap().deliver(&[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    let right = Syslog { certificate: Some(authority.identity("aoc")), ..config };
    SyslogSink::new(right).unwrap().deliver(&Generator::new(93).events(3)).await.unwrap();
    assert_eq!(server.messages().len(), 3);
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named_and_looked_at_again() {
    let authority = Authority::new();
    let server = Server::tls(authority.server("127.0.0.1", None)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let config = Syslog { ca_file: Some(file.clone()), ..server.config() };
    let sink = SyslogSink::new(config).unwrap();
    let place = format!("{}: {}: ", server.address(), file.display());
    for (content, sentence) in [
        (None, "cannot read certificates here, expected PEM"),
        (Some("nothing"), "the file has no certificates, expected PEM"),
    ] {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let error = sink.deliver(&[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.to_string(), format!("{place}{sentence}"));
    }
    std::fs::copy(Authority::new().file(), &file).unwrap();
    assert_eq!(sink.deliver(&[]).await.unwrap_err().kind(), ErrorKind::Denied);
    std::fs::copy(authority.file(), &file).unwrap();
    sink.deliver(&[]).await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_speaks_no_tls_is_unavailable() {
    let server = Server::tcp(Frames::Lines).await;
    server.behave(&[super::receiver::Manner::ClosesAfter(0); 2]);
    let config = Syslog { transport: Transport::Tls, ..server.config() };
    let authority = Authority::new();
    let said = refused(Syslog { ca_file: Some(authority.file()), ..config }).await;
    assert_eq!(said, (ErrorKind::Unavailable, "no TLS connection to the receiver".to_owned()));
}
