//! The account: which tenant, which application, by which credential, in which cloud.

use std::path::PathBuf;

use aoc_core::{http::Base, prelude::*};
use sha2::{Digest, Sha256};

/// A tenant and the application that reads it: the keys that a `[profiles.NAME]` shares among sources.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// The tenant (directory) id, or one of its domains; it must be given. Office 365 activity needs the id.
    pub tenant_id: String,
    /// The application (client) id. May be left out only with a system-assigned managed identity.
    pub client_id: String,
    /// The application's secret (its value, not its id).
    pub client_secret: Option<Secret>,
    /// A PEM file with the application's certificate and its RSA private key, without a password. A file that changes is
    /// read anew.
    pub certificate: Option<PathBuf>,
    /// A file with a token of another identity provider, such as the one that `AZURE_FEDERATED_TOKEN_FILE` names where there
    /// is a workload identity. It is read anew for each token.
    pub federated_token_file: Option<PathBuf>,
    /// Use the managed identity of the Azure machine or app service AOC runs on; of several, the one that `client_id` names.
    pub managed_identity: bool,
    /// The national cloud.
    pub cloud: Cloud,
    /// The base of the login service, before `/{tenant}/oauth2/v2.0/token`; else the cloud's.
    pub login_url: Option<String>,
    /// The base of Microsoft Graph, before `/v1.0/…`; else the cloud's.
    pub graph_url: Option<String>,
    /// The base of the Management Activity API, before `/api/v1.0/{tenant}/activity/feed/…`; else the cloud's.
    pub activity_url: Option<String>,
}

/// The smallest configuration of a source that reads an account's tenant.
pub(crate) const EXAMPLE: &str = r#"tenant_id = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
client_id = "11111111-2222-4333-8444-555555555555"
client_secret = { env = "AOC_CONTOSO_SECRET" }"#;

/// A national cloud, which says where login, Graph and Management Activity are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// The worldwide cloud.
    #[default]
    Global,
    /// US government, moderate.
    Gcc,
    /// US government, high (L4).
    GccHigh,
    /// US department of defence (L5).
    Dod,
    /// China, operated by 21Vianet.
    China,
    /// Given by `login_url`, `graph_url` and `activity_url`.
    Custom,
}

impl Cloud {
    /// The bases of login, Graph and Management Activity; nothing for `custom`.
    pub const fn hosts(self) -> Option<[&'static str; 3]> {
        match self {
            Self::Global => Some([
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
                "https://manage.office.com",
            ]),
            Self::Gcc => Some([
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
                "https://manage-gcc.office.com",
            ]),
            Self::GccHigh => Some([
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us",
                "https://manage.office365.us",
            ]),
            Self::Dod => Some([
                "https://login.microsoftonline.us",
                "https://dod-graph.microsoft.us",
                "https://manage.protection.apps.mil",
            ]),
            Self::China => Some([
                "https://login.partner.microsoftonline.cn",
                "https://microsoftgraph.chinacloudapi.cn",
                "https://manage.office365.cn",
            ]),
            Self::Custom => None,
        }
    }
}

/// How the application shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Secret(Secret),
    Certificate(PathBuf),
    FederatedToken(PathBuf),
    ManagedIdentity,
}

impl Credential {
    /// What tells two credentials apart without showing either.
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Self::Secret(secret) => format!("{:x?}", Sha256::digest(secret.expose())),
            other => format!("{other:?}"),
        }
    }
}

impl Account {
    /// An application with a secret, in the worldwide cloud.
    pub fn new(tenant_id: impl Into<String>, client_id: impl Into<String>, client_secret: Secret) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            client_id: client_id.into(),
            client_secret: Some(client_secret),
            ..Self::default()
        }
    }

    /// The base of the login service.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when there is none, or it is no address we talk to.
    pub fn login(&self) -> Result<Base> {
        self.base(self.login_url.as_deref(), 0, "login_url")
    }

    /// The base of Graph.
    ///
    /// # Errors
    /// As [`login`](Self::login).
    pub fn graph(&self) -> Result<Base> {
        self.base(self.graph_url.as_deref(), 1, "graph_url")
    }

    /// The base of Management Activity.
    ///
    /// # Errors
    /// As [`login`](Self::login).
    pub fn activity(&self) -> Result<Base> {
        self.base(self.activity_url.as_deref(), 2, "activity_url")
    }

    fn base(&self, given: Option<&str>, place: usize, key: &str) -> Result<Base> {
        let missing = || Error::config(format!("cloud = \"custom\" needs `{key}`"));
        let text = given.or_else(|| self.cloud.hosts().map(|hosts| hosts[place])).ok_or_else(missing)?;
        Base::parse(text).map_err(|error| error.at(key))
    }

    /// The one credential.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when there is none or more than one, or something else is missing.
    pub(crate) fn credential(&self) -> Result<Credential> {
        if self.tenant_id.trim().is_empty() {
            return Err(Error::config(
                "`tenant_id` is missing; it is in the tenant's overview in the Entra portal",
            ));
        }
        if ["common", "organizations", "consumers"].contains(&self.tenant_id.as_str()) {
            let message = format!("`{}` is no tenant; give the tenant's own id", self.tenant_id);
            return Err(Error::config(message).at("tenant_id"));
        }
        if !self.tenant_id.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) {
            return Err(Error::config("neither a tenant id nor a domain").at("tenant_id"));
        }
        let given = [
            self.client_secret.clone().map(Credential::Secret),
            self.certificate.clone().map(Credential::Certificate),
            self.federated_token_file.clone().map(Credential::FederatedToken),
            self.managed_identity.then_some(Credential::ManagedIdentity),
        ];
        let mut given = given.into_iter().flatten();
        const ONE_OF: &str =
            "one of `client_secret`, `certificate`, `federated_token_file` and `managed_identity = true`";
        let credential =
            given.next().ok_or_else(|| Error::config(format!("no credential; give {ONE_OF}")))?;
        if given.next().is_some() {
            return Err(Error::config(format!("several credentials; give only {ONE_OF}")));
        }
        if self.client_id.trim().is_empty() && credential != Credential::ManagedIdentity {
            return Err(Error::config(
                "`client_id` is missing; it is in the overview of the app registration",
            ));
        }
        Ok(credential)
    }

    /// Whether the tenant is given by its id.
    pub(crate) fn has_tenant_guid(&self) -> bool {
        is_guid(&self.tenant_id)
    }
}

/// Whether a text is the id of a tenant, and not a domain.
pub(crate) fn is_guid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With these keys and values, beside those that must be.
    fn account(more: &[(&str, &str)]) -> Account {
        let mut table = serde_json::json!({"tenant_id": "contoso.com", "client_id": "a"});
        for (key, value) in more {
            table[key] = serde_json::from_str(value).unwrap_or_else(|_| (*value).into());
        }
        serde_json::from_value(table).unwrap()
    }

    #[test]
    fn every_cloud_has_its_addresses() {
        let mut table = String::new();
        for cloud in ["global", "gcc", "gcc_high", "dod", "china"] {
            let account = account(&[("cloud", cloud)]);
            let urls =
                [account.login(), account.graph(), account.activity()].map(|url| url.unwrap().to_string());
            table.push_str(&format!("{cloud}: {}\n", urls.join(" ")));
        }
        let expected = "\
global: https://login.microsoftonline.com https://graph.microsoft.com https://manage.office.com
gcc: https://login.microsoftonline.com https://graph.microsoft.com https://manage-gcc.office.com
gcc_high: https://login.microsoftonline.us https://graph.microsoft.us https://manage.office365.us
dod: https://login.microsoftonline.us https://dod-graph.microsoft.us https://manage.protection.apps.mil
china: https://login.partner.microsoftonline.cn https://microsoftgraph.chinacloudapi.cn https://manage.office365.cn
";
        assert_eq!(table, expected);
    }

    #[test]
    fn each_address_can_be_another_and_in_a_custom_cloud_must_be_given() {
        type Url = fn(&Account) -> Result<Base>;
        let urls: [(&str, Url); 3] = [
            ("login_url", Account::login),
            ("graph_url", Account::graph),
            ("activity_url", Account::activity),
        ];
        for (key, url) in urls {
            let other = account(&[(key, "https://proxy.example/a/")]);
            assert_eq!(url(&other).unwrap().to_string(), "https://proxy.example/a");
            let others = urls.iter().filter(|(another, _)| *another != key);
            assert!(others.map(|(_, url)| url(&other).unwrap()).all(|url| !url.host().contains("proxy")));
            let error = url(&account(&[("cloud", "custom")])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_eq!(error.to_string(), format!("cloud = \"custom\" needs `{key}`"));
            let error = url(&account(&[(key, "http://proxy.example")])).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{key}: ")), "{error}");
        }
    }

    #[test]
    fn there_is_exactly_one_credential() {
        let all = [
            ("client_secret", "s"),
            ("certificate", "a.pem"),
            ("federated_token_file", "t"),
            ("managed_identity", "true"),
        ];
        let error = account(&[]).credential().unwrap_err();
        assert!(all.iter().all(|(key, _)| error.to_string().contains(key)), "{error}");
        for (place, one) in all.iter().enumerate() {
            account(&[*one]).credential().unwrap();
            for another in &all[place + 1..] {
                let error = account(&[*one, *another]).credential().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().starts_with("several credentials"), "{error}");
            }
        }
        assert!(account(&[("managed_identity", "false")]).credential().is_err());
    }

    #[test]
    fn who_is_meant_must_be_said() {
        let of = |tenant_id: &str, client_id: &str, managed_identity: bool| Account {
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: (!managed_identity).then(|| Secret::new("s")),
            managed_identity,
            ..Account::default()
        };
        for (tenant, says) in [
            ("", "`tenant_id` is missing"),
            (" ", "`tenant_id` is missing"),
            ("common", "tenant_id: `common` is no tenant"),
            ("organizations", "tenant_id: `organizations` is no tenant"),
            ("consumers", "tenant_id: `consumers` is no tenant"),
            ("a/../b", "tenant_id: neither"),
            ("contoso.com?x", "tenant_id: neither"),
            ("https://contoso.com", "tenant_id: neither"),
            ("contosö.com", "tenant_id: neither"),
            ("{aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee}", "tenant_id: neither"),
        ] {
            let error = of(tenant, "a", false).credential().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(says), "{tenant}: {error}");
        }
        assert!(of("contoso.com", " ", false).credential().unwrap_err().to_string().contains("`client_id`"));
        assert_eq!(of("contoso.com", "", true).credential().unwrap(), Credential::ManagedIdentity);
        assert!(of("AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee", "a", false).has_tenant_guid());
        assert!(!of("contoso.com", "a", false).has_tenant_guid());
        assert!(!of("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeeg", "a", false).has_tenant_guid());
    }

    #[test]
    fn credentials_are_told_apart_without_being_shown() {
        let [one, two] = ["one", "two"].map(|text| Credential::Secret(Secret::new(text)).fingerprint());
        assert_ne!(one, two);
        assert!(
            !one.contains("one") && !format!("{:?}", account(&[("client_secret", "hush")])).contains("hush")
        );
    }
}
