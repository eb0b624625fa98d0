//! Owns what methods, messages and their fields are called in GraphQL, and that no two get one name. One whose plain name is
//! another's too gets more of its own: a method its service's, a type its package's or that of the type around it, a
//! field its number. So no name hangs on the order of things.

use std::collections::{HashMap, HashSet};

use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor, OneofDescriptor};

use super::method;
use crate::connect::grpc::Conversion;
use crate::import::names;

/// What each method is named after: itself, or its service too where another of the operation type would have its name.
pub fn methods(methods: &[MethodDescriptor]) -> Vec<String> {
    let ways: [fn(&MethodDescriptor) -> String; 3] = [
        |method| method.name().to_owned(),
        |method| format!("{}.{}", method.parent_service().name(), method.name()),
        |method| method.full_name().to_owned(),
    ];
    let key = |way: usize, method: &MethodDescriptor| (way, method::root(method), names::camel(&ways[way](method)));
    let mut counts: HashMap<_, usize> = HashMap::new();
    // What is left out takes no name.
    for method in methods.iter().filter(|method| !method.is_client_streaming()) {
        for way in 0..ways.len() {
            *counts.entry(key(way, method)).or_default() += 1;
        }
    }
    let name = |method: &MethodDescriptor| {
        let is_free = |way: &usize| counts.get(&key(*way, method)).is_none_or(|count| *count == 1);
        ways[(0..ways.len()).find(is_free).unwrap_or(ways.len() - 1)](method)
    };
    methods.iter().map(name).collect()
}

/// The names of a message's fields.
#[derive(Debug)]
pub struct FieldNames {
    /// By the fields' numbers.
    names: HashMap<u32, String>,
    taken: HashSet<String>,
    /// Comments about what has no name.
    pub lost: Vec<String>,
}

/// Names the fields of a message: as JSON does, as far as GraphQL allows.
pub fn fields(message: &MessageDescriptor) -> FieldNames {
    let plain = |field: &FieldDescriptor| {
        let name = field.json_name();
        if names::is_name(name) {
            Some(name.to_owned())
        } else {
            names::camel(name).or_else(|| names::camel(field.name()))
        }
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for name in message.fields().filter_map(|field| plain(&field)) {
        *counts.entry(name).or_default() += 1;
    }
    let name = |field: FieldDescriptor| {
        let name = plain(&field)?;
        // JSON's own names are unique.
        let is_shared = name != field.json_name() && counts.get(&name).is_some_and(|count| *count > 1);
        Some((field.number(), if is_shared { format!("{name}_{}", field.number()) } else { name }))
    };
    FieldNames { names: message.fields().filter_map(name).collect(), taken: HashSet::new(), lost: vec![] }
}

impl FieldNames {
    /// The name of a field that becomes one in GraphQL.
    pub fn take(&mut self, field: &FieldDescriptor) -> Option<String> {
        let name = self.names.get(&field.number()).cloned().filter(|name| self.taken.insert(name.clone()));
        if name.is_none() {
            self.lose("field", field.name());
        }
        name
    }

    /// The name of a oneof that becomes an argument.
    pub fn take_oneof(&mut self, oneof: &OneofDescriptor) -> Option<String> {
        let own = names::camel(oneof.name());
        let choice = own.as_ref().map(|own| format!("{own}Choice"));
        let mut free =
            |name: &String| !self.names.values().any(|known| known == name) && self.taken.insert(name.clone());
        let name = own.filter(&mut free).or_else(|| choice.filter(free));
        if name.is_none() {
            self.lose("oneof", oneof.name());
        }
        name
    }

    fn lose(&mut self, what: &str, name: &str) {
        self.lost.push(format!("The {what} `{name}` is not here: no name is left that GraphQL allows."));
    }
}

/// The names of all messages and enums that the roots lead to, by their full names. Those of `package` have the first
/// right to a name.
pub fn types(roots: &[MessageDescriptor], package: &str) -> HashMap<String, String> {
    let found = reachable(roots);
    let simple = |(full, own_package): &(String, String)| names::pascal(inside(full, own_package)).unwrap_or_default();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for one in &found {
        *counts.entry(simple(one)).or_default() += 1;
    }
    let named = found.into_iter().map(|one| {
        let name = simple(&one);
        let (full, own_package) = one;
        let name = match (counts.get(&name).is_some_and(|count| *count > 1), own_package == package) {
            (false, _) => name,
            (true, false) => names::pascal(&full).unwrap_or(name),
            // `Control.Family` beside `ControlFamily`.
            (true, true) => {
                let steps: Vec<String> = inside(&full, &own_package).split('.').filter_map(names::pascal).collect();
                steps.join("_")
            }
        };
        (full, name)
    });
    named.collect()
}

/// A full name without the package.
fn inside<'n>(full: &'n str, package: &str) -> &'n str {
    full.strip_prefix(package).map_or(full, |rest| rest.trim_start_matches('.'))
}

/// The full names of messages and enums, with their packages.
fn reachable(roots: &[MessageDescriptor]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = vec![];
    let mut seen: HashSet<String> = HashSet::new();
    let mut waiting: Vec<MessageDescriptor> = roots.to_vec();
    while let Some(message) = waiting.pop() {
        if !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        found.push((message.full_name().to_owned(), message.package_name().to_owned()));
        for field in message.fields() {
            match Conversion::of(&field.kind()) {
                Conversion::Message(inner) => waiting.push(inner),
                Conversion::Enum(inner) if seen.insert(inner.full_name().to_owned()) => {
                    found.push((inner.full_name().to_owned(), inner.package_name().to_owned()));
                }
                _ => {}
            }
        }
    }
    found
}
