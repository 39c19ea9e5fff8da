//! Components, good and bad ones.

use std::sync::Arc;

use aoc_core::{
    prelude::*,
    testkit::{
        fakes::Recorder,
        fleet::{self, Rule, Waiver},
    },
};

use super::failure;

/// Delivers to a place.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Good {
    /// Where to.
    url: String,
    /// What lets us in.
    #[serde(default)]
    api_key: Option<Secret>,
    /// Where the token comes from.
    #[serde(default)]
    token_url: String,
    /// How.
    #[serde(default)]
    manner: Vec<Manner>,
}

/// How it is done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Manner {
    /// How often.
    times: u32,
}

impl Component for Good {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "good";
    const EXAMPLE: &'static str =
        "url = \"https://a.example\"\napi_key = { env = \"A_KEY_NOBODY_SET\" }\nmanner = [{ times = 2 }]";
    async fn build(self) -> Result<Self::Built> {
        assert!(!self.url.is_empty() && self.manner.iter().all(|manner| manner.times > 0));
        assert!(self.token_url.is_empty() && self.api_key.is_some());
        Ok(Arc::new(Recorder::new()))
    }
}

#[derive(Deserialize, JsonSchema)]
struct Bad {
    password: String,
    /// Which.
    filter: Option<String>,
    /// More.
    #[serde(default)]
    more: More,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct More {
    hec_token: Option<String>,
}

impl Component for Bad {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "badOne";
    const EXAMPLE: &'static str = "pasword = \"x\"";
    async fn build(self) -> Result<Self::Built> {
        let _ = (self.password, self.filter, self.more.hec_token);
        Ok(Arc::new(Recorder::new()))
    }
}

#[tokio::test]
async fn good_components_have_no_faults() {
    let mut registry = Registry::new();
    fleet::check(registry.add::<Good>(), &[]).await;
}

#[tokio::test]
async fn every_fault_of_a_bad_component_is_found() {
    let mut registry = Registry::new();
    let faults = fleet::faults(registry.add::<Bad>()).await;
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    for expected in [
        "sink/badOne: SnakeCase: badOne",
        "sink/badOne: NotReserved: filter",
        "sink/badOne: Documented: the component has no description",
        "sink/badOne: Documented: `password` has no description",
        "sink/badOne: Documented: `More.hec_token` has no description",
        "sink/badOne: SecretsAreSecret: `password` is no Secret",
        "sink/badOne: SecretsAreSecret: `hec_token` is no Secret",
        "sink/badOne: ExampleBuilds: missing field `password`",
        "sink/badOne: UnknownKeyRefused: `filterx` is not named, or nothing is suggested: missing field `password`",
    ] {
        assert!(found.contains(&expected), "{expected} is not among {found:#?}");
    }
    assert_eq!(found.len(), 9, "{found:#?}");
}

#[tokio::test]
async fn waivers_cover_faults_need_reasons_and_do_not_outlive_them() {
    let waiver = |detail, reason| Waiver { component: "sink/badOne", rule: Rule::Documented, detail, reason };
    let said = failure(async move {
        let waivers = [waiver("password", "known"), waiver("token_url", "known"), waiver("component", "")];
        fleet::check(Registry::new().add::<Bad>(), &waivers).await;
    })
    .await;
    assert!(said.starts_with("9 faults"), "nine less two waived, one stale, one without reason: {said}");
    assert!(
        !said.contains("`password` has no description") && said.contains("`More.hec_token` has no"),
        "{said}"
    );
    assert!(said.contains("a stale waiver") && said.contains("token_url"), "{said}");
    assert!(said.contains("a waiver without a reason"), "{said}");
}
