//! Owns binding: a client's validated operation becomes one on the supergraph.

mod fields;
mod inputs;
mod premises;

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use apollo_compiler::executable as exe;
use apollo_compiler::{ExecutableDocument, Name, ast};

use super::bound::{
    BoundOperation, Fragment, Introspection, OperationKind, Premise, Selection, SelectionSet, Sight, VariableDef,
    VariableOrigin,
};
use super::document::Document;
use super::error::OperationError;
use crate::schema::{Id, TypeSet, Value, VariableId};
use crate::view::ClientSchema;
use premises::Demanding;

/// Binds the operation of a document that was validated against `client`.
pub fn bind(client: &ClientSchema, document: Document) -> Result<BoundOperation, OperationError> {
    let Document { document, operation } = document;
    let kind = match operation.operation_type {
        ast::OperationType::Query => OperationKind::Query,
        ast::OperationType::Mutation => OperationKind::Mutation,
        ast::OperationType::Subscription => OperationKind::Subscription,
    };
    let mut binder = Binder {
        client,
        document: &document,
        variables: vec![],
        conditions: vec![],
        demanding: Demanding::default(),
        fragments: HashMap::new(),
        known: HashSet::new(),
        introspects: false,
    };
    for variable in &operation.variables {
        binder.define(variable)?;
    }
    let selection_set = binder.selection_set(&operation.selection_set)?;
    let root = client.type_behind(operation.object_type()).ok_or_else(|| unknown(operation.object_type()))?;
    let Binder { variables, conditions, demanding, introspects, .. } = binder;
    let demanded = demanding.bits.into_iter().collect();
    let introspection =
        introspects.then(|| Introspection { operation_name: operation.name.clone(), document: document.clone() });
    Ok(BoundOperation { kind, root, selection_set, variables, conditions, demanded, introspection })
}

struct Binder<'a> {
    client: &'a ClientSchema,
    document: &'a ExecutableDocument,
    variables: Vec<VariableDef>,
    conditions: Vec<Premise>,
    demanding: Demanding,
    fragments: HashMap<Name, Arc<SelectionSet>>,
    known: HashSet<Known>,
    introspects: bool,
}

/// A selection set, compared by what it selects. Those under it are known, so that their addresses tell them apart.
struct Known(Arc<SelectionSet>);

impl Binder<'_> {
    /// Takes in a variable of the client's.
    fn define(&mut self, variable: &ast::VariableDefinition) -> Result<(), OperationError> {
        let ty = (*variable.ty).clone();
        let written = variable.default_value.as_ref().and_then(|value| Value::from_ast(value, &|_| None));
        let (upstream, default) = match &self.client.view {
            None => (ty.clone(), written.clone()),
            Some(view) => {
                let default = variable.default_value.as_ref().map(|value| self.literal(view, &ty, value));
                (inputs::upstream_type(view, &ty), default.transpose()?)
            }
        };
        let origin = VariableOrigin::Client { ty, default: written };
        self.variables.push(VariableDef { name: variable.name.clone(), ty: upstream, default, origin });
        Ok(())
    }

    /// Recurses through the functions below, each of which has a small frame: sets are nested hundreds of times.
    fn selection_set(&mut self, set: &exe::SelectionSet) -> Result<Arc<SelectionSet>, OperationError> {
        let mut selections = Vec::with_capacity(set.selections.len());
        for selection in &set.selections {
            selections.extend(match selection {
                exe::Selection::Field(field) => self.field(&set.ty, field)?,
                exe::Selection::InlineFragment(fragment) => self.inline_fragment(fragment)?.map(Selection::Fragment),
                exe::Selection::FragmentSpread(spread) => self.spread(spread)?.map(Selection::Fragment),
            });
        }
        let sight = match self.client.members(&set.ty) {
            Some(names) => Sight::Named(Arc::clone(names)),
            None => Sight::Plain,
        };
        Ok(self.once(SelectionSet { selections, sight }))
    }

    /// The types that an object of a client's type can be of.
    fn possible(&self, name: &Name) -> Result<TypeSet, OperationError> {
        self.client.possible(name).cloned().ok_or_else(|| unknown(name))
    }

    fn inline_fragment(&mut self, fragment: &exe::InlineFragment) -> Result<Option<Fragment>, OperationError> {
        let Some(conditions) = self.conditions(&fragment.directives)? else { return Ok(None) };
        let selection_set = self.selection_set(&fragment.selection_set)?;
        let types = fragment.type_condition.as_ref().map(|name| self.possible(name)).transpose()?;
        Ok(Some(Fragment { types, conditions, selection_set }))
    }

    fn spread(&mut self, spread: &exe::FragmentSpread) -> Result<Option<Fragment>, OperationError> {
        let Some(conditions) = self.conditions(&spread.directives)? else { return Ok(None) };
        let fragment = self.document.fragments.get(&spread.fragment_name);
        let fragment = fragment.ok_or_else(|| unknown(&spread.fragment_name))?;
        let types = Some(self.possible(fragment.type_condition())?);
        let selection_set = self.fragment(fragment)?;
        Ok(Some(Fragment { types, conditions, selection_set }))
    }

    /// Those that select the same are one, so that who follows them meets it once.
    fn once(&mut self, set: SelectionSet) -> Arc<SelectionSet> {
        let set = Known(Arc::new(set));
        if let Some(known) = self.known.get(&set) {
            return Arc::clone(&known.0);
        }
        let made = Arc::clone(&set.0);
        self.known.insert(set);
        made
    }

    /// Validation has refused cycles, so this ends.
    fn fragment(&mut self, fragment: &exe::Fragment) -> Result<Arc<SelectionSet>, OperationError> {
        if let Some(bound) = self.fragments.get(&fragment.name) {
            return Ok(Arc::clone(bound));
        }
        let bound = self.selection_set(&fragment.selection_set)?;
        self.fragments.insert(fragment.name.clone(), Arc::clone(&bound));
        Ok(bound)
    }

    fn variable(&self, name: &Name) -> Option<VariableId> {
        self.variables.iter().position(|variable| variable.name == *name).map(VariableId::from_index)
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        let alike = |one: &Selection, other: &Selection| match (one, other) {
            (Selection::Field(one), Selection::Field(other)) => {
                one.key == other.key
                    && one.target == other.target
                    && one.arguments == other.arguments
                    && one.conditions == other.conditions
                    && one.view == other.view
                    && Arc::ptr_eq(&one.selection_set, &other.selection_set)
            }
            (Selection::Fragment(one), Selection::Fragment(other)) => {
                one.types == other.types
                    && one.conditions == other.conditions
                    && Arc::ptr_eq(&one.selection_set, &other.selection_set)
            }
            (Selection::Field(_), Selection::Fragment(_)) | (Selection::Fragment(_), Selection::Field(_)) => false,
        };
        let sight = self.0.sight == other.0.sight;
        let (one, other) = (&self.0.selections, &other.0.selections);
        sight && one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for selection in &self.0.selections {
            let below = match selection {
                Selection::Field(field) => {
                    field.key.hash(state);
                    &field.selection_set
                }
                Selection::Fragment(fragment) => {
                    fragment.types.hash(state);
                    &fragment.selection_set
                }
            };
            Arc::as_ptr(below).hash(state);
        }
    }
}

/// Validation has checked every name; one that is missing here means that the view and the supergraph disagree.
fn unknown(name: &str) -> OperationError {
    OperationError::new("INTERNAL_SERVER_ERROR", format!("The schema served has no `{name}` behind it."))
}
