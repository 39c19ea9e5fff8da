//! Standard output: another process of this very program writes there.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use aoc_core::{Event, Sink, testkit::events::Generator};
use aoc_sinks::JsonLinesSink;

const ROLE: &str = "AOC_TEST_WRITES_TO_OUTPUT";

fn events() -> Vec<Event> {
    Generator::new(41).events(50)
}

/// The other process: says what became of it on standard error. It waits for the end of its input.
#[tokio::test]
async fn the_process_that_writes() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    let sink = JsonLinesSink::new("-");
    for batch in events().chunks(20) {
        if let Err(error) = sink.deliver(batch).await {
            eprintln!("{:?} {error}", error.kind());
        }
    }
    std::process::exit(0);
}

fn writing() -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "output::the_process_that_writes", "--nocapture"])
        .env(ROLE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn lines_go_to_standard_output() {
    let output = writing().wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let read = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    assert_eq!(read.collect::<Vec<Event>>(), events());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_pipe_without_a_reader_is_unavailable() {
    let mut child = writing();
    let begun =
        BufReader::new(child.stdout.take().unwrap()).lines().any(|line| line.unwrap() == "running 1 test");
    assert!(begun, "now nobody reads any more");
    drop(child.stdin.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    assert_eq!(said, "Unavailable -: cannot write the file\n".repeat(3));
}
