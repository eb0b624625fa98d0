//! Owns `weft import openapi`.

use std::path::Path;

use clap::Args;
use weft_federation::diagnostics::Source;
use weft_federation::import::openapi::{Options, import};

use super::fetch::fetch;
use super::{Common, stem};
use crate::cli::{Failure, read_input};

/// Write SDL for a REST service that has an OpenAPI document.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The document, OpenAPI 3.0 or 3.1 as JSON or YAML: a file, a URL, or `-` for stdin.
    #[arg(value_name = "FILE|URL")]
    document: String,
    /// Where the service is, in place of what the document says.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Only these: a tag, a path or an operationId, with `*` for any text. May be given more than once.
    #[arg(long, value_name = "PATTERN")]
    include: Vec<String>,
    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let document = &arguments.document;
    let is_url = document.starts_with("http://") || document.starts_with("https://");
    let (text, document_url) = if is_url {
        let (text, url) =
            fetch(document).map_err(|error| Failure::Failed(format!("cannot get {document}: {error}")))?;
        (text, Some(url))
    } else {
        (read_input(Path::new(document))?, None)
    };
    let options = Options {
        name: arguments.common.source_name(if is_url { "" } else { stem(Path::new(document)) })?,
        base_url: arguments.base_url.clone(),
        document_url,
        include: arguments.include.clone(),
        prefix: arguments.common.prefix.clone(),
    };
    arguments.common.finish(import(&Source::new(document, text), &options), &[])
}
