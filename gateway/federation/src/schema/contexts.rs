//! Owns reading contexts: which types set them, and the arguments that take values from them.

use std::collections::HashMap;

use apollo_compiler::ast::Value;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};

use super::features::Features;
use super::field_set::{FieldSet, FieldSetItem};
use super::ids::TypeId;
use super::model::{ContextArgument, Model};
use super::types::TypeSet;

/// The types with `@context`, by the context's name.
#[derive(Debug, Default)]
pub(super) struct Contexts {
    types: HashMap<String, Vec<TypeId>>,
}

impl Contexts {
    pub fn of(document: &Schema, model: &Model, features: &Features) -> Self {
        let mut types: HashMap<String, Vec<TypeId>> = HashMap::new();
        for id in model.type_ids() {
            let Some(ty) = document.types.get(model.type_name(id)) else { continue };
            for directive in ty.directives().get_all(features.context()) {
                let name = directive.specified_argument_by_name("name").and_then(|value| value.as_str());
                types.entry(name.unwrap_or_default().to_owned()).or_default().push(id);
            }
        }
        Self { types }
    }

    /// Reads one of a field's `contextArguments`. The error says what is wrong with it.
    pub fn argument(
        &self,
        document: &Valid<Schema>,
        model: &Model,
        argument: &Node<Value>,
    ) -> Result<ContextArgument, String> {
        let fields = argument.as_object().ok_or("an item of contextArguments is no object")?;
        let get = |key: &str| {
            let value = fields.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
            value.ok_or_else(|| format!("an item of contextArguments has no `{key}`"))
        };
        let name = get("name")?;
        let name = Name::new(name).map_err(|_| format!("the contextual argument `{name}` has no valid name"))?;
        let (ty, context, text) = (get("type")?.to_owned(), get("context")?, get("selection")?.trim());
        let setters = self.types.get(context).ok_or_else(|| {
            format!("the contextual argument `{name}` is of the context \"{context}\", which no type sets")
        })?;
        let (mut types, mut items) = (TypeSet::default(), vec![]);
        for setter in setters {
            let setter_name = model.type_name(*setter);
            let selections = FieldSet::parse(document, model, setter_name, text).map_err(|message| {
                format!("the contextual argument `{name}` selects \"{text}\" on {setter_name}: {message}")
            })?;
            // An object that two types set the context for gives its value once.
            let new = model.ty(*setter).possible.iter().filter(|ty| !types.contains(*ty));
            let new: TypeSet = new.filter(|ty| selects_on(model, &selections, *ty)).collect();
            if new == model.ty(*setter).possible {
                items.push(FieldSetItem::Narrow { ty: *setter, selections });
            } else {
                items.extend(new.iter().map(|ty| FieldSetItem::Narrow { ty, selections: selections.clone() }));
            }
            types = types.union(&new);
        }
        items.sort();
        let context = context.rsplit_once("__").map_or(context, |(_, name)| name).to_owned();
        Ok(ContextArgument { name, ty, context, types: without_calls(model, types), selection: FieldSet { items } })
    }
}

/// Whether anything is selected on objects of a type.
fn selects_on(model: &Model, selections: &FieldSet, ty: TypeId) -> bool {
    selections.items.iter().any(|item| match item {
        FieldSetItem::Field { .. } | FieldSetItem::Typename => true,
        FieldSetItem::Narrow { ty: narrowed, selections } => {
            model.ty(*narrowed).possible.contains(ty) && selects_on(model, selections, ty)
        }
    })
}

/// The fields of the mutation type do something, and those of the subscription type begin something: no value of theirs is
/// selected because another field takes it.
fn without_calls(model: &Model, types: TypeSet) -> TypeSet {
    types.iter().filter(|ty| Some(*ty) != model.mutation && Some(*ty) != model.subscription).collect()
}
