//! Owns what an operation uses of its client's schema.

use std::collections::{BTreeSet, HashSet};

use apollo_compiler::executable::{Selection, SelectionSet};
use weft_federation::operation::Document;

/// An operation's name, and the fields that it selects.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub operation: Option<Box<str>>,
    /// `Type.field`, each once.
    pub fields: Box<[Box<str>]>,
}

impl Used {
    pub fn of(document: &Document) -> Self {
        let operation = document.operation.name.as_ref().map(|name| name.as_str().into());
        let (mut fields, mut walked) = (BTreeSet::<Box<str>>::new(), HashSet::new());
        let mut pending: Vec<&SelectionSet> = vec![&document.operation.selection_set];
        while let Some(set) = pending.pop() {
            for selection in &set.selections {
                match selection {
                    Selection::Field(field) if field.name.starts_with("__") => {}
                    Selection::Field(field) => {
                        fields.insert(format!("{}.{}", set.ty, field.name).into());
                        pending.push(&field.selection_set);
                    }
                    Selection::InlineFragment(fragment) => pending.push(&fragment.selection_set),
                    // Each fragment once, however often it is spread.
                    Selection::FragmentSpread(spread) if walked.insert(&spread.fragment_name) => {
                        let fragment = document.document.fragments.get(&spread.fragment_name);
                        pending.extend(fragment.map(|fragment| &fragment.selection_set));
                    }
                    Selection::FragmentSpread(_) => {}
                }
            }
        }
        Self { operation, fields: fields.into_iter().collect() }
    }
}
