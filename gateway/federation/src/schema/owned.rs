//! Owns what join v0.1 leaves unsaid: there a field names its owner alone, although the other subgraphs know those of
//! their keys too, and name what they provide and require.

use super::field_set::{FieldSet, FieldSetItem};
use super::ids::{FieldId, Id, SubgraphId, TypeId};
use super::model::{FieldJoin, Model};

/// A field set of a subgraph, on a type.
struct Named {
    subgraph: SubgraphId,
    ty: TypeId,
    fields: FieldSet,
    /// Of keys: the subgraph resolves them, too.
    is_key: bool,
}

/// Adds the joins that follow from the keys, `provides` and `requires` of the types that have an owner.
pub(super) fn complete(model: &mut Model, owned: &[TypeId]) {
    let mut named = vec![];
    for ty in owned.iter().copied() {
        for join in &model.ty(ty).joins {
            let keys = join.keys.iter().map(|key| key.fields.clone());
            named.extend(keys.map(|fields| Named { subgraph: join.subgraph, ty, fields, is_key: true }));
        }
        for field in &model.ty(ty).fields {
            let def = model.field(*field);
            for join in &def.joins {
                let sets = [(def.base, &join.provides), (ty, &join.requires)];
                let sets = sets.into_iter().filter_map(|(ty, fields)| Some((ty, fields.clone()?)));
                named.extend(sets.map(|(ty, fields)| Named { subgraph: join.subgraph, ty, fields, is_key: false }));
            }
        }
    }
    // Keys first: what a key resolves is not external, though it is provided as well.
    named.sort_by_key(|named| !named.is_key);
    for Named { subgraph, ty, fields, is_key } in named {
        add(model, subgraph, ty, &fields, is_key);
    }
}

fn add(model: &mut Model, subgraph: SubgraphId, ty: TypeId, fields: &FieldSet, is_key: bool) {
    for item in &fields.items {
        match item {
            FieldSetItem::Typename => {}
            FieldSetItem::Narrow { ty, selections } => add(model, subgraph, *ty, selections, is_key),
            FieldSetItem::Field { name, selections, .. } => {
                let Some(field) = model.field_of(ty, *name) else { continue };
                join(model, field, FieldJoin { external: !is_key, ..FieldJoin::plain(subgraph) });
                add(model, subgraph, model.field(field).base, selections, is_key);
            }
        }
    }
}

fn join(model: &mut Model, field: FieldId, join: FieldJoin) {
    let joins = &mut model.fields[field.index()].joins;
    if joins.iter().all(|known| known.subgraph != join.subgraph) {
        joins.push(join);
        joins.sort_by_key(|join| join.subgraph);
    }
}
