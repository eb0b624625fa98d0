//! Owns `weft import`: from what a team has to SDL that it can start from.

mod fetch;
mod openapi;
mod proto;
mod reflect;
mod reflection;
mod supergraph;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weft_federation::import::Imported;

use super::report::{self, Format};
use super::{Failure, write_result};

/// Write SDL to start from.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    Openapi(openapi::Arguments),
    Proto(proto::Arguments),
    Reflect(reflect::Arguments),
    Supergraph(supergraph::Arguments),
}

/// What all imports of services are asked.
#[derive(Debug, Args)]
struct Common {
    /// The file to write the SDL to; one that is there is not overwritten [default: stdout].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The name of the `@source` [default: of the file that is read, or `api`].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What the names of fields and types begin with.
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// How findings are written to stderr.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.from {
        From::Openapi(arguments) => openapi::run(arguments),
        From::Proto(arguments) => proto::run(arguments),
        From::Reflect(arguments) => reflect::run(arguments),
        From::Supergraph(arguments) => supergraph::run(arguments),
    }
}

impl Common {
    /// The name of the source: the one that is asked for, or one made of `stem`.
    fn source_name(&self, stem: &str) -> Result<String, Failure> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if let Some(name) = &self.name {
            let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
            if begins && name.chars().all(fits) && name.len() <= 64 {
                return Ok(name.clone());
            }
            let message = "begins with a letter and has up to 64 letters, digits, `_` and `-`";
            return Err(Failure::Usage(format!("--name {name}: the name of a source {message}")));
        }
        let safe = stem.chars().map(|c| if fits(c) { c } else { '_' });
        let name: String = safe.skip_while(|c| !c.is_ascii_alphabetic()).take(64).collect();
        Ok(if name.is_empty() { "api".to_owned() } else { name })
    }

    /// Says what was found, and writes the SDL with what goes beside it.
    fn finish(&self, imported: Imported, beside: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
        let Imported { sdl, diagnostics, imported, left_out } = imported;
        let Some(sdl) = sdl else { return Err(Failure::Invalid(diagnostics, self.format)) };
        report::diagnostics(&diagnostics, self.format);
        if self.format == Format::Text {
            eprintln!("{imported} imported, {left_out} left out");
        }
        let Some(output) = &self.output else { return write_result(&sdl) };
        let mut files = vec![(output.clone(), sdl.into_bytes())];
        files.extend(beside.iter().cloned());
        write_all_new(&files)
    }
}

/// The name of a file without its ending.
fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

/// Writes files that belong together: all of them, or none where one is there already.
fn write_all_new(files: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    let mut seen: HashSet<&Path> = HashSet::new();
    for (path, _) in files {
        if !seen.insert(path) {
            return Err(Failure::Usage(format!("two files would both be {}; nothing is written", path.display())));
        }
        // A link that leads nowhere is there too.
        if path.symlink_metadata().is_ok() {
            let message = "is there already, and is not overwritten; nothing is written";
            return Err(Failure::Usage(format!("{} {message}", path.display())));
        }
    }
    files.iter().try_for_each(|(path, bytes)| write_new(path, bytes))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
    written.map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_files_all_are_written_or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| (folder.path().join(name), b"new".to_vec());
        std::fs::write(folder.path().join("old"), "old").expect("it is written");
        let cases: [(&[&str], Option<&str>); 3] = [
            (&["a", "old"], Some("is there already")),
            (&["a", "b", "a"], Some("two files would both be")),
            (&["a", "b"], None),
        ];
        for (names, expected) in cases {
            let files: Vec<_> = names.iter().map(|name| file(name)).collect();
            match (write_all_new(&files), expected) {
                (Ok(()), None) => assert!(files.iter().all(|(path, _)| path.exists())),
                (Err(Failure::Usage(message)), Some(expected)) => {
                    assert!(message.contains(expected), "{message}");
                    assert!(!folder.path().join("a").exists(), "{names:?}");
                }
                (_, expected) => panic!("{names:?}: not {expected:?}"),
            }
        }
        assert_eq!(std::fs::read(folder.path().join("old")).expect("it is there"), b"old");
    }
}
