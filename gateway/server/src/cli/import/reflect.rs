//! Owns `weft import reflect`.

use std::path::PathBuf;

use clap::Args;
use weft_federation::connect::grpc::Descriptors;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::import::proto::{Options, import, needed};

use super::Common;
use super::reflection::{ReflectionError, Told, ask_for_descriptors};
use crate::cli::Failure;

/// Write SDL for a running gRPC service that has server reflection, and its descriptors beside it.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the service listens: `host:port`, or a URL.
    #[arg(value_name = "ADDR")]
    address: String,
    /// Only these: the full name of a service or a method, with `*` for any text. May be given more than once.
    #[arg(long, value_name = "PATTERN")]
    include: Vec<String>,
    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { address, include, common } = arguments;
    let Some(output) = &common.output else {
        let message = "the descriptors are written beside the SDL: say where with -o";
        return Err(Failure::Usage(message.to_owned()));
    };
    let url = if address.contains("://") { address.clone() } else { format!("http://{address}") };
    let failed = |error: ReflectionError| Failure::Failed(format!("{address} does not tell its services: {error}"));
    let Told { set, refused } = ask_for_descriptors(&url).map_err(failed)?;
    if let ([(_, why), ..], true) = (refused.as_slice(), set.is_empty()) {
        return Err(failed(ReflectionError::Refused(why.clone())));
    }
    let load = |_: &str| Some(set.clone());
    let descriptors = Descriptors::compile(&["reflection.binpb".to_owned()], &load)
        .map_err(|error| Failure::Failed(format!("{address} tells of its services what cannot be used: {error}")))?;
    let beside: PathBuf = output.with_extension("binpb");
    let options = Options {
        name: common.source_name("")?,
        address: url,
        proto: vec![beside.file_name().unwrap_or_default().to_string_lossy().into_owned()],
        files: vec![],
        include: include.clone(),
        prefix: common.prefix.clone(),
        origin: format!("the services at {address}"),
    };
    let mut imported = import(&descriptors, &options);
    imported.diagnostics.extend(refused.into_iter().map(|(service, why)| {
        let message = format!("{service} is left out: {address} has no descriptor of it: {why}");
        Diagnostic::warning("IMPORT_LEFT_OUT", message)
    }));
    common.finish(imported, &[(beside, needed(&descriptors, &options).to_bytes())])
}
