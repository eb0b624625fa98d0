//! Owns what weft's directives say of one part of a client's schema that its users do not see, in one way to write it.

use std::collections::BTreeSet;
use std::fmt;

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, DirectiveList, Value};

use crate::schema::{Value as Literal, write_json_string};

/// What users of a part of a schema feel without seeing it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The type, the path or the name that stands behind it, where that is not its own name.
    pub from: Option<Target>,
    /// A literal.
    pub constant: Option<String>,
    /// The arguments of `@fallback`, with all that has a default.
    pub fallback: Option<String>,
    pub limit: Option<u32>,
    pub mask: Option<Masked>,
    pub catch_all: bool,
    pub drop_unknown: bool,
    pub authenticated: bool,
    /// The scopes that are needed, a literal.
    pub scopes: Option<String>,
}

/// What `@from` names, with the argument that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    argument: &'static str,
    pub name: String,
}

/// What `@mask` hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    pub keep_last: u32,
    /// Who has all of them sees the value; without any nobody does.
    pub unless: BTreeSet<String>,
}

impl Facts {
    /// What directives say of the part of a schema that has this name.
    pub fn of(name: &str, directives: &DirectiveList) -> Self {
        let get = |directive: &str| directives.get(directive);
        Self {
            from: get("from").and_then(|from| target(from, name)),
            constant: get("constant").and_then(|constant| Some(literal(argument(constant, "value")?))),
            fallback: get("fallback").map(fallback),
            limit: get("limit")
                .and_then(|limit| argument(limit, "max")?.to_i32())
                .and_then(|max| u32::try_from(max).ok()),
            mask: get("mask").map(mask),
            catch_all: directives.has("catchAll"),
            drop_unknown: directives.has("dropUnknown"),
            authenticated: directives.has("authenticated"),
            scopes: get("requiresScopes").and_then(|scopes| Some(literal(argument(scopes, "scopes")?))),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// As directives, each after a space.
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Target { argument, name }) = &self.from {
            write!(f, " @from({argument}: {})", quoted(name))?;
        }
        if let Some(value) = &self.constant {
            write!(f, " @constant(value: {value})")?;
        }
        if let Some(arguments) = &self.fallback {
            write!(f, " @fallback({arguments})")?;
        }
        if let Some(max) = self.limit {
            write!(f, " @limit(max: {max})")?;
        }
        if let Some(Masked { keep_last, unless }) = &self.mask {
            let scopes: Vec<String> = unless.iter().map(|scope| quoted(scope)).collect();
            write!(f, " @mask(keepLast: {keep_last}, unlessScopes: [{}])", scopes.join(", "))?;
        }
        let flags =
            [(self.catch_all, "catchAll"), (self.drop_unknown, "dropUnknown"), (self.authenticated, "authenticated")];
        for (_, name) in flags.iter().filter(|(is_set, _)| *is_set) {
            write!(f, " @{name}")?;
        }
        match &self.scopes {
            Some(scopes) => write!(f, " @requiresScopes(scopes: {scopes})"),
            None => Ok(()),
        }
    }
}

fn argument<'a>(directive: &'a Node<Directive>, name: &str) -> Option<&'a Node<Value>> {
    directive.specified_argument_by_name(name).filter(|value| !value.is_null())
}

/// What is behind it, unless that is what would be without the directive.
fn target(from: &Node<Directive>, own: &str) -> Option<Target> {
    let named = |name: &'static str| Some(Target { argument: name, name: argument(from, name)?.as_str()?.to_owned() });
    let target = named("type").or_else(|| named("path")).or_else(|| named("name"))?;
    (target.name != own).then_some(target)
}

fn fallback(directive: &Node<Directive>) -> String {
    let value = argument(directive, "value").map_or_else(|| "null".to_owned(), literal);
    let mut causes: Vec<&str> = match argument(directive, "on") {
        Some(on) => items(on).iter().filter_map(|cause| cause.as_enum()).map(|cause| cause.as_str()).collect(),
        None => vec!["ERROR"],
    };
    causes.sort_unstable();
    causes.dedup();
    let report = argument(directive, "report").and_then(|report| report.to_bool()).unwrap_or(false);
    format!("value: {value}, on: [{}], report: {report}", causes.join(", "))
}

fn mask(directive: &Node<Directive>) -> Masked {
    let keep_last = argument(directive, "keepLast").and_then(|count| count.to_i32());
    let scopes = argument(directive, "unlessScopes").map(items).unwrap_or_default();
    Masked {
        keep_last: keep_last.and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
        unless: scopes.iter().filter_map(|scope| scope.as_str()).map(str::to_owned).collect(),
    }
}

/// The items of a list; a single value stands for a list of it.
fn items(value: &Node<Value>) -> &[Node<Value>] {
    value.as_list().unwrap_or(std::slice::from_ref(value))
}

/// In one way to write it.
fn literal(value: &Node<Value>) -> String {
    let mut text = String::new();
    if let Some(read) = Literal::from_ast(value, &|_| None) {
        // There are no variables in it, so that none needs a name.
        read.write_graphql(&|_| apollo_compiler::name!("variable"), &mut text);
    }
    text
}

fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    write_json_string(text, &mut quoted);
    quoted
}
