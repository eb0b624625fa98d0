//! Owns the list of errors of a response while it is written: paths, and the cap on their number.

use weft_federation::plan::{ProjectionId, ProjectionSource, Shape, SlotId};
use weft_federation::schema::{Id, write_json_string};

use crate::execute::{RestSegment, SubgraphError, write_client_error};

/// A response with more errors than this says how many more there were.
const MAX_ERRORS: usize = 100;

/// A step of the path that projection is at.
#[derive(Debug, Clone, Copy)]
pub enum Segment<'a> {
    Key(&'a str),
    Index(u32),
}

/// The errors reported so far.
#[derive(Debug, Default)]
pub struct Report<'a> {
    pub path: Vec<Segment<'a>>,
    json: String,
    count: usize,
}

impl<'a> Report<'a> {
    /// How many errors were reported, those past the cap too.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Reports an error at the current path; `below` is the projection that is there, if objects are.
    pub fn add(&mut self, error: &SubgraphError, shape: &'a Shape, below: Option<ProjectionId>) {
        let depth = self.path.len();
        self.descend(&error.rest, shape, below);
        self.add_here(error);
        self.path.truncate(depth);
    }

    /// Reports an error at the current path, wherever it arose.
    pub fn add_here(&mut self, error: &SubgraphError) {
        self.count += 1;
        if self.count <= MAX_ERRORS {
            let path = self.path_json();
            self.write(error, Some(&path));
        }
    }

    /// Reports an error that belongs to no place.
    pub fn add_unlocated(&mut self, error: &SubgraphError) {
        self.count += 1;
        if self.count <= MAX_ERRORS {
            self.write(error, None);
        }
    }

    fn write(&mut self, error: &SubgraphError, path: Option<&str>) {
        if !self.json.is_empty() {
            self.json.push(',');
        }
        write_client_error(error, path, &mut self.json);
    }

    /// Goes on below the place as far as the client has keys for what is there.
    fn descend(&mut self, rest: &[RestSegment], shape: &'a Shape, mut below: Option<ProjectionId>) {
        for segment in rest {
            match *segment {
                RestSegment::Index(index) => self.path.push(Segment::Index(index)),
                RestSegment::Slot(slot) => {
                    let Some((key, next)) = below.and_then(|projection| key_of(shape, projection, slot)) else {
                        return;
                    };
                    self.path.push(Segment::Key(key));
                    below = next;
                }
            }
        }
    }

    fn path_json(&self) -> String {
        let mut json = String::new();
        for segment in &self.path {
            if !json.is_empty() {
                json.push(',');
            }
            match segment {
                Segment::Key(key) => write_json_string(key, &mut json),
                Segment::Index(index) => json.push_str(&index.to_string()),
            }
        }
        json
    }

    /// The list's items as JSON; empty if there are none.
    pub fn finish(mut self) -> String {
        if self.count > MAX_ERRORS {
            let more = self.count - MAX_ERRORS;
            let message = format!("{more} more errors are not shown.");
            self.write(&SubgraphError::internal(message), None);
        }
        self.json
    }
}

/// The client's first key for a slot, and the projection below it.
fn key_of(shape: &Shape, projection: ProjectionId, slot: SlotId) -> Option<(&str, Option<ProjectionId>)> {
    let classes = &shape.projections[projection.index()].classes;
    classes.iter().flat_map(|class| &class.fields).find_map(|field| match &field.source {
        ProjectionSource::Leaf(source) if *source == slot => Some((&*field.key as &str, None)),
        ProjectionSource::Objects(source, below) if *source == slot => Some((&*field.key as &str, Some(*below))),
        ProjectionSource::Leaf(_)
        | ProjectionSource::Objects(..)
        | ProjectionSource::Typename(_)
        | ProjectionSource::Introspection
        | ProjectionSource::Unshared => None,
    })
}
