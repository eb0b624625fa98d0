//! Owns how connectors travel: their directives are kept word for word in `@join__directive`, with the subgraphs that
//! have them.

use apollo_compiler::ast::{Directive, Value};
use apollo_compiler::{Name, Node};

use super::{Merge, SubgraphIndex};
use crate::compose::merged::Applied;
use crate::schema::subgraph::{SpecDirective, spec};

/// `@join__directive`s for the applications of a connector directive; none for any other.
pub(crate) fn applied(merge: &Merge<'_>, name: &Name, applications: &[(SubgraphIndex, &Directive)]) -> Vec<Applied> {
    match SpecDirective::from_canonical(name) {
        Some(directive @ (SpecDirective::Connect | SpecDirective::Source)) => {
            applications.iter().map(|(subgraph, node)| join(merge, *subgraph, directive.name(), node)).collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// What stands on the supergraph's schema: each subgraph's links to connector specifications, and its sources.
pub(crate) fn on_schema(merge: &Merge<'_>) -> Vec<Applied> {
    let mut all = Vec::new();
    for (index, subgraph) in merge.subgraphs.iter().enumerate() {
        let links = subgraph
            .links
            .0
            .iter()
            .filter(|link| link.identity == spec::CONNECT || link.identity == spec::WEFT_CONNECT);
        all.extend(links.map(|link| join(merge, index, "link", &link.directive)));
        let source = SpecDirective::Source;
        let sources = subgraph.schema_directives.iter().filter(|directive| directive.name == source.canonical());
        all.extend(sources.map(|directive| join(merge, index, source.name(), directive)));
    }
    all
}

fn join(merge: &Merge<'_>, subgraph: SubgraphIndex, name: &str, directive: &Directive) -> Applied {
    let graphs = Value::List(vec![Node::new(Value::Enum(merge.graph(subgraph).clone()))]);
    let arguments =
        directive.arguments.iter().map(|argument| (argument.name.clone(), argument.value.clone())).collect();
    Applied::new("join__directive").with("graphs", graphs).string("name", name).with("args", Value::Object(arguments))
}
