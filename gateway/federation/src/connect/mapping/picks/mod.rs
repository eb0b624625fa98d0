//! Owns mappings that only pick and rename, which most do: they are run over the text of an answer in one pass, and no tree
//! is made of it.
//!
//! What [`Picks::write`] writes is, byte for byte, the JSON of what [`eval`](super::eval) yields. It is another way to run a
//! part of the language and no other meaning: the keys of lists are those of their items, nulls stay, what is missing is
//! left out. Whoever reads an answer by them without making JSON of it ([`Picks::root`]) has to keep to that too.

mod write;

use super::ast::{Expression, ExpressionKind, Path, Root, Selection, SelectionBody, SelectionSet, StepKind};
use super::json::{write as write_json, write_string};
use super::tree::FieldTree;
use super::value::Value;

pub use write::PickError;

/// A mapping that only picks and renames.
#[derive(Debug, Clone, PartialEq)]
pub struct Picks {
    root: Walk,
}

/// Keys to follow, and what to do where they lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    pub keys: Vec<String>,
    pub end: End,
}

#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The value as it is.
    Copy,
    Braces(Braces),
}

/// Members to make of an object's fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Braces {
    /// The fields that are looked at, each once.
    pub sources: Vec<String>,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub name: String,
    /// The name as JSON, with the colon.
    key: Vec<u8>,
    pub value: Pick,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// What is found from one of the object's fields on.
    Source {
        /// Which of [`Braces::sources`] it is.
        slot: usize,
        walk: Walk,
    },
    /// `user: { id: userId }`: an object of the same object's fields.
    Object(Vec<Member>),
    /// `__typename: $('User')`: JSON that no field has a part in.
    Constant(Vec<u8>),
}

impl Picks {
    /// `None` for a mapping that does more, and for one whose values would hold more than is wanted of them.
    pub fn of(selection: &Selection, wanted: &FieldTree) -> Option<Self> {
        let root = match &selection.body {
            SelectionBody::Object(set) => Walk { keys: vec![], end: End::Braces(braces(set, wanted)?) },
            SelectionBody::Value(Expression { kind: ExpressionKind::Path(path), .. }) => {
                walk(path, keys(path)?, wanted)?
            }
            SelectionBody::Value(_) => return None,
        };
        Some(Self { root })
    }

    /// What is picked of an answer.
    pub fn root(&self) -> &Walk {
        &self.root
    }
}

/// The keys of a path of keys alone.
fn keys(path: &Path) -> Option<Vec<String>> {
    match path.root {
        Root::Implicit | Root::Dollar | Root::At => {}
        Root::Variable(_) | Root::Parenthesized(_) => return None,
    }
    let key = |kind: &StepKind| match kind {
        // Such a key is written otherwise in JSON.
        StepKind::Key(key) if !key.contains(['\\', '"']) && !key.contains(char::is_control) => Some(key.clone()),
        StepKind::Key(_) | StepKind::Method { .. } | StepKind::Optional => None,
    };
    path.steps.iter().map(|step| key(&step.kind)).collect()
}

fn walk(path: &Path, keys: Vec<String>, wanted: &FieldTree) -> Option<Walk> {
    let end = match &path.selection {
        Some(set) => End::Braces(braces(set, wanted)?),
        None if wanted.is_whole() => End::Copy,
        None => return None,
    };
    Some(Walk { keys, end })
}

fn braces(set: &SelectionSet, wanted: &FieldTree) -> Option<Braces> {
    let mut sources = vec![];
    let members = members(set, wanted, &mut sources)?;
    Some(Braces { sources, members })
}

fn members(set: &SelectionSet, wanted: &FieldTree, sources: &mut Vec<String>) -> Option<Vec<Member>> {
    let whole = FieldTree::whole();
    set.fields
        .iter()
        .map(|field| {
            let name = field.name.as_ref()?;
            let mut key = vec![];
            write_string(&name.text, &mut key);
            key.push(b':');
            let value = pick(&field.value, wanted.get(&name.text).unwrap_or(&whole), sources)?;
            Some(Member { name: name.text.clone(), key, value })
        })
        .collect()
}

fn pick(expression: &Expression, wanted: &FieldTree, sources: &mut Vec<String>) -> Option<Pick> {
    match &expression.kind {
        ExpressionKind::Object(set) => members(set, wanted, sources).map(Pick::Object),
        ExpressionKind::Path(Path { root: Root::Parenthesized(inner), steps, selection: None }) if steps.is_empty() => {
            constant(&inner.kind)
        }
        ExpressionKind::Path(path) => {
            let mut rest = keys(path)?.into_iter();
            let first = rest.next()?;
            let slot = sources.iter().position(|known| *known == first).unwrap_or_else(|| {
                sources.push(first);
                sources.len() - 1
            });
            Some(Pick::Source { slot, walk: walk(path, rest.collect(), wanted)? })
        }
        literal @ (ExpressionKind::Null
        | ExpressionKind::Bool(_)
        | ExpressionKind::Number(_)
        | ExpressionKind::String(_)) => constant(literal),
        ExpressionKind::List(_) | ExpressionKind::Coalesce { .. } => None,
    }
}

fn constant(literal: &ExpressionKind) -> Option<Pick> {
    let value = match literal {
        ExpressionKind::Null => Value::Null,
        ExpressionKind::Bool(truth) => Value::Bool(*truth),
        ExpressionKind::Number(token) => Value::Number(token.into()),
        ExpressionKind::String(text) => Value::string(text),
        ExpressionKind::List(_)
        | ExpressionKind::Object(_)
        | ExpressionKind::Path(_)
        | ExpressionKind::Coalesce { .. } => return None,
    };
    let mut json = vec![];
    write_json(&value, &mut json);
    Some(Pick::Constant(json))
}
