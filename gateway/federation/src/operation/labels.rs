//! Owns which labels of progressive overrides can change how an operation is planned.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::bound::BoundOperation;
use crate::schema::{FieldSet, FieldSetItem, Id, Model, NameId};

crate::schema::ids! {
    /// A label of a supergraph, in the order of their names.
    LabelId,
}

/// The labels of a supergraph's progressive overrides.
#[derive(Debug)]
pub struct OverrideLabels {
    model: Arc<Model>,
    names: Vec<String>,
    /// By the name alone: a field of an interface is met through each type that implements it.
    of_fields: HashMap<NameId, BTreeSet<LabelId>>,
    /// Of fields that keys and `@requires` name: any plan may need them.
    of_inputs: BTreeSet<LabelId>,
}

impl OverrideLabels {
    pub fn new(model: &Arc<Model>) -> Self {
        let names: Vec<String> = model.override_labels().into_iter().map(str::to_owned).collect();
        let mut labels =
            Self { model: Arc::clone(model), names, of_fields: HashMap::new(), of_inputs: BTreeSet::new() };
        if labels.names.is_empty() {
            return labels;
        }
        let mut inputs = BTreeSet::new();
        for ty in model.type_ids().map(|ty| model.ty(ty)) {
            for key in ty.joins.iter().flat_map(|join| &join.keys) {
                names_in(&key.fields, &mut inputs);
            }
            for field in ty.fields.iter().map(|field| model.field(*field)) {
                for join in &field.joins {
                    join.requires.iter().for_each(|requires| names_in(requires, &mut inputs));
                    let label = join.override_label.as_ref().and_then(|label| labels.names.binary_search(label).ok());
                    if let Some(label) = label {
                        labels.of_fields.entry(field.name).or_default().insert(LabelId::from_index(label));
                    }
                }
            }
        }
        labels.of_inputs = inputs.iter().filter_map(|name| labels.of_fields.get(name)).flatten().copied().collect();
        labels
    }

    pub fn iter(&self) -> impl Iterator<Item = (LabelId, &str)> {
        self.names.iter().enumerate().map(|(at, name)| (LabelId::from_index(at), name.as_str()))
    }

    /// The label's text.
    pub fn name(&self, id: LabelId) -> &str {
        &self.names[id.index()]
    }

    /// The labels on which the plans of an operation can depend, in order.
    pub fn met_by(&self, operation: &BoundOperation) -> Box<[LabelId]> {
        if self.names.is_empty() {
            return Box::default();
        }
        let of_field = |field| self.of_fields.get(&self.model.field(field).name).into_iter().flatten();
        let met: BTreeSet<&LabelId> = self.of_inputs.iter().chain(operation.fields().flat_map(of_field)).collect();
        met.into_iter().copied().collect()
    }
}

fn names_in(fields: &FieldSet, names: &mut BTreeSet<NameId>) {
    for item in &fields.items {
        match item {
            FieldSetItem::Typename => {}
            FieldSetItem::Narrow { selections, .. } => names_in(selections, names),
            FieldSetItem::Field { name, selections, .. } => {
                names.insert(*name);
                names_in(selections, names);
            }
        }
    }
}
