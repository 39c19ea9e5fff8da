//! Options: what is there when nothing is said, and which mistakes are told.

use aoc_core::ErrorKind;
use aoc_sinks::{
    SyslogSink,
    syslog::{Syslog, Transport},
};
use serde_json::{Value, json};

fn config(mut options: Value) -> Syslog {
    options["address"] = options.get("address").cloned().unwrap_or_else(|| json!("siem.contoso.com"));
    serde_json::from_value(options).unwrap()
}

#[test]
fn an_address_is_enough() {
    let config = config(json!({}));
    assert_eq!(format!("{config:?}"), format!("{:?}", Syslog::to("siem.contoso.com")));
    assert_eq!(config.transport, Transport::Tls);
    assert_eq!(format!("{:?}", config.facility), "local0");
    SyslogSink::new(config).unwrap();
}

#[test]
fn options_that_make_no_sense_are_said_so() {
    let long = "x".repeat(49);
    for (options, sentence) in [
        (
            json!({"address": "tls://siem"}),
            "address: not an address: `tls://siem`, expected such as `siem.contoso.com:6514`",
        ),
        (
            json!({"transport": "udp", "framing": "newline"}),
            "`framing` has no meaning with transport `udp`, expected none",
        ),
        (
            json!({"transport": "udp", "connection": "kept"}),
            "`connection` has no meaning with transport `udp`, expected none",
        ),
        (
            json!({"transport": "tcp", "ca_file": "ca.pem"}),
            "`ca_file` has no meaning with transport `tcp`, expected none",
        ),
        (
            json!({"transport": "tcp", "server_name": "a"}),
            "`server_name` has no meaning with transport `tcp`, expected none",
        ),
        (json!({"key": "key.pem"}), "`key` without `certificate`, expected both or neither"),
        (json!({"max_message": 100}), "`max_message` is 100, expected at least 480"),
        (
            json!({"transport": "udp", "max_message": 70_000}),
            "`max_message` is 70000, expected at least 480 and at most 65507",
        ),
        (
            json!({"app_name": long}),
            &format!(
                "app_name: `{long}` is no name in a message, expected 1 to 48 ASCII characters without blanks"
            ),
        ),
        (
            json!({"hostname": "a b"}),
            "hostname: `a b` is no name in a message, expected 1 to 255 ASCII characters without blanks",
        ),
        (
            json!({"server_name": "a b"}),
            "server_name: `a b` is no name for a certificate, expected a host name or an address",
        ),
    ] {
        let error = SyslogSink::new(config(options)).err().unwrap();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Config, sentence));
    }
}
