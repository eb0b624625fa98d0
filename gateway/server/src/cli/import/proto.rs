//! Owns `weft import proto`.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_federation::connect::grpc::Descriptors;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::import::proto::{Options, import, needed};

use super::{Common, stem};
use crate::cli::Failure;

/// Write SDL for a gRPC service that has a `.proto` file.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file with the services.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A folder in which imports are looked for, after that of the file. May be given more than once.
    #[arg(short = 'I', long = "proto-path", value_name = "FOLDER")]
    proto_path: Vec<PathBuf>,
    /// Where the service is.
    #[arg(long, value_name = "URL", default_value = "http://localhost:50051")]
    address: String,
    /// Only these: the full name of a service or a method, with `*` for any text. May be given more than once.
    #[arg(long, value_name = "PATTERN")]
    include: Vec<String>,
    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { file, proto_path, common, .. } = arguments;
    if let Err(error) = std::fs::metadata(file) {
        return Err(Failure::unreadable(file, &error));
    }
    let (folder, name) = root_of(file, proto_path)?;
    let folders: Vec<&Path> =
        std::iter::once(folder.as_path()).chain(proto_path.iter().map(PathBuf::as_path)).collect();
    let load = |name: &str| folders.iter().find_map(|folder| std::fs::read(folder.join(name)).ok());
    let descriptors = Descriptors::compile(std::slice::from_ref(&name), &load).map_err(|error| {
        let message = error.to_string();
        let is_absent = message.contains("no such file");
        let found = Diagnostic::error("INVALID_PROTO", message);
        let help = "give the folders of what it imports with -I, as for protoc";
        Failure::Invalid(vec![if is_absent { found.help(help) } else { found }], common.format)
    })?;
    let beside = Beside::of(arguments)?;
    let options = Options {
        name: common.source_name(stem(file))?,
        address: arguments.address.clone(),
        proto: vec![beside.named()],
        files: vec![name],
        include: arguments.include.clone(),
        prefix: common.prefix.clone(),
        origin: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let imported = import(&descriptors, &options);
    let written = match beside {
        Beside::Source(_) => vec![],
        Beside::Set(path) => vec![(path, needed(&descriptors, &options).to_bytes())],
    };
    common.finish(imported, &written)
}

/// The folder that imports start from, and the file's name as seen from there: as others import it.
fn root_of(file: &Path, proto_path: &[PathBuf]) -> Result<(PathBuf, String), Failure> {
    let inside = proto_path.iter().find_map(|folder| Some((folder.clone(), file.strip_prefix(folder).ok()?)));
    let (folder, name) = match inside {
        Some((folder, name)) => (folder, name.to_path_buf()),
        None => {
            let name = file.file_name().unwrap_or_default();
            (file.parent().unwrap_or(Path::new("")).to_owned(), PathBuf::from(name))
        }
    };
    match name.to_str() {
        Some(name) => Ok((folder, name.to_owned())),
        None => Err(Failure::Usage(format!("the name of {} is no text", file.display()))),
    }
}

/// What the source's `proto` names, which composition looks for from the folder of the SDL on.
enum Beside {
    /// The file itself.
    Source(String),
    /// A descriptor set that is written beside the SDL, since imports are elsewhere.
    Set(PathBuf),
}

impl Beside {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let Arguments { file, proto_path, common, .. } = arguments;
        let Some(output) = &common.output else {
            if proto_path.is_empty() {
                return Ok(Self::Source(file.to_string_lossy().into_owned()));
            }
            let message = "with -I there is a descriptor set to write beside the SDL: say where with -o";
            return Err(Failure::Usage(message.to_owned()));
        };
        let folder = output.parent().unwrap_or(Path::new(""));
        match file.strip_prefix(folder) {
            Ok(name) if proto_path.is_empty() && !name.is_absolute() => {
                Ok(Self::Source(name.to_string_lossy().into_owned()))
            }
            Ok(_) | Err(_) => Ok(Self::Set(output.with_extension("binpb"))),
        }
    }

    fn named(&self) -> String {
        match self {
            Self::Source(name) => name.clone(),
            Self::Set(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }
}
