//! Owns field sets (`id organization { id }`): parsing, and walking one against a schema.

use apollo_compiler::ast::{Document, Field, FieldDefinition, Selection};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

/// A parsed field set. The text is kept as written, since the supergraph repeats it.
#[derive(Debug, Clone)]
pub struct FieldSet {
    pub text: String,
    pub selections: Vec<Selection>,
}

impl FieldSet {
    /// Parses the text; `Err` is the syntax error.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The line break keeps a comment at the end from swallowing the brace.
        let trimmed = text.trim();
        let braced = if trimmed.starts_with('{') { trimmed.to_owned() } else { format!("{{{text}\n}}") };
        let document = Document::parse(braced, "fields")
            .map_err(|failed| failed.errors.iter().next().map_or_else(String::new, |error| error.error.to_string()))?;
        match document.definitions.as_slice() {
            [definition] => match definition.as_operation_definition() {
                Some(operation) if operation.name.is_none() && operation.variables.is_empty() => {
                    Ok(Self { text: text.to_owned(), selections: operation.selection_set.clone() })
                }
                _ => Err("Expected a selection of fields".to_owned()),
            },
            _ => Err("Expected one selection of fields".to_owned()),
        }
    }
}

/// What is wrong with a field set, before it is known in which directive it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A field, a type or a shape that the schema does not have.
    Invalid(String),
    /// A directive is applied inside.
    Directive { name: Name, text: String },
}

/// One field met on a walk.
pub struct Step<'a> {
    /// The type that the field is selected on, as the schema has it.
    pub parent: &'a Name,
    pub definition: &'a Node<FieldDefinition>,
    pub field: &'a Node<Field>,
    /// Whether its type has no fields of its own.
    pub leaf: bool,
    /// Depth below the type that the field set is about; 0 for its own fields.
    pub depth: usize,
}

/// Walks the field set, calling `visit` for every field but `__typename`; returns what does not fit the schema.
pub fn walk<'a>(
    schema: &'a Schema,
    parent: &'a Name,
    set: &'a FieldSet,
    visit: &mut dyn FnMut(Step<'a>),
) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk_selections(schema, parent, &set.selections, 0, visit, &mut problems);
    problems
}

fn walk_selections<'a>(
    schema: &'a Schema,
    parent: &'a Name,
    selections: &'a [Selection],
    depth: usize,
    visit: &mut dyn FnMut(Step<'a>),
    problems: &mut Vec<Problem>,
) {
    for selection in selections {
        match selection {
            Selection::FragmentSpread(spread) => {
                problems.push(Problem::Invalid(format!("Unknown fragment \"{}\"", spread.fragment_name)));
            }
            Selection::InlineFragment(fragment) => {
                for directive in fragment.directives.iter() {
                    problems.push(Problem::Directive { name: directive.name.clone(), text: directive.to_string() });
                }
                let condition = fragment.type_condition.as_ref().unwrap_or(parent);
                match schema.types.get_key_value(condition) {
                    Some((name, ty)) if fields_of(ty).is_some() || matches!(ty, ExtendedType::Union(_)) => {
                        if !overlaps(schema, parent, name) {
                            problems.push(Problem::Invalid(format!(
                                "Invalid fragment on type \"{condition}\": it can never be a \"{parent}\""
                            )));
                        }
                        walk_selections(schema, name, &fragment.selection_set, depth, visit, problems);
                    }
                    _ => problems.push(Problem::Invalid(format!("Unknown type \"{condition}\" in a type condition"))),
                }
            }
            Selection::Field(field) => {
                for directive in field.directives.iter() {
                    problems.push(Problem::Directive { name: directive.name.clone(), text: directive.to_string() });
                }
                if field.name == "__typename" {
                    continue;
                }
                if let Some(alias) = &field.alias {
                    problems.push(Problem::Invalid(format!(
                        "Cannot use alias \"{alias}\" in \"{field}\": aliases are not supported"
                    )));
                }
                walk_field(schema, parent, field, depth, visit, problems);
            }
        }
    }
}

fn walk_field<'a>(
    schema: &'a Schema,
    parent: &'a Name,
    field: &'a Node<Field>,
    depth: usize,
    visit: &mut dyn FnMut(Step<'a>),
    problems: &mut Vec<Problem>,
) {
    let definition = schema.types.get(parent).and_then(fields_of).and_then(|fields| fields.get(&field.name));
    let Some(definition) = definition else {
        problems.push(Problem::Invalid(format!("Cannot query field \"{}\" on type \"{parent}\".", field.name)));
        return;
    };
    let inner = definition.ty.inner_named_type();
    let ty = schema.types.get_key_value(inner);
    let leaf = ty.is_none_or(|(_, ty)| ty.is_leaf());
    visit(Step { parent, definition, field, leaf, depth });
    if leaf && !field.selection_set.is_empty() {
        problems.push(Problem::Invalid(format!(
            "Invalid selection: field \"{parent}.{}\" has type \"{}\", which has no fields to select",
            field.name, definition.ty
        )));
        return;
    }
    if !leaf && field.selection_set.is_empty() {
        problems.push(Problem::Invalid(format!(
            "Invalid empty selection set for field \"{parent}.{}\" of non-leaf type {}",
            field.name, definition.ty
        )));
    }
    if let Some((name, _)) = ty {
        walk_selections(schema, name, &field.selection_set, depth + 1, visit, problems);
    }
}

/// `$context selection`, as `@fromContext` has it, in its two parts; what follows the name is as written.
pub fn split_context(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start().strip_prefix('$')?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some((&rest[..end], &rest[end..]))
}

/// The fields of an object or interface type.
pub fn fields_of(
    ty: &ExtendedType,
) -> Option<&apollo_compiler::collections::IndexMap<Name, apollo_compiler::schema::Component<FieldDefinition>>> {
    match ty {
        ExtendedType::Object(ty) => Some(&ty.fields),
        ExtendedType::Interface(ty) => Some(&ty.fields),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => None,
    }
}

/// Whether a value of one type can be a value of the other.
fn overlaps(schema: &Schema, a: &Name, b: &Name) -> bool {
    if a == b || schema.is_subtype(a, b) || schema.is_subtype(b, a) {
        return true;
    }
    // Two abstract types: some object must be both.
    let is_abstract =
        |name: &Name| matches!(schema.types.get(name), Some(ExtendedType::Interface(_) | ExtendedType::Union(_)));
    is_abstract(a)
        && is_abstract(b)
        && schema
            .types
            .iter()
            .any(|(name, ty)| ty.is_object() && schema.is_subtype(a, name) && schema.is_subtype(b, name))
}

#[cfg(test)]
mod tests {
    use super::FieldSet;

    #[test]
    fn parses_what_is_a_field_set_and_nothing_else() {
        for (text, good) in [
            ("id", true),
            ("id organization { id }", true),
            ("{ id }", true),
            ("... on T { id }", true),
            ("id # the key", true),
            ("", false),
            ("id {", false),
            ("id } { name", false),
            ("id } query Q { id", false),
        ] {
            assert_eq!(FieldSet::parse(text).is_ok(), good, "{text:?}");
        }
    }
}
