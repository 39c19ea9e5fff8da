use super::*;

const KEY: (&str, &str) = ("LLM_API_KEY", "hush");
const VERSION: (&str, &str) = ("LLM_API_VERSION", "2024-10-21");

fn applied(toml: &str, variables: &[(&str, &str)]) -> Result<(Value, Vec<String>)> {
    let mut config = Config::read(toml, "test", std::iter::empty()).unwrap();
    let find =
        |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
    super::super::apply(&mut config, find)?;
    let remarks = super::super::remarks(&config, find);
    assert!(remarks.iter().all(|remark| !remark.contains("hush")), "{remarks:?}");
    Ok((config.get("llm").cloned().unwrap_or_default(), remarks))
}

/// The table that variables make without a remark.
fn made(toml: &str, variables: &[(&str, &str)]) -> Value {
    let (table, remarks) = applied(toml, variables).unwrap();
    assert_eq!(remarks, [""; 0]);
    table
}

#[test]
fn a_key_makes_openai_the_model() {
    let openai = |model: &str| json!({"type": "openai", "model": model, "api_key": "hush"});
    assert_eq!(made("", &[KEY]), openai("gpt-4o-mini"));
    assert_eq!(made("", &[KEY, ("LLM_MODEL", "gpt-4o")]), openai("gpt-4o"));
    let mut elsewhere = openai("gpt-4o-mini");
    elsewhere["base_url"] = "https://models.contoso.example/v1".into();
    assert_eq!(made("", &[KEY, ("LLM_BASE_URL", "https://models.contoso.example/v1")]), elsewhere);
    assert_eq!(made("", &[("LLM_MODEL", "gpt-4o"), ("LLM_TIMEOUT_SECONDS", "30")]), Value::Null);
}

#[test]
fn a_version_makes_azure_the_model_whatever_the_address() {
    let azure = |base_url: &str, deployment: &str| {
        json!({
            "type": "azure_openai", "base_url": base_url, "deployment": deployment, "api_version": VERSION.1,
            "api": "classic", "api_key": "hush",
        })
    };
    let resource = "https://contoso.openai.azure.com";
    for (url, deployment) in [
        ("", "our-gpt"),
        ("/", "our-gpt"),
        ("/openai", "our-gpt"),
        ("/openai/deployments/our-gpt", "our-gpt"),
        ("/openai/deployments/our-gpt/chat/completions?api-version=2023-05-15", "our-gpt"),
    ] {
        let url = format!("{resource}{url}");
        let variables = [KEY, VERSION, ("LLM_MODEL", "our-gpt"), ("LLM_BASE_URL", &url)];
        let base = if url.ends_with("com/") { &url } else { resource };
        assert_eq!(made("", &variables), azure(base, deployment), "{url}");
    }
    let gateway = "https://gateway.contoso.example/openai-models";
    assert_eq!(made("", &[KEY, VERSION, ("LLM_BASE_URL", gateway)]), azure(gateway, "gpt-4o-mini"));
    let url = format!("{resource}/openai/deployments/theirs");
    let (table, remarks) =
        applied("", &[KEY, VERSION, ("LLM_MODEL", "ours"), ("LLM_BASE_URL", &url)]).unwrap();
    assert_eq!(table, azure(resource, "theirs"));
    assert_eq!(remarks, ["LLM_MODEL is not used: LLM_BASE_URL names the deployment `theirs`"]);
}

#[test]
fn azure_is_not_guessed_from_an_address() {
    for host in ["contoso.openai.azure.com", "CONTOSO.OpenAI.Azure.com:443", "c.services.ai.azure.com"] {
        let url = format!("https://{host}/openai/deployments/ours");
        let (table, remarks) = applied("", &[KEY, ("LLM_BASE_URL", &url)]).unwrap();
        assert_eq!((table, remarks), (Value::Null, vec![NO_VERSION.to_owned()]), "{host}");
    }
    let v1 = "https://contoso.openai.azure.com/openai/v1/";
    assert_eq!(made("", &[KEY, ("LLM_BASE_URL", v1)])["type"], "openai", "it is asked as OpenAI is");
    let near = "https://azure.contoso.example/v1";
    assert_eq!(made("", &[KEY, ("LLM_BASE_URL", near)])["type"], "openai");
}

#[test]
fn half_of_it_asks_nobody_and_says_so() {
    let url = ("LLM_BASE_URL", "https://models.contoso.example/v1");
    for (variables, expected) in [(&[url][..], NO_KEY), (&[KEY, VERSION], NO_ADDRESS)] {
        assert_eq!(applied("", variables).unwrap(), (Value::Null, vec![expected.to_owned()]));
    }
    let off = [url, ("AI_FEATURES_ENABLED", "false")];
    assert_eq!(made("", &off), json!({"enabled": false}), "who wants no answers misses no model");
}

#[test]
fn keys_of_the_file_come_first() {
    let file = "[llm]\ntype = \"openai\"\nmodel = \"m\"\nbase_url = \"https://a.example\"\nmax_events = 7";
    let variables = [("LLM_MAX_EVENTS", "9"), ("LLM_MODEL", "n"), ("LLM_TIMEOUT_SECONDS", "5")];
    let own = json!({
        "type": "openai", "model": "m", "base_url": "https://a.example", "max_events": 7, "timeout": "5s",
    });
    assert_eq!(made(file, &variables), own);
    let (table, remarks) = applied(file, &[KEY]).unwrap();
    assert_eq!(table.get("api_key"), None, "no key is sent where the file did not say so");
    assert!(
        remarks[0].starts_with("LLM_API_KEY is not used, as the file has its own [llm]; "),
        "{remarks:?}"
    );
    let file = "[llm]\nenabled = true\nmodel = \"m\"";
    let own = json!({"enabled": true, "type": "openai", "model": "m", "api_key": "hush"});
    assert_eq!(made(file, &[KEY, ("AI_FEATURES_ENABLED", "false"), ("LLM_MODEL", "n")]), own);
    let file = "[llm]\ntype = \"openai\"\nprofile = \"p\"\n[profiles.p]\ntimeout = \"9s\"\napi_key = \"k\"";
    let own = json!({"type": "openai", "profile": "p"});
    assert_eq!(made(file, &[KEY, ("LLM_TIMEOUT_SECONDS", "5")]), own);
}

#[test]
fn how_much_and_how_long_is_said_in_our_units() {
    let variables = [KEY, ("LLM_MAX_EVENTS", "200"), ("LLM_TIMEOUT_SECONDS", "45.5")];
    let table = made("", &variables);
    assert_eq!((&table["max_events"], &table["timeout"]), (&json!(200), &json!("46s")));
    let (table, remarks) = applied("", &[("LLM_MAX_EVENTS", "1000")]).unwrap();
    assert_eq!(
        (table, remarks),
        (json!({"max_events": 500}), vec!["LLM_MAX_EVENTS is 1000; 500 are the most".to_owned()])
    );
    for (name, value, expected) in [
        ("LLM_MAX_EVENTS", "0", "LLM_MAX_EVENTS: not a number of events: `0`"),
        ("LLM_MAX_EVENTS", "many", "LLM_MAX_EVENTS: not a number of events: `many`"),
        ("LLM_TIMEOUT_SECONDS", "0", "LLM_TIMEOUT_SECONDS: not a number of seconds from 1 to 86400: `0`"),
        ("LLM_TIMEOUT_SECONDS", "inf", "LLM_TIMEOUT_SECONDS: not a number of seconds from 1 to 86400: `inf`"),
        ("AI_FEATURES_ENABLED", "maybe", "AI_FEATURES_ENABLED: neither `true` nor `false`: `maybe`"),
    ] {
        assert_eq!(applied("", &[(name, value)]).unwrap_err().to_string(), expected);
    }
}

#[test]
fn an_error_names_the_variable_that_the_value_comes_from() {
    let url = "ftp://contoso.example/openai/deployments/x";
    let find = |name: &str| match name {
        "LLM_BASE_URL" => Some(url.to_owned()),
        "LLM_API_VERSION" => Some("2024-10-21".to_owned()),
        "LLM_API_KEY" => Some("hush".to_owned()),
        _ => None,
    };
    let mut config = Config::read("", "test", std::iter::empty()).unwrap();
    super::super::apply(&mut config, find).unwrap();
    let told = |text: &str| explained(&config, Error::config(text).at("llm"), find).to_string();
    let expected = "llm: base_url: not an address (this value is that of the variable LLM_BASE_URL)";
    assert_eq!(told("base_url: not an address"), expected);
    assert_eq!(
        told("api_key: empty"),
        "llm: api_key: empty (this value is that of the variable LLM_API_KEY)"
    );
    assert_eq!(told("timeout: too short"), "llm: timeout: too short");
}
