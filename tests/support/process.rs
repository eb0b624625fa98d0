//! Owns the built binary as a server: it runs until it is dropped.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// The built binary, in a folder, without what the environment would say to it.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
    command.args(arguments).current_dir(folder);
    for variable in ["WEFT_SUPERGRAPH_PATH", "WEFT_CONFIG_PATH", "WEFT_LOG", "HOST", "PORT"] {
        command.env_remove(variable);
    }
    command
}

/// A gateway in a process of its own. It ends with the test, however the test ends.
pub struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
    /// What it said before it listened.
    pub said: String,
    /// `http://host:port`
    pub url: String,
}

impl Serving {
    /// Runs the command until it says where it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut serving = Self { child, log, said: String::new(), url: String::new() };
        while serving.url.is_empty() {
            let mut line = String::new();
            let length = serving.log.read_line(&mut line).expect("a line");
            assert_ne!(length, 0, "it ended before it listened:\n{}", serving.said);
            match line.split_once("serving GraphQL on ") {
                Some((_, url)) => serving.url = url.trim().trim_end_matches("/graphql").to_owned(),
                None => serving.said.push_str(&line),
            }
        }
        serving
    }

    /// Sends SIGTERM and waits for the end: the exit code, and what it said meanwhile.
    #[cfg(unix)]
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell runs").success());
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).expect("its log");
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
