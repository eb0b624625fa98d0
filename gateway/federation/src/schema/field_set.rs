//! Owns field sets: the selections in `@key`, `@requires` and `@provides`, interned.

use apollo_compiler::executable::{self, Selection};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

use super::ids::{NameId, TypeId};
use super::model::Model;
use super::value::{Arguments, Value};

/// A selection set without aliases, fragments spreads and conditions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct FieldSet {
    pub items: Vec<FieldSetItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldSetItem {
    Field {
        name: NameId,
        arguments: Arguments,
        /// Empty for a leaf.
        selections: FieldSet,
    },
    Narrow {
        ty: TypeId,
        selections: FieldSet,
    },
    /// `__typename`, which every subgraph can tell.
    Typename,
}

impl FieldSet {
    /// Parses `text` as a selection on the type `ty`.
    pub(super) fn parse(schema: &Valid<Schema>, model: &Model, ty: &Name, text: &str) -> Result<Self, String> {
        let parsed = executable::FieldSet::parse(schema, ty.clone(), text, "field set").map_err(|errors| {
            errors.errors.iter().map(|error| error.error.to_string()).collect::<Vec<_>>().join("; ")
        })?;
        Self::intern(model, &parsed.selection_set)
    }

    fn intern(model: &Model, set: &executable::SelectionSet) -> Result<Self, String> {
        let mut items = Vec::with_capacity(set.selections.len());
        for selection in &set.selections {
            match selection {
                Selection::Field(field) if field.name == "__typename" => items.push(FieldSetItem::Typename),
                Selection::Field(field) => {
                    let name = model.name_id(&field.name).ok_or_else(|| format!("unknown field `{}`", field.name))?;
                    let mut arguments = Vec::with_capacity(field.arguments.len());
                    for argument in &field.arguments {
                        let value = Value::from_ast(&argument.value, &|_| None)
                            .ok_or_else(|| format!("a variable in the argument `{}`", argument.name))?;
                        arguments.push((argument.name.clone(), value));
                    }
                    arguments.sort();
                    let selections = Self::intern(model, &field.selection_set)?;
                    items.push(FieldSetItem::Field { name, arguments: arguments.into(), selections });
                }
                Selection::InlineFragment(fragment) => {
                    let selections = Self::intern(model, &fragment.selection_set)?;
                    match &fragment.type_condition {
                        Some(name) => {
                            let ty = model.type_named(name).ok_or_else(|| format!("unknown type `{name}`"))?;
                            items.push(FieldSetItem::Narrow { ty, selections });
                        }
                        None => items.extend(selections.items),
                    }
                }
                Selection::FragmentSpread(spread) => {
                    return Err(format!(
                        "the fragment spread `...{}`, which a field set cannot have",
                        spread.fragment_name
                    ));
                }
            }
        }
        items.sort();
        items.dedup();
        Ok(Self { items })
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The field set as text, such as `id org { id }`.
    pub fn display(&self, model: &Model) -> String {
        let mut out = String::new();
        self.write(model, &mut out);
        out
    }

    fn write(&self, model: &Model, out: &mut String) {
        for (at, item) in self.items.iter().enumerate() {
            if at > 0 {
                out.push(' ');
            }
            let nested = match item {
                FieldSetItem::Typename => {
                    out.push_str("__typename");
                    continue;
                }
                FieldSetItem::Field { name, arguments, selections } => {
                    out.push_str(model.name(*name));
                    write_arguments(arguments, out);
                    selections
                }
                FieldSetItem::Narrow { ty, selections } => {
                    out.push_str("... on ");
                    out.push_str(model.type_name(*ty));
                    selections
                }
            };
            if !nested.is_empty() {
                out.push_str(" { ");
                nested.write(model, out);
                out.push_str(" }");
            }
        }
    }
}

/// Field sets hold literals alone, so no variable has to be named.
fn write_arguments(arguments: &Arguments, out: &mut String) {
    for (at, (name, value)) in arguments.iter().enumerate() {
        out.push_str(if at == 0 { "(" } else { ", " });
        out.push_str(name);
        out.push_str(": ");
        value.write_graphql(&|_| apollo_compiler::name!("unknown"), out);
    }
    if !arguments.is_empty() {
        out.push(')');
    }
}
