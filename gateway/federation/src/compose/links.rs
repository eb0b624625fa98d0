//! Owns what a file's `@link`s say, and which of them do not go together: names that could be taken for one another,
//! elements that a specification does not have, versions that nobody knows.

use apollo_compiler::ast::{Definition, Directive, Document};
use apollo_compiler::parser::{FileId, SourceSpan};
use apollo_compiler::{Name, Node};

use crate::diagnostics::{Diagnostic, Span};
use crate::schema::subgraph::link::{Import, Link, Links, Version};
use crate::schema::subgraph::spec::{self, ROWS};
use crate::schema::subgraph::{Federation, SubgraphInput};
use crate::schema::visit;

/// The link specification itself has one version.
const LINK_VERSION: Version = Version { major: 1, minor: 0 };
const USAGE: &str = "INVALID_LINK_DIRECTIVE_USAGE";

/// A file's links and the federation that they make it speak, with what is wrong with them.
pub struct Read {
    pub links: Links,
    pub federation: Federation,
    pub problems: Vec<Diagnostic>,
}

/// Reads every `@link`, under whatever name the link to the link specification itself gives it.
pub fn read(document: &Document, input: &SubgraphInput, file: Option<FileId>) -> Read {
    let directives = visit::schema_directives(document);
    // A file that calls `@link` something else says so with either name.
    let own = directives.iter().find_map(|directive| {
        let link = Link::parse(directive).ok()?;
        let is_named = directive.name == "link" || directive.name == link.local_directive("link").as_str();
        (link.identity == spec::LINK && is_named).then_some(link)
    });
    let name = own.as_ref().map_or_else(|| "link".to_owned(), |link| link.local_directive("link"));
    if let Some(unknown) = own.and_then(|own| undefined(document, &own, &directives)) {
        let mut read = Reader { input, file, links: Links::default(), problems: Vec::new() };
        let (message, at, help) = unknown;
        read.error("INVALID_GRAPHQL", message, at, Some(help));
        return Read { links: read.links, federation: Federation::One, problems: read.problems };
    }
    let applied: Vec<_> = directives.iter().filter(|directive| directive.name == name.as_str()).collect();
    let parsed: Vec<_> = applied.iter().map(|directive| Link::parse(directive)).collect();
    let mut read = Reader { input, file, links: Links::default(), problems: Vec::new() };
    let urls: Vec<&str> =
        applied.iter().filter_map(|directive| directive.specified_argument_by_name("url")?.as_str()).collect();
    let of = |identity: &str| {
        urls.iter().any(|url| url.strip_prefix(identity).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    if !of(spec::FEDERATION) && !of(spec::CONNECT) && !of(spec::LINK) {
        // Links mean nothing to Federation 1.
        return Read { links: read.links, federation: Federation::One, problems: read.problems };
    }
    if !of(spec::FEDERATION)
        && let Some(link) = parsed.iter().flatten().find(|link| link.identity == spec::LINK)
        && link.version != LINK_VERSION
    {
        let message = format!("Schema uses unknown version {} of the link spec", link.version);
        let help = Some(format!("{LINK_VERSION} is known"));
        read.error("UNKNOWN_LINK_VERSION", message, link.directive.location(), help);
        return Read { links: read.links, federation: Federation::One, problems: read.problems };
    }
    for (directive, parsed) in applied.iter().zip(parsed) {
        match parsed {
            Ok(link) => {
                read.name(&link);
                read.version(&link);
                read.imports(&link);
                read.links.0.push(link);
            }
            Err((code, message)) => read.error(code, message, directive.location(), None),
        }
    }
    if read.problems.is_empty() {
        read.import_names();
    }
    let federation = read.federation();
    Read { links: read.links, federation, problems: read.problems }
}

/// What is wrong where a file calls `@link` something else: `@link` is then no directive, and the other name is one only if
/// the file defines it.
fn undefined(
    document: &Document,
    own: &Link,
    directives: &[Node<Directive>],
) -> Option<(String, Option<SourceSpan>, String)> {
    let name = own.local_directive("link");
    if name == "link" {
        return None;
    }
    let is_defined = |name: &str| {
        let defines = |it: &Definition| matches!(it, Definition::DirectiveDefinition(node) if node.name == name);
        document.definitions.iter().any(defines)
    };
    let unknown =
        directives.iter().find(|it| (it.name == "link" || it.name == name.as_str()) && !is_defined(&it.name))?;
    let help = if unknown.name == "link" {
        format!("the link specification is linked as \"{name}\" here: write @{name}, or link it without another name")
    } else {
        let (import, purpose) = (own.local_type("Import"), own.local_type("Purpose"));
        format!(
            "define it in the file: directive @{name}(url: String, as: String, for: {purpose}, import: [{import}]) repeatable on SCHEMA, with `scalar {import}` and `enum {purpose} {{ SECURITY EXECUTION }}`; or call it @link"
        )
    };
    Some((format!("Unknown directive \"@{}\".", unknown.name), unknown.location(), help))
}

struct Reader<'a> {
    input: &'a SubgraphInput,
    file: Option<FileId>,
    links: Links,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, code: &'static str, message: String, at: Option<SourceSpan>, help: Option<String>) {
        let at = at.filter(|at| Some(at.file_id()) == self.file);
        let at = at.map(|at| Span::new(&self.input.source, at.offset()..at.end_offset()));
        let mut found = Diagnostic::error(code, message).in_subgraph(&self.input.name).at(at, "");
        found.help = help;
        self.problems.push(found);
    }

    fn usage(&mut self, link: &Link, message: String) {
        self.error(USAGE, message, link.directive.location(), None);
    }

    /// What the specification is called must be a name that elements can be prefixed with, and nobody else's.
    fn name(&mut self, link: &Link) {
        let name = link.namespace().to_owned();
        let problem = if self.links.get(&link.identity).is_some() {
            Some(format!("Duplicate inclusion of feature {}", link.identity))
        } else if let Some(other) = self.links.0.iter().find(|other| other.namespace() == name && !adds(link, other)) {
            Some(format!("another feature \"{}\" already uses that name", other.identity))
        } else if name == "link" && link.identity != spec::LINK && self.links.get(spec::LINK).is_none() {
            Some(format!("another feature \"{}\" already uses that name", spec::LINK))
        } else if link.identity == spec::LINK && link.version != LINK_VERSION {
            Some(format!("version {} of it is not known, only {LINK_VERSION} is", link.version))
        } else if Name::new(&name.replace('-', "_")).is_err() {
            Some("that is not a valid GraphQL name".to_owned())
        } else if name.contains("__") {
            Some("it contains \"__\"".to_owned())
        } else if name.ends_with('_') {
            Some("it ends in \"_\"".to_owned())
        } else {
            None
        };
        if let Some(problem) = problem {
            let message = format!("Cannot link feature \"{}\" as \"{name}\": {problem}.", link.identity);
            let help = Some("give it a name of its own with \"as\", or link it once".to_owned());
            self.error(USAGE, message, link.directive.location(), help);
        }
    }

    /// Directives of a version that nobody knows could mean anything. Federation, connectors and links have checks of their own.
    fn version(&mut self, link: &Link) {
        let feature = ROWS.iter().filter_map(|row| row.feature).find(|feature| feature.identity == link.identity);
        if let Some(feature) = feature.filter(|feature| !feature.knows(link.version)) {
            let message = format!("Version {} of the specification \"{}\" is not known", link.version, link.identity);
            let help = format!("{} is the newest that is known", feature.version);
            self.error("UNKNOWN_LINK_VERSION", message, link.directive.location(), Some(help));
        }
    }

    /// An import must be an element that the specification has in that version.
    fn imports(&mut self, link: &Link) {
        for import in &link.imports {
            if !is_known(link, import) {
                let at = if import.is_directive { "@" } else { "" };
                self.usage(link, format!("Cannot import unknown element \"{at}{}\".", import.name));
            }
        }
    }

    /// What is imported may not be called what another element is called.
    fn import_names(&mut self) {
        let mut found = Vec::new();
        let links = &self.links.0;
        for (index, link) in links.iter().enumerate() {
            for import in &link.imports {
                let earlier = links[..index].iter().find(|other| {
                    other.imports.iter().any(|o| o.local == import.local && o.is_directive == import.is_directive)
                });
                let problem = match (earlier, namesake(links, link, import)) {
                    (Some(other), _) => format!("it was previously imported from feature \"{}\"", other.identity),
                    (None, Some(problem)) => problem,
                    (None, None) => continue,
                };
                let at = if import.is_directive { "@" } else { "" };
                let message = format!(
                    "Cannot import \"{at}{}\" as \"{at}{}\" from feature \"{}\": {problem}. Please rename the import or feature to avoid conflicts via \"as\".",
                    import.name, import.local, link.identity
                );
                found.push((message, link.directive.location()));
            }
        }
        for (message, at) in found {
            self.error(USAGE, message, at, None);
        }
    }

    fn federation(&mut self) -> Federation {
        let Some(link) = self.links.federation().cloned() else { return Federation::One };
        if link.version.major != 2 || link.version.minor > spec::FEDERATION_NEWEST {
            let message =
                format!("Invalid version {} for the federation feature in @link directive on schema", link.version);
            let help = format!("v2.0 to v2.{} are known", spec::FEDERATION_NEWEST);
            self.error("UNKNOWN_FEDERATION_LINK_VERSION", message, link.directive.location(), Some(help));
        }
        Federation::Two(link.version.minor)
    }
}

/// Whether the name of an import is also the full name of something else.
fn namesake(links: &[Link], link: &Link, import: &Import) -> Option<String> {
    let is_of = |namespace: &str| {
        let prefixed = import.local.strip_prefix(namespace).is_some_and(|rest| rest.starts_with("__"));
        prefixed || (import.is_directive && import.local == namespace)
    };
    if is_of(link.namespace()) {
        let full = match import.name == link.name && import.is_directive {
            true => link.namespace().to_owned(),
            false => format!("{}__{}", link.namespace(), import.name),
        };
        return (import.local != full).then(|| "that is the full name of another of its elements".to_owned());
    }
    let other = links.iter().find(|other| other.identity != link.identity && is_of(other.namespace()));
    let other = other.map(|other| other.identity.as_str()).or_else(|| is_of("link").then_some(spec::LINK));
    other.map(|other| format!("it can be confused with a name from another linked feature \"{other}\""))
}

fn is_known(link: &Link, import: &Import) -> bool {
    const TYPES: &[(&str, u32)] = &[("FieldSet", 0), ("Scope", 5), ("Policy", 6), ("ContextFieldValue", 8)];
    let minor = link.version.minor;
    match link.identity.as_str() {
        spec::FEDERATION if import.is_directive => {
            ROWS.iter().any(|row| row.name == import.name && row.since.is_some_and(|since| since <= minor))
        }
        spec::FEDERATION => TYPES.iter().any(|(name, since)| *name == import.name && *since <= minor),
        spec::LINK if import.is_directive => import.name == "link",
        spec::LINK => matches!(import.name.as_str(), "Import" | "Purpose"),
        identity => {
            let mut rows = ROWS.iter().filter(|row| row.feature.is_some_and(|feature| feature.identity == identity));
            // Specifications of others have what they have, and the types of ours are not listed.
            !import.is_directive || rows.clone().next().is_none() || rows.any(|row| row.name == import.name)
        }
    }
}

/// weft's additions to connectors have no elements of their own, so that they may share the connectors' name.
fn adds(link: &Link, other: &Link) -> bool {
    [&link.identity, &other.identity].into_iter().any(|identity| identity == spec::WEFT_CONNECT)
}
