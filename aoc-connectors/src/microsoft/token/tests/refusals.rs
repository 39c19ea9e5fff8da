//! What is refused for good is not asked for over and over.

use super::*;

#[tokio::test]
async fn a_wrong_secret_is_shown_once_a_minute_then_ever_more_rarely() {
    let server = Server::start(|_, _| refusal(401, "invalid_client", 7_000_215)).await;
    let tokens = tokens(&server);
    let mut sentences = Vec::new();
    // Every 5 seconds for an hour.
    for _ in 0..720 {
        let error = tokens.get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.retry_after().is_some_and(|wait| wait <= Duration::from_secs(900)));
        sentences.push(format!("{error:?}"));
        pass(5).await;
    }
    sentences.dedup();
    assert_eq!(sentences.len(), 1, "{sentences:?}");
    assert_eq!(server.count(), 7, "after 0, 1, 3, 7, 15, 30 and 45 minutes");
}

#[tokio::test]
async fn it_works_again_once_the_service_has_changed_its_mind() {
    let server = Server::start(|number, _| match number {
        1 => token(number, 1),
        _ => refusal(401, "invalid_client", 7_000_215),
    })
    .await;
    let tokens = tokens(&server);
    tokens.get().await.unwrap_err();
    pass(61).await;
    tokens.get().await.unwrap();
    pass(2).await;
    let error = tokens.get().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)), "it begins anew");
}

#[tokio::test]
async fn a_throttle_is_kept_as_long_as_it_says() {
    for (answer, seconds) in [
        (answer(429, "").header("retry-after", "17"), 17),
        (answer(429, "<html>"), 30),
        (refusal(429, "invalid_request", 7_000_215).header("retry-after", "9"), 9),
        (refusal(400, "invalid_grant", 50_196), 300),
        (refusal(400, "invalid_request", 90_055), 30),
        (refusal(503, "temporarily_unavailable", 90_055).header("retry-after", "45"), 45),
    ] {
        let answer = Arc::new(answer);
        let server = Server::start(move |_, _| Answer {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body.clone(),
            delay: answer.delay,
        })
        .await;
        let tokens = tokens(&server);
        let error = tokens.get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{error:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
        pass(seconds - 1).await;
        assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::RateLimited);
        assert_eq!(server.count(), 1);
        pass(2).await;
        tokens.get().await.unwrap_err();
        assert_eq!(server.count(), 2);
    }
}

/// Asked every second for ten minutes: 0, 1, 3, 7, 15, 31, 63 and then every 60 seconds, or every 30 where it is throttled.
#[tokio::test]
async fn a_login_service_that_wants_no_wait_sees_no_storm() {
    const PAST: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
    for (status, wish) in [(429, "0"), (429, PAST), (503, "0"), (503, PAST), (500, "soon")] {
        let server = Server::start(move |_, _| answer(status, "").header("retry-after", wish)).await;
        let env = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*server.url)];
        let machine = super::machines::machine("", &env, "https://graph.microsoft.com").unwrap();
        for tokens in [tokens(&server), machine] {
            let before = server.count();
            for _ in 0..600 {
                let error = tokens.get().await.unwrap_err();
                assert!(error.retry_after().is_some_and(|wait| !wait.is_zero()), "{error:?}");
                pass(1).await;
            }
            let asked = server.count() - before;
            assert!((10..=21).contains(&asked), "{status} {wish}: {asked} requests");
        }
    }
}

#[tokio::test]
async fn no_wish_is_obeyed_for_longer_than_an_hour() {
    let server = Server::start(|_, _| answer(429, "").header("retry-after", "86400")).await;
    let tokens = tokens(&server);
    let error = tokens.get().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)));
    pass(3_601).await;
    tokens.get().await.unwrap_err();
    assert_eq!(server.count(), 2);
}

/// A byte now and then is no silence.
#[tokio::test]
async fn an_answer_that_does_not_come_to_its_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut account = Account::new("contoso.com", "a", Secret::new("s"));
    account.login_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 503 X\r\ncontent-length: 100000\r\n\r\n").await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let asking = tokio::spawn(async move { tokens_of(&account).get().await });
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        pass(40).await;
    }
    let error = tokio::time::timeout(Duration::from_secs(2), asking).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn statuses_without_a_code_mean_what_they_can() {
    for (status, kind, says) in [
        (200, ErrorKind::Unavailable, "sent no token"),
        (204, ErrorKind::Unavailable, "sent no token"),
        (302, ErrorKind::Denied, "redirect"),
        (400, ErrorKind::Denied, "refuses us (status 400)"),
        (403, ErrorKind::Denied, "refuses us (status 403)"),
        (404, ErrorKind::Denied, "no login service"),
        (408, ErrorKind::Unavailable, "cannot answer now"),
        (500, ErrorKind::Unavailable, "cannot answer now"),
        (503, ErrorKind::Unavailable, "cannot answer now"),
    ] {
        let server = Server::start(move |_, _| {
            answer(status, "<html><b>Gateway</b></html>").header("location", "http://127.0.0.1:1/")
        })
        .await;
        let error = tokens(&server).get().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.chain().contains('<'), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_renewal_does_not_take_the_old_token_away() {
    let server = Server::start(|number, _| match number {
        0 => token(number, 3600),
        _ => refusal(401, "invalid_client", 7_000_222),
    })
    .await;
    let tokens = tokens(&server);
    tokens.get().await.unwrap();
    pass(3_400).await;
    assert_eq!(&*tokens.get().await.unwrap(), "token-0");
    pass(201).await;
    assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let mut account = Account::new("contoso.com", "a", Secret::new("s"));
    account.login_url = Some("http://127.0.0.1:1".to_owned());
    let error = tokens_of(&account).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.to_string(), "127.0.0.1:1 cannot be reached");
}
