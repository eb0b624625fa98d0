//! Owns importing gRPC services: methods become fields, messages types.

mod annotations;
mod comments;
mod method;
mod naming;
mod types;

use std::collections::HashMap;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::model::{LeftOut, Root, Source, SourceProtocol};
use super::{COLLISION, INVALID, Imported, finish, pattern};
use crate::connect::grpc::Descriptors;
use crate::diagnostics::Diagnostic;
use types::Types;

/// What is asked of an import beside its descriptors.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name of the `@source`.
    pub name: String,
    /// `http://host:port` of the service.
    pub address: String,
    /// What `proto` of the `@source` names.
    pub proto: Vec<String>,
    /// The files whose services are imported; none for those of all.
    pub files: Vec<String>,
    /// Full names of services or methods, with `*` for any text; none for everything.
    pub include: Vec<String>,
    /// What the names of fields and types begin with.
    pub prefix: String,
    /// What it was made of, for the comment at the head: `orders.proto`.
    pub origin: String,
}

/// Services that are about a server and not about what it is for.
const ABOUT_SERVERS: [&str; 2] = ["grpc.reflection.", "grpc.health."];

/// Whether a service is about its server, and never imported.
pub fn is_about_server(service: &str) -> bool {
    ABOUT_SERVERS.iter().any(|package| service.starts_with(package))
}

/// Imports services.
pub fn import(descriptors: &Descriptors, options: &Options) -> Imported {
    let mut found = vec![];
    let methods = methods(descriptors, options, &mut found);
    let roots: Vec<_> = methods.iter().flat_map(|method| [method.input(), method.output()]).collect();
    let mut services: Vec<String> =
        methods.iter().map(|method| method.parent_service().full_name().to_owned()).collect();
    services.dedup();
    let package = methods.first().map(|method| method.parent_service().package_name().to_owned()).unwrap_or_default();
    let mut types = Types::new(&roots, &package, &options.prefix);
    // Of one service the source tells the name, of several each connector.
    let service = match services.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let mut roots = ["Query", "Mutation", "Subscription"].map(|name| Root { name, fields: vec![] });
    let mut owners: HashMap<(&str, String), String> = HashMap::new();
    for (method, name) in methods.iter().zip(naming::methods(&methods)) {
        let what = method.full_name().to_owned();
        match method::field(&mut types, method, &name, service.is_some(), &options.prefix) {
            Ok((root, field)) => {
                if let Some(other) = owners.insert((root, field.name.clone()), what.clone()) {
                    let message = format!("{other} and {what} would both be `{root}.{}`", field.name);
                    let help = "import one of them into a file of its own, with --include and --prefix";
                    found.push(Diagnostic::error(COLLISION, message).help(help));
                    continue;
                }
                if let Some(root) = roots.iter_mut().find(|known| known.name == root) {
                    root.fields.push(field);
                }
            }
            Err(why) => types.schema.left_out.push(LeftOut { what, why }),
        }
    }
    found.append(&mut types.collisions);
    let mut schema = types.schema;
    schema.additions = true;
    schema.header = vec![format!("From {}, by `weft import`. This file is yours: edit it.", options.origin)];
    schema.roots = roots.into();
    let protocol = SourceProtocol::Grpc { address: options.address.clone(), service, proto: options.proto.clone() };
    let name = options.name.clone();
    let comment = "To send on who asks: headers: [{ name: \"authorization\", from: \"authorization\" }]".to_owned();
    schema.sources = vec![Source { comments: vec![comment], name, protocol, headers: vec![], message: None }];
    finish(schema, found)
}

/// What of the descriptors an import needs, for a file beside its SDL.
pub fn needed(descriptors: &Descriptors, options: &Options) -> Descriptors {
    descriptors.prune(&methods(descriptors, options, &mut vec![]))
}

/// The methods that are wanted, in the order of their files.
fn methods(descriptors: &Descriptors, options: &Options, found: &mut Vec<Diagnostic>) -> Vec<MethodDescriptor> {
    let mut used = vec![false; options.include.len()];
    let mut methods = vec![];
    let is_wanted = |service: &ServiceDescriptor| {
        let file = service.parent_file();
        !is_about_server(service.full_name())
            && (options.files.is_empty() || options.files.iter().any(|name| name == file.name()))
    };
    for service in descriptors.pool().services().filter(is_wanted) {
        for method in service.methods() {
            if pattern::wanted(&options.include, &[service.full_name(), method.full_name()], &mut used) {
                methods.push(method);
            }
        }
    }
    for (pattern, _) in options.include.iter().zip(used).filter(|(_, used)| !used) {
        let message = format!("--include {pattern} is no service and no method");
        found.push(Diagnostic::warning(INVALID, message));
    }
    methods
}
