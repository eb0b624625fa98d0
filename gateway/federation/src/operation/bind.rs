//! Owns binding: a client's validated operation becomes one on the supergraph.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use apollo_compiler::executable as exe;
use apollo_compiler::{ExecutableDocument, Name, ast};

use super::bound::{
    BoundOperation, Condition, Field, FieldTarget, Fragment, Introspection, OperationKind, Selection, SelectionSet,
    VariableDef,
};
use super::document::Document;
use super::error::OperationError;
use crate::schema::{Arguments, Id, TypeId, Value, VariableId};
use crate::view::ClientSchema;

/// As many as fit into a request's condition bits.
const MAX_CONDITIONS: usize = 64;

/// Binds the operation of a document that was validated against `client`.
pub fn bind(client: &ClientSchema, document: Document) -> Result<BoundOperation, OperationError> {
    let Document { document, operation } = document;
    let kind = match operation.operation_type {
        ast::OperationType::Query => OperationKind::Query,
        ast::OperationType::Mutation => OperationKind::Mutation,
        ast::OperationType::Subscription => OperationKind::Subscription,
    };
    let mut variables = Vec::with_capacity(operation.variables.len());
    for variable in &operation.variables {
        variables.push(VariableDef {
            name: variable.name.clone(),
            ty: (*variable.ty).clone(),
            default: variable.default_value.as_ref().and_then(|value| Value::from_ast(value, &|_| None)),
        });
    }
    let mut binder = Binder {
        client,
        document: &document,
        variables: &variables,
        conditions: vec![],
        fragments: HashMap::new(),
        known: HashSet::new(),
        introspects: false,
    };
    let selection_set = binder.selection_set(&operation.selection_set)?;
    let root = client.type_behind(operation.object_type()).ok_or_else(|| unknown(operation.object_type()))?;
    let Binder { conditions, introspects, .. } = binder;
    let introspection =
        introspects.then(|| Introspection { operation_name: operation.name.clone(), document: document.clone() });
    Ok(BoundOperation { kind, root, selection_set, variables, conditions, introspection })
}

struct Binder<'a> {
    client: &'a ClientSchema,
    document: &'a ExecutableDocument,
    variables: &'a [VariableDef],
    conditions: Vec<VariableId>,
    fragments: HashMap<Name, Arc<SelectionSet>>,
    known: HashSet<Known>,
    introspects: bool,
}

/// A selection set, compared by what it selects. Those under it are known, so that their addresses tell them apart.
struct Known(Arc<SelectionSet>);

impl Binder<'_> {
    /// Recurses through one of the functions below, each of which has a small frame: sets are nested hundreds of times.
    fn selection_set(&mut self, set: &exe::SelectionSet) -> Result<Arc<SelectionSet>, OperationError> {
        let mut selections = Vec::with_capacity(set.selections.len());
        for selection in &set.selections {
            selections.extend(match selection {
                exe::Selection::Field(field) => self.field(&set.ty, field)?,
                exe::Selection::InlineFragment(fragment) => self.inline_fragment(fragment)?,
                exe::Selection::FragmentSpread(spread) => self.spread(spread)?,
            });
        }
        Ok(self.once(SelectionSet { selections }))
    }

    fn field(&mut self, parent: &Name, field: &exe::Field) -> Result<Option<Selection>, OperationError> {
        let Some(conditions) = self.conditions(&field.directives)? else { return Ok(None) };
        let target = self.target(parent, &field.name)?;
        let selection_set = match target {
            FieldTarget::Field(_) => self.selection_set(&field.selection_set)?,
            FieldTarget::Typename | FieldTarget::Introspection => self.once(SelectionSet::default()),
        };
        let (key, arguments) = (field.response_key().clone(), self.arguments(&field.arguments)?);
        Ok(Some(Selection::Field(Field { key, target, arguments, conditions, selection_set })))
    }

    fn target(&mut self, parent: &Name, name: &str) -> Result<FieldTarget, OperationError> {
        match name {
            "__typename" => Ok(FieldTarget::Typename),
            "__schema" | "__type" => {
                self.introspects = true;
                Ok(FieldTarget::Introspection)
            }
            name => match self.client.field_behind(parent, name) {
                Some(field) => Ok(FieldTarget::Field(field)),
                None => Err(unknown(&format!("{parent}.{name}"))),
            },
        }
    }

    fn inline_fragment(&mut self, fragment: &exe::InlineFragment) -> Result<Option<Selection>, OperationError> {
        let Some(conditions) = self.conditions(&fragment.directives)? else { return Ok(None) };
        let selection_set = self.selection_set(&fragment.selection_set)?;
        let ty = fragment.type_condition.as_ref().map(|name| self.condition(name)).transpose()?;
        Ok(Some(Selection::Fragment(Fragment { ty, conditions, selection_set })))
    }

    fn spread(&mut self, spread: &exe::FragmentSpread) -> Result<Option<Selection>, OperationError> {
        let Some(conditions) = self.conditions(&spread.directives)? else { return Ok(None) };
        let fragment = self.document.fragments.get(&spread.fragment_name);
        let fragment = fragment.ok_or_else(|| unknown(&spread.fragment_name))?;
        let ty = Some(self.condition(fragment.type_condition())?);
        let selection_set = self.fragment(fragment)?;
        Ok(Some(Selection::Fragment(Fragment { ty, conditions, selection_set })))
    }

    fn condition(&self, name: &Name) -> Result<TypeId, OperationError> {
        self.client.type_behind(name).ok_or_else(|| unknown(name))
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

    /// The conditions of `@skip` and `@include`; `None` if literals say that the selection is never taken.
    fn conditions(&mut self, directives: &ast::DirectiveList) -> Result<Option<Vec<Condition>>, OperationError> {
        let mut conditions = vec![];
        for directive in directives.iter() {
            let taken_if = match directive.name.as_str() {
                "skip" => false,
                "include" => true,
                _ => continue,
            };
            match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(ast::Value::Boolean(value)) if *value == taken_if => {}
                Some(ast::Value::Variable(name)) => {
                    let variable = self.variable(name).ok_or_else(|| unknown(name))?;
                    let bit = match self.conditions.iter().position(|known| *known == variable) {
                        Some(bit) => bit,
                        None => {
                            self.conditions.push(variable);
                            self.conditions.len() - 1
                        }
                    };
                    if bit >= MAX_CONDITIONS {
                        let message = format!("@skip and @include use more than {MAX_CONDITIONS} different variables.");
                        return Err(OperationError::new("GRAPHQL_VALIDATION_FAILED", message));
                    }
                    // The cast cannot cut: the bit is below 64.
                    conditions.push(Condition { bit: bit as u8, expected: taken_if });
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(conditions))
    }

    fn arguments(&self, arguments: &[apollo_compiler::Node<ast::Argument>]) -> Result<Arguments, OperationError> {
        let mut bound = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value =
                Value::from_ast(&argument.value, &|name| self.variable(name)).ok_or_else(|| unknown(&argument.name))?;
            bound.push((argument.name.clone(), value));
        }
        bound.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(bound.into())
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
                    && Arc::ptr_eq(&one.selection_set, &other.selection_set)
            }
            (Selection::Fragment(one), Selection::Fragment(other)) => {
                one.ty == other.ty
                    && one.conditions == other.conditions
                    && Arc::ptr_eq(&one.selection_set, &other.selection_set)
            }
            (Selection::Field(_), Selection::Fragment(_)) | (Selection::Fragment(_), Selection::Field(_)) => false,
        };
        let (one, other) = (&self.0.selections, &other.0.selections);
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
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
                    fragment.ty.hash(state);
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
