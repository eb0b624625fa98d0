//! Owns the list of errors of a response while it is written: paths, and the cap on their number.

use std::borrow::Cow;
use std::ops::Range;

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
    /// How many enclosing fields have fallbacks, which want to know what went wrong in them.
    watched: usize,
    /// What nulls have been caused by while a field was watched, as far as it may have become null by it.
    causes: Vec<Code>,
    /// Where fallbacks stand in for errors: how long the answer was before each, and the item of the list, as JSON.
    degraded: Vec<(usize, String)>,
}

/// What is known of an error while a field is watched.
#[derive(Debug)]
pub struct Code {
    pub text: Cow<'static, str>,
    /// Whether it says that the one who asks may not see the value. Nothing stands in for that.
    pub refuses: bool,
}

impl Code {
    pub fn of(error: &SubgraphError) -> Self {
        Self { text: error.code.clone(), refuses: error.refuses() }
    }
}

/// A state of a report, to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    json: usize,
    count: usize,
    causes: usize,
    degraded: usize,
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

    /// In how many places a fallback stands in for an error.
    pub fn degraded_count(&self) -> usize {
        self.degraded.len()
    }

    /// Begins to watch what goes wrong.
    pub fn watch(&mut self) -> Mark {
        self.watched += 1;
        Mark { json: self.json.len(), count: self.count, causes: self.causes.len(), degraded: self.degraded.len() }
    }

    /// Ends what [`Self::watch`] began.
    pub fn unwatch(&mut self) {
        self.watched = self.watched.saturating_sub(1);
        if self.watched == 0 {
            self.causes.clear();
        }
    }

    /// What has been the cause of a null since then.
    pub fn causes_since(&self, mark: &Mark) -> &[Code] {
        self.causes.get(mark.causes..).unwrap_or_default()
    }

    /// How many causes of nulls are known.
    pub fn causes(&self) -> usize {
        self.causes.len()
    }

    /// Forgets the causes of nulls that stay where they are, while something beside them takes all with it.
    pub fn forget_causes(&mut self, causes: Range<usize>) {
        self.causes.drain(causes);
    }

    /// Notes why something is null here, of which the error is told elsewhere.
    pub fn note_cause(&mut self, error: &SubgraphError) {
        if self.watched > 0 {
            self.causes.push(Code::of(error));
        }
    }

    /// Whether an error was told since then.
    pub fn has_told_since(&self, mark: &Mark) -> bool {
        self.count > mark.count
    }

    /// Notes that a fallback stands in, behind the answer's first `at` bytes, for the errors since then. They are told no
    /// more, unless they are to be kept or there is no room to say that something is degraded. Gives whether they are told.
    pub fn degrade(&mut self, at: usize, mark: &Mark, code: &str, keep_errors: bool) -> bool {
        // Of what stood below, nothing is left.
        self.degraded.truncate(mark.degraded);
        self.causes.truncate(mark.causes);
        let is_full = self.degraded.len() >= MAX_ERRORS;
        if !is_full {
            let mut json = format!("{{\"path\":[{}],\"code\":", self.path_json());
            write_json_string(code, &mut json);
            json.push('}');
            self.degraded.push((at, json));
        }
        let tells = keep_errors || is_full;
        if !tells {
            self.json.truncate(mark.json);
            self.count = mark.count;
        }
        tells
    }

    /// Forgets what stood behind the answer's first `at` bytes, which are all that is left of it.
    pub fn cut(&mut self, at: usize) {
        while self.degraded.last().is_some_and(|(behind, _)| *behind >= at) {
            self.degraded.pop();
        }
    }

    /// Reports an error at the current path, wherever it arose. Something is null because of it.
    pub fn add_here(&mut self, error: &SubgraphError) {
        self.note_cause(error);
        self.tell_here(error);
    }

    /// Reports an error at the current path; it is for others to say what is null because of it.
    pub fn tell_here(&mut self, error: &SubgraphError) {
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

    /// The items of both lists as JSON, the errors and the places that are degraded; empty if there are none.
    pub fn finish(mut self) -> (String, String) {
        if self.count > MAX_ERRORS {
            let more = self.count - MAX_ERRORS;
            let message = format!("{more} more errors are not shown.");
            self.write(&SubgraphError::internal(message), None);
        }
        let degraded: Vec<String> = self.degraded.into_iter().map(|(_, json)| json).collect();
        (self.json, degraded.join(","))
    }
}

/// The client's first key for a slot, and the projection below it.
fn key_of(shape: &Shape, projection: ProjectionId, slot: SlotId) -> Option<(&str, Option<ProjectionId>)> {
    let classes = &shape.projections[projection.index()].classes;
    let mut fields = classes.iter().flat_map(|class| &class.fields);
    // Below a path of a view the client's places are others.
    let is_plain =
        |source: &ProjectionSource| matches!(source, ProjectionSource::Leaf(_) | ProjectionSource::Objects(..));
    let field = fields.find(|field| field.source.slot() == Some(slot) && is_plain(&field.source))?;
    Some((&field.key, field.source.below()))
}
