//! One request for many, renewal ahead of the end, and replacement of what was refused.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[tokio::test]
async fn the_request_is_the_one_that_entra_documents() {
    let server = Server::start(|number, _| token(number, 3599)).await;
    assert_eq!(&*tokens(&server).get().await.unwrap(), "token-0");
    let asked = &server.asked()[0];
    assert!(asked.head.starts_with("POST /aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee/oauth2/v2.0/token HTTP/1.1"));
    for (name, value) in [
        ("grant_type", "client_credentials"),
        ("client_id", "11111111-2222-4333-8444-555555555555"),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_secret", SECRET),
    ] {
        assert_eq!(asked.field(name).as_deref(), Some(value));
    }
    assert!(asked.body.contains("S3cr%7Et.value%2B%2Fwith%3Dsigns"), "{}", asked.body);
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_request() {
    let server = Server::start(|number, _| token(number, 3599).after(Duration::from_millis(50))).await;
    let tokens = tokens(&server);
    let all = futures::future::join_all((0..100).map(|_| tokens.get())).await;
    assert!(all.into_iter().all(|token| &*token.unwrap() == "token-0"));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn many_who_wait_for_one_failure_hear_of_it_without_asking_again() {
    let server = Server::start(|_, _| answer(503, "busy").after(Duration::from_millis(50))).await;
    let tokens = tokens(&server);
    let all = futures::future::join_all((0..100).map(|_| tokens.get())).await;
    assert!(all.into_iter().all(|token| token.unwrap_err().kind() == ErrorKind::Unavailable));
    assert_eq!(server.count(), 1);
    let error = tokens.get().await.unwrap_err();
    assert_eq!(
        (error.kind(), server.count()),
        (ErrorKind::Unavailable, 1),
        "nor does who comes right behind"
    );
    pass(2).await;
    let all = futures::future::join_all((0..100).map(|_| tokens.get())).await;
    assert!(all.into_iter().all(|token| token.is_err()));
    assert_eq!(server.count(), 2, "the next round asks anew");
}

#[tokio::test]
async fn when_who_asks_goes_away_another_takes_over() {
    let delay = |number| Duration::from_millis(if number == 0 { 60_000 } else { 0 });
    let server = Server::start(move |number, _| token(number, 3599).after(delay(number))).await;
    let tokens = Arc::new(tokens(&server));
    let first = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.get().await }
    });
    while server.count() == 0 {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn(async move { tokens.get().await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    first.abort();
    assert_eq!(&*second.await.unwrap().unwrap(), "token-1");
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let server = Server::start(|number, _| token(number, 3600)).await;
    let tokens = tokens(&server);
    assert_eq!(&*tokens.get().await.unwrap(), "token-0");
    pass(3290).await;
    assert_eq!(&*tokens.get().await.unwrap(), "token-0");
    pass(11).await;
    assert_eq!(&*tokens.get().await.unwrap(), "token-1");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn who_does_not_renew_goes_on_with_the_old_token_meanwhile() {
    let server = Server::start(|number, _| {
        token(number, 3600).after(Duration::from_millis(if number == 0 { 0 } else { 300 }))
    })
    .await;
    let tokens = tokens(&server);
    tokens.get().await.unwrap();
    pass(3400).await;
    let all = futures::future::join_all((0..10).map(|_| tokens.get())).await;
    let texts: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!((&*texts[0], &*texts[1], &*texts[9]), ("token-1", "token-0", "token-0"));
    assert_eq!(server.count(), 2);
}

/// Real time: each token is asked for in time, so that none that is given out has expired.
#[tokio::test]
async fn tokens_of_three_seconds_leave_no_gap_in_ten() {
    let born = Arc::new(Mutex::new(Vec::new()));
    let births = born.clone();
    let server = Server::start(move |number, _| {
        births.lock().unwrap().push(Instant::now());
        token(number, 3)
    })
    .await;
    let tokens = tokens(&server);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let text = tokens.get().await.unwrap();
        let number: usize = text.trim_start_matches("token-").parse().unwrap();
        let age = born.lock().unwrap()[number].elapsed();
        assert!(age < Duration::from_millis(2_500), "{text} is {age:?} old");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!((4..=6).contains(&server.count()), "{}", server.count());
}

#[tokio::test]
async fn an_outage_is_bridged_by_the_old_token_and_ends_by_itself() {
    let down = Arc::new(AtomicBool::new(false));
    let is_down = down.clone();
    let server = Server::start(move |number, _| match is_down.load(Ordering::Relaxed) {
        true if number % 2 == 0 => answer(200, "<html>maintenance</html>"),
        true => answer(500, "<html>oops</html>"),
        false => token(number, 3600),
    })
    .await;
    let tokens = tokens(&server);
    tokens.get().await.unwrap();
    down.store(true, Ordering::Relaxed);
    pass(3310).await;
    for _ in 0..1_000 {
        assert_eq!(&*tokens.get().await.unwrap(), "token-0");
    }
    assert_eq!(server.count(), 2, "a failed renewal is not repeated at once");
    pass(11).await;
    assert_eq!(&*tokens.get().await.unwrap(), "token-0");
    assert_eq!(server.count(), 3, "but after a while");
    pass(300).await;
    let error = tokens.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    down.store(false, Ordering::Relaxed);
    pass(5).await;
    assert_eq!(&*tokens.get().await.unwrap(), "token-4");
}

#[tokio::test]
async fn a_login_service_that_hangs_does_not_hold_up_who_has_a_token() {
    let server = Server::start(|number, _| {
        token(number, 3600).after(Duration::from_secs(if number == 0 { 0 } else { 3600 }))
    })
    .await;
    let tokens = Arc::new(tokens(&server));
    tokens.get().await.unwrap();
    pass(3400).await;
    let asking = tokio::spawn(async move { tokens.get().await });
    while server.count() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    pass(11).await;
    let renewed = tokio::time::timeout(Duration::from_secs(2), asking).await.unwrap();
    assert_eq!(&*renewed.unwrap().unwrap(), "token-0");
}

#[tokio::test]
async fn what_is_refused_is_replaced_once_for_all() {
    let server = Server::start(|number, _| token(number, 3600)).await;
    let tokens = tokens(&server);
    let first = tokens.get().await.unwrap();
    let all = futures::future::join_all((0..50).map(|_| tokens.instead_of(&first))).await;
    assert!(all.into_iter().all(|token| &*token.unwrap() == "token-1"));
    assert_eq!(&*tokens.get().await.unwrap(), "token-1");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_replacement_that_is_refused_too_is_not_replaced_at_once() {
    let server = Server::start(|number, _| token(number, 3600)).await;
    let tokens = tokens(&server);
    let first = tokens.get().await.unwrap();
    let second = tokens.instead_of(&first).await.unwrap();
    for _ in 0..10 {
        let error = tokens.instead_of(&second).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.retry_after().unwrap() <= Duration::from_secs(30));
    }
    assert_eq!(server.count(), 2);
    assert_eq!(&*tokens.get().await.unwrap(), "token-1", "others may have better luck with it");
    pass(31).await;
    assert_eq!(&*tokens.instead_of(&second).await.unwrap(), "token-2");
}

#[tokio::test]
async fn a_refused_token_that_has_expired_is_simply_renewed() {
    let server = Server::start(|number, _| token(number, 3)).await;
    let tokens = tokens(&server);
    let mut last = tokens.get().await.unwrap();
    last = tokens.instead_of(&last).await.unwrap();
    for number in 2..6 {
        pass(4).await;
        last = tokens.instead_of(&last).await.unwrap();
        assert_eq!(&*last, format!("token-{number}"));
    }
}

#[tokio::test]
async fn a_giver_that_has_only_the_refused_token_is_not_asked_over_and_over() {
    let server = Server::start(|_, _| token(7, 3600)).await;
    let tokens = tokens(&server);
    let only = tokens.get().await.unwrap();
    for _ in 0..10 {
        assert_eq!(tokens.instead_of(&only).await.unwrap_err().kind(), ErrorKind::Denied);
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_refused_token_is_not_given_out_again_though_there_is_no_other() {
    let server = Server::start(|number, _| if number == 0 { token(0, 3600) } else { answer(503, "") }).await;
    let tokens = tokens(&server);
    let first = tokens.get().await.unwrap();
    assert_eq!(tokens.instead_of(&first).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::Unavailable);
}
