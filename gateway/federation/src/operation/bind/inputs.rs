//! Owns arguments: a client's values in the supergraph's terms, with its schema's defaults filled in, put where a view
//! wants them.

use apollo_compiler::ast::{self, Type};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, name};

use super::super::bound::{Derived, VariableDef, VariableOrigin};
use super::super::error::OperationError;
use super::fields::Asked;
use super::{Binder, unknown};
use crate::schema::{Arguments, Id, Value, VariableId};
use crate::view::{FieldMap, Template, ViewMap};

impl Binder<'_> {
    /// The arguments as they were written, where names stand for themselves.
    pub(super) fn arguments(&self, arguments: &[Node<ast::Argument>]) -> Result<Arguments, OperationError> {
        let mut bound = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value =
                Value::from_ast(&argument.value, &|name| self.variable(name)).ok_or_else(|| unknown(&argument.name))?;
            bound.push((argument.name.clone(), value));
        }
        bound.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(bound.into())
    }

    /// What the client gives for each argument of a view's field; `None` for what it leaves out.
    pub(super) fn given(
        &mut self,
        view: &ViewMap,
        map: &FieldMap,
        Asked { field, definition }: Asked<'_>,
    ) -> Result<Vec<Option<Value>>, OperationError> {
        let mut given = Vec::with_capacity(map.arguments.len());
        for argument in &map.arguments {
            let definition = definition.argument_by_name(&argument.name).ok_or_else(|| unknown(&argument.name))?;
            let value = field.specified_argument_by_name(&argument.name);
            let input = Input {
                ty: &definition.ty,
                upstream: Type::parse(&argument.ty, "argument").map_err(|_| unknown(&argument.name))?,
                default: definition.default_value.as_ref(),
            };
            given.push(self.input(view, input, value)?);
        }
        Ok(given)
    }

    /// A value that was given for an input of this type, or its default.
    fn input(
        &mut self,
        view: &ViewMap,
        input: Input<'_>,
        value: Option<&Node<ast::Value>>,
    ) -> Result<Option<Value>, OperationError> {
        let default = input.default.map(|default| self.literal(view, input.ty, default)).transpose()?;
        let Some(value) = value else { return Ok(default) };
        let value = self.literal(view, input.ty, value)?;
        // A client's null where the supergraph takes none stands for the default that makes the two fit, on whichever side
        // that is.
        let takes_no_null = !input.ty.is_non_null() && input.upstream.is_non_null();
        if takes_no_null && value == Value::Null {
            return Ok(default);
        }
        let is_variable = matches!(value, Value::Variable(_));
        if is_variable && (default.is_some() || takes_no_null) {
            let derived = Derived { value: Some(value), absent: default, at_most: None, takes_no_null };
            // A null can be given where null is none, and is the backend's to refuse: a default lets it be declared.
            return Ok(Some(self.derived(input.upstream.nullable(), derived)));
        }
        Ok(Some(value))
    }

    /// A literal of a client's type in the supergraph's terms.
    pub(super) fn literal(&mut self, view: &ViewMap, ty: &Type, value: &ast::Value) -> Result<Value, OperationError> {
        Ok(match (value, ty) {
            (ast::Value::Variable(name), _) => Value::Variable(self.variable(name).ok_or_else(|| unknown(name))?),
            (ast::Value::Null, _) => Value::Null,
            (ast::Value::List(items), Type::List(item) | Type::NonNullList(item)) => {
                let items = items.iter().map(|value| self.literal(view, item, value));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            // One value stands for a list of one.
            (_, Type::List(item) | Type::NonNullList(item)) => Value::List(vec![self.literal(view, item, value)?]),
            (ast::Value::Enum(name), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                Value::Enum(view.written_enum(ty, name).clone())
            }
            (ast::Value::Object(given), Type::Named(ty) | Type::NonNullNamed(ty)) => {
                match self.client.schema.types.get(ty) {
                    Some(ExtendedType::InputObject(input)) => {
                        let mut fields = vec![];
                        for (name, field) in &input.fields {
                            let value = given.iter().find(|(given, _)| given == name).map(|(_, value)| value);
                            let (upstream, default) = (upstream_type(view, &field.ty), field.default_value.as_ref());
                            let input = Input { ty: &field.ty, upstream, default };
                            let value = self.input(view, input, value)?;
                            let upstream = view.written_field(ty, name).clone();
                            fields.extend(value.map(|value| (upstream, value)));
                        }
                        fields.sort_by(|a, b| a.0.cmp(&b.0));
                        Value::Object(fields)
                    }
                    _ => self.plain(value)?,
                }
            }
            (
                ast::Value::Boolean(_)
                | ast::Value::Int(_)
                | ast::Value::Float(_)
                | ast::Value::String(_)
                | ast::Value::List(_),
                Type::Named(_) | Type::NonNullNamed(_),
            ) => self.plain(value)?,
        })
    }

    /// A literal of a scalar, which means the same everywhere.
    fn plain(&self, value: &ast::Value) -> Result<Value, OperationError> {
        Value::from_ast(value, &|name| self.variable(name)).ok_or_else(|| unknown("a variable"))
    }

    /// The arguments of a path's step.
    pub(super) fn fill(&mut self, templates: &[(Name, Template)], given: &[Option<Value>]) -> Arguments {
        let mut filled = Vec::with_capacity(templates.len());
        for (name, template) in templates {
            filled.extend(self.value(template, given).map(|value| (name.clone(), value)));
        }
        filled.sort_by(|a, b| a.0.cmp(&b.0));
        filled.into()
    }

    fn value(&mut self, template: &Template, given: &[Option<Value>]) -> Option<Value> {
        Some(match template {
            Template::Literal(value) => value.clone(),
            Template::Argument(at) => given.get(*at)?.clone()?,
            Template::Claim { path, ty } => {
                let ty = Type::parse(ty, "claim").ok()?;
                let is_same = |known: &VariableDef| {
                    known.ty == ty && matches!(&known.origin, VariableOrigin::Claim(known) if known == path)
                };
                match self.variables.iter().position(is_same) {
                    Some(at) => Value::Variable(VariableId::from_index(at)),
                    None => self.add(ty, VariableOrigin::Claim(path.clone())),
                }
            }
            Template::List(items) => {
                Value::List(items.iter().map(|item| self.value(item, given).unwrap_or(Value::Null)).collect())
            }
            Template::Object(fields) => {
                let fields = fields.iter().filter_map(|(name, value)| Some((name.clone(), self.value(value, given)?)));
                Value::Object(fields.collect())
            }
            Template::AtMost { value, max } => {
                let most = Value::Number(max.to_string().into());
                match value.as_ref().and_then(|value| self.value(value, given)) {
                    None | Some(Value::Null) => most,
                    Some(Value::Number(text)) if text.parse::<i64>().is_ok_and(|number| number > i64::from(*max)) => {
                        most
                    }
                    Some(value @ Value::Variable(_)) => {
                        let derived =
                            Derived { value: Some(value), absent: None, at_most: Some(*max), takes_no_null: false };
                        self.derived(Type::NonNullNamed(name!("Int")), derived)
                    }
                    Some(value) => value,
                }
            }
        })
    }

    /// A variable that is made of others. Equal ones are one, so that equal arguments stay equal.
    fn derived(&mut self, ty: Type, derived: Derived) -> Value {
        let is_same = |known: &VariableDef| {
            known.ty == ty && matches!(&known.origin, VariableOrigin::Derived(known) if *known == derived)
        };
        match self.variables.iter().position(is_same) {
            Some(at) => Value::Variable(VariableId::from_index(at)),
            None => self.add(ty, VariableOrigin::Derived(derived)),
        }
    }

    /// Adds a variable that the client does not know, under a name that it does not use.
    fn add(&mut self, ty: Type, origin: VariableOrigin) -> Value {
        let id = VariableId::from_index(self.variables.len());
        let mut name = format!("weft_{}", self.variables.len());
        while self.variables.iter().any(|known| *known.name == *name) {
            name.push('_');
        }
        // Letters, digits and underscores are a name.
        let name = Name::new_unchecked(&name);
        let default = match &origin {
            VariableOrigin::Derived(derived) => derived.absent.clone(),
            VariableOrigin::Client { .. } | VariableOrigin::Claim(_) => None,
        };
        self.variables.push(VariableDef { name, ty, default, origin });
        Value::Variable(id)
    }
}

/// What takes a value of the client's.
struct Input<'a> {
    ty: &'a Type,
    /// The type in the supergraph's terms.
    upstream: Type,
    default: Option<&'a Node<ast::Value>>,
}

/// A client's input type in the supergraph's terms.
pub(super) fn upstream_type(view: &ViewMap, ty: &Type) -> Type {
    match ty {
        Type::Named(name) => Type::Named(view.upstream_input(name).clone()),
        Type::NonNullNamed(name) => Type::NonNullNamed(view.upstream_input(name).clone()),
        Type::List(item) => Type::List(Box::new(upstream_type(view, item))),
        Type::NonNullList(item) => Type::NonNullList(Box::new(upstream_type(view, item))),
    }
}
