//! A view's map, a line a field.

use apollo_compiler::Name;
use apollo_compiler::schema::ExtendedType;
use weft_federation::schema::{Id, Model, VariableId};
use weft_federation::view::{
    ClientSchema, EnumMap, FieldMap, FieldSource, ListStep, Need, Step, Template, Treatment, TypeMap,
};

/// In the order of the client's schema.
pub fn listing(client: &ClientSchema, model: &Model) -> String {
    let Some(map) = client.map() else { return String::new() };
    let mut out = String::new();
    for (name, ty) in client.schema.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
        if let Some(ty) = map.types.get(name) {
            out += &format!("{name} = {}\n", type_map(ty, model));
        }
        if let Some(values) = map.enums.get(name) {
            out += &format!("{name} = {}\n", enum_map(values));
        }
        if let Some(input) = map.inputs.get(name) {
            out += &format!("{name} = {}\n", input.name);
        }
        let names: Vec<&Name> = match ty {
            ExtendedType::Object(ty) => ty.fields.keys().collect(),
            ExtendedType::Interface(ty) => ty.fields.keys().collect(),
            ExtendedType::InputObject(ty) => ty.fields.keys().collect(),
            _ => vec![],
        };
        for field in names {
            let line = match (map.fields.get(name).and_then(|fields| fields.get(field)), map.inputs.get(name)) {
                (Some(field), _) => field_map(field, model),
                (None, Some(input)) => format!("{field} -> {}", input.fields[field]),
                (None, None) => panic!("{name}.{field} is not in the map"),
            };
            out += &format!("  {line}\n");
        }
    }
    out
}

fn type_map(ty: &TypeMap, model: &Model) -> String {
    let members = ty.members.iter().map(|(id, name)| format!("{} as {name}", model.type_name(*id)));
    format!("{} {{{}}}", model.type_name(ty.ty), members.collect::<Vec<_>>().join(", "))
}

fn enum_map(map: &EnumMap) -> String {
    let pairs = |pairs: &[(Name, Name)]| pairs.iter().map(|(a, b)| format!("{a}->{b}")).collect::<Vec<_>>().join(" ");
    let name = map.name.as_ref().map_or("", |name| name.as_str());
    let catch_all = map.catch_all.as_ref().map(|name| format!(", else {name}")).unwrap_or_default();
    format!("{name} read {}{catch_all}, written {}", pairs(&map.read), pairs(&map.written))
}

fn field_map(field: &FieldMap, model: &Model) -> String {
    let mut line = field.coordinate.to_string();
    if !field.arguments.is_empty() {
        let arguments = field.arguments.iter().map(|argument| format!("${}: {}", argument.name, argument.ty));
        line += &format!("({})", arguments.collect::<Vec<_>>().join(", "));
    }
    line += &format!(": {} = ", field.wrapping.display("_"));
    line += &match &field.source {
        FieldSource::Path(steps) => steps.iter().map(|one| step(one, field, model)).collect::<Vec<_>>().join(" . "),
        FieldSource::Here => "here".to_owned(),
        FieldSource::Members(members) => {
            let members: Vec<&str> = members.iter().map(|(_, map)| &*map.coordinate).collect();
            members.join(" or ")
        }
        FieldSource::Constant(json) => format!("constant {json}"),
    };
    for need in &field.needs {
        line += &match need {
            Need::Authenticated => " needs authentication".to_owned(),
            Need::Scopes(sets) => format!(" needs scopes {sets:?}"),
            Need::Policies(sets) => format!(" needs policies {sets:?}"),
            Need::Claim(path, ty) => format!(" needs claim {} as {ty}", path.join(".")),
        };
    }
    line + &treatment(&field.treatment)
}

fn step(step: &Step, field: &FieldMap, model: &Model) -> String {
    let mut text = model.coordinate(step.field);
    if !step.arguments.is_empty() {
        let arguments = step.arguments.iter().map(|(name, value)| format!("{name}: {}", template(value, field)));
        text += &format!("({})", arguments.collect::<Vec<_>>().join(", "));
    }
    text += &step.narrow.map(|ty| format!("<{}>", model.type_name(ty))).unwrap_or_default();
    for list in &step.lists {
        text += &match list {
            ListStep::Each => "[]".to_owned(),
            ListStep::At(index) => format!("[{index}]"),
        };
    }
    text
}

fn template(value: &Template, field: &FieldMap) -> String {
    let all = |parts: Vec<String>| parts.join(", ");
    match value {
        Template::Literal(value) => {
            let mut out = String::new();
            value.write_graphql(&|id: VariableId| panic!("a literal with variable {}", id.index()), &mut out);
            out
        }
        Template::Argument(at) => format!("${}", field.arguments[*at].name),
        Template::Claim { path, ty } => format!("$claims.{} as {ty}", path.join(".")),
        Template::List(items) => format!("[{}]", all(items.iter().map(|item| template(item, field)).collect())),
        Template::Object(fields) => {
            let one = |(name, value): &(Name, Template)| format!("{name}: {}", template(value, field));
            format!("{{{}}}", all(fields.iter().map(one).collect()))
        }
        Template::AtMost { value, max } => {
            let value = value.as_ref().map_or_else(String::new, |value| template(value, field) + ", ");
            format!("at most({value}{max})")
        }
    }
}

fn treatment(treatment: &Treatment) -> String {
    let Treatment { fallback, limit, mask, drop_unknown, values } = treatment;
    let mut out = String::new();
    if let Some(fallback) = fallback {
        let on = [(fallback.on_error, " error"), (fallback.on_null, " null"), (fallback.report, ", reported")];
        let on: String = on.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
        out += &format!(" else {} on{on}", fallback.value);
    }
    out += &limit.map(|limit| format!(" limit {limit}")).unwrap_or_default();
    if let Some(mask) = mask {
        out += &format!(" masked with {} but {} unless {:?}", mask.char, mask.keep_last, mask.unless);
    }
    if *drop_unknown {
        out += " drops unknown";
    }
    out + &values.as_ref().map(|_| " values mapped".to_owned()).unwrap_or_default()
}
