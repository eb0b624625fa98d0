//! Owns the fields of a client's interfaces: each is that of the object found, and often the same for all.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::Name;
use apollo_compiler::ast::FieldDefinition;

use super::context::{Context, fields_of};
use super::definitions::is_shown;
use super::fields::{self, Place};
use super::map::{FieldMap, FieldSource, Step, Treatment};
use super::types::own;
use crate::diagnostics::Diagnostic;
use crate::schema::{Model, Wrapping};

type Fields = HashMap<Name, HashMap<Name, Arc<FieldMap>>>;

/// The fields of interfaces. What is written on one of them must hold for all its members, since theirs are taken.
pub(super) fn map(cx: Context<'_>, objects: &Fields, found: &mut Vec<Diagnostic>) -> Fields {
    let mut made = Fields::new();
    for (name, ty) in own(cx.schema) {
        let (true, Some(behind), Some(definitions)) = (ty.is_interface(), cx.types.composite(name), fields_of(ty))
        else {
            continue;
        };
        let members: Vec<(&Name, &HashMap<Name, Arc<FieldMap>>)> = members(cx, name, objects);
        let fields = made.entry(name.clone()).or_default();
        for field in definitions.values() {
            let is_written = field.directives.iter().any(|directive| !is_shown(&directive.name));
            let mut told = vec![];
            let own = fields::map(cx, Place { owner: name, behind: behind.ty, field }, &mut told);
            let same = |own: &FieldMap| {
                let differing = members.iter().filter_map(|(member, fields)| Some((*member, fields.get(&field.name)?)));
                differing.into_iter().find(|(_, map)| !is_same(cx.supergraph.model, own, map)).map(|(member, _)| member)
            };
            let map = match (own, is_written) {
                (Some(own), true) => {
                    found.append(&mut told);
                    if let Some(member) = same(&own) {
                        found.push(differs(cx, name, field, member));
                    }
                    own
                }
                (Some(own), false) if same(&own).is_none() => own,
                // Without members there is nobody else to say what it is.
                (None, _) if is_written || members.is_empty() => {
                    found.append(&mut told);
                    continue;
                }
                (Some(_) | None, _) => by_members(name, field, &members),
            };
            fields.insert(field.name.clone(), Arc::new(map));
        }
    }
    made
}

fn members<'a>(
    cx: Context<'a>,
    interface: &Name,
    objects: &'a Fields,
) -> Vec<(&'a Name, &'a HashMap<Name, Arc<FieldMap>>)> {
    let implementors = cx
        .schema
        .types
        .iter()
        .filter(|(_, ty)| ty.as_object().is_some_and(|object| object.implements_interfaces.contains(interface)));
    implementors.filter_map(|(name, _)| Some((name, objects.get(name)?))).collect()
}

fn by_members(owner: &Name, field: &FieldDefinition, members: &[(&Name, &HashMap<Name, Arc<FieldMap>>)]) -> FieldMap {
    let maps =
        members.iter().filter_map(|(member, fields)| Some(((*member).clone(), Arc::clone(fields.get(&field.name)?))));
    let mut maps: Vec<(Name, Arc<FieldMap>)> = maps.collect();
    maps.sort_by(|a, b| a.0.cmp(&b.0));
    FieldMap {
        source: FieldSource::Members(maps),
        wrapping: Wrapping::of(&field.ty).map(|(wrapping, _)| wrapping).unwrap_or_default(),
        coordinate: format!("{owner}.{}", field.name).into(),
        arguments: vec![],
        needs: vec![],
        treatment: Treatment::default(),
    }
}

fn differs(cx: Context<'_>, owner: &Name, field: &FieldDefinition, member: &Name) -> Diagnostic {
    let theirs = cx.schema.types.get(member).and_then(fields_of).and_then(|fields| fields.get(&field.name));
    let message = format!("`{member}.{0}` is not what the directives on `{owner}.{0}` say", field.name);
    let help = format!("write the same directives on `{member}.{0}`, or none on `{owner}.{0}`", field.name);
    Diagnostic::error("INTERFACE_MISMATCH", message)
        .at(theirs.and_then(|field| cx.places.name(&field.name, member)), "")
        .at(cx.places.name(&field.name, owner), "the interface's")
        .help(help)
}

/// Whether a field of an interface and of a member can be asked for in one go.
fn is_same(model: &Model, one: &FieldMap, other: &FieldMap) -> bool {
    let arguments =
        |map: &FieldMap| map.arguments.iter().map(|it| (it.name.clone(), it.ty.clone())).collect::<Vec<_>>();
    let sources = match (&one.source, &other.source) {
        (FieldSource::Path(one), FieldSource::Path(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_step(model, one, other))
        }
        (FieldSource::Here, FieldSource::Here) => true,
        (FieldSource::Constant(one), FieldSource::Constant(other)) => one == other,
        (FieldSource::Path(_) | FieldSource::Here | FieldSource::Members(_) | FieldSource::Constant(_), _) => false,
    };
    sources
        && one.wrapping == other.wrapping
        && arguments(one) == arguments(other)
        && one.needs == other.needs
        && one.treatment == other.treatment
}

/// The fields are of different types and have one name.
fn is_same_step(model: &Model, one: &Step, other: &Step) -> bool {
    model.field(one.field).name == model.field(other.field).name
        && one.arguments == other.arguments
        && one.narrow == other.narrow
        && one.lists == other.lists
}
