//! Owns the supergraph's frame: its `@link`s, and the definitions of the directives and types that it speaks with.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::Value;
use apollo_compiler::collections::IndexMap;

use super::directive::{ComposedDirective, Origin};
use super::{Merge, joined};
use crate::compose::merged::{Applied, MergedDirective, MergedSchema, MergedType};
use crate::compose::{render, values};
use crate::schema::subgraph::link::Version;
use crate::schema::subgraph::spec::{self, Feature, Purpose, ROWS, SpecDirective};

/// How much of the join specification there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Join {
    V3,
    V4,
    V5,
}

impl Join {
    fn for_federation(minor: u32) -> Self {
        match minor {
            ..7 => Self::V3,
            7 => Self::V4,
            8.. => Self::V5,
        }
    }

    fn url(self) -> &'static str {
        match self {
            Self::V3 => "https://specs.apollo.dev/join/v0.3",
            Self::V4 => "https://specs.apollo.dev/join/v0.4",
            Self::V5 => "https://specs.apollo.dev/join/v0.5",
        }
    }
}

const FIELD_V3: &str = "graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean";
const PURPOSE: &str = "enum link__Purpose {\n  \"\"\"\n  `SECURITY` features provide metadata necessary to securely resolve fields.\n  \"\"\"\n  SECURITY\n\n  \"\"\"\n  `EXECUTION` features provide metadata necessary for operation execution.\n  \"\"\"\n  EXECUTION\n}";

/// Everything but the types that were merged is put around them.
pub(crate) fn schema(
    merge: &mut Merge<'_>,
    types: IndexMap<Name, MergedType>,
    directives: &[MergedDirective],
) -> MergedSchema {
    let minor = merge.subgraphs.iter().map(|subgraph| subgraph.federation.minor()).max().unwrap_or_default();
    let has_connectors = merge.subgraphs.iter().any(|subgraph| subgraph.has_connectors());
    // `@join__directive` came with v0.4, but connectors need what v0.5 says of it.
    let join = if has_connectors { Join::V5 } else { Join::for_federation(minor) };
    let mut schema = MergedSchema { types, ..MergedSchema::default() };
    schema.schema_directives.push(Applied::new("link").string("url", "https://specs.apollo.dev/link/v1.0"));
    schema.schema_directives.push(execution(join.url()));
    join_definitions(merge, join, &mut schema);
    schema.directives.push((
        "link".to_owned(),
        "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA"
            .to_owned(),
    ));
    schema.machinery.push(("link__Import".to_owned(), "scalar link__Import".to_owned()));
    schema.machinery.push(("link__Purpose".to_owned(), PURPOSE.to_owned()));
    features(merge, &mut schema);
    custom_features(merge, &mut schema);
    schema
        .directives
        .extend(directives.iter().map(|merged| (merged.name.clone(), render::directive_definition(merged))));
    let is_used = schema.types.values().any(|ty| ty.applied.iter().any(|applied| applied.name == spec::ONE_OF));
    if is_used && !schema.directives.iter().any(|(name, _)| name == spec::ONE_OF) {
        schema.directives.push((spec::ONE_OF.to_owned(), spec::ONE_OF_DEFINITION.to_owned()));
    }
    connector_links(merge, &mut schema);
    on_schema(merge, &mut schema);
    schema.inaccessible =
        merge.composed.get(SpecDirective::Inaccessible.canonical()).map(|composed| composed.name.clone());
    schema
}

fn execution(url: &str) -> Applied {
    Applied::new("link").string("url", url).with("for", Value::Enum(apollo_compiler::name!("EXECUTION")))
}

fn join_definitions(merge: &Merge<'_>, join: Join, schema: &mut MergedSchema) {
    let mut directive = |name: &str, rest: &str| {
        schema.directives.push((format!("join__{name}"), format!("directive @join__{name}{rest}")));
    };
    directive("enumValue", "(graph: join__Graph!) repeatable on ENUM_VALUE");
    let more = match join {
        Join::V3 => "",
        Join::V4 => ", overrideLabel: String",
        Join::V5 => ", overrideLabel: String, contextArguments: [join__ContextArgument!]",
    };
    directive("field", &format!("({FIELD_V3}{more}) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION"));
    directive("graph", "(name: String!, url: String!) on ENUM_VALUE");
    directive("implements", "(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE");
    directive(
        "type",
        "(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR",
    );
    directive("unionMember", "(graph: join__Graph!, member: String!) repeatable on UNION");
    if join >= Join::V4 {
        directive(
            "directive",
            "(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION",
        );
    }
    let mut ty = |name: &str, text: &str| schema.machinery.push((format!("join__{name}"), text.to_owned()));
    ty("FieldSet", "scalar join__FieldSet");
    if join >= Join::V4 {
        ty("DirectiveArguments", "scalar join__DirectiveArguments");
    }
    if join >= Join::V5 {
        ty("FieldValue", "scalar join__FieldValue");
        ty(
            "ContextArgument",
            "input join__ContextArgument {\n  name: String!\n  type: String!\n  context: String!\n  selection: join__FieldValue!\n}",
        );
    }
    let mut graphs = String::from("enum join__Graph {\n");
    for (subgraph, graph) in merge.subgraphs.iter().zip(&merge.graphs) {
        graphs.push_str(&format!("  {graph} @join__graph(name: "));
        values::write_string(&subgraph.name, &mut graphs);
        graphs.push_str(", url: ");
        values::write_string(&subgraph.url, &mut graphs);
        graphs.push_str(")\n");
    }
    graphs.push('}');
    ty("Graph", &graphs);
}

/// Links and definitions of the known features whose directives are used.
fn features(merge: &Merge<'_>, schema: &mut MergedSchema) {
    let mut links: IndexMap<&'static str, Applied> = IndexMap::default();
    let mut imports: IndexMap<&'static str, Vec<Node<Value>>> = IndexMap::default();
    for composed in merge.composed.values() {
        let Origin::Spec(directive) = composed.origin else { continue };
        let Some(feature) = directive.feature() else { continue };
        links.entry(feature.identity).or_insert_with(|| {
            let link = Applied::new("link").string("url", &format!("{}/{}", feature.identity, feature.version));
            match feature.purpose {
                Purpose::None => link,
                Purpose::Security => link.with("for", Value::Enum(apollo_compiler::name!("SECURITY"))),
                Purpose::Execution => link.with("for", Value::Enum(apollo_compiler::name!("EXECUTION"))),
            }
        });
        if directive == SpecDirective::CacheTag {
            // Its applications are carried in `@join__directive`.
            continue;
        }
        if composed.name != default_name(feature, directive) {
            imports.entry(feature.identity).or_default().push(import(directive.name(), &composed.name));
        }
        define(directive, &composed.name, schema);
        // A specification is defined as a whole.
        let others =
            ROWS.iter().filter(|row| row.feature == Some(feature) && !merge.composed.contains_key(row.canonical));
        others.for_each(|row| define(row.directive, &default_name(feature, row.directive), schema));
    }
    for (identity, link) in links {
        schema.schema_directives.push(match imports.shift_remove(identity) {
            Some(list) => link.with("import", Value::List(list)),
            None => link,
        });
    }
}

/// What a supergraph calls a directive of a feature without importing it.
fn default_name(feature: Feature, directive: SpecDirective) -> String {
    let spec_name = feature.identity.rsplit('/').next().unwrap_or_default();
    let name = directive.name();
    if name == spec_name { name.to_owned() } else { format!("{spec_name}__{name}") }
}

/// An element of a link's `import`.
fn import(element: &str, local: &str) -> Node<Value> {
    let string = |text: &str| Node::new(Value::String(format!("@{text}")));
    if element == local {
        return string(element);
    }
    Node::new(Value::Object(vec![
        (apollo_compiler::name!("name"), string(element)),
        (apollo_compiler::name!("as"), string(local)),
    ]))
}

fn define(directive: SpecDirective, name: &str, schema: &mut MergedSchema) {
    let mut rest = directive.row().definition.to_owned();
    match directive {
        SpecDirective::RequiresScopes => {
            rest = rest.replace("federation__Scope", "requiresScopes__Scope");
            schema.machinery.push(("requiresScopes__Scope".to_owned(), "scalar requiresScopes__Scope".to_owned()));
        }
        SpecDirective::Policy => {
            rest = rest.replace("federation__Policy", "policy__Policy");
            schema.machinery.push(("policy__Policy".to_owned(), "scalar policy__Policy".to_owned()));
        }
        SpecDirective::Context => {
            schema.directives.push((
                "context__fromContext".to_owned(),
                "directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION".to_owned(),
            ));
            schema
                .machinery
                .push(("context__ContextFieldValue".to_owned(), "scalar context__ContextFieldValue".to_owned()));
        }
        _ => {}
    }
    let space = if rest.starts_with('(') { "" } else { " " };
    schema.directives.push((name.to_owned(), format!("directive @{name}{space}{rest}")));
}

/// Links and definitions of what `@composeDirective` names.
fn custom_features(merge: &Merge<'_>, schema: &mut MergedSchema) {
    let mut links: IndexMap<String, (Applied, Version, Vec<Node<Value>>)> = IndexMap::default();
    for ComposedDirective { name, origin } in merge.composed.values() {
        let Origin::Custom { link, element, .. } = origin else { continue };
        let applied = || Applied::new("link").string("url", &link.url);
        let entry = links.entry(link.identity.clone()).or_insert_with(|| (applied(), link.version, Vec::new()));
        if link.version > entry.1 {
            (entry.0, entry.1) = (applied(), link.version);
        }
        entry.2.push(import(element, name));
    }
    for (_, (link, _, imports)) in links {
        schema.schema_directives.push(link.with("import", Value::List(imports)));
    }
}

/// The newest of the connector links, and where each subgraph's connectors are.
fn connector_links(merge: &Merge<'_>, schema: &mut MergedSchema) {
    for identity in [spec::CONNECT, spec::WEFT_CONNECT] {
        let newest =
            merge.subgraphs.iter().filter_map(|subgraph| subgraph.links.get(identity)).map(|link| link.version).max();
        if let Some(version) = newest {
            schema.schema_directives.push(execution(&format!("{identity}/{version}")));
        }
    }
    schema.schema_directives.extend(joined::on_schema(merge));
}

/// The schema's own description and carried directives.
fn on_schema(merge: &mut Merge<'_>, schema: &mut MergedSchema) {
    let subgraphs = merge.subgraphs;
    let descriptions = subgraphs
        .iter()
        .map(|subgraph| subgraph.schema.schema_definition.description.as_ref().map(|text| text.as_str()));
    schema.description = super::description::merge(merge, "schema", descriptions);
    let lists: Vec<apollo_compiler::ast::DirectiveList> = subgraphs
        .iter()
        .map(|subgraph| {
            let mut list = apollo_compiler::ast::DirectiveList::new();
            let carried = subgraph
                .schema_directives
                .iter()
                .filter(|directive| merge.composed.contains_key(directive.name.as_str()));
            carried.for_each(|directive| list.push(directive.clone()));
            list
        })
        .collect();
    let sources: Vec<_> = lists.iter().enumerate().map(|(subgraph, node)| super::Source { subgraph, node }).collect();
    let applied = super::applied::merge_nodes(merge, "schema", &sources);
    schema.schema_directives.extend(applied);
}
