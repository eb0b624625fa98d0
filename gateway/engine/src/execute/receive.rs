//! Owns taking in what a call brought: its data into the arena, its errors to their places.

use std::ops::Range;

use weft_federation::plan::{FetchField, FetchNode, QueryPlan};
use weft_federation::schema::{Id, Model};

use super::batch::Target;
use super::entities::{Broken, Found, Whom, answer_null, read_bare, read_data, read_own, read_places};
use super::errors::{ErrorOrigin, SubgraphError};
use super::locate::{Locator, PathSegment, UpstreamError, read_errors};
use crate::connector::{About, Part, PartError, PartForm};
use crate::response::{Deserializer, ErrorRef, ObjectId, Reader, ResponseArena, SlotValue};

/// One call, at the time that it ends.
pub struct Receiver<'a> {
    pub plan: &'a QueryPlan,
    pub model: &'a Model,
    pub arena: &'a mut ResponseArena,
    pub origin: &'a ErrorOrigin,
    pub whom: Whom<'a>,
}

/// What stands for all that went wrong with a call.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    pub error: ErrorRef,
    /// Whether it has a place.
    pub is_told: bool,
}

/// What an answer held, apart from the data that is in the arena now.
#[derive(Default)]
struct Answer {
    data: Found,
    /// Where its errors are.
    errors: Option<Range<usize>>,
    /// The entities that are null, as list and index, in order.
    nulls: Vec<(usize, usize)>,
}

impl Receiver<'_> {
    /// Gives the cause of whatever the call turns out to have left empty, if something went wrong.
    pub fn receive(mut self, result: Result<Part, SubgraphError>) -> Option<Cause> {
        let cause = match result {
            Ok(part) => self.part(part),
            Err(error) => Some(self.fail(error)),
        };
        self.arena.commit();
        cause
    }

    fn part(&mut self, part: Part) -> Option<Cause> {
        let answer = match self.read(&part) {
            Ok(answer) => answer,
            Err(broken) => {
                self.arena.roll_back();
                // A backend that said how it failed need not say it in GraphQL.
                let said = part.errors.into_iter().find(|error| error.about == About::Fetch);
                let error = said.map(|error| error.error);
                let error = error.unwrap_or_else(|| SubgraphError::malformed(self.origin, &broken.to_string()));
                return Some(self.fail(error));
            }
        };
        self.arena.commit();
        let mut errors: Vec<UpstreamError> = vec![];
        if let Some(range) = answer.errors {
            // The reader has seen that the body is UTF-8.
            let json = std::str::from_utf8(&part.body[range]).unwrap_or("null");
            errors.extend(read_errors(json, self.origin));
        }
        let (mut whole, mut failed) = (vec![], vec![]);
        for PartError { error, about } in part.errors {
            match about {
                About::Fetch => whole.push(error),
                About::Entity(at) => {
                    self.attach_to(at as usize, error);
                    failed.push((0, at as usize));
                }
                About::Value => {
                    let error = self.arena.new_error(error);
                    self.arena.add_unlocated(error);
                }
            }
        }
        let is_whole = answer.data == Found::All;
        if !is_whole && errors.is_empty() && whole.is_empty() {
            whole.push(SubgraphError::malformed(self.origin, "it has neither data nor errors"));
        }
        // What became null together with the place of an error has the same cause.
        let mut cause = None;
        let (mut taken, mut lost) = (vec![], vec![]);
        for error in errors {
            if self.locate(&error) {
                lost.extend(self.whole_list(&error));
                taken.extend(self.null_entity(&error, &answer.nulls).map(|at| (at, error.error.clone())));
                cause.get_or_insert(error.error);
            } else {
                whole.push(error.error);
            }
        }
        taken.sort_by_key(|(entity, _)| *entity);
        failed.sort_unstable();
        if whole.is_empty() {
            let is_taken = |entity: &(usize, usize)| {
                lost.contains(&entity.0)
                    || failed.binary_search(entity).is_ok()
                    || taken.binary_search_by_key(entity, |(known, _)| *known).is_ok()
            };
            self.answer_nulls(answer.nulls.iter().filter(|entity| !is_taken(entity)));
        }
        taken.into_iter().for_each(|(entity, error)| self.explain_entity(entity, error));
        let mut cause = cause.map(|error| Cause { error: self.arena.new_error(error), is_told: true });
        if let Some(cause) = cause.filter(|_| whole.is_empty() && !is_whole) {
            self.fill_empty(cause.error, false);
        }
        // Errors of the call as a whole stand where it brought nothing, or else at no place.
        for error in whole {
            let error = self.arena.new_error(error);
            let is_told = self.fill_empty(error, true);
            match cause {
                None => cause = Some(Cause { error, is_told }),
                Some(_) if is_told => {}
                Some(_) => self.arena.add_unlocated(error),
            }
        }
        cause
    }

    fn read(&mut self, part: &Part) -> Result<Answer, Broken> {
        let id = self.arena.add_part(part.body.clone());
        let reader = Reader::new(&part.body)?;
        let errors: Vec<ErrorRef> = part.gaps.errors.iter().map(|error| self.arena.new_error(error.clone())).collect();
        let mut deserializer =
            Deserializer::new(&self.plan.shape, self.model, self.arena, reader.clone(), id, self.origin);
        deserializer.gaps = part.gaps.nulls.iter().map(|(end, error)| (*end, errors[*error])).collect();
        if !deserializer.gaps.is_empty() {
            deserializer.keep_apart();
        }
        let answer = read_answer(&mut deserializer, self.plan, self.whom, &part.form)?;
        if answer.errors.is_none() || !deserializer.has_repeats() {
            return Ok(answer);
        }
        deserializer.start_apart(reader);
        read_answer(&mut deserializer, self.plan, self.whom, &part.form)
    }

    fn locate(&mut self, error: &UpstreamError) -> bool {
        let (lists, targets) = match self.whom {
            Whom::Root(_) if error.path.is_empty() => return false,
            Whom::Root(fetch) => return self.locator(error).locate(ObjectId::ROOT, &fetch.selection, &error.path),
            Whom::Entities { lists, targets } => (lists, targets),
        };
        let [PathSegment::Key(key), path @ ..] = &error.path[..] else { return false };
        let Some(list) = lists.iter().position(|list| *list.key == **key) else { return false };
        match path {
            [] => {
                let error = self.arena.new_error(error.error.clone());
                self.fill_objects(targets.of_list(list), error, true)
            }
            [PathSegment::Index(at), path @ ..] if (*at as usize) < targets.count(list) => {
                let plan = self.plan;
                let mut found = false;
                // All of them, though the first may suffice: objects that share an answer have slots of their own.
                for of_fetch in targets.of(list, *at as usize).chunk_by(|a, b| a.fetch == b.fetch) {
                    let mut locator = self.locator(error);
                    for Target { fetch, object } in of_fetch {
                        let selection = &plan.fetch(*fetch).selection;
                        found |= locator.locate(*object, selection, path);
                    }
                }
                found
            }
            [PathSegment::Index(_) | PathSegment::Key(_), ..] => false,
        }
    }

    fn locator<'b>(&'b mut self, error: &'b UpstreamError) -> Locator<'b> {
        Locator { shape: &self.plan.shape, arena: self.arena, error: &error.error, placed: None }
    }

    /// Only connectors know an entity's error by its place, and they have one list.
    fn attach_to(&mut self, at: usize, error: SubgraphError) {
        let Whom::Entities { targets, .. } = self.whom else { return };
        if at < targets.count(0) {
            let error = self.arena.new_error(error);
            for Target { fetch, object } in targets.of(0, at) {
                self.arena.lose_nulls(&self.plan.shape, &self.plan.fetch(*fetch).selection, *object, error);
            }
        }
    }

    /// Entities that are not there, without a word of why.
    fn answer_nulls<'e>(&mut self, nulls: impl Iterator<Item = &'e (usize, usize)>) {
        let Whom::Entities { targets, .. } = self.whom else { return };
        for (list, at) in nulls {
            targets.of(*list, *at).iter().for_each(|target| answer_null(self.arena, self.plan, *target));
        }
    }

    /// The list of entities that an error is about as a whole: those that are null in it are so because of it.
    fn whole_list(&self, error: &UpstreamError) -> Option<usize> {
        let (Whom::Entities { lists, .. }, [PathSegment::Key(key)]) = (&self.whom, &error.path[..]) else {
            return None;
        };
        lists.iter().position(|list| *list.key == **key)
    }

    /// The null entity that an error is in, as list and index.
    fn null_entity(&self, error: &UpstreamError, nulls: &[(usize, usize)]) -> Option<(usize, usize)> {
        let Whom::Entities { lists, .. } = self.whom else { return None };
        let [PathSegment::Key(key), PathSegment::Index(at), ..] = &error.path[..] else { return None };
        let entity = (lists.iter().position(|list| *list.key == **key)?, *at as usize);
        nulls.binary_search(&entity).is_ok().then_some(entity)
    }

    /// An error took the entity with it: what else was asked of it is null for the same reason, which the object tells.
    fn explain_entity(&mut self, (list, at): (usize, usize), error: SubgraphError) {
        let Whom::Entities { targets, .. } = self.whom else { return };
        let error = self.arena.new_error(error);
        for Target { fetch, object } in targets.of(list, at) {
            let selection = &self.plan.fetch(*fetch).selection;
            let ty = self.arena.ty(*object);
            let mut fields = selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty)));
            let slot = |field: &FetchField| self.plan.shape.slots[field.slot.index()].index;
            if fields.any(|field| self.arena.slot(*object, slot(field)) == SlotValue::Absent) {
                self.arena.lose(&self.plan.shape, selection, *object, error);
            }
        }
    }

    /// The call brought nothing.
    fn fail(&mut self, error: SubgraphError) -> Cause {
        let error = self.arena.new_error(error);
        let is_told = match self.whom {
            Whom::Entities { targets, .. } => {
                for Target { fetch, object } in targets.all() {
                    self.arena.lose(&self.plan.shape, &self.plan.fetch(*fetch).selection, *object, error);
                }
                true
            }
            Whom::Root(_) => self.fill_empty(error, true),
        };
        Cause { error, is_told }
    }

    /// Puts the error wherever the call was to bring something and did not; false if there is no such place. Places
    /// that have an error already get this one too only if `join` says so.
    fn fill_empty(&mut self, error: ErrorRef, join: bool) -> bool {
        match self.whom {
            Whom::Root(fetch) => self.fill_root(fetch, error, join),
            Whom::Entities { targets, .. } => self.fill_objects(targets.all(), error, join),
        }
    }

    fn fill_root(&mut self, fetch: &FetchNode, error: ErrorRef, join: bool) -> bool {
        let mut placed = false;
        let ty = self.arena.ty(ObjectId::ROOT);
        for field in &fetch.selection.fields {
            let index = self.plan.shape.slots[field.slot.index()].index;
            let present = self.arena.slot(ObjectId::ROOT, index);
            let empty = match present {
                SlotValue::Absent | SlotValue::Null | SlotValue::Lost(_) => true,
                SlotValue::Error(_) => join,
                SlotValue::Leaf { .. } | SlotValue::Object(_) | SlotValue::List { .. } => false,
            };
            if empty && ty.is_none_or(|ty| field.types.contains(ty)) {
                let error = self.arena.join(error, present);
                self.arena.set_slot(ObjectId::ROOT, index, SlotValue::Error(error));
                placed = true;
            }
        }
        placed
    }

    fn fill_objects(&mut self, targets: &[Target], error: ErrorRef, join: bool) -> bool {
        let mut placed = false;
        for target in targets {
            if self.is_empty(*target) && (join || self.arena.object_errors(target.object).is_none()) {
                let selection = &self.plan.fetch(target.fetch).selection;
                self.arena.lose_nulls(&self.plan.shape, selection, target.object, error);
                placed = true;
            }
        }
        placed
    }

    fn is_empty(&self, Target { fetch, object }: Target) -> bool {
        let ty = self.arena.ty(object);
        let mut fields =
            self.plan.fetch(fetch).selection.fields.iter().filter(|field| ty.is_none_or(|ty| field.types.contains(ty)));
        fields.all(|field| match self.arena.slot(object, self.plan.shape.slots[field.slot.index()].index) {
            SlotValue::Absent | SlotValue::Null | SlotValue::Error(_) | SlotValue::Lost(_) => true,
            SlotValue::Leaf { .. } | SlotValue::Object(_) | SlotValue::List { .. } => false,
        })
    }
}

/// Reads a whole answer.
fn read_answer(
    deserializer: &mut Deserializer<'_>,
    plan: &QueryPlan,
    whom: Whom<'_>,
    form: &PartForm,
) -> Result<Answer, Broken> {
    let mut answer = Answer::default();
    match form {
        PartForm::Data => answer.data = read_bare(deserializer, whom)?,
        PartForm::Own(layout) => {
            deserializer.reader = deserializer.reader.clone().refuse_half_characters();
            answer.data = read_own(deserializer, whom, layout)?;
        }
        PartForm::Entities(places) => {
            answer.data = read_places(deserializer, plan, whom, places, &mut answer.nulls)?;
            return Ok(answer);
        }
        PartForm::GraphQl => {
            if deserializer.reader.peek()? != b'{' {
                return Err(Broken::Shape("it is no GraphQL response".into()));
            }
            deserializer.reader.open(b'{')?;
            let mut first = true;
            let mut known = false;
            while let Some(key) = deserializer.reader.next_key(&mut first)? {
                match &*key.text(&deserializer.reader) {
                    "data" => {
                        known = true;
                        answer.data = read_data(deserializer, plan, whom, &mut answer.nulls)?;
                    }
                    "errors" => {
                        known = true;
                        deserializer.keep_apart();
                        answer.errors = Some(deserializer.reader.skip()?);
                    }
                    _ => {
                        deserializer.reader.skip()?;
                    }
                }
            }
            if !known {
                return Err(Broken::Shape("it has neither data nor errors".into()));
            }
            // Errors may say why a list is not there. Without a word the rest cannot be trusted either.
            if answer.data == Found::Some && answer.errors.is_none() {
                return Err(Broken::Shape("it lacks a list of entities that was asked for".into()));
            }
        }
    }
    deserializer.reader.end()?;
    answer.nulls.sort_unstable();
    Ok(answer)
}
