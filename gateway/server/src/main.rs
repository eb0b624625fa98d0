//! The `weft` binary: parse the command line, do what it says, map the result to an exit code.

use std::process::ExitCode;

use clap::Parser;
use weft::cli::{Cli, Command, compose, plan, serve};

fn main() -> ExitCode {
    let done = match Cli::parse().into_command() {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Compose(arguments) => compose::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
