//! Owns a view as plain data, and its SDL.

use std::fmt::Write;

use apollo_compiler::ast::Type;

#[derive(Debug, Clone, Default)]
pub struct View {
    pub types: Vec<ViewType>,
    pub enums: Vec<ViewEnum>,
    pub inputs: Vec<ViewInputType>,
}

#[derive(Debug, Clone)]
pub struct ViewType {
    pub name: String,
    /// The supergraph's type.
    pub from: String,
    pub kind: Kind,
    pub fields: Vec<ViewField>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// With the view's interfaces that it implements.
    Object(Vec<String>),
    Interface,
    Union(Vec<String>),
}

#[derive(Debug, Clone)]
pub struct ViewField {
    pub name: String,
    pub args: Vec<ViewArg>,
    pub ty: Type,
    pub source: Source,
    pub fallback: Option<Fallback>,
    pub limit: Option<usize>,
    pub mask: Option<Mask>,
    pub drop_unknown: bool,
    pub needs: Option<Need>,
}

#[derive(Debug, Clone)]
pub struct ViewArg {
    pub name: String,
    pub ty: Type,
    pub default: Option<String>,
    /// What the supergraph calls it, where the path does not name it.
    pub from: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Mask {
    pub keep: usize,
    pub char: char,
    pub unless: Option<String>,
}

/// What the one who asks must have.
#[derive(Debug, Clone)]
pub enum Need {
    Credential,
    Scopes(Vec<String>),
}

#[derive(Debug, Clone)]
pub enum Source {
    Path(Vec<Step>),
    Here,
    /// As it is written, and as JSON.
    Constant {
        graphql: String,
        json: String,
    },
}

#[derive(Debug, Clone)]
pub struct Step {
    pub field: String,
    pub args: Vec<(String, Arg)>,
    /// The client's arguments that the path does not name, by the supergraph's names.
    pub passed_on: Vec<(String, String)>,
    pub narrow: Option<String>,
    pub lists: Vec<ListStep>,
}

#[derive(Debug, Clone)]
pub enum Arg {
    Literal { graphql: String, json: String },
    Client(String),
    Claim(String),
    List(Vec<Arg>),
    Object(Vec<(String, Arg)>),
}

#[derive(Debug, Clone, Copy)]
pub enum ListStep {
    Each,
    At(usize),
}

#[derive(Debug, Clone)]
pub struct Fallback {
    /// A literal: JSON, or the name of an enum's value.
    pub value: String,
    pub on_error: bool,
    pub on_null: bool,
    pub report: bool,
}

/// An enum under its own name, some of whose values are renamed.
#[derive(Debug, Clone)]
pub struct ViewEnum {
    pub name: String,
    pub from: String,
    /// The supergraph's value, and the client's.
    pub values: Vec<(String, String)>,
    pub catch_all: Option<String>,
}

/// An input type whose fields the client knows by other names.
#[derive(Debug, Clone)]
pub struct ViewInputType {
    pub name: String,
    pub from: String,
    pub fields: Vec<ViewInputField>,
}

#[derive(Debug, Clone)]
pub struct ViewInputField {
    pub name: String,
    pub from: String,
    pub ty: Type,
    pub default: Option<String>,
}

impl View {
    pub fn ty(&self, name: &str) -> Option<&ViewType> {
        self.types.iter().find(|ty| ty.name == name)
    }

    /// The objects that a value of a type can be.
    pub fn members(&self, name: &str) -> Vec<&ViewType> {
        match self.ty(name).map(|ty| (&ty.kind, ty)) {
            None => vec![],
            Some((Kind::Object(_), ty)) => vec![ty],
            Some((Kind::Union(members), _)) => members.iter().filter_map(|name| self.ty(name)).collect(),
            Some((Kind::Interface, _)) => {
                let implements =
                    |ty: &&ViewType| matches!(&ty.kind, Kind::Object(all) if all.iter().any(|i| i == name));
                self.types.iter().filter(implements).collect()
            }
        }
    }

    pub fn render(&self) -> String {
        let mut out = String::from("scalar Blob\n");
        for ty in &self.inputs {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "input {} @from(type: \"{}\") {{", ty.name, ty.from);
            for ViewInputField { name, from, ty, default } in &ty.fields {
                let default = default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
                let _ = writeln!(out, "  {name}: {ty}{default}{}", renamed(name, from));
            }
            out.push_str("}\n");
        }
        for ty in &self.types {
            let _ = match &ty.kind {
                Kind::Object(interfaces) if interfaces.is_empty() => write!(out, "type {}", ty.name),
                Kind::Object(interfaces) => write!(out, "type {} implements {}", ty.name, interfaces.join(" & ")),
                Kind::Interface => write!(out, "interface {}", ty.name),
                Kind::Union(_) => write!(out, "union {}", ty.name),
            };
            let _ = write!(out, " @from(type: \"{}\")", ty.from);
            match &ty.kind {
                Kind::Union(members) => {
                    let _ = writeln!(out, " = {}", members.join(" | "));
                }
                Kind::Object(_) | Kind::Interface => {
                    out.push_str(" {\n");
                    ty.fields.iter().for_each(|field| field.render(&mut out));
                    out.push_str("}\n");
                }
            }
        }
        for ty in &self.enums {
            let _ = write!(out, "enum {} @from(type: \"{}\") {{", ty.name, ty.from);
            for (upstream, client) in &ty.values {
                let _ = write!(out, " {client}{}", renamed(client, upstream));
            }
            if let Some(name) = &ty.catch_all {
                let _ = write!(out, " {name} @catchAll");
            }
            out.push_str(" }\n");
        }
        out
    }
}

impl ViewField {
    fn render(&self, out: &mut String) {
        let arg = |arg: &ViewArg| {
            let default = arg.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
            let from = arg.from.as_ref().map(|from| renamed(&arg.name, from)).unwrap_or_default();
            format!("{}: {}{default}{from}", arg.name, arg.ty)
        };
        let args: Vec<String> = self.args.iter().map(arg).collect();
        let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
        let _ = write!(out, "  {}{args}: {}", self.name, self.ty);
        let _ = match &self.source {
            Source::Here => write!(out, " @from(path: \".\")"),
            Source::Constant { graphql, .. } => write!(out, " @constant(value: {graphql})"),
            Source::Path(steps) => {
                let path = steps.iter().map(Step::render).collect::<Vec<_>>().join(".");
                write!(out, " @from(path: \"{}\")", path.replace('\\', "\\\\").replace('"', "\\\""))
            }
        };
        if let Some(Fallback { value, on_error, on_null, report }) = &self.fallback {
            let on: Vec<&str> =
                [("ERROR", on_error), ("NULL", on_null)].iter().filter(|(_, on)| **on).map(|(name, _)| *name).collect();
            let _ = write!(out, " @fallback(value: {value}, on: [{}], report: {report})", on.join(", "));
        }
        if let Some(limit) = self.limit {
            let _ = write!(out, " @limit(max: {limit})");
        }
        if let Some(Mask { keep, char, unless }) = &self.mask {
            let unless = unless.as_ref().map(|scope| format!(", unlessScopes: [\"{scope}\"]")).unwrap_or_default();
            let _ = write!(out, " @mask(keepLast: {keep}, char: \"{char}\"{unless})");
        }
        let _ = match &self.needs {
            None => Ok(()),
            Some(Need::Credential) => write!(out, " @authenticated"),
            Some(Need::Scopes(scopes)) => write!(out, " @requiresScopes(scopes: [{scopes:?}])"),
        };
        if self.drop_unknown {
            out.push_str(" @dropUnknown");
        }
        out.push('\n');
    }
}

impl Step {
    fn render(&self) -> String {
        let args = if self.args.is_empty() { String::new() } else { format!("({})", fields(&self.args)) };
        let narrow = self.narrow.as_ref().map(|ty| format!("<{ty}>")).unwrap_or_default();
        let lists: String = self.lists.iter().map(ListStep::render).collect();
        format!("{}{args}{narrow}{lists}", self.field)
    }
}

impl ListStep {
    fn render(&self) -> String {
        match self {
            Self::Each => "[]".to_owned(),
            Self::At(at) => format!("[{at}]"),
        }
    }
}

impl Arg {
    fn render(&self) -> String {
        match self {
            Self::Literal { graphql, .. } => graphql.clone(),
            Self::Client(client) => format!("${client}"),
            Self::Claim(name) => format!("$claims.{name}"),
            Self::List(items) => format!("[{}]", items.iter().map(Self::render).collect::<Vec<_>>().join(", ")),
            Self::Object(given) => format!("{{{}}}", fields(given)),
        }
    }
}

fn fields(given: &[(String, Arg)]) -> String {
    let all: Vec<String> = given.iter().map(|(name, arg)| format!("{name}: {}", arg.render())).collect();
    all.join(", ")
}

/// Says what the supergraph calls it, unless that is the same.
fn renamed(client: &str, upstream: &str) -> String {
    if client == upstream { String::new() } else { format!(" @from(name: \"{upstream}\")") }
}
