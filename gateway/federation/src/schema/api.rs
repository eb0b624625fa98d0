//! Owns the API schema: the supergraph as its clients see it, without the machinery of
//! federation and without what is `@inaccessible`.

use std::collections::HashSet;

use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::{Component, ComponentName, DirectiveList, ExtendedType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};

/// Directives of the specification, which clients may see.
const KEPT: [&str; 5] = ["deprecated", "specifiedBy", "oneOf", "skip", "include"];

/// Cuts the API schema from a supergraph's document. The error says why what is left is no schema.
pub fn api_schema(supergraph: &Schema) -> Result<Valid<Schema>, String> {
    let mut schema = supergraph.clone();
    let features = Features::of(&schema);

    let hidden: HashSet<Name> = schema
        .types
        .iter()
        .filter(|(name, ty)| features.owns(name) || is_inaccessible(ty.directives()))
        .map(|(name, _)| name.clone())
        .collect();
    schema.types.retain(|name, _| !hidden.contains(name));
    for ty in schema.types.values_mut() {
        strip_type(ty, &hidden);
    }

    let definition = schema.schema_definition.make_mut();
    definition.directives = DirectiveList::new();
    for root in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
        let slot = match root {
            OperationType::Query => &mut definition.query,
            OperationType::Mutation => &mut definition.mutation,
            OperationType::Subscription => &mut definition.subscription,
        };
        if slot.as_ref().is_some_and(|name| hidden.contains(&name.name)) {
            *slot = None;
        }
    }
    // Executable directives belong to clients; those of type systems say nothing to them.
    schema.directive_definitions.retain(|name, directive| {
        KEPT.contains(&name.as_str())
            || (!features.owns_directive(name) && directive.locations.iter().any(|location| is_executable(*location)))
    });
    schema.validate().map_err(|errors| errors.errors.to_string())
}

/// The names that linked features have taken: `join__Graph`, `@tag`, `link__Import`.
struct Features {
    prefixes: Vec<String>,
    directives: HashSet<String>,
}

impl Features {
    fn of(schema: &Schema) -> Self {
        let mut features = Self {
            prefixes: ["join__", "link__", "core__"].map(String::from).to_vec(),
            directives: ["link", "core", "inaccessible", "tag"].map(String::from).into(),
        };
        let links = schema.schema_definition.directives.iter().filter(|d| d.name == "link" || d.name == "core");
        for link in links {
            let argument = |name: &str| link.specified_argument_by_name(name).and_then(|value| value.as_str());
            let Some(url) = argument("url").or_else(|| argument("feature")) else { continue };
            let mut segments = url.trim_end_matches('/').rsplit('/');
            let last = segments.next().unwrap_or_default();
            let is_version = last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let own_name = if is_version { segments.next().unwrap_or_default() } else { last };
            let name = argument("as").unwrap_or(own_name);
            features.prefixes.push(format!("{name}__"));
            features.directives.insert(name.to_owned());
            for import in link.specified_argument_by_name("import").and_then(|v| v.as_list()).unwrap_or_default() {
                let imported = import.as_str().or_else(|| {
                    let fields = import.as_object()?;
                    let get = |key: &str| fields.iter().find(|(name, _)| name == key).and_then(|(_, v)| v.as_str());
                    get("as").or_else(|| get("name"))
                });
                if let Some(directive) = imported.and_then(|name| name.strip_prefix('@')) {
                    features.directives.insert(directive.to_owned());
                }
            }
        }
        features
    }

    fn owns(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }

    fn owns_directive(&self, name: &str) -> bool {
        self.owns(name) || self.directives.contains(name)
    }
}

fn is_executable(location: apollo_compiler::ast::DirectiveLocation) -> bool {
    use apollo_compiler::ast::DirectiveLocation as L;
    matches!(
        location,
        L::Query
            | L::Mutation
            | L::Subscription
            | L::Field
            | L::FragmentDefinition
            | L::FragmentSpread
            | L::InlineFragment
            | L::VariableDefinition
    )
}

fn is_inaccessible(directives: &DirectiveList) -> bool {
    directives.has("inaccessible")
}

fn is_kept(name: &str) -> bool {
    KEPT.contains(&name)
}

fn strip_directives(directives: &mut DirectiveList) {
    directives.0.retain(|directive| is_kept(&directive.name));
}

fn strip_argument(argument: &mut Node<apollo_compiler::ast::InputValueDefinition>) {
    argument.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
}

fn strip_field(field: &mut Component<apollo_compiler::schema::FieldDefinition>) {
    let field = field.make_mut();
    field.directives.0.retain(|directive| is_kept(&directive.name));
    field.arguments.retain(|argument| !argument.directives.has("inaccessible"));
    field.arguments.iter_mut().for_each(strip_argument);
}

fn keep_visible(names: &mut apollo_compiler::collections::IndexSet<ComponentName>, hidden: &HashSet<Name>) {
    names.retain(|name| !hidden.contains(&name.name));
}

fn strip_type(ty: &mut ExtendedType, hidden: &HashSet<Name>) {
    match ty {
        ExtendedType::Scalar(scalar) => strip_directives(&mut scalar.make_mut().directives),
        ExtendedType::Object(object) => {
            let object = object.make_mut();
            strip_directives(&mut object.directives);
            keep_visible(&mut object.implements_interfaces, hidden);
            object.fields.retain(|_, field| !field.directives.has("inaccessible"));
            object.fields.values_mut().for_each(strip_field);
        }
        ExtendedType::Interface(interface) => {
            let interface = interface.make_mut();
            strip_directives(&mut interface.directives);
            keep_visible(&mut interface.implements_interfaces, hidden);
            interface.fields.retain(|_, field| !field.directives.has("inaccessible"));
            interface.fields.values_mut().for_each(strip_field);
        }
        ExtendedType::Union(union) => {
            let union = union.make_mut();
            strip_directives(&mut union.directives);
            keep_visible(&mut union.members, hidden);
        }
        ExtendedType::Enum(enumeration) => {
            let enumeration = enumeration.make_mut();
            strip_directives(&mut enumeration.directives);
            enumeration.values.retain(|_, value| !value.directives.has("inaccessible"));
            for value in enumeration.values.values_mut() {
                value.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
            }
        }
        ExtendedType::InputObject(input) => {
            let input = input.make_mut();
            strip_directives(&mut input.directives);
            input.fields.retain(|_, field| !field.directives.has("inaccessible"));
            for field in input.fields.values_mut() {
                field.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
            }
        }
    }
}
