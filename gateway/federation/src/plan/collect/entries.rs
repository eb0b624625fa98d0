//! Owns what a view wants of the objects of each type: the fields that its selection sets select on them, under the
//! client's keys for them.

use std::collections::HashSet;
use std::sync::Arc;

use apollo_compiler::Name;

use super::{Collector, View, same, sight};
use crate::operation::{Field, FieldTarget, Selection, SelectionSet, Sight};
use crate::plan::error::PlanError;
use crate::schema::{Arguments, FieldId, NameId, TypeId, TypeSet, Wrapping};

/// Fields collected, counted for each type that they differ for.
const MAX_FIELDS: usize = 100_000;
/// Fragments looked into, counted for each type that they are looked into for.
const MAX_FRAGMENTS: usize = 5_000_000;

/// The fields of one response key, for objects of one type.
#[derive(Clone)]
pub(super) struct Entry<'o> {
    pub key: &'o Name,
    pub target: Target<'o>,
    pub nodes: Vec<&'o Field>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target<'o> {
    Field {
        field: FieldId,
        name: NameId,
        wrapping: Wrapping,
        leaf: Option<TypeId>,
        arguments: &'o Arguments,
        /// Where each is a call of its own, the view that it is in and its response key there.
        call: Option<Call<'o>>,
    },
    Typename,
    Introspection,
    /// The object itself, through another view.
    Here,
    Constant,
    Denied {
        /// The place of the premise that does not hold.
        premise: usize,
        /// What the supergraph promises of it.
        wrapping: Wrapping,
        /// The supergraph's name of it; `None` for what it has no field for.
        name: Option<NameId>,
    },
    /// Selected on a type that not all sources know; null.
    Unshared {
        name: NameId,
        wrapping: Wrapping,
    },
}

pub(super) type Call<'o> = (usize, &'o Name);

/// Entries are alike if they come from the same fields and promise the same.
impl PartialEq for Entry<'_> {
    fn eq(&self, other: &Self) -> bool {
        let promise = |entry: &Self| match entry.target {
            Target::Field { wrapping, leaf, .. } => Some((wrapping, leaf, None)),
            Target::Unshared { wrapping, .. } => Some((wrapping, None, None)),
            Target::Denied { premise, wrapping, .. } => Some((wrapping, None, Some(premise))),
            Target::Typename | Target::Introspection | Target::Here | Target::Constant => None,
        };
        self.key == other.key
            && promise(self) == promise(other)
            && std::mem::discriminant(&self.target) == std::mem::discriminant(&other.target)
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(|(a, b)| std::ptr::eq(*a, *b))
    }
}

/// The types of a position for which a view collects the same entries.
pub(super) struct Class<'o> {
    pub types: Vec<TypeId>,
    pub entries: Vec<Entry<'o>>,
}

impl<'o> Collector<'o> {
    /// Splits a position's types by what a view collects for them. Of what no client sees nothing is collected.
    pub(super) fn classes(
        &mut self,
        view: &View<'o>,
        types: &TypeSet,
        known: &TypeSet,
    ) -> Result<Vec<Class<'o>>, PlanError> {
        let mut classes: Vec<Class<'o>> = vec![];
        let is_seen = |ty: &TypeId| match sight(view) {
            Sight::Plain | Sight::Through => !self.model.ty(*ty).is_inaccessible,
            Sight::Named(names) => names.binary_search_by_key(ty, |(known, _)| *known).is_ok(),
        };
        for ty in types.iter().filter(is_seen) {
            let mut entries = vec![];
            let mut seen = HashSet::new();
            for set in view {
                self.fields_of(ty, known.contains(ty), set, &mut entries, &mut seen)?;
            }
            match classes.iter_mut().find(|class| class.entries == entries) {
                Some(class) => class.types.push(ty),
                None => classes.push(Class { types: vec![ty], entries }),
            }
        }
        Ok(classes)
    }

    fn fields_of(
        &mut self,
        ty: TypeId,
        is_known: bool,
        set: &'o SelectionSet,
        entries: &mut Vec<Entry<'o>>,
        seen: &mut HashSet<*const SelectionSet>,
    ) -> Result<(), PlanError> {
        for selection in &set.selections {
            self.work.go_on()?;
            match selection {
                Selection::Fragment(fragment) => {
                    self.fragments += 1;
                    if self.fragments > MAX_FRAGMENTS {
                        let message = format!(
                            "it has more than {MAX_FRAGMENTS} fragments, counted for each type that they are tried for"
                        );
                        return Err(PlanError::too_complex(message));
                    }
                    let applies = fragment.types.as_ref().is_none_or(|types| types.contains(ty));
                    let taken = fragment.conditions.iter().all(|condition| condition.holds(self.bits));
                    if applies && taken && seen.insert(Arc::as_ptr(&fragment.selection_set)) {
                        self.fields_of(ty, is_known, &fragment.selection_set, entries, seen)?;
                    }
                }
                Selection::Field(field) => {
                    if !field.conditions.iter().all(|condition| condition.holds(self.bits)) {
                        continue;
                    }
                    self.fields += 1;
                    if self.fields > MAX_FIELDS {
                        let message = format!(
                            "it asks for more than {MAX_FIELDS} fields, counted for each type that they differ for"
                        );
                        return Err(PlanError::too_complex(message));
                    }
                    match entries.iter_mut().find(|entry| entry.key == &field.key) {
                        Some(entry) => {
                            entry.nodes.push(field);
                            // What is refused by one of the ways to it is not had by the others.
                            let may_change = match entry.target {
                                Target::Denied { .. } => false,
                                Target::Unshared { .. } => true,
                                Target::Field { .. }
                                | Target::Typename
                                | Target::Introspection
                                | Target::Here
                                | Target::Constant => self.denied(ty, field)?.is_some(),
                            };
                            if may_change {
                                entry.target = self.target(ty, is_known, field)?;
                            }
                        }
                        None => {
                            let target = self.target(ty, is_known, field)?;
                            entries.push(Entry { key: &field.key, target, nodes: vec![field] });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_on_interface(&self, field: &Field) -> bool {
        matches!(field.target, FieldTarget::Field(asked) if self.model.is_abstract(self.model.field(asked).parent))
    }

    fn target(&self, ty: TypeId, is_known: bool, field: &'o Field) -> Result<Target<'o>, PlanError> {
        if let Some(premise) = self.denied(ty, field)? {
            let (wrapping, name) = match field.target {
                FieldTarget::Field(asked) => {
                    let asked = self.model.field(asked);
                    let own = self.model.field_of(ty, asked.name).map_or(asked, |own| self.model.field(own));
                    (own.wrapping, Some(own.name))
                }
                FieldTarget::Typename => (Wrapping::NON_NULL, None),
                FieldTarget::Here | FieldTarget::Constant | FieldTarget::Introspection => (Wrapping::default(), None),
            };
            return Ok(Target::Denied { premise, wrapping, name });
        }
        Ok(match field.target {
            FieldTarget::Here => Target::Here,
            FieldTarget::Constant => Target::Constant,
            FieldTarget::Typename => Target::Typename,
            FieldTarget::Introspection => Target::Introspection,
            FieldTarget::Field(asked) => {
                let name = self.model.field(asked).name;
                let field_id = self.model.field_of(ty, name).ok_or_else(|| {
                    PlanError::internal(format!("{} has no field {}", self.model.type_name(ty), self.model.name(name)))
                })?;
                let def = self.model.field(field_id);
                // What is selected on an interface can be asked of it, also of objects whose type is not known.
                if !is_known && !self.is_on_interface(field) {
                    return Ok(Target::Unshared { name, wrapping: def.wrapping });
                }
                let leaf = (!self.model.is_composite(def.base)).then_some(def.base);
                let arguments = &field.arguments;
                Target::Field { field: field_id, name, wrapping: def.wrapping, leaf, arguments, call: None }
            }
        })
    }

    /// The place of the first premise that does not hold, of those that a field hangs on where an object is of this type: what the
    /// view demands, and what the supergraph demands for the object, and for the field by each type that it is asked on.
    fn denied(&self, ty: TypeId, field: &Field) -> Result<Option<usize>, PlanError> {
        let model = self.model;
        let own = field.view.iter().flat_map(|view| &view.needs).copied();
        if let Some(denied) = own.into_iter().find(|bit| !self.holds(*bit)) {
            return Ok(Some(denied.into()));
        }
        if model.needs().is_empty() {
            return Ok(None);
        }
        let asked = match field.target {
            FieldTarget::Introspection => return Ok(None),
            FieldTarget::Field(asked) => Some(model.field(asked)),
            FieldTarget::Typename | FieldTarget::Here | FieldTarget::Constant => None,
        };
        let found = asked.and_then(|asked| Some(model.field(model.field_of(ty, asked.name)?)));
        let fields = found.into_iter().chain(asked).flat_map(|field| field.needs.iter());
        // What the type demands is among what each of its fields does.
        let of_type = if asked.is_none() { &model.ty(ty).needs[..] } else { &[] };
        for need in of_type.iter().chain(fields) {
            let at = self.demanded.binary_search_by_key(need, |(need, _)| *need);
            let bit = at.map_err(|_| {
                let (ty, key) = (model.type_name(ty), &field.key);
                PlanError::internal(format!("what is demanded for \"{key}\" of {ty} was not asked about"))
            })?;
            let (_, bit) = self.demanded[bit];
            if !self.holds(bit) {
                return Ok(Some(bit.into()));
            }
        }
        Ok(None)
    }

    fn holds(&self, bit: u8) -> bool {
        self.bits >> bit & 1 == 1
    }
}

impl Entry<'_> {
    pub(super) fn is_introspection(&self) -> bool {
        matches!(self.target, Target::Introspection)
    }

    pub(super) fn is_here(&self) -> bool {
        matches!(self.target, Target::Here)
    }
}

/// What all views of a position want of objects of one type, in the order of the response.
pub(super) fn entries_of<'c, 'o>(ty: TypeId, views: &[View<'o>], classes: &'c [Vec<Class<'o>>]) -> Vec<&'c Entry<'o>> {
    let mut entries = vec![];
    let mut seen = vec![false; views.len()];
    for at in 0..views.len() {
        add_entries(at, ty, views, classes, &mut seen, &mut entries);
    }
    entries
}

fn add_entries<'c, 'o>(
    view: usize,
    ty: TypeId,
    views: &[View<'o>],
    classes: &'c [Vec<Class<'o>>],
    seen: &mut [bool],
    entries: &mut Vec<&'c Entry<'o>>,
) {
    if std::mem::replace(&mut seen[view], true) {
        return;
    }
    for entry in classes[view].iter().filter(|class| class.types.contains(&ty)).flat_map(|class| &class.entries) {
        if entry.is_here() {
            let below = child_view(entry);
            if let Some(at) = views.iter().position(|known| same(known, &below)) {
                add_entries(at, ty, views, classes, seen, entries);
            }
        } else {
            entries.push(entry);
        }
    }
}

/// A mutation's root fields are calls, and one that is asked for under two keys is made twice.
pub(super) fn set_apart(classes: &mut [Vec<Class<'_>>]) {
    for (view, classes) in classes.iter_mut().enumerate() {
        for entry in classes.iter_mut().flat_map(|class| &mut class.entries) {
            if let Target::Field { call, .. } = &mut entry.target {
                *call = Some((view, entry.key));
            }
        }
    }
}

/// The selection sets under an entry, each once; none under a leaf.
pub(super) fn child_view<'o>(entry: &Entry<'o>) -> View<'o> {
    let mut view: View<'o> = vec![];
    match entry.target {
        Target::Field { leaf: None, .. } | Target::Here => {
            let mut seen = HashSet::new();
            let sets = entry.nodes.iter().map(|node| &*node.selection_set);
            view.extend(sets.filter(|set| seen.insert(std::ptr::from_ref(*set))));
        }
        Target::Field { leaf: Some(_), .. }
        | Target::Typename
        | Target::Introspection
        | Target::Unshared { .. }
        | Target::Constant
        | Target::Denied { .. } => {}
    }
    view
}
