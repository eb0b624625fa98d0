//! Owns reading `@rest` and `@param`, and all that can be wrong with them.

use std::collections::HashSet;

use apollo_compiler::ast::{Directive, OperationDefinition, OperationType, Value, VariableDefinition};
use apollo_compiler::{Name, Node, Schema};
use axum::http::HeaderName;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::operation::Document;

use super::input::{Form, Input, Place, form};
use super::{RestMethod, RootField, Route, Segment};
use crate::operations::document::{Documents, PARAM, REST};

/// Reads the route of an operation, as it was written and as it was validated. `None` where it has none, or a wrong one, which is
/// told.
pub fn read(
    documents: &Documents,
    operation: &Node<OperationDefinition>,
    document: &Document,
    schema: &Schema,
    found: &mut Vec<Diagnostic>,
) -> Option<Route> {
    let before = found.len();
    let mut reading = Reading { documents, operation, schema, found };
    let route = reading.route(document);
    if reading.found.len() > before { None } else { route }
}

struct Reading<'a> {
    documents: &'a Documents,
    operation: &'a Node<OperationDefinition>,
    schema: &'a Schema,
    found: &'a mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn route(&mut self, document: &Document) -> Option<Route> {
        let Some(rest) = self.operation.directives.get(REST) else {
            self.no_params();
            return None;
        };
        self.known(rest, &["method", "path", "root", "status"]);
        if self.operation.directives.get_all(REST).count() > 1 {
            self.error(rest, "`@rest` is given twice", "an operation has one route");
        }
        let method = self.method(rest)?;
        let path = self.path(rest)?;
        let fields = root_fields(document, self.schema);
        let root = self.root(rest, &fields);
        let status = self.status(rest);
        let inputs = self.inputs(rest, method, &path);
        Some(Route { method, path, root, fields, status, inputs })
    }

    /// Without a route there is nothing that parameters could be read from.
    fn no_params(&mut self) {
        for variable in &self.operation.variables {
            if let Some(param) = variable.directives.get(PARAM) {
                self.error(param, "`@param` is for operations with a route", "give the operation a `@rest(path: …)`");
            }
        }
    }

    fn method(&mut self, rest: &Node<Directive>) -> Option<RestMethod> {
        let written = rest.specified_argument_by_name("method");
        let method = match written.map(|value| value.as_enum().and_then(|name| RestMethod::of(name))) {
            None => RestMethod::Get,
            Some(Some(method)) if written.and_then(|value| value.as_enum()).is_some_and(|name| name != "HEAD") => {
                method
            }
            Some(_) => {
                let at = written.map_or(rest.location(), |value| value.location());
                let found = self.documents.invalid(at, "`method` is one of GET, POST, PUT, PATCH and DELETE");
                self.found.push(found.help("write it without quotes, such as `method: POST`"));
                return None;
            }
        };
        match self.operation.operation_type {
            OperationType::Query => Some(method),
            OperationType::Mutation if method != RestMethod::Get => Some(method),
            OperationType::Mutation => {
                let help = "give it another one, such as `method: POST`";
                self.error(rest, "a mutation cannot be asked for by GET", help);
                None
            }
            OperationType::Subscription => {
                self.error(rest, "a subscription has no route", "REST has one answer: save a query for it");
                None
            }
        }
    }

    fn path(&mut self, rest: &Node<Directive>) -> Option<Vec<Segment>> {
        let help = "write it as `path: \"/orders/{id}\"`; it comes after /bff/CLIENT";
        let Some(written) = rest.specified_argument_by_name("path") else {
            self.error(rest, "`@rest` needs a `path`", help);
            return None;
        };
        let segments =
            written.as_str().and_then(|path| path.strip_prefix('/')).map(|path| path.split('/').map(segment));
        let Some(path) = segments.and_then(Iterator::collect::<Option<Vec<_>>>) else {
            self.wrong(
                written,
                "this is no path: segments after `/` each, of letters, digits and `-._~`, or a `{name}`",
                help,
            );
            return None;
        };
        let mut names = HashSet::new();
        for segment in &path {
            if let Segment::Parameter(name) = segment
                && !names.insert(name)
            {
                self.wrong(written, format!("`{{{name}}}` is twice in the path"), "give one of them another name");
            }
        }
        Some(path)
    }

    fn root(&mut self, rest: &Node<Directive>, fields: &[RootField]) -> Option<Name> {
        let written = rest.specified_argument_by_name("root").filter(|value| !value.is_null())?;
        let field = written.as_str().and_then(|root| fields.iter().find(|field| field.key == root));
        if field.is_none() {
            let keys: Vec<&str> = fields.iter().map(|field| field.key.as_str()).collect();
            let help = format!("the operation answers with {}", keys.join(", "));
            self.wrong(written, "`root` is no root field of the operation", &help);
        }
        field.map(|field| field.key.clone())
    }

    fn status(&mut self, rest: &Node<Directive>) -> u16 {
        let Some(written) = rest.specified_argument_by_name("status").filter(|value| !value.is_null()) else {
            return 200;
        };
        let status = written.to_i32().and_then(|status| u16::try_from(status).ok());
        match status.filter(|status| (200..300).contains(status)) {
            Some(status) => status,
            None => {
                let help = "what went wrong has a status of its own";
                self.wrong(written, "`status` is that of a success, from 200 to 299", help);
                200
            }
        }
    }

    fn inputs(&mut self, rest: &Node<Directive>, method: RestMethod, path: &[Segment]) -> Vec<Input> {
        let operation = self.operation;
        let mut inputs: Vec<Input> =
            operation.variables.iter().filter_map(|variable| self.input(variable, method, path)).collect();
        // One input object that nothing else is beside is the body itself.
        let members = inputs.iter().filter(|input| input.place == Place::Member).count();
        for (input, variable) in inputs.iter_mut().zip(&operation.variables) {
            let is_named =
                variable.directives.get(PARAM).is_some_and(|param| param.specified_argument_by_name("name").is_some());
            if input.place == Place::Member && members == 1 && !is_named && form(&input.ty, self.schema).is_none() {
                input.place = Place::Body;
            }
        }
        let mut taken = HashSet::new();
        for input in &inputs {
            if !taken.insert((input.place, input.name.to_ascii_lowercase())) {
                let message = format!("two variables take \"{}\"", input.name);
                self.error(rest, &message, "give one of them another name by `@param(name: …)`");
            }
        }
        for segment in path {
            let Segment::Parameter(name) = segment else { continue };
            if !inputs.iter().any(|input| input.place == Place::Path && input.name == *name) {
                let message = format!("no variable takes `{{{name}}}`");
                let help = format!("add the variable `${name}`, or `@param(in: PATH, name: \"{name}\")` to another");
                self.error(rest, &message, &help);
            }
        }
        inputs
    }

    fn input(&mut self, variable: &Node<VariableDefinition>, method: RestMethod, path: &[Segment]) -> Option<Input> {
        let param = variable.directives.get(PARAM);
        let (place, name) = match param {
            Some(param) => self.param(param, variable)?,
            None => {
                let name: Box<str> = variable.name.as_str().into();
                let in_path = path.contains(&Segment::Parameter(name.clone()));
                let place = match form(&variable.ty, self.schema) {
                    Some(_) if in_path => Place::Path,
                    Some(_) => Place::Query,
                    None => Place::Member,
                };
                (place, name)
            }
        };
        let written = form(&variable.ty, self.schema);
        let ty = &variable.ty;
        let (form, wrong) = match (place, written) {
            (Place::Member | Place::Body, _) if !method.has_body() => {
                let help = "choose `method: POST`, or take its parts as variables of their own";
                (Form::Json, Some((format!("{ty} is sent in a body, and {} has none", method.name()), help)))
            }
            (Place::Member | Place::Body, _) => (Form::Json, None),
            (Place::Path, Some(form @ Form::Text(_))) if path.contains(&Segment::Parameter(name.clone())) => {
                (form, None)
            }
            (Place::Path, Some(Form::Text(_))) => (
                Form::Json,
                Some((format!("the path has no `{{{name}}}`"), "write it into the path, or take it from elsewhere")),
            ),
            (Place::Query | Place::Header, Some(form)) => (form, None),
            (Place::Path | Place::Query | Place::Header, Some(_) | None) => {
                (Form::Json, Some((format!("a value of {ty} cannot be written there"), "take it from the body")))
            }
        };
        if let Some((message, help)) = wrong {
            let found = self.documents.invalid(variable.location(), message);
            self.found.push(found.help(help));
            return None;
        }
        let is_required = ty.is_non_null() && variable.default_value.is_none();
        Some(Input { variable: variable.name.clone(), ty: (*variable.ty).clone(), is_required, place, name, form })
    }

    fn param(&mut self, param: &Node<Directive>, variable: &VariableDefinition) -> Option<(Place, Box<str>)> {
        self.known(param, &["in", "name"]);
        let place = match param.specified_argument_by_name("in").and_then(|place| place.as_enum()).map(Name::as_str) {
            Some("PATH") => Place::Path,
            Some("QUERY") => Place::Query,
            Some("HEADER") => Place::Header,
            Some("BODY") => Place::Member,
            Some(_) | None => {
                self.error(param, "`in` is one of PATH, QUERY, HEADER and BODY", "write it as `@param(in: QUERY)`");
                return None;
            }
        };
        let name = match param.specified_argument_by_name("name") {
            None => variable.name.as_str(),
            Some(written) => match written.as_str().filter(|name| !name.is_empty()) {
                Some(name) => name,
                None => {
                    self.wrong(written, "`name` is a text", "leave it out where it is the variable's");
                    return None;
                }
            },
        };
        if place == Place::Header && HeaderName::from_bytes(name.as_bytes()).is_err() {
            self.error(param, &format!("\"{name}\" is no name of a header"), "letters, digits and `-` are allowed");
            return None;
        }
        Some((place, name.into()))
    }

    fn known(&mut self, directive: &Node<Directive>, names: &[&str]) {
        for argument in directive.arguments.iter().filter(|argument| !names.contains(&argument.name.as_str())) {
            let message = format!("`@{}` has no argument `{}`", directive.name, argument.name);
            let found = self.documents.invalid(argument.location(), message);
            self.found.push(found.help(format!("it has {}", names.join(", "))));
        }
    }

    fn error(&mut self, directive: &Node<Directive>, message: &str, help: &str) {
        self.found.push(self.documents.invalid(directive.location(), message).help(help));
    }

    fn wrong(&mut self, value: &Node<Value>, message: impl Into<String>, help: &str) {
        self.found.push(self.documents.invalid(value.location(), message).help(help));
    }
}

/// A segment of a path as it is written in `@rest`.
fn segment(text: &str) -> Option<Segment> {
    if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        return is_name.then(|| Segment::Parameter(name.into()));
    }
    let is_literal = !matches!(text, "" | "." | "..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte));
    is_literal.then(|| Segment::Literal(text.into()))
}

/// The root fields, each key once.
fn root_fields(document: &Document, schema: &Schema) -> Vec<RootField> {
    let mut fields: Vec<RootField> = vec![];
    for field in document.operation.selection_set.root_fields(&document.document) {
        if fields.iter().any(|known| known.key == *field.response_key()) {
            continue;
        }
        let ty = schema.types.get(field.ty().inner_named_type());
        let is_composite = ty.is_some_and(|ty| ty.is_object() || ty.is_interface() || ty.is_union());
        fields.push(RootField { key: field.response_key().clone(), is_object: is_composite && !field.ty().is_list() });
    }
    fields
}
