//! Owns the processes that take part: started, found, measured, and ended with the benchmark.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Process {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Process {
    /// Starts a server that says on stderr at which `http://` address it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("a program that was just built");
        let stderr = child.stderr.take().expect("it is piped");
        let mut process = Self { child, url: String::new() };
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let mut said = String::new();
        let url = lines.by_ref().find_map(|line| {
            said += &line;
            said.push('\n');
            line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
        });
        process.url = url.unwrap_or_else(|| panic!("{command:?} did not say where it listens:\n{said}"));
        // What it says later is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        process
    }

    /// The CPU time that it has used so far, in user and system mode; `None` where the system has no `/proc`.
    pub fn cpu(&self) -> Option<Duration> {
        // Linux gives it in hundredths of a second, whatever its own clock does.
        const TICK: Duration = Duration::from_millis(10);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name, in brackets, may have spaces; the state comes behind it.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let user: u32 = fields.next()?.parse().ok()?;
        let system: u32 = fields.next()?.parse().ok()?;
        Some(TICK * (user + system))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
