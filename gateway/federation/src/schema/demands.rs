//! Owns what a supergraph demands of those who ask: the directives of its types and fields, interned in the [`Model`].
//!
//! What composition passes on from implementations to their interfaces is in the file, and taken as it is written. What a
//! file does not pass on holds all the same, since an object is looked at by its own type when operations are planned.

use apollo_compiler::Schema;
use apollo_compiler::ast::Directive;
use indexmap::IndexSet;

use super::features::Features;
use super::ids::{FieldId, Id, NeedId, TypeId};
use super::join::fields_of;
use super::model::{Model, TypeKind};
use super::need::{Demand, Need};

/// Reads them. Types, fields and joins are there by now.
pub(super) fn read(document: &Schema, features: &Features, model: &mut Model) {
    let mut needs = IndexSet::new();
    let mut own: Vec<Box<[NeedId]>> = vec![Box::default(); model.fields.len()];
    for ty in model.type_ids().collect::<Vec<_>>() {
        let Some(definition) = document.types.get(model.type_name(ty)) else { continue };
        model.types[ty.index()].needs = of(features, definition.directives(), &mut needs);
        let Some(fields) = fields_of(definition) else { continue };
        for field in &model.ty(ty).fields {
            let Some(definition) = fields.get(model.name(model.field(*field).name)) else { continue };
            own[field.index()] = of(features, &definition.directives, &mut needs);
        }
    }
    if needs.is_empty() {
        return;
    }
    model.needs = needs.into_iter().collect();
    for at in 0..model.fields.len() {
        let field = FieldId::from_index(at);
        let def = model.field(field);
        let types = [def.parent, def.base].into_iter().flat_map(|ty| model.ty(ty).needs.iter());
        let lent = lenders(model, field).flat_map(|lender| own[lender.index()].iter());
        let mut all: Vec<NeedId> = own[at].iter().chain(types).chain(lent).copied().collect();
        // Of several that are not met the first is told: who has no credential is not told of scopes.
        all.sort_by_key(|need| (*model.need(*need) != Need::Authenticated, *need));
        all.dedup();
        model.fields[at].needs = all.into();
    }
}

/// The demands of these directives, each once.
fn of(features: &Features, directives: &[impl AsRef<Directive>], needs: &mut IndexSet<Need>) -> Box<[NeedId]> {
    let mut found: Vec<NeedId> = vec![];
    for demand in Demand::ALL {
        let name = features.demand(demand);
        for directive in directives.iter().map(AsRef::as_ref).filter(|directive| Some(directive.name.as_str()) == name)
        {
            let id = NeedId::from_index(needs.insert_full(demand.read(directive)).0);
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found.into()
}

/// The fields of interfaces that an object's field is: an interface object gives its fields to all implementations, and says
/// alone what is demanded for them.
fn lenders(model: &Model, field: FieldId) -> impl Iterator<Item = FieldId> {
    let def = model.field(field);
    let is_lent = def.joins.is_empty() && model.ty(def.parent).kind == TypeKind::Object;
    let types = if is_lent { 0..model.types.len() } else { 0..0 };
    let interfaces = types.map(TypeId::from_index).filter(|ty| {
        let ty = model.ty(*ty);
        ty.kind == TypeKind::Interface && ty.possible.contains(def.parent)
    });
    interfaces.filter_map(|interface| model.field_of(interface, def.name))
}
