//! Owns parameters: what they are as arguments, and what of the arguments goes into the path, the query and the headers.

use super::tree::Node;
use super::types::{Direction, Types, description_of};
use crate::connect::headers::{HeaderRules, refusal};
use crate::import::mapping::quoted;
use crate::import::model::{About, Argument, Definition, Header, Item, JSON, Type, Wire};
use crate::import::names;

/// The parameters of one operation, as they are built up.
#[derive(Debug, Default)]
pub struct Parameters {
    pub arguments: Vec<Argument>,
    /// By the name in the path: the expression that stands for it.
    pub path: Vec<(String, String)>,
    pub query: Vec<Item>,
    pub headers: Vec<Header>,
    /// What is not sent, for comments.
    pub comments: Vec<String>,
}

/// OpenAPI says that these are no parameters; the gateway sends them itself, or by a rule of the source.
const NOT_HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// Reads the parameters of an operation and of its path. `place` is the operation's name in Pascal case.
pub fn read<'d>(types: &mut Types<'d>, item: &'d Node, operation: &'d Node, place: &str) -> Result<Parameters, String> {
    let mut all: Vec<(&'d Node, Option<&'d str>)> = vec![];
    // The operation's own stand before those of its path.
    for parameter in operation.items("parameters").iter().chain(item.items("parameters")) {
        let (parameter, reference) = types.root.resolve(parameter)?;
        let same = |known: &Node| {
            let (left, right) = (known.text("name").unwrap_or_default(), parameter.text("name").unwrap_or_default());
            let in_header = parameter.text("in") == Some("header");
            let same_name = if in_header { left.eq_ignore_ascii_case(right) } else { left == right };
            same_name && known.text("in") == parameter.text("in")
        };
        if !all.iter().any(|(known, _)| same(known)) {
            all.push((parameter, reference));
        }
    }
    // As they are read in the path, then those of the query.
    let rank = |parameter: &Node| usize::from(parameter.text("in") != Some("path"));
    all.sort_by_key(|(parameter, _)| rank(parameter));
    let mut read = Parameters::default();
    for (parameter, reference) in all {
        one(types, &mut read, parameter, reference, place)?;
    }
    Ok(read)
}

fn one<'d>(
    types: &mut Types<'d>,
    read: &mut Parameters,
    parameter: &'d Node,
    reference: Option<&'d str>,
    place: &str,
) -> Result<(), String> {
    let (Some(name), Some(location)) = (parameter.text("name"), parameter.text("in")) else {
        return Err("a parameter has no `name` or no `in`".to_owned());
    };
    let required = parameter.is_true("required") || location == "path";
    match location {
        "path" | "query" => {}
        "header" => {
            let lower = name.to_ascii_lowercase();
            if NOT_HEADERS.contains(&lower.as_str()) {
                return Ok(());
            }
            if let Some(why) = refusal(name, HeaderRules::Http) {
                read.comments.push(format!("The header `{name}` is not sent: it {why}."));
                return Ok(());
            }
        }
        "cookie" => {
            read.comments.push(format!("The cookie {name} is not sent."));
            return Ok(());
        }
        other => return Err(format!("the parameter `{name}` is in `{other}`")),
    }
    let mut built = build(types, parameter, reference, location, place)?;
    if read.arguments.iter().any(|known| known.name == built.argument.name) {
        let qualified = names::camel(&format!("{location}-{name}")).unwrap_or_default();
        if read.arguments.iter().any(|known| known.name == qualified) {
            return Err(format!("two of its parameters would be the argument `{qualified}`"));
        }
        built.argument.name = qualified;
    }
    let argument = built.argument;
    let path = format!("$args.{}", argument.name);
    match (location, built.form) {
        ("path", Form::Value(convert)) => read.path.push((name.to_owned(), format!("{path}{convert}"))),
        ("query", Form::Items(convert)) => {
            read.query.push(Item::leaf(format!("{}: {path}{convert}", quoted(&format!("{name}[]")))));
        }
        ("query", Form::Value(convert)) => read.query.push(Item::leaf(format!("{}: {path}{convert}", quoted(name)))),
        ("query", Form::Members(members)) => {
            for (key, member) in members {
                read.query.push(Item::leaf(format!("{}: {path}.{member}", quoted(&key))));
            }
        }
        ("header", Form::Value(convert)) => {
            read.headers.push(Header::Value { name: name.to_owned(), value: format!("{{{path}{convert}}}") });
        }
        (_, Form::Members(_) | Form::Items(_) | Form::None | Form::Value(_)) => {
            if required {
                return Err(format!("its parameter `{name}` is required, and no connector can send an object so"));
            }
            read.comments.push(format!("The parameter {name} is not sent: connectors cannot send such an object."));
            return Ok(());
        }
    }
    read.arguments.push(argument);
    Ok(())
}

struct Built {
    argument: Argument,
    form: Form,
}

/// How a value is sent.
enum Form {
    /// As it is, after this conversion.
    Value(String),
    /// Each of its items, by a name with brackets at its end.
    Items(String),
    /// Each of its members by a name of its own.
    Members(Vec<(String, String)>),
    None,
}

fn build<'d>(
    types: &mut Types<'d>,
    parameter: &'d Node,
    reference: Option<&'d str>,
    location: &str,
    place: &str,
) -> Result<Built, String> {
    let wire_name = parameter.text("name").unwrap_or_default();
    let name =
        names::camel(wire_name).ok_or_else(|| format!("the parameter `{wire_name}` has no letter in its name"))?;
    let (schema, is_json) = match (parameter.get("schema"), parameter.entries("content").next()) {
        (Some(schema), _) => (Some(schema), false),
        (None, Some((_, media))) => (media.get("schema"), true),
        (None, None) => (None, false),
    };
    // A parameter that operations share names its types after itself.
    let shared = reference.and_then(|reference| reference.rsplit('/').next()).and_then(names::pascal);
    let place = shared.unwrap_or_else(|| format!("{place}{}", names::pascal(wire_name).unwrap_or_default()));
    let mut ty = Type::named("String");
    let mut convert = String::new();
    let mut nullable = false;
    if let Some(schema) = schema {
        let value = types.value(schema, Direction::Input, &place, wire_name)?;
        (ty, convert, nullable) = (value.ty, value.convert, value.nullable);
    }
    types.complete();
    let inner = match types.schema.types.get(ty.inner()) {
        Some(Definition::Input(input)) => Some(input),
        _ => None,
    };
    let style = parameter.text("style");
    let form = if is_json {
        if inner.is_some() || ty.is_list() {
            ty = Type::named(JSON);
            types.schema.use_scalar(JSON);
        }
        Form::Value("?->jsonStringify".to_owned())
    } else if let Some(input) = inner {
        let is_plain = |field: &Argument| {
            !matches!(types.schema.types.get(field.ty.inner()), Some(Definition::Input(_))) && field.ty.inner() != JSON
        };
        if ty.is_list() || input.fields.is_empty() || !input.fields.iter().all(is_plain) {
            Form::None
        } else {
            let key = |field: &Argument| field.wire.key.clone().unwrap_or_default();
            let members = |format: &dyn Fn(String) -> String| {
                let one = |field: &Argument| (format(key(field)), format!("{}{}", field.name, field.wire.convert));
                Form::Members(input.fields.iter().map(one).collect())
            };
            match (style, parameter.get("explode")) {
                (Some("deepObject"), _) => members(&|key| format!("{wire_name}[{key}]")),
                (None | Some("form"), None | Some(Node::Bool(true))) => members(&|key| key),
                _ => Form::None,
            }
        }
    } else {
        // What nothing is said of is text, as in a URL.
        if ty.inner() == JSON {
            ty.set_inner("String");
        }
        if ty.inner() == "Int" && names::is_id(wire_name) || ty.inner() == "BigInt" && names::is_id(wire_name) {
            ty.set_inner("ID");
        }
        let separator = match (location, style) {
            ("query", Some("spaceDelimited")) => Some(" "),
            ("query", Some("pipeDelimited")) => Some("|"),
            ("query", Some("deepObject")) => None,
            ("query", _) if !matches!(parameter.get("explode"), Some(Node::Bool(false))) => None,
            ("query" | "path", _) => Some(","),
            _ => None,
        };
        match separator.filter(|_| ty.is_list()) {
            Some(separator) => Form::Value(format!("{convert}->joinNotNull('{separator}')")),
            // OpenAPI leaves it open what a list is in this style, and services take it for that of their forms.
            None if ty.is_list() && style == Some("deepObject") => Form::Items(convert),
            None => Form::Value(convert),
        }
    };
    let required = parameter.is_true("required") || location == "path";
    let default =
        schema.and_then(|schema| types.root.resolve(schema).ok()).and_then(|(schema, _)| schema.get("default"));
    let default = default.and_then(|default| literal(types, default, &ty));
    let about = About {
        description: description_of(parameter),
        comments: vec![],
        deprecated: (parameter.is_true("deprecated") && !required).then(String::new),
    };
    let ty = ty.non_null_if(required && (!nullable || location == "path"));
    let ty = if default.is_some() && location != "path" { ty.nullable() } else { ty };
    Ok(Built { argument: Argument { name, about, ty, default, wire: Wire::key(wire_name) }, form })
}

/// A default as a GraphQL literal, if it is one of the type.
fn literal(types: &Types<'_>, default: &Node, ty: &Type) -> Option<String> {
    if let (Node::List(items), Type::List(inner)) = (default, ty) {
        let items: Option<Vec<String>> = items.iter().map(|item| literal(types, item, inner)).collect();
        return items.map(|items| format!("[{}]", items.join(", ")));
    }
    if ty.is_list() {
        return None;
    }
    match (default, ty.inner()) {
        (Node::Bool(value), "Boolean") => Some(value.to_string()),
        (Node::Number(value), "Int") if value.parse::<i32>().is_ok() => Some(value.clone()),
        (Node::Number(value), "Float") => Some(value.clone()),
        (Node::String(value), "String" | "ID" | "DateTime" | "Date") => Some(crate::import::write::string(value)),
        (Node::String(value), name) => match types.schema.types.get(name) {
            // One that is translated has another name, and is left to the service.
            Some(Definition::Enum { values, .. }) => {
                values.iter().any(|known| known.name == *value).then(|| value.clone())
            }
            _ => None,
        },
        _ => None,
    }
}
