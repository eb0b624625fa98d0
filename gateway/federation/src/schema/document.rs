//! Owns the way from a supergraph's text to its schema. What the file links has to be known; and the elements of `join` and
//! `link` get their usual names, whatever `as` and `import` call them, so that nothing later asks.

use std::sync::Arc;

use apollo_compiler::ast::{Definition, Directive, Document, InputValueDefinition, Type};
use apollo_compiler::collections::HashMap;
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList};
use apollo_compiler::{Name, Node, Schema};

use super::features::{import_of, own_name};
use super::subgraph::link::Version;
use super::subgraph::spec::{self, ROWS};
use super::visit;
use crate::diagnostics::{Diagnostic, Source, Span};

const CODE: &str = "INVALID_SUPERGRAPH";
const JOIN: &str = "https://specs.apollo.dev/join";
const CORE: &str = "https://specs.apollo.dev/core";

/// What a supergraph may link besides what subgraphs do, with the newest minor version that is known.
const KNOWN: [(&str, u32); 4] = [(JOIN, 5), (CORE, 2), (spec::CONNECT, 3), (spec::WEFT_CONNECT, 1)];

/// Reads a supergraph's text. The schema is not validated yet.
pub(crate) fn read(source: &Arc<Source>) -> Result<Schema, Vec<Diagnostic>> {
    let mut document =
        Document::parse(source.text.as_str(), &source.path).map_err(|failed| wrong(source, &failed.errors))?;
    let directives = visit::schema_directives(&document);
    let links = links(&directives);
    let unknown: Vec<Diagnostic> = links.iter().filter_map(|link| link.problem(source)).collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    Renames::of(&links).apply(&mut document);
    let built = Schema::builder().adopt_orphan_extensions().add_ast(&document).build();
    built.map_err(|failed| wrong(source, &failed.errors))
}

/// GraphQL's own findings, at their places.
pub(crate) fn wrong(source: &Arc<Source>, errors: &DiagnosticList) -> Vec<Diagnostic> {
    let one = |error: &DiagnosticData| {
        let place = error.location().map(|location| Span::new(source, location.offset()..location.end_offset()));
        Diagnostic::error(CODE, error.to_string()).at(place, "")
    };
    errors.iter().map(|error| one(error.error)).collect()
}

/// A feature that the file links, with `@link` or, in join v0.1, `@core`.
struct Link<'d> {
    directive: &'d Node<Directive>,
    /// The URL without its version.
    identity: &'d str,
    /// Absent where the URL has none.
    version: Option<Version>,
    name: &'d str,
    /// What the file calls it.
    namespace: &'d str,
}

/// The links, under whatever name the file gives `@link`.
fn links(directives: &[Node<Directive>]) -> Vec<Link<'_>> {
    let all: Vec<Link<'_>> = directives.iter().filter_map(Link::of).collect();
    let own = all.iter().find(|link| link.is_bootstrap() && link.directive.name == link.own_directive());
    let own = own.map(|link| link.directive.name.clone());
    let is_link = |name: &Name| match &own {
        Some(own) => name == own,
        None => name == "link" || name == "core",
    };
    all.into_iter().filter(|link| is_link(&link.directive.name)).collect()
}

impl<'d> Link<'d> {
    fn of(directive: &'d Node<Directive>) -> Option<Self> {
        let argument = |name: &str| directive.specified_argument_by_name(name).and_then(|value| value.as_str());
        let url = argument("url").or_else(|| argument("feature"))?;
        let name = own_name(url);
        let version = url.trim_end_matches('/').rsplit_once('/').and_then(|(_, version)| Version::parse(version));
        let identity = match (version, url.trim_end_matches('/').rsplit_once('/')) {
            (Some(_), Some((identity, _))) => identity,
            (None, _) | (_, None) => url,
        };
        Some(Self { directive, identity, version, name, namespace: argument("as").unwrap_or(name) })
    }

    /// Whether it links what links are made with.
    fn is_bootstrap(&self) -> bool {
        matches!(self.identity, spec::LINK | CORE)
    }

    /// What the file calls the directive that has the feature's name.
    fn own_directive(&self) -> &'d str {
        let own = self.imports().find(|(name, _)| name.strip_prefix('@') == Some(self.name));
        own.and_then(|(_, local)| local.strip_prefix('@')).unwrap_or(self.namespace)
    }

    fn imports(&self) -> impl Iterator<Item = (&'d str, &'d str)> + use<'d> {
        let imports = self.directive.specified_argument_by_name("import").and_then(|value| value.as_list());
        imports.unwrap_or_default().iter().filter_map(|import| import_of(import))
    }

    /// What is wrong with it: a version that is not known, or a feature that is not, and that nobody may do without.
    fn problem(&self, source: &Arc<Source>) -> Option<Diagnostic> {
        let (identity, version) = (self.identity, self.version?);
        let purpose = self.directive.specified_argument_by_name("for").and_then(|value| value.as_enum());
        // What says no purpose may be passed over; but on `join` and `link` all else hangs.
        if purpose.is_none() && identity != JOIN && !self.is_bootstrap() {
            return None;
        }
        let of_subgraphs = ROWS.iter().filter_map(|row| row.feature).find(|feature| feature.identity == identity);
        let others = KNOWN.iter().find(|(known, _)| *known == identity).map(|(_, minor)| *minor);
        let newest = others.or(of_subgraphs.map(|feature| feature.version.minor));
        let (is_known, known) = match newest {
            _ if identity == spec::LINK => (version == Version { major: 1, minor: 0 }, "v1.0 is".to_owned()),
            Some(newest) => {
                let is_known = version.major == 0 && (1..=newest).contains(&version.minor);
                (is_known, format!("v0.1 to v0.{newest} are"))
            }
            None => (false, "compose without it: what it says would not be done".to_owned()),
        };
        if is_known {
            return None;
        }
        let message = match purpose.filter(|_| newest.is_none()) {
            Some(purpose) => format!("the supergraph needs {identity} (for: {purpose}), and weft does not know it"),
            None => format!("version {version} of {identity} is not known"),
        };
        let at = self.directive.location().map(|at| Span::new(source, at.offset()..at.end_offset()));
        Some(Diagnostic::error("UNSUPPORTED_LINKED_FEATURE", message).at(at, "").help(known))
    }
}

/// From what the file calls the elements of `join` and `link` to what they are usually called.
#[derive(Default)]
struct Renames {
    /// By the namespace in the file, without `__`.
    namespaces: Vec<(String, &'static str)>,
    directives: HashMap<String, String>,
    types: HashMap<String, String>,
}

impl Renames {
    fn of(links: &[Link<'_>]) -> Self {
        let mut renames = Self::default();
        for link in links {
            let usual = match link.identity {
                JOIN => "join",
                spec::LINK => "link",
                CORE => "core",
                _ => continue,
            };
            if link.namespace != usual {
                renames.namespaces.push((link.namespace.to_owned(), usual));
                renames.directives.insert(link.namespace.to_owned(), usual.to_owned());
            }
            for (name, local) in link.imports() {
                match (name.strip_prefix('@'), local.strip_prefix('@')) {
                    (Some(name), Some(local)) if name == usual => {
                        renames.directives.insert(local.to_owned(), usual.to_owned());
                    }
                    (Some(name), Some(local)) => {
                        renames.directives.insert(local.to_owned(), format!("{usual}__{name}"));
                    }
                    (None, None) => {
                        renames.types.insert(local.to_owned(), format!("{usual}__{name}"));
                    }
                    (Some(_), None) | (None, Some(_)) => {}
                }
            }
        }
        renames
    }

    fn apply(&self, document: &mut Document) {
        if self.namespaces.is_empty() && self.directives.is_empty() && self.types.is_empty() {
            return;
        }
        visit::for_directives(document, &mut |directives| {
            for directive in &mut directives.0 {
                if let Some(usual) = self.of_name(&directive.name, &self.directives) {
                    directive.make_mut().name = usual;
                }
            }
        });
        for definition in &mut document.definitions {
            match definition {
                Definition::DirectiveDefinition(node) => {
                    let node = node.make_mut();
                    self.rename(&mut node.name, &self.directives);
                    self.values(&mut node.arguments);
                }
                Definition::ScalarTypeDefinition(node) => self.rename(&mut node.make_mut().name, &self.types),
                Definition::EnumTypeDefinition(node) => self.rename(&mut node.make_mut().name, &self.types),
                Definition::InputObjectTypeDefinition(node) => {
                    let node = node.make_mut();
                    self.rename(&mut node.name, &self.types);
                    self.values(&mut node.fields);
                }
                // The specifications have none of these.
                Definition::OperationDefinition(_)
                | Definition::FragmentDefinition(_)
                | Definition::SchemaDefinition(_)
                | Definition::SchemaExtension(_)
                | Definition::ObjectTypeDefinition(_)
                | Definition::InterfaceTypeDefinition(_)
                | Definition::UnionTypeDefinition(_)
                | Definition::ScalarTypeExtension(_)
                | Definition::ObjectTypeExtension(_)
                | Definition::InterfaceTypeExtension(_)
                | Definition::UnionTypeExtension(_)
                | Definition::EnumTypeExtension(_)
                | Definition::InputObjectTypeExtension(_) => {}
            }
        }
    }

    fn values(&self, values: &mut [Node<InputValueDefinition>]) {
        for value in values {
            if self.of_name(value.ty.inner_named_type(), &self.types).is_some() {
                self.rename_type(value.make_mut().ty.make_mut());
            }
        }
    }

    fn rename_type(&self, ty: &mut Type) {
        match ty {
            Type::Named(name) | Type::NonNullNamed(name) => self.rename(name, &self.types),
            Type::List(inner) | Type::NonNullList(inner) => self.rename_type(inner),
        }
    }

    fn rename(&self, name: &mut Name, imported: &HashMap<String, String>) {
        if let Some(usual) = self.of_name(name, imported) {
            *name = usual;
        }
    }

    /// The usual name, if it is another.
    fn of_name(&self, name: &str, imported: &HashMap<String, String>) -> Option<Name> {
        let prefixed = || {
            self.namespaces.iter().find_map(|(namespace, usual)| {
                let rest = name.strip_prefix(namespace.as_str())?.strip_prefix("__")?;
                Some(format!("{usual}__{rest}"))
            })
        };
        Name::new(&imported.get(name).cloned().or_else(prefixed)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_has_to_be_known() {
        const SPECS: &str = "https://specs.apollo.dev";
        let join = |version: &str| format!(r#"@link(url: "{SPECS}/join/{version}", for: EXECUTION)"#);
        let cases: [(String, Option<&str>); 14] = [
            (join("v0.1"), None),
            (join("v0.5"), None),
            (join("v0.6"), Some("version v0.6 of https://specs.apollo.dev/join is not known")),
            (join("v9.0"), Some("version v9.0 of https://specs.apollo.dev/join is not known")),
            (format!(r#"@link(url: "{SPECS}/join/v0.9", as: "j")"#), Some("version v0.9 of")),
            (format!(r#"@core(feature: "{SPECS}/join/v0.9")"#), Some("version v0.9 of")),
            (format!(r#"@link(url: "{SPECS}/link/v1.1")"#), Some("version v1.1 of https://specs.apollo.dev/link")),
            (format!(r#"@link(url: "{SPECS}/link/v1.0", as: "lnk") @lnk(url: "{SPECS}/join/v0.9")"#), None),
            (format!(r#"@lnk(url: "{SPECS}/link/v1.0", as: "lnk") @lnk(url: "{SPECS}/join/v0.9")"#), Some("v0.9")),
            (format!(r#"@link(url: "{SPECS}/inaccessible/v0.9", for: SECURITY)"#), Some("version v0.9 of")),
            (format!(r#"@link(url: "{SPECS}/inaccessible/v0.2", for: SECURITY)"#), None),
            (format!(r#"@link(url: "{SPECS}/tag/v0.9")"#), None),
            (r#"@link(url: "https://example.org/log/v1.0")"#.to_owned(), None),
            (r#"@link(url: "https://example.org/log/v1.0", for: SECURITY)"#.to_owned(), Some("(for: SECURITY)")),
        ];
        for (links, expected) in cases {
            let source = Source::new("supergraph.graphql", format!("schema {links} {{ query: Query }}"));
            let found = read(&source).err().unwrap_or_default();
            match (expected, found.as_slice()) {
                (None, []) => {}
                (Some(expected), [found]) => {
                    let told = found.to_string();
                    assert!(told.starts_with("supergraph.graphql:1:") && told.contains(expected), "{links}: {told}");
                }
                (_, found) => panic!("{links}: {found:?}, and not {expected:?}"),
            }
        }
    }
}
