//! Raw records: JSON text with nested values, spelled in many ways.

use std::fmt::Write;

use super::{
    super::random::Random,
    words::{ADDRESSES, MEMBERS, ODD, PEOPLE, PLAIN},
};
use crate::RawJson;

const HEADS: &[&str] = &["0f1e2d3c", "0f1e2d3d", "aaaaaaaa", "AAAAAAAA", "12345678", "deadbeef", "8f3c7a10"];

/// An id in the form `8-4-4-4-12`; many share their first digits.
pub(super) fn guid(random: &mut Random) -> String {
    let own = format!("{:08x}", random.number() >> 32);
    let head = if random.per_mille(700) { *random.pick(HEADS) } else { &own };
    let (a, b) = (random.number(), random.number());
    let middle = if random.per_mille(300) {
        "4b5a-6978".to_owned()
    } else {
        format!("{:04x}-{:04x}", a & 0xffff, (a >> 16) & 0xffff)
    };
    let text = format!("{head}-{middle}-{:04x}-{:012x}", (a >> 32) & 0xffff, b & 0xffff_ffff_ffff);
    if random.per_mille(150) { text.to_uppercase() } else { text }
}

/// A GUID as it stands among other text; some are none, because a letter or digit touches them.
fn guid_in_text(random: &mut Random) -> String {
    let id = guid(random);
    match random.below(13) {
        0 => format!("User_{id}"),
        1 => format!("Directory_{id}_ABC_1"),
        2 => format!("{{{id}}}"),
        3 => format!("{id}-{}", guid(random)),
        4 => format!("{id},{};{id}", guid(random)),
        5 => format!("x{id}"),
        6 => format!("{id}z"),
        7 => format!("é{id}é"),
        8 => format!("Role {id} was given to user {}.", guid(random)),
        9 => format!("urn:{id}/0f1e"),
        10 => format!("{id}{id}"),
        _ => id,
    }
}

fn sentence(random: &mut Random) -> String {
    let count = 1 + random.below(7);
    let words: Vec<&str> = (0..count).map(|_| *random.pick(PLAIN)).collect();
    words.join(*random.pick(&[" ", " ", " ", "_", ", ", "\u{a0}"]))
}

fn long_word(random: &mut Random) -> String {
    (0..1 + random.below(30)).fold(String::new(), |mut text, _| {
        let _ = write!(text, "{:x}", random.number());
        text
    })
}

fn json_in_string(random: &mut Random) -> String {
    let (name, value) = (sentence(random), guid_in_text(random));
    format!(r#"{{"Name":"{name}","Value":["{value}",{}],"Flag":true}}"#, random.below(100))
}

/// One value as text.
pub(super) fn words(random: &mut Random) -> String {
    match random.below(100) {
        0..=24 => sentence(random),
        25..=49 => guid_in_text(random),
        50..=57 => (*random.pick(ADDRESSES)).to_owned(),
        58..=67 => random.pick(PEOPLE).1.to_owned(),
        68..=71 => json_in_string(random),
        72..=74 => long_word(random),
        75..=82 => format!("{} {}", random.pick(ODD), random.pick(PLAIN)),
        _ => (*random.pick(ODD)).to_owned(),
    }
}

/// A JSON string; some characters are written as `\u` escapes, which changes nothing of what it says.
pub(super) fn quoted(random: &mut Random, text: &str) -> String {
    let plain = RawJson::string(text).text().to_owned();
    if random.per_mille(900) {
        return plain;
    }
    let escape = |mut out: String, unit: u16| {
        let _ = write!(out, "\\u{unit:04x}");
        out
    };
    format!("\"{}\"", text.encode_utf16().fold(String::new(), escape))
}

/// Some JSON value.
pub(super) fn value(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 80 } else { 100 }) {
        0..=59 => {
            let text = words(random);
            quoted(random, &text)
        }
        60..=69 => {
            (*random.pick(&["0", "1.50", "-3e2", "12345678901234567890", "42", "1E+2", "0.1"])).to_owned()
        }
        70..=74 => (*random.pick(&["true", "false"])).to_owned(),
        75..=78 => "null".to_owned(),
        79 => r#""lone \ud800 surrogate""#.to_owned(),
        80..=89 => {
            let items: Vec<String> = (0..random.below(5)).map(|_| value(random, depth - 1)).collect();
            format!("[{}]", items.join(*random.pick(&[",", ", ", " ,\n "])))
        }
        _ => object(random, depth - 1),
    }
}

/// Some JSON object.
pub(super) fn object(random: &mut Random, depth: usize) -> String {
    let members: Vec<String> = (0..random.below(5))
        .map(|i| {
            let name =
                format!("{}{}", random.pick(MEMBERS), if i == 0 { String::new() } else { i.to_string() });
            format!("{}{}{}", quoted(random, &name), random.pick(&[":", " : ", ": "]), value(random, depth))
        })
        .collect();
    format!("{{{}}}", members.join(*random.pick(&[",", ", ", ",\n  "])))
}
