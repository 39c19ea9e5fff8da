//! A shell beside each server, so that no server outlives the tests.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A shell that runs one program and takes it down when this is dropped, or when this process ends, however it ends.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Watchdog {
    /// Starts the shell, not yet the program. The program writes to `log` in `folder`; in the end the folder is removed.
    ///
    /// The shell is in a process group of its own, so that Ctrl-C for the tests does not end it before the program.
    pub(super) fn new(folder: &Path, program: &Path, arguments: &[String]) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("watchdog.sh"), "watchdog"])
            .args([folder, program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let orders = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().unwrap());
        Self { shell, orders, answers }
    }

    /// Starts the program; gives its process id.
    pub(super) fn start(&mut self) -> u32 {
        self.order("START").parse().unwrap()
    }

    /// Kills the program and waits for its end.
    pub(super) fn kill(&mut self) {
        self.order("KILL");
    }

    /// Sends `STOP` or `CONT`.
    pub(super) fn signal(&mut self, signal: &str) {
        self.order(signal);
    }

    fn order(&mut self, order: &str) -> String {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim().to_owned()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.shell.wait();
    }
}
