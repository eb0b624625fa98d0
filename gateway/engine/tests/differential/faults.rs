//! Owns what goes wrong in a case: fields that fail wherever they are asked, and subgraphs that fail as a whole.

use super::authorization::Refused;
use super::data::Object;
use super::rng::{Rng, hash};
use super::schema::{ContextArg, Home, Role, Sel, Source, Sub, World};

#[derive(Debug, Clone, Default)]
pub struct Faults {
    pub fields: Vec<FieldFault>,
    /// Subgraphs check their own answers, so that a null takes what holds it with it; otherwise they send what is wrong
    /// as it is.
    pub strict: bool,
    /// Whether a field fails that others are computed from: what that takes with it depends on the plan.
    pub spreads: bool,
    pub subgraphs: Vec<(Sub, SubgraphFault)>,
    /// What is no fault, but refused to the one who asks.
    pub refused: Refused,
    /// Subgraphs never let a null take what holds it with it, even if no field of theirs fails: what is wrong may be an argument.
    pub lax: bool,
    /// Every error says that whoever asks may not see what it is about.
    pub refuses: bool,
}

#[derive(Debug, Clone)]
pub struct FieldFault {
    pub object: String,
    pub field: String,
    pub kind: FieldFaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFaultKind {
    /// An error with a path, and null.
    Error,
    /// Null, without a word.
    Null,
    /// A value of another type.
    Wrong,
    /// An error that says that whoever asks may not see the value.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubgraphFault {
    Unreachable,
    /// Some calls do not get through.
    Flaky,
    /// A status without an answer.
    Status,
    /// A status, and an answer all the same.
    StatusAndData,
    NoJson,
    /// JSON, but no response.
    NoResponse,
    NoData,
    /// Some entities are null.
    LostEntities,
    /// Some entities are null, with errors that say so.
    FailedEntities,
    /// Some entities are null because of one of their fields.
    FailedFields,
    /// One entity less than asked.
    ShortList,
    /// One more.
    LongList,
    /// Entities of different types change places, where the answer tells their types.
    Mixed,
    /// The call ends after its data with an error of no place.
    Unlocated,
}

impl SubgraphFault {
    const ALL: [Self; 14] = [
        Self::Unreachable,
        Self::Flaky,
        Self::Status,
        Self::StatusAndData,
        Self::NoJson,
        Self::NoResponse,
        Self::NoData,
        Self::LostEntities,
        Self::FailedEntities,
        Self::FailedFields,
        Self::ShortList,
        Self::LongList,
        Self::Mixed,
        Self::Unlocated,
    ];

    /// Whether some entities are null while others are there.
    pub fn takes_entities(self) -> bool {
        matches!(self, Self::LostEntities | Self::FailedEntities | Self::FailedFields)
    }
}

impl Faults {
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the naive executor can tell the answer to the last null.
    pub fn are_exact(&self) -> bool {
        self.subgraphs.is_empty() && (self.fields.is_empty() || !self.strict) && !self.spreads
    }

    /// Whether something is lost without a word, or may be: what is computed from it does not depend on it then.
    pub fn lose_silently(&self) -> bool {
        self.spreads
            // Where subgraphs check their answers, a field takes others with it.
            || (self.strict && !self.fields.is_empty())
            || self.subgraphs.iter().any(|(_, fault)| fault.takes_entities())
    }

    pub fn is_empty(&self) -> bool {
        self.subgraphs.is_empty() && self.fields.is_empty()
    }

    pub fn withholds(&self, object: Object<'_>, field: &str) -> bool {
        let refused = &self.refused.fields;
        !refused.is_empty() && refused.contains(&(object.def.name.clone(), field.to_owned()))
    }

    /// The fault of a field of an object, if it has one: some objects are spared.
    pub fn of(&self, world: &World, object: Object<'_>, field: &str) -> Option<FieldFaultKind> {
        let mut faults = self.fields.iter();
        let fault = faults.find(|fault| fault.object == object.def.name && fault.field == field)?;
        let spared = hash(world.seed, &["fault", field, &object.id.to_string()]).is_multiple_of(3);
        (!spared).then_some(fault.kind)
    }

    pub fn of_subgraph(&self, sub: Sub) -> Option<SubgraphFault> {
        self.subgraphs.iter().find(|(faulty, _)| *faulty == sub).map(|(_, fault)| *fault)
    }

    /// Coordinates of fields with values of another type.
    pub fn wild(&self) -> Vec<String> {
        let wrong = self.fields.iter().filter(|fault| fault.kind == FieldFaultKind::Wrong);
        wrong.map(|fault| format!("{}.{}", fault.object, fault.field)).collect()
    }
}

/// Faults of a case; most cases have none.
pub fn faults(rng: &mut Rng, world: &World) -> Faults {
    match rng.below(10) {
        0..5 => Faults::none(),
        5..8 => field_faults(rng, world),
        _ => subgraph_faults(rng, world),
    }
}

pub fn field_faults(rng: &mut Rng, world: &World) -> Faults {
    let mut fields = vec![];
    let mut spreads = false;
    let may_spread = rng.chance(30);
    for object in &world.objects {
        for field in &object.fields {
            let is_leaf = !world.is_composite(&field.base) && field.contributed.is_none();
            let is_needed = is_needed(world, &field.name);
            if field.source != Source::Random || (is_needed && !may_spread) || !rng.chance(20) {
                continue;
            }
            spreads |= is_needed;
            let kind = match rng.below(3) {
                0 => FieldFaultKind::Error,
                1 if is_leaf && field.non_null.len() == 1 && field.base != "Blob" => FieldFaultKind::Wrong,
                _ => FieldFaultKind::Null,
            };
            fields.push(FieldFault { object: object.name.clone(), field: field.name.clone(), kind });
        }
    }
    Faults { fields, strict: rng.chance(35), spreads, ..Faults::none() }
}

/// Faults of which every one is a refusal: fields that take what holds them with them, entities, whole calls.
pub fn refusals(rng: &mut Rng, world: &World) -> Faults {
    let mut faults = if rng.chance(30) {
        let fields = field_faults(rng, world).fields;
        let refused = |fault| FieldFault { kind: FieldFaultKind::Refused, ..fault };
        Faults { fields: fields.into_iter().map(refused).collect(), strict: true, spreads: true, ..Faults::none() }
    } else {
        let kinds = [SubgraphFault::NoData, SubgraphFault::FailedEntities, SubgraphFault::FailedFields];
        let subs: Vec<Sub> = (0..world.subgraphs).collect();
        let faulty = rng.some(&subs, 40);
        let subgraphs = faulty.into_iter().map(|sub| (sub, kinds[rng.below(kinds.len())])).collect();
        Faults { strict: true, subgraphs, ..Faults::none() }
    };
    faults.refuses = true;
    faults
}

/// Whether some field is computed from one of this name.
fn is_needed(world: &World, name: &str) -> bool {
    fn selects(set: &[Sel], name: &str) -> bool {
        set.iter().any(|sel| match sel {
            Sel::Field { name: field, below, .. } => field == name || selects(below, name),
            Sel::On { below, .. } => selects(below, name),
        })
    }
    let mut fields = world.objects.iter().flat_map(|object| &object.fields);
    fields.any(|field| {
        let required = |home: &Home| matches!(&home.role, Role::Requires(set) if selects(set, name));
        let taken = |arg: &ContextArg| arg.setters.values().any(|set| selects(set, name));
        field.homes.values().any(required) || field.contexts.iter().any(taken)
    })
}

fn subgraph_faults(rng: &mut Rng, world: &World) -> Faults {
    let subs: Vec<Sub> = (0..world.subgraphs).collect();
    let mut faulty = rng.some(&subs, 30);
    if faulty.is_empty() {
        faulty.push(rng.below(subs.len()));
    }
    let subgraphs =
        faulty.into_iter().map(|sub| (sub, SubgraphFault::ALL[rng.below(SubgraphFault::ALL.len())])).collect();
    Faults { strict: true, subgraphs, ..Faults::none() }
}
