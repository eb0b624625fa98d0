//! Owns how a supergraph is printed: the reference's layout, so that its output and ours can be compared as text.

use apollo_compiler::Name;
use apollo_compiler::collections::IndexMap;

use super::merged::{Applied, MergedDirective, MergedField, MergedInput, MergedKind, MergedSchema, MergedType};
use super::names::dictionary_order;
use super::values;

pub fn render(schema: &MergedSchema) -> String {
    let mut blocks = vec![schema_block(schema)];
    let mut directives: Vec<&(String, String)> = schema.directives.iter().collect();
    directives.sort_by(|a, b| dictionary_order(&a.0, &b.0));
    blocks.extend(directives.into_iter().map(|(_, text)| text.clone()));
    let mut types: Vec<(&str, String)> =
        schema.machinery.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    types.extend(schema.types.iter().map(|(name, ty)| (name.as_str(), type_block(name, ty))));
    types.sort_by(|a, b| dictionary_order(a.0, b.0));
    blocks.extend(types.into_iter().map(|(_, text)| text));
    blocks.join("\n\n")
}

fn schema_block(schema: &MergedSchema) -> String {
    let mut out = String::new();
    description(schema.description.as_deref(), "", true, &mut out);
    out.push_str("schema");
    for applied in &schema.schema_directives {
        out.push_str("\n  ");
        directive(applied, &mut out);
    }
    out.push_str("\n{\n");
    for root in ["query", "mutation", "subscription"] {
        let name = root[..1].to_ascii_uppercase() + &root[1..];
        if schema.types.contains_key(name.as_str()) {
            out.push_str(&format!("  {root}: {name}\n"));
        }
    }
    out.push('}');
    out
}

fn type_block(name: &Name, ty: &MergedType) -> String {
    let mut out = String::new();
    description(ty.description.as_deref(), "", true, &mut out);
    out.push_str(match &ty.kind {
        MergedKind::Scalar => "scalar ",
        MergedKind::Object { .. } => "type ",
        MergedKind::Interface { .. } => "interface ",
        MergedKind::Union { .. } => "union ",
        MergedKind::Enum { .. } => "enum ",
        MergedKind::InputObject { .. } => "input ",
    });
    out.push_str(name);
    if let Some(interfaces) = ty.implements()
        && !interfaces.is_empty()
    {
        let names: Vec<&str> = interfaces.iter().map(Name::as_str).collect();
        out.push_str(" implements ");
        out.push_str(&names.join(" & "));
    }
    for applied in &ty.applied {
        out.push_str("\n  ");
        directive(applied, &mut out);
    }
    match &ty.kind {
        MergedKind::Scalar => {}
        MergedKind::Object { fields, .. } | MergedKind::Interface { fields, .. } => {
            block(fields, &mut out, field);
        }
        MergedKind::Union { members } => {
            if !members.is_empty() {
                let names: Vec<&str> = members.iter().map(Name::as_str).collect();
                out.push_str("\n = ");
                out.push_str(&names.join(" | "));
            }
        }
        MergedKind::Enum { values } => block(values, &mut out, |name, value, first, out| {
            description(value.description.as_deref(), "  ", first, out);
            out.push_str("  ");
            out.push_str(name);
            inline(&value.applied, out);
        }),
        MergedKind::InputObject { fields } => block(fields, &mut out, |name, value, first, out| {
            description(value.description.as_deref(), "  ", first, out);
            out.push_str("  ");
            input(name, value, out);
        }),
    }
    out
}

fn block<T>(items: &IndexMap<Name, T>, out: &mut String, mut item: impl FnMut(&Name, &T, bool, &mut String)) {
    if items.is_empty() {
        return;
    }
    out.push_str("\n{\n");
    for (index, (name, value)) in items.iter().enumerate() {
        item(name, value, index == 0, out);
        out.push('\n');
    }
    out.push('}');
}

fn field(name: &Name, field: &MergedField, first: bool, out: &mut String) {
    description(field.description.as_deref(), "  ", first, out);
    out.push_str("  ");
    out.push_str(name);
    arguments(&field.arguments, "  ", out);
    out.push_str(": ");
    out.push_str(&field.ty.to_string());
    inline(&field.applied, out);
}

/// On one line, unless one of them has a description.
fn arguments(arguments: &IndexMap<Name, MergedInput>, indentation: &str, out: &mut String) {
    if arguments.is_empty() {
        return;
    }
    if arguments.values().all(|argument| argument.description.is_none()) {
        out.push('(');
        for (index, (name, argument)) in arguments.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            input(name, argument, out);
        }
        out.push(')');
        return;
    }
    out.push_str("(\n");
    for (index, (name, argument)) in arguments.iter().enumerate() {
        description(argument.description.as_deref(), &format!("{indentation}  "), index == 0, out);
        out.push_str(indentation);
        out.push_str("  ");
        input(name, argument, out);
        out.push('\n');
    }
    out.push_str(indentation);
    out.push(')');
}

/// A directive's definition, as a block of its own.
pub(crate) fn directive_definition(definition: &MergedDirective) -> String {
    let mut out = String::new();
    description(definition.description.as_deref(), "", true, &mut out);
    out.push_str("directive @");
    out.push_str(&definition.name);
    arguments(&definition.arguments, "", &mut out);
    if definition.repeatable {
        out.push_str(" repeatable");
    }
    let locations: Vec<&str> = definition.locations.iter().map(|location| location.name()).collect();
    out.push_str(" on ");
    out.push_str(&locations.join(" | "));
    out
}

fn input(name: &Name, input: &MergedInput, out: &mut String) {
    out.push_str(name);
    out.push_str(": ");
    out.push_str(&input.ty.to_string());
    if let Some(default) = &input.default {
        out.push_str(" = ");
        values::write(default, out);
    }
    inline(&input.applied, out);
}

fn inline(applied: &[Applied], out: &mut String) {
    for applied in applied {
        out.push(' ');
        directive(applied, out);
    }
}

fn directive(applied: &Applied, out: &mut String) {
    out.push('@');
    out.push_str(&applied.name);
    let own = applied.arguments.iter().map(|(name, value)| (*name, value));
    let carried = applied.carried.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    let mut any = false;
    for (name, value) in own.chain(carried) {
        out.push_str(if any { ", " } else { "(" });
        any = true;
        out.push_str(name);
        out.push_str(": ");
        values::write(value, out);
    }
    if any {
        out.push(')');
    }
}

/// A description as a block string: on one line if it is short and nothing in it forbids that.
pub(crate) fn description(text: Option<&str>, indentation: &str, first: bool, out: &mut String) {
    let Some(text) = text else { return };
    let single = !text.contains('\n');
    // The reference counts UTF-16 units.
    let long = text.encode_utf16().count() > 70;
    let multiple = !single || text.ends_with('"') || text.ends_with('\\') || long;
    let leading_space = text.starts_with([' ', '\t']);
    let mut block = String::new();
    if multiple && !(single && leading_space) {
        block.push('\n');
    }
    block.push_str(text);
    if multiple {
        block.push('\n');
    }
    let block = format!("\"\"\"{}\"\"\"", block.replace("\"\"\"", "\\\"\"\""));
    if !first && !indentation.is_empty() {
        out.push('\n');
    }
    out.push_str(indentation);
    out.push_str(&block.replace('\n', &format!("\n{indentation}")));
    out.push('\n');
}
