//! Owns the pruning of descriptors to what a set of methods reaches, and what may come in an `Any`.

use prost_reflect::prost_types::{DescriptorProto, FileDescriptorProto};
use prost_reflect::{DescriptorPool, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use std::collections::{BTreeSet, HashSet};

/// Full names of what is kept.
#[derive(Default)]
struct Reached {
    messages: HashSet<String>,
    enums: HashSet<String>,
    methods: HashSet<String>,
    files: HashSet<String>,
}

/// The files of `pool`, without what `methods` do not reach. Files come after those that they import.
pub(super) fn prune(pool: &DescriptorPool, methods: &[MethodDescriptor]) -> Vec<FileDescriptorProto> {
    let mut reached = Reached::default();
    for method in methods {
        reached.methods.insert(method.full_name().to_owned());
        reached.files.insert(method.parent_file().name().to_owned());
        reach(method.input(), &mut reached);
        reach(method.output(), &mut reached);
    }
    for message in free_messages(pool) {
        reach(message, &mut reached);
    }
    let mut files = Vec::new();
    let mut done = HashSet::new();
    for file in pool.files() {
        add_file(&file, &reached, &mut done, &mut files);
    }
    files
}

/// The messages that no method leads to, whether it is kept or not: they can only travel in an `Any`, above all as the
/// details of an error. Google's own files are full of what nobody sends, and so are those that define options.
fn free_messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    let mut bound = Reached::default();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        reach(method.input(), &mut bound);
        reach(method.output(), &mut bound);
    }
    for extension in pool.all_extensions() {
        if let Kind::Message(message) = extension.kind() {
            reach(message, &mut bound);
        }
    }
    let is_google = |file: &FileDescriptor| file.package_name().split('.').next() == Some("google");
    let files = pool.files().filter(|file| !is_google(file));
    let messages = files.flat_map(|file| file.messages().collect::<Vec<_>>());
    messages.filter(|message| !bound.messages.contains(message.full_name())).collect()
}

fn reach(message: MessageDescriptor, reached: &mut Reached) {
    let mut waiting = vec![message];
    while let Some(message) = waiting.pop() {
        if !reached.messages.insert(message.full_name().to_owned()) {
            continue;
        }
        reached.files.insert(message.parent_file().name().to_owned());
        for field in message.fields() {
            match field.kind() {
                Kind::Message(inner) => waiting.push(inner),
                Kind::Enum(inner) => {
                    reached.enums.insert(inner.full_name().to_owned());
                    reached.files.insert(inner.parent_file().name().to_owned());
                }
                _ => {}
            }
        }
    }
}

/// Adds the file's imports, then the file. Protobuf forbids circles of imports, and `done` ends one all the same.
fn add_file(
    file: &FileDescriptor,
    reached: &Reached,
    done: &mut HashSet<String>,
    files: &mut Vec<FileDescriptorProto>,
) {
    if !done.insert(file.name().to_owned()) {
        return;
    }
    for import in file.dependencies() {
        add_file(&import, reached, done, files);
    }
    if reached.files.contains(file.name()) {
        files.push(prune_file(file, reached));
    }
}

fn prune_file(file: &FileDescriptor, reached: &Reached) -> FileDescriptorProto {
    let mut proto = file.file_descriptor_proto().clone();
    let package = file.package_name().to_owned();
    proto.source_code_info = None;
    proto.extension.clear();
    proto.message_type = prune_messages(std::mem::take(&mut proto.message_type), &package, reached);
    proto.enum_type.retain(|kind| reached.enums.contains(&join(&package, kind.name())));
    for service in &mut proto.service {
        let name = join(&package, service.name());
        service.method.retain(|method| reached.methods.contains(&join(&name, method.name())));
    }
    proto.service.retain(|service| !service.method.is_empty());
    // What a public import passed on is imported by name, so that whichever files are left still find it.
    let imports: BTreeSet<String> = all_imports(file).into_iter().filter(|name| reached.files.contains(name)).collect();
    proto.dependency = imports.into_iter().collect();
    proto.public_dependency.clear();
    proto.weak_dependency.clear();
    proto
}

fn all_imports(file: &FileDescriptor) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut waiting: Vec<FileDescriptor> = file.dependencies().collect();
    while let Some(import) = waiting.pop() {
        if names.insert(import.name().to_owned()) {
            waiting.extend(import.dependencies());
        }
    }
    names
}

fn prune_messages(messages: Vec<DescriptorProto>, parent: &str, reached: &Reached) -> Vec<DescriptorProto> {
    let pruned = messages.into_iter().filter_map(|mut message| {
        let name = join(parent, message.name());
        message.nested_type = prune_messages(std::mem::take(&mut message.nested_type), &name, reached);
        message.enum_type.retain(|kind| reached.enums.contains(&join(&name, kind.name())));
        message.extension.clear();
        if reached.messages.contains(&name) {
            return Some(message);
        }
        // It only holds a name for what is nested in it.
        message.field.clear();
        message.oneof_decl.clear();
        (!message.nested_type.is_empty() || !message.enum_type.is_empty()).then_some(message)
    });
    pruned.collect()
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}
