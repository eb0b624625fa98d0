//! Owns the command line: what can be said on it, and how a command that fails ends.

pub mod check;
mod clients;
pub mod compose;
pub mod config;
pub mod dev;
pub mod import;
pub mod openapi;
pub mod ops;
pub mod plan;
mod report;
pub mod serve;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use weft_federation::diagnostics::{Diagnostic, Source};

use report::Format;

/// A GraphQL federation and BFF gateway over GraphQL, REST and gRPC backends.
#[derive(Debug, Parser)]
#[command(name = "weft", version)]
pub struct Cli {
    #[command(subcommand)]
    command: CommandLine,
}

/// The commands as they are written; two ways to write one are told apart only here.
#[derive(Debug, Subcommand)]
enum CommandLine {
    Serve(serve::Arguments),
    Dev(dev::Arguments),
    Compose(compose::Arguments),
    Check(check::Arguments),
    Plan(plan::Arguments),
    Import(import::Arguments),
    Config(config::Arguments),
    Ops(ops::Arguments),
    Openapi(openapi::Arguments),
    /// `weft supergraph compose`, for fingers used to Rover.
    #[command(hide = true)]
    Supergraph(SupergraphArguments),
}

#[derive(Debug, Args)]
struct SupergraphArguments {
    #[command(subcommand)]
    command: SupergraphCommand,
}

#[derive(Debug, Subcommand)]
enum SupergraphCommand {
    Compose(compose::Arguments),
}

/// What is to be done.
#[derive(Debug)]
pub enum Command {
    Serve(serve::Arguments),
    Dev(dev::Arguments),
    Compose(compose::Arguments),
    Check(check::Arguments),
    Plan(plan::Arguments),
    Import(import::Arguments),
    Config(config::Arguments),
    Ops(ops::Arguments),
    Openapi(openapi::Arguments),
}

impl Cli {
    pub fn into_command(self) -> Command {
        match self.command {
            CommandLine::Serve(arguments) => Command::Serve(arguments),
            CommandLine::Dev(arguments) => Command::Dev(arguments),
            CommandLine::Compose(arguments)
            | CommandLine::Supergraph(SupergraphArguments { command: SupergraphCommand::Compose(arguments) }) => {
                Command::Compose(arguments)
            }
            CommandLine::Check(arguments) => Command::Check(arguments),
            CommandLine::Plan(arguments) => Command::Plan(arguments),
            CommandLine::Import(arguments) => Command::Import(arguments),
            CommandLine::Config(arguments) => Command::Config(arguments),
            CommandLine::Ops(arguments) => Command::Ops(arguments),
            CommandLine::Openapi(arguments) => Command::Openapi(arguments),
        }
    }
}

/// How a command that fails ends. What is said goes to stderr.
#[derive(Debug)]
pub enum Failure {
    /// The command was understood, but what it works on is wrong, or something else failed: exit code 1.
    Failed(String),
    /// As [`Self::Failed`], with all that was found.
    Invalid(Vec<Diagnostic>, Format),
    /// The command line cannot be followed, such as a file that is not there: exit code 2, as for a flag that is unknown.
    Usage(String),
}

impl Failure {
    /// Says it on stderr, and gives the exit code.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Failed(message) => {
                eprintln!("error: {message}");
                ExitCode::from(1)
            }
            Self::Invalid(diagnostics, format) => {
                report::diagnostics(&diagnostics, format);
                ExitCode::from(1)
            }
            Self::Usage(message) => {
                eprintln!("error: {message}");
                ExitCode::from(2)
            }
        }
    }

    fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::Usage(format!("cannot read {}: {error}", path.display()))
    }
}

/// Reads a file named on the command line, or stdin for `-`.
fn read_input(path: &Path) -> Result<String, Failure> {
    let text =
        if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    text.map_err(|error| Failure::unreadable(path, &error))
}

/// Refuses a command line on which more than one of these is to be read from stdin: the second would find nothing.
fn one_from_stdin(named: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let from_stdin: Vec<&str> =
        named.iter().filter(|(_, path)| *path == Some(Path::new("-"))).map(|(name, _)| *name).collect();
    match from_stdin.as_slice() {
        [] | [_] => Ok(()),
        several => {
            let message = "would both be read from stdin, which can be read once: give one of them as a file";
            Err(Failure::Usage(format!("{} {message}", several.join(" and "))))
        }
    }
}

/// As [`read_input`], with the folder that paths in the file are relative to.
fn read_source(path: &Path) -> Result<(Arc<Source>, &Path), Failure> {
    let text = read_input(path)?;
    let (name, folder) = if path == Path::new("-") {
        ("<stdin>".to_owned(), Path::new(""))
    } else {
        (path.display().to_string(), path.parent().unwrap_or(Path::new("")))
    };
    Ok((Source::new(name, text), folder))
}

/// Writes a command's result to stdout. A reader that has seen enough (`weft plan … | head`) is no failure.
fn write_result(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{newline}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("cannot write to stdout: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
