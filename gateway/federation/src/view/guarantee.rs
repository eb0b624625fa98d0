//! Owns which lists a client sees at the end of a path, and which of its promises that there is no null hold.

use std::ops::Range;

use super::context::Api;
use super::map::ListStep;
use super::resolve::Leg;

/// A reason for a null.
#[derive(Debug)]
pub(super) struct Cause {
    /// Of the client's lists: 0 is the field itself, 1 the items of the outermost.
    pub level: u8,
    /// In the path, where a part of it is to blame.
    pub span: Option<Range<usize>>,
    /// Such as "`Order.user` can be null".
    pub why: String,
    /// What can be done about it, beside what always can.
    pub help: Option<String>,
}

/// What a path gives, as a client sees it.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub lists: u8,
    /// Every null that the supergraph does not rule out.
    pub causes: Vec<Cause>,
}

impl Given {
    pub fn cause_at(&self, level: u8) -> Option<&Cause> {
        self.causes.iter().find(|cause| cause.level == level)
    }
}

pub(super) fn given(api: Api<'_>, legs: &[Leg<'_>]) -> Given {
    let mut given = Given::default();
    // All `[]` are one list to the client.
    let mut is_open = false;
    for (at, leg) in legs.iter().enumerate() {
        let def = api.model.field(leg.field);
        let coordinate = api.model.coordinate(leg.field);
        let name = &leg.segment.name;
        let mut wrapping = def.wrapping;
        let mut is_item = false;
        let mut note = |level: u8, why: String, span: &Range<usize>| {
            given.causes.push(Cause { level, span: Some(span.clone()), why, help: None });
        };
        let can_be_null = |is_item: bool| match is_item {
            false => format!("`{coordinate}` can be null"),
            true => format!("an item of `{coordinate}` can be null"),
        };
        for (step, span) in &leg.segment.lists {
            if !wrapping.is_non_null() {
                note(is_open.into(), can_be_null(is_item), &name.span);
            }
            match step {
                ListStep::Each => is_open = true,
                ListStep::At(index) => {
                    let why = match index {
                        0 => format!("`{coordinate}` can be empty"),
                        1 => format!("`{coordinate}` can have only one item"),
                        index => format!("`{coordinate}` can have only {index} items"),
                    };
                    note(is_open.into(), why, span);
                }
            }
            wrapping = wrapping.item();
            is_item = true;
        }
        let mut level = u8::from(is_open);
        loop {
            if !wrapping.is_non_null() {
                note(level, can_be_null(is_item), &name.span);
            }
            if !wrapping.is_list() {
                break;
            }
            wrapping = wrapping.item();
            is_item = true;
            level += 1;
        }
        if let (Some(ty), Some(word)) = (leg.narrow, &leg.segment.narrow)
            && !api.model.ty(def.base).possible.is_subset(&api.model.ty(ty).possible)
        {
            note(level, format!("`{coordinate}` can be other than `{}`", word.text), &word.span);
        }
        if at + 1 == legs.len() {
            given.lists = level;
        }
    }
    given
}
