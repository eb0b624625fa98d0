//! Owns `@override` across subgraphs: whose field gives way to whose, and what forbids it.

use apollo_compiler::ast::FieldDefinition;

use super::field::FieldSources;
use super::{Merge, Source, SubgraphIndex, override_label};
use crate::schema::subgraph::SpecDirective;

/// What overriding does to one field, by subgraph.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    overridden: Vec<Overridden>,
    overriding: Vec<Overriding>,
}

#[derive(Debug)]
struct Overridden {
    subgraph: SubgraphIndex,
    /// Whether the overridden subgraph still needs the field itself.
    used: bool,
    label: Option<String>,
}

#[derive(Debug)]
struct Overriding {
    subgraph: SubgraphIndex,
    from: String,
    label: Option<String>,
    /// Whether there is a subgraph of that name.
    known: bool,
}

impl Overrides {
    pub fn is_overridden(&self, subgraph: SubgraphIndex) -> bool {
        self.overridden.iter().any(|found| found.subgraph == subgraph)
    }

    pub fn is_used(&self, subgraph: SubgraphIndex) -> bool {
        self.overridden.iter().any(|found| found.subgraph == subgraph && found.used)
    }

    /// Whether this subgraph takes the field from one that exists.
    pub fn is_overriding(&self, subgraph: SubgraphIndex) -> bool {
        self.overriding.iter().any(|found| found.subgraph == subgraph && found.known)
    }

    /// The name of the subgraph that this one takes the field from.
    pub fn from(&self, subgraph: SubgraphIndex) -> Option<&str> {
        self.overriding.iter().find(|found| found.subgraph == subgraph).map(|found| found.from.as_str())
    }

    /// The label of a progressive override, on both its sides.
    pub fn label(&self, subgraph: SubgraphIndex) -> Option<&str> {
        let overriding =
            self.overriding.iter().find(|found| found.subgraph == subgraph).and_then(|found| found.label.as_deref());
        overriding.or_else(|| {
            self.overridden.iter().find(|found| found.subgraph == subgraph).and_then(|found| found.label.as_deref())
        })
    }
}

pub(crate) fn find(merge: &mut Merge<'_>, sources: &FieldSources<'_>) -> Overrides {
    let mut overrides = Overrides::default();
    for source in &sources.defined {
        let Some(directive) = source.node.directives.get(SpecDirective::Override.canonical()) else { continue };
        let argument = |name: &str| directive.specified_argument_by_name(name).and_then(|value| value.as_str());
        let Some(from) = argument("from") else { continue };
        let label = argument("label");
        one(merge, sources, source, from, label, &mut overrides);
    }
    overrides
}

fn one(
    merge: &mut Merge<'_>,
    sources: &FieldSources<'_>,
    source: &Source<'_, FieldDefinition>,
    from: &str,
    label: Option<&str>,
    overrides: &mut Overrides,
) {
    let coordinate = sources.coordinate();
    let name = merge.name(source.subgraph);
    let place = vec![merge.place(source.subgraph, &source.node.name)];
    if sources.on_interface && merge.subgraphs[source.subgraph].schema.get_interface(sources.parent).is_some() {
        let message = format!(
            "@override cannot be used on field \"{coordinate}\" on subgraph \"{name}\": @override is not supported on interface type fields."
        );
        merge.error("OVERRIDE_ON_INTERFACE", message, place);
        return;
    }
    if merge.subgraphs[source.subgraph].facts().interface_objects.contains(sources.parent) {
        let message = format!(
            "@override is not yet supported on fields of @interfaceObject types: it is used on field \"{coordinate}\" in subgraph \"{name}\""
        );
        merge.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", message, place);
        return;
    }
    if from == name {
        let message =
            format!("Source and destination subgraphs \"{from}\" are the same for overridden field \"{coordinate}\"");
        merge.error("OVERRIDE_FROM_SELF_ERROR", message, place);
        return;
    }
    let Some(target) = merge.subgraphs.iter().position(|subgraph| subgraph.name == from) else {
        let message =
            format!("Source subgraph \"{from}\" for field \"{coordinate}\" on subgraph \"{name}\" does not exist.");
        merge.hint("FROM_SUBGRAPH_DOES_NOT_EXIST", message);
        let label = label.map(str::to_owned);
        overrides.overriding.push(Overriding { subgraph: source.subgraph, from: from.to_owned(), label, known: false });
        return;
    };
    if let Some(label) = label.filter(|label| !override_label::is_valid(label)) {
        let message = format!(
            "Invalid @override label \"{label}\" on field \"{coordinate}\" on subgraph \"{name}\": labels must start with a letter and after that may contain alphanumerics, underscores, minuses, colons, periods, or slashes. Alternatively, labels may be of the form \"percent(x)\" where x is a float between 0-100 inclusive."
        );
        merge.error("OVERRIDE_LABEL_INVALID", message, place.clone());
    }
    overrides.overriding.push(Overriding {
        subgraph: source.subgraph,
        from: from.to_owned(),
        label: label.map(str::to_owned),
        known: true,
    });
    let Some(overridden) = sources.defined.iter().find(|other| other.subgraph == target) else {
        let message = format!(
            "Field \"{coordinate}\" on subgraph \"{name}\" no longer exists in the from subgraph. The @override directive can be removed."
        );
        merge.hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", message);
        return;
    };
    let has = |directive: SpecDirective| overridden.node.directives.has(directive.canonical());
    if has(SpecDirective::Override) {
        let message = format!(
            "Field \"{coordinate}\" on subgraph \"{name}\" is also marked with directive @override in subgraph \"{from}\". Only one @override directive is allowed per field."
        );
        merge.error("OVERRIDE_SOURCE_HAS_OVERRIDE", message, place);
        return;
    }
    let is_external = |merge: &Merge<'_>, subgraph: SubgraphIndex| {
        merge.subgraphs[subgraph].facts().is_external(sources.parent, sources.name)
    };
    let conflict = [SpecDirective::Requires, SpecDirective::Provides]
        .into_iter()
        .find(|directive| has(*directive))
        .map(|directive| (directive.name(), from))
        .or_else(|| is_external(merge, source.subgraph).then_some(("external", name)));
    if let Some((directive, on)) = conflict {
        let message = format!(
            "@override cannot be used on field \"{coordinate}\" on subgraph \"{name}\" since \"{coordinate}\" on \"{on}\" is marked with directive \"@{directive}\""
        );
        merge.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", message, place);
        return;
    }
    if is_external(merge, target) {
        let message = format!(
            "Field \"{coordinate}\" on subgraph \"{name}\" is not resolved anymore by the from subgraph (it is marked \"@external\" in \"{from}\"). The @override directive can be removed."
        );
        merge.hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", message);
        return;
    }
    let used = merge.subgraphs[target].facts().is_used(sources.parent, sources.name);
    match label {
        Some(_) => merge.hint(
            "OVERRIDE_MIGRATION_IN_PROGRESS",
            format!("Field \"{coordinate}\" is currently being migrated with progressive @override. Once the migration is complete, remove the field from subgraph \"{from}\"."),
        ),
        None => merge.hint(
            "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
            if used {
                format!("Field \"{coordinate}\" on subgraph \"{from}\" is overridden. It is still used in some federation directive(s) and/or to satisfy interface constraint(s), but consider marking it @external explicitly or removing it along with its references.")
            } else {
                format!("Field \"{coordinate}\" on subgraph \"{from}\" is overridden. Consider removing it.")
            },
        ),
    }
    overrides.overridden.push(Overridden { subgraph: target, used, label: label.map(str::to_owned) });
}
