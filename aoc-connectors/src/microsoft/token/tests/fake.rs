//! All credentials against `FakeMicrosoft`, which judges them as Entra does.

use crate::fake::{App, FakeMicrosoft, Fault, IDENTITY_HEADER, Tenant};

use super::{certificates::make, *};

const TENANT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const CLIENT: &str = "11111111-2222-4333-8444-555555555555";

async fn with_app(app: impl FnOnce(App) -> App) -> (FakeMicrosoft, Account) {
    let fake = FakeMicrosoft::start().await.unwrap();
    let tenant = fake.add_tenant(Tenant::new(TENANT));
    tenant.change(|settings| settings.apps = vec![app(App::new(CLIENT))]);
    let mut account = fake.profile(&tenant);
    account.client_secret = None;
    (fake, account)
}

fn graph_tokens(fake: &FakeMicrosoft, account: &Account) -> Tokens {
    let http = HttpClient::new(Options { proxy: false, ..Options::default() }).unwrap();
    Tokens::new(account, &fake.url(), &http, &Arc::default()).unwrap()
}

#[tokio::test]
async fn a_certificate_is_good_whatever_our_clock_says() {
    let (made, folder) = (make(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.pem");
    write(&path, &made.file(), 0);
    for ahead in [0, 86_400, -86_400] {
        let (fake, mut account) = with_app(|app| app.certificate(&made.file()).unwrap()).await;
        fake.set_ahead(ahead);
        account.certificate = Some(path.clone());
        let tokens = graph_tokens(&fake, &account);
        let first = tokens.get().await.unwrap();
        assert_eq!(fake.count("/token"), 1 + usize::from(ahead != 0));
        assert_ne!(tokens.instead_of(&first).await.unwrap(), first);
        assert_eq!(claims(&first).unwrap().aud.as_deref(), Some(&*fake.url()));
    }
}

#[tokio::test]
async fn another_certificate_is_refused_for_a_reason() {
    let (made, folder) = (make(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.pem");
    write(&path, &make().file(), 0);
    let (fake, mut account) = with_app(|app| app.certificate(&made.file()).unwrap()).await;
    account.certificate = Some(path);
    let error = graph_tokens(&fake, &account).get().await.unwrap_err();
    assert!(error.to_string().contains("AADSTS700027"), "{error}");
}

#[tokio::test]
async fn a_federated_token_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, "e30.e30.x", 0);
    let (fake, mut account) = with_app(|app| app.federated_token("e30.e30.x")).await;
    account.federated_token_file = Some(path);
    graph_tokens(&fake, &account).get().await.unwrap();
}

#[tokio::test]
async fn managed_identities_are_good_by_the_machines_own_clock() {
    for ahead in [0, 86_400, -86_400] {
        let fake = FakeMicrosoft::start().await.unwrap();
        fake.set_ahead(ahead);
        let tenant = fake.add_tenant(Tenant::new(TENANT));
        tenant.change(|settings| settings.managed_identity = Some(CLIENT.to_owned()));
        let (url, endpoint) = (fake.url(), format!("{}/msi/token", fake.url()));
        let machine = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", url.as_str())];
        let app_service = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", IDENTITY_HEADER)];
        for env in [&machine[..], &app_service[..]] {
            let tokens = machines::machine(CLIENT, env, &url).unwrap();
            let first = tokens.get().await.unwrap();
            pass(1_000).await;
            assert_eq!(tokens.get().await.unwrap(), first, "it is good for an hour");
            let error = machines::machine("another", env, &url).unwrap().get().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied);
        }
    }
}

#[tokio::test]
async fn an_outage_of_the_login_service_is_got_over() {
    let (fake, mut account) = with_app(|app| app.secret(SECRET)).await;
    account.client_secret = Some(Secret::new(SECRET));
    let tokens = graph_tokens(&fake, &account);
    let faults = [Fault::gateway(502), Fault::garbage(), Fault::drop_connection(), Fault::cut(20)];
    for fault in faults {
        let outage = fake.script(fault.path("/token").always());
        assert_eq!(tokens.get().await.unwrap_err().kind(), ErrorKind::Unavailable);
        outage.end();
        pass(10).await;
    }
    let denied = fake.script(Fault::login_error(401, "invalid_client", 7_000_222).path("/token").always());
    assert!(tokens.get().await.unwrap_err().to_string().starts_with("the client secret has expired"));
    denied.end();
    pass(61).await;
    tokens.get().await.unwrap();
}
