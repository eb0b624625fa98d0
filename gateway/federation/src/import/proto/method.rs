//! Owns one method: as a field of an operation type, with its connector.

use prost_reflect::MethodDescriptor;

use super::annotations::{Effect, Guess, effect};
use super::types::{Direction, InputFields, Types};
use crate::connect::grpc::Conversion;
use crate::import::model::{About, Argument, Body, Connect, Definition, Field, Request, Selected, Type, Wire};
use crate::import::names;

/// The operation type, and the field, of a method that is to be called `name`. The error says why there is none.
pub fn field(
    types: &mut Types,
    method: &MethodDescriptor,
    name: &str,
    is_of_source: bool,
    prefix: &str,
) -> Result<(&'static str, Field), String> {
    if method.is_client_streaming() {
        return Err("it streams its requests, which GraphQL has no way to say".to_owned());
    }
    let place = names::pascal(name).ok_or("its name has no letter")?;
    let name = if prefix.is_empty() { names::camel(name) } else { names::camel(&format!("{prefix}-{place}")) };
    let name = name.ok_or("its name has no letter")?;
    let effect = effect(method);
    let root = root(method);
    let Sent { arguments, body, lost } = request(types, method, root, &place);
    let output = Conversion::of_message(&method.output());
    let is_empty = match &output {
        Conversion::Empty => true,
        Conversion::Message(message) => message.fields().next().is_none(),
        _ => false,
    };
    let (ty, selection) = if is_empty {
        (Type::named("Boolean"), Selected::Value("$(true)".to_owned()))
    } else {
        let ty = types.of(&output, Direction::Output, "");
        let is_object = matches!(types.schema.types.get(ty.inner()), Some(Definition::Object(_)));
        (ty, if is_object { Selected::Fields } else { Selected::Value("$".to_owned()) })
    };
    types.complete();
    let service = method.parent_service();
    let deprecated = method.method_descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated());
    let mut about = types.describe(service.parent_file_descriptor_proto(), method.path(), deprecated);
    about.comments.extend(lost);
    match (root, effect) {
        ("Query", Effect::Guessed(_)) => {
            about.comments.push("A query by its name: the .proto does not say.".to_owned())
        }
        ("Mutation", Effect::Guessed(_)) => {
            about
                .comments
                .push("A mutation, since its name is not that of a read: the .proto does not say.".to_owned());
        }
        _ => {}
    }
    let name_of_method =
        if is_of_source { method.name().to_owned() } else { format!("{}/{}", service.full_name(), method.name()) };
    let request = Request::Grpc { method: name_of_method, body };
    let connect = Connect { entity: false, source: 0, request, selection };
    let field = Field { name, about, arguments, ty, wire: Wire::default(), key_only: false, connect: Some(connect) };
    Ok((root, field))
}

/// The operation type that a method is a field of.
pub fn root(method: &MethodDescriptor) -> &'static str {
    match (method.is_server_streaming(), effect(method)) {
        (true, _) => "Subscription",
        (false, Effect::Read | Effect::Guessed(Guess::Read)) => "Query",
        (false, Effect::Write | Effect::Guessed(Guess::Write)) => "Mutation",
    }
}

/// What is sent.
#[derive(Default)]
struct Sent {
    arguments: Vec<Argument>,
    body: Option<Body>,
    /// Comments about what is not.
    lost: Vec<String>,
}

/// The arguments: the fields of the request, or for a mutation one input that holds them.
fn request(types: &mut Types, method: &MethodDescriptor, root: &str, place: &str) -> Sent {
    let conversion = Conversion::of_message(&method.input());
    let message = match &conversion {
        Conversion::Message(message) => Some(message.clone()),
        Conversion::Empty => return Sent::default(),
        _ => None,
    };
    if message.as_ref().is_some_and(|message| message.fields().next().is_none()) {
        return Sent::default();
    }
    if let Some(message) = message.filter(|_| root != "Mutation") {
        let InputFields { fields: mut arguments, one_of, lost } =
            types.input_fields(&message, &format!("{place}Input"));
        // One of several is an input's affair: arguments cannot say it.
        if !one_of {
            for argument in arguments.iter_mut().filter(|argument| argument.name == "id") {
                argument.ty = argument.ty.clone().non_null();
            }
            let body = (!arguments.is_empty()).then_some(Body::Arguments);
            return Sent { arguments, body, lost };
        }
    }
    let ty = types.of(&conversion, Direction::Input, "").non_null();
    types.complete();
    let name = "input".to_owned();
    let argument = Argument { name: name.clone(), about: About::default(), ty, default: None, wire: Wire::default() };
    Sent { arguments: vec![argument], body: Some(Body::Argument { name, required: true }), lost: vec![] }
}
