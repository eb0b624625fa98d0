//! Owns the way from text to [`Subgraph<Parsed>`]: parsing, links, canonical names, the specifications' definitions,
//! and GraphQL's own validation.

use apollo_compiler::ast::{Definition, Document, OperationType};
use apollo_compiler::collections::{HashMap, HashSet, IndexSet};
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::parser::FileId;
use apollo_compiler::schema::{Component, ExtendedType};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Name, Node, Schema};

use super::{links, normalize, redefinition};
use crate::diagnostics::{Diagnostic, Source, Span};
use crate::schema::subgraph::link::Links;
use crate::schema::subgraph::spec::{self, ROWS, Row, SpecDirective};
use crate::schema::subgraph::{Federation, Parsed, Subgraph, SubgraphInput};
use crate::schema::visit;

/// Ingests every subgraph that can be; the others have left an error.
pub fn ingest_all(inputs: Vec<SubgraphInput>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Subgraph<Parsed>> {
    inputs
        .into_iter()
        .filter_map(|input| match ingest(input) {
            Ok(subgraph) => Some(subgraph),
            Err(found) => {
                diagnostics.extend(found);
                None
            }
        })
        .collect()
}

/// A file on its way; what every step needs to say where something is wrong.
struct Ingest {
    input: SubgraphInput,
    file: Option<FileId>,
    found: Vec<Diagnostic>,
}

fn ingest(input: SubgraphInput) -> Result<Subgraph<Parsed>, Vec<Diagnostic>> {
    let mut document = match Document::parse(input.source.text.as_str(), &input.source.path) {
        Ok(document) => document,
        Err(failed) => {
            let file = failed.partial.sources.keys().next().copied();
            let mut this = Ingest { input, file, found: Vec::new() };
            this.graphql_errors(&failed.errors);
            return Err(this.found);
        }
    };
    let file = document.sources.keys().next().copied();
    let mut this = Ingest { input, file, found: Vec::new() };
    let links::Read { links, federation, problems } = links::read(&document, &this.input, this.file);
    this.found.extend(problems);
    if !this.found.is_empty() {
        return Err(this.found);
    }
    let rows = known_rows(&document, &links, federation);
    let own = redefinition::take(&mut document, &links, &rows, federation, &this.input, this.file);
    this.found.extend(own.problems);
    if !this.found.is_empty() {
        return Err(this.found);
    }
    let renames: HashMap<String, &'static str> = rows
        .iter()
        .filter_map(|row| Some((links.local_name(row.directive)?, row.canonical)))
        .chain(links.get(spec::LINK).map(|link| (link.local_directive("link"), "link")))
        .collect();
    this.check_full_names(&mut document, &renames);
    normalize::rename_directives(&mut document, &renames);
    this.rename_roots(&mut document);
    if !this.found.is_empty() {
        return Err(this.found);
    }
    let machinery = imported_types(&links);
    let defines_one_of = document.definitions.iter().any(
        |definition| matches!(definition, Definition::DirectiveDefinition(directive) if directive.name == spec::ONE_OF),
    );
    let text = definitions(&links, &rows, federation, &own.directives, &machinery, defines_one_of);
    let schema = this.build(&document, &text)?;
    Ok(Subgraph {
        name: this.input.name,
        url: this.input.url,
        source: this.input.source,
        federation,
        links,
        schema,
        machinery,
        extended: only_extended(&document),
        schema_directives: visit::schema_directives(&document),
        file: this.file,
        state: Parsed,
    })
}

impl Ingest {
    fn error(&self, code: &'static str, message: impl Into<String>, at: Option<Span>) -> Diagnostic {
        Diagnostic::error(code, message).in_subgraph(&self.input.name).at(at, "")
    }

    fn graphql_errors(&mut self, errors: &DiagnosticList) {
        for error in errors.iter() {
            let at = error.error.location().filter(|location| Some(location.file_id()) == self.file);
            let at = at.map(|location| Span::new(&self.input.source, location.offset()..location.end_offset()));
            let message = error.error.to_string();
            let diagnostic = self.error("INVALID_GRAPHQL", readable(&message), at);
            self.found.push(match connector_help(&message).or_else(|| one_of_help(&message)) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
        }
    }

    /// A specification's directive that is imported no longer has its full name.
    fn check_full_names(&mut self, document: &mut Document, known: &HashMap<String, &'static str>) {
        let Self { input, file, found } = self;
        visit::for_directives(document, &mut |directives| {
            for directive in directives.iter() {
                let name = directive.name.as_str();
                if SpecDirective::from_canonical(name).is_some() && !known.contains_key(name) {
                    let at = span(&input.source, *file, directive.location());
                    found.push(
                        Diagnostic::error("INVALID_GRAPHQL", format!("Unknown directive \"@{name}\"."))
                            .in_subgraph(&input.name)
                            .at(at, "")
                            .help("use the name under which the specification's @link imports it"),
                    );
                }
            }
        });
    }

    /// Root types get their default names, which must be free.
    fn rename_roots(&mut self, document: &mut Document) {
        for (operation, name) in normalize::custom_roots(document) {
            let default = normalize::default_root_name(operation);
            if name == default {
                continue;
            }
            let taken = document
                .definitions
                .iter()
                .find(|definition| definition.name().is_some_and(|name| name == default) && is_type(definition));
            if let Some(taken) = taken {
                let code = match operation {
                    OperationType::Query => "ROOT_QUERY_USED",
                    OperationType::Mutation => "ROOT_MUTATION_USED",
                    OperationType::Subscription => "ROOT_SUBSCRIPTION_USED",
                };
                let kind = operation.name();
                let message = format!(
                    "The schema has a type named \"{default}\" but it is not set as the {kind} root type (\"{name}\" is instead): this is not supported by federation. If a root type does not use its default name, there should be no other type with that default name."
                );
                let at = span(&self.input.source, self.file, taken.name().and_then(Name::location));
                self.found.push(self.error(code, message, at));
            } else {
                normalize::rename_object(document, &name, default);
            }
        }
    }

    fn build(&mut self, document: &Document, definitions: &str) -> Result<Schema, Vec<Diagnostic>> {
        let built = Schema::builder()
            .adopt_orphan_extensions()
            .ignore_builtin_redefinitions()
            .add_ast(document)
            .parse(definitions, "specifications.graphql")
            .build();
        let mut schema = match built {
            Ok(schema) => schema,
            Err(failed) => {
                self.graphql_errors(&failed.errors);
                return Err(std::mem::take(&mut self.found));
            }
        };
        ensure_query(&mut schema);
        match schema.validate() {
            Ok(schema) => {
                let mut schema = schema.into_inner();
                remove_machinery(&mut schema);
                Ok(schema)
            }
            Err(failed) => {
                self.graphql_errors(&failed.errors);
                Err(std::mem::take(&mut self.found))
            }
        }
    }
}

fn span(
    source: &std::sync::Arc<Source>,
    file: Option<FileId>,
    at: Option<apollo_compiler::parser::SourceSpan>,
) -> Option<Span> {
    at.filter(|at| Some(at.file_id()) == file).map(|at| Span::new(source, at.offset()..at.end_offset()))
}

/// Without the prefixes of canonical names, which the user never wrote.
fn readable(message: &str) -> String {
    message.replace("federation__", "").replace("connect__", "")
}

/// The connectors' directives are unknown without their link, and weft's additions without theirs; say so where they are used.
fn connector_help(message: &str) -> Option<&'static str> {
    if ["@source", "@connect"].iter().any(|name| message.contains(&format!("find directive `{name}`"))) {
        return Some(
            "import it: @link(url: \"https://specs.apollo.dev/connect/v0.3\", import: [\"@source\", \"@connect\"])",
        );
    }
    let about_connectors = message.contains("@connect__") || message.contains("connect__");
    (about_connectors && (message.contains("grpc") || message.contains("groupBy"))).then_some(
        "gRPC and `groupBy` are weft's additions: link them with @link(url: \"https://specs.weft.dev/connect/v0.1\")",
    )
}

/// `@oneOf` is not known without a definition, as in the reference.
fn one_of_help(message: &str) -> Option<&'static str> {
    message.contains("directive `@oneOf`").then_some("define it in the file: directive @oneOf on INPUT_OBJECT")
}

fn is_type(definition: &Definition) -> bool {
    !matches!(
        definition,
        Definition::DirectiveDefinition(_)
            | Definition::OperationDefinition(_)
            | Definition::FragmentDefinition(_)
            | Definition::SchemaDefinition(_)
            | Definition::SchemaExtension(_)
    )
}

/// The directives that the file may use. Of federation's newer ones a Federation 1 file has those that it defines.
fn known_rows(document: &Document, links: &Links, federation: Federation) -> Vec<&'static Row> {
    let defines = |name: &str| {
        document
            .definitions
            .iter()
            .any(|definition| matches!(definition, Definition::DirectiveDefinition(node) if node.name == name))
    };
    let linked = |row: &Row| row.feature.is_some_and(|feature| links.get(feature.identity).is_some());
    let known = |row: &&Row| match links.local_name(row.directive) {
        None => false,
        Some(_) if row.since.is_none() || federation != Federation::One => true,
        Some(local) => row.federation_one || linked(row) || defines(&local),
    };
    ROWS.iter().filter(known).collect()
}

/// The definitions of every specification that the file uses, under canonical names, apart from those that it has itself.
fn definitions(
    links: &Links,
    rows: &[&Row],
    federation: Federation,
    own: &HashSet<&'static str>,
    imported: &IndexSet<Name>,
    defines_one_of: bool,
) -> String {
    let mut text = format!("{}directive @link{} ", spec::LINK_TYPES, spec::LINK_DEFINITION);
    text.push_str(spec::FEDERATION_TYPES);
    let grpc = links.get(spec::WEFT_CONNECT).is_some();
    if links.get(spec::CONNECT).is_some() {
        if grpc {
            text.push_str(spec::CONNECT_TYPES);
        } else {
            text.push_str(&spec::CONNECT_TYPES.replace(" groupBy: connect__JSONSelection", ""));
        }
    }
    for row in rows.iter().filter(|row| !own.contains(row.canonical)) {
        text.push_str(&format!("directive @{} {} ", row.canonical, row.definition_in(federation, grpc)));
    }
    if grpc && !defines_one_of {
        text.push_str(spec::ONE_OF_DEFINITION);
        text.push(' ');
    }
    for name in spec::FEDERATION_ONE_TYPES.iter().copied().chain(imported.iter().map(Name::as_str)) {
        text.push_str(&format!("scalar {name} "));
    }
    text
}

/// What the file calls the scalars of federation, where that is not their full name: its own directives may use them.
fn imported_types(links: &Links) -> IndexSet<Name> {
    let imports = links.federation().into_iter().flat_map(|link| &link.imports);
    let types = imports.filter(|import| !import.is_directive && !spec::is_machinery_type(&import.local));
    types.filter_map(|import| Name::new(&import.local).ok()).collect()
}

/// Types that have no definition in the file, only extensions.
fn only_extended(document: &Document) -> IndexSet<Name> {
    let (extensions, definitions): (Vec<_>, Vec<_>) = document
        .definitions
        .iter()
        .filter(|definition| is_type(definition))
        .partition(|definition| definition.is_extension_definition());
    let defined: HashSet<&Name> = definitions.iter().filter_map(|definition| definition.name()).collect();
    extensions
        .iter()
        .filter_map(|definition| definition.name())
        .filter(|name| !defined.contains(name))
        .cloned()
        .collect()
}

/// Federation gives every subgraph a query root with `_service`; GraphQL's validation wants a root with a field.
fn ensure_query(schema: &mut Schema) {
    const QUERY: Name = apollo_compiler::name!("Query");
    const SERVICE: Name = apollo_compiler::name!("_service");
    let query = schema.types.entry(QUERY).or_insert_with(|| {
        ExtendedType::Object(Node::new(apollo_compiler::schema::ObjectType {
            description: None,
            name: QUERY,
            implements_interfaces: Default::default(),
            directives: Default::default(),
            fields: Default::default(),
        }))
    });
    if let ExtendedType::Object(query) = query
        && query.fields.is_empty()
    {
        query.make_mut().fields.insert(
            SERVICE,
            Component::new(apollo_compiler::ast::FieldDefinition {
                description: None,
                name: SERVICE,
                arguments: Vec::new(),
                ty: apollo_compiler::ty!(String),
                directives: Default::default(),
            }),
        );
    }
    let definition = schema.schema_definition.make_mut();
    if definition.query.is_none() {
        definition.query = Some(QUERY.into());
    }
    let has = |name: &str| schema.types.get(name).is_some_and(ExtendedType::is_object);
    if definition.mutation.is_none() && has("Mutation") {
        definition.mutation = Some(apollo_compiler::name!("Mutation").into());
    }
    if definition.subscription.is_none() && has("Subscription") {
        definition.subscription = Some(apollo_compiler::name!("Subscription").into());
    }
}

/// `_service` and `_entities` are every subgraph's, and no supergraph's.
fn remove_machinery(schema: &mut Schema) {
    if let Some(ExtendedType::Object(query)) = schema.types.get_mut("Query") {
        query.make_mut().fields.retain(|name, _| !spec::is_machinery_field(name));
    }
}
