//! Owns reading a YAML file into a type so that all that is wrong with it is found at once, each with its place.
//!
//! The file becomes a tree of located nodes, whose variables are expanded, and a type is deserialized from that. Serde
//! stops at the first fault; so the node that is at fault is told of and taken out, and it is tried again.

mod error;
mod reader;
mod tree;

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use weft_federation::diagnostics::{Diagnostic, Source, Span};

pub use reader::Located;

use error::Fault;
use reader::NodeReader;

pub const CODE: &str = "INVALID_CONFIG";

/// Gets the value of a variable of the environment.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the text as a `T`, from what of it is right. It is `None` where nothing can be made of it, and not to be used
/// where anything was found.
pub fn read<T: DeserializeOwned>(source: &Arc<Source>, environment: Lookup<'_>) -> (Option<T>, Vec<Diagnostic>) {
    let mut root = match tree::parse(source) {
        Ok(root) => root,
        Err(found) => return (None, vec![found]),
    };
    let mut faults = root.expand(environment);
    for fault in &faults {
        root.take_out(fault.node);
    }
    let value = loop {
        match T::deserialize(NodeReader::new(&root)) {
            Ok(value) => break Some(value),
            Err(fault) => {
                let is_whole = fault.node == root.id || !root.take_out(fault.node);
                if !fault.is_aftermath {
                    faults.push(fault);
                }
                if is_whole {
                    break None;
                }
            }
        }
    };
    faults.sort_by_key(|fault| fault.span.start);
    (value, faults.into_iter().map(|fault| diagnostic(source, fault)).collect())
}

/// The file as it may be shown: what stands under these keys is starred, sign by sign, so that all places stay. A text that is a
/// variable alone is no secret, and stays.
pub fn starred(source: &Arc<Source>, secret_keys: &[&str]) -> Arc<Source> {
    let spans = tree::parse(source).map(|root| root.spans_under(secret_keys)).unwrap_or_default();
    let mut text = source.text.clone();
    for span in spans {
        let stars = |written: &str| "*".repeat(written.len());
        let written = text.get(span.clone()).filter(|written| !written.contains("${env.")).map(stars);
        if let Some(stars) = written {
            text.replace_range(span, &stars);
        }
    }
    Source::new(source.path.clone(), text)
}

fn diagnostic(source: &Arc<Source>, fault: Fault) -> Diagnostic {
    let found = Diagnostic::error(CODE, fault.message).at(span(source, &fault.span), "");
    match fault.help {
        Some(help) => found.help(help),
        None => found,
    }
}

/// A place in the file.
pub fn span(source: &Arc<Source>, range: &Range<usize>) -> Span {
    Span::new(source, range.clone())
}
