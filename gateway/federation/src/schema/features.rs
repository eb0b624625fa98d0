//! Owns the features that a supergraph links (`@link`, or `@core` of join v0.1), and the names that they have taken.

use std::collections::HashSet;

use apollo_compiler::Schema;
use apollo_compiler::ast::{Directive, Value};

use super::need::Demand;

/// The names that linked features have taken: `join__Graph`, `@tag`, `link__Import`.
#[derive(Debug)]
pub(super) struct Features {
    prefixes: Vec<String>,
    directives: HashSet<String>,
    /// What `@inaccessible` is called.
    inaccessible: String,
    /// What `@context` is called.
    context: String,
    /// What `@listSize` is called.
    list_size: String,
    /// What the directives of [`Demand::ALL`] are called, in that order; `None` where another specification has taken the name.
    demands: [Option<String>; Demand::ALL.len()],
}

/// Where the specifications are that demand something of those who ask.
const SPECS: &str = "https://specs.apollo.dev/";

impl Features {
    pub fn of(schema: &Schema) -> Self {
        let mut features = Self {
            prefixes: ["join__", "link__", "core__"].map(String::from).to_vec(),
            directives: ["link", "core", "inaccessible", "tag"].map(String::from).into(),
            inaccessible: "inaccessible".to_owned(),
            context: "context".to_owned(),
            list_size: "listSize".to_owned(),
            demands: Demand::ALL.map(|demand| Some(demand.name().to_owned())),
        };
        let links = || schema.schema_definition.directives.iter().filter(|d| d.name == "link" || d.name == "core");
        for of_specs in [false, true] {
            links().for_each(|link| features.add_demands(link, of_specs));
        }
        for link in links() {
            features.add(link);
        }
        features
    }

    fn add(&mut self, link: &Directive) {
        let argument = |name: &str| link.specified_argument_by_name(name).and_then(|value| value.as_str());
        let Some(url) = argument("url").or_else(|| argument("feature")) else { return };
        let own_name = own_name(url);
        let name = argument("as").unwrap_or(own_name);
        self.prefixes.push(format!("{name}__"));
        self.directives.insert(name.to_owned());
        match own_name {
            "inaccessible" => name.clone_into(&mut self.inaccessible),
            "context" => name.clone_into(&mut self.context),
            "cost" => self.list_size = format!("{name}__listSize"),
            _ => {}
        }
        for import in link.specified_argument_by_name("import").and_then(|v| v.as_list()).unwrap_or_default() {
            let Some((original, imported)) = import_of(import) else { continue };
            let Some(directive) = imported.strip_prefix('@') else { continue };
            self.directives.insert(directive.to_owned());
            match (own_name, original) {
                ("inaccessible", "@inaccessible") => directive.clone_into(&mut self.inaccessible),
                ("context", "@context") => directive.clone_into(&mut self.context),
                ("cost", "@listSize") => directive.clone_into(&mut self.list_size),
                _ => {}
            }
        }
    }

    /// Takes in what a link says of the names of the directives that demand something: if it is of their specifications, or if
    /// it is of others, which may have taken the name.
    fn add_demands(&mut self, link: &Directive, of_specs: bool) {
        let argument = |name: &str| link.specified_argument_by_name(name).and_then(|value| value.as_str());
        let Some(url) = argument("url").or_else(|| argument("feature")) else { return };
        if url.starts_with(SPECS) != of_specs {
            return;
        }
        let own_name = own_name(url);
        let imports = link.specified_argument_by_name("import").and_then(|v| v.as_list()).unwrap_or_default();
        let imports = imports.iter().filter_map(|import| import_of(import));
        let imports = imports.filter_map(|(name, taken)| Some((name.strip_prefix('@')?, taken.strip_prefix('@')?)));
        // An import goes before the name that the specification itself has here.
        for (name, taken) in [(own_name, argument("as").unwrap_or(own_name))].into_iter().chain(imports) {
            for (demand, called) in Demand::ALL.into_iter().zip(&mut self.demands) {
                match of_specs {
                    true if demand.name() == name => *called = Some(taken.to_owned()),
                    false if called.as_deref() == Some(taken) => *called = None,
                    true | false => {}
                }
            }
        }
    }

    /// What a directive that demands something is called.
    pub fn demand(&self, demand: Demand) -> Option<&str> {
        self.demands[demand as usize].as_deref()
    }

    /// Whether a type is a feature's.
    pub fn owns(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }

    pub fn owns_directive(&self, name: &str) -> bool {
        self.directives.contains(name) || self.owns(name)
    }

    /// What `@context` is called.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// What `@listSize` is called.
    pub fn list_size(&self) -> &str {
        &self.list_size
    }

    /// Whether `@inaccessible` is among directives, whatever it is called.
    pub fn is_inaccessible(&self, directives: &[impl AsRef<Directive>]) -> bool {
        directives.iter().any(|directive| directive.as_ref().name == *self.inaccessible)
    }
}

/// A feature's name: the last segment of its URL, or the one before its version.
pub(super) fn own_name(url: &str) -> &str {
    let mut segments = url.trim_end_matches('/').rsplit('/');
    let last = segments.next().unwrap_or_default();
    let is_version = last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_version { segments.next().unwrap_or_default() } else { last }
}

/// What an import is called at home, and what it is called here.
pub(super) fn import_of(import: &Value) -> Option<(&str, &str)> {
    if let Some(name) = import.as_str() {
        return Some((name, name));
    }
    let fields = import.as_object()?;
    let get = |key: &str| fields.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
    let name = get("name")?;
    Some((name, get("as").unwrap_or(name)))
}
