//! Owns the routes of a client: which one a request is for, and which would be for the same request.

use std::cmp::Ordering;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::{RestMethod, Route, Segment};
use crate::operations::SavedOperation;

/// The operations that have a route, the most specific first.
#[derive(Debug, Default)]
pub struct Routes(Vec<Arc<SavedOperation>>);

/// What is at an address.
#[derive(Debug)]
pub enum Found<'a> {
    Operation {
        operation: &'a Arc<SavedOperation>,
        route: &'a Route,
        /// The path's parameters by their names, decoded.
        parameters: Vec<(&'a str, String)>,
    },
    /// The address takes these methods alone.
    Methods(Vec<RestMethod>),
    Nothing,
}

impl Routes {
    pub fn new<'a>(operations: impl Iterator<Item = &'a Arc<SavedOperation>>) -> Self {
        let mut routes: Vec<Arc<SavedOperation>> =
            operations.filter(|operation| operation.route.is_some()).map(Arc::clone).collect();
        let path = |operation: &Arc<SavedOperation>| operation.route.as_ref().map(|route| route.path.clone());
        routes.sort_by(|one, other| specific_first(&path(one).unwrap_or_default(), &path(other).unwrap_or_default()));
        Self(routes)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Arc<SavedOperation>, &Route)> {
        self.0.iter().filter_map(|operation| Some((operation, operation.route.as_ref()?)))
    }

    /// The route of a request: the most specific one for its method. The path comes as it was sent.
    pub fn find(&self, method: Option<RestMethod>, path: &str) -> Found<'_> {
        let Some(segments) = segments(path) else { return Found::Nothing };
        let mut methods = vec![];
        for (operation, route) in self.iter() {
            let Some(parameters) = matches(&route.path, &segments) else { continue };
            if Some(route.method) == method {
                return Found::Operation { operation, route, parameters };
            }
            methods.push(route.method);
        }
        methods.sort();
        methods.dedup();
        if methods.is_empty() { Found::Nothing } else { Found::Methods(methods) }
    }
}

/// The segments of a path, decoded. `None` for what is no path of UTF-8.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into)).collect()
}

fn matches<'a>(template: &'a [Segment], segments: &[String]) -> Option<Vec<(&'a str, String)>> {
    if template.len() != segments.len() {
        return None;
    }
    let mut parameters = vec![];
    for (expected, segment) in template.iter().zip(segments) {
        match expected {
            Segment::Literal(literal) if **literal == **segment => {}
            Segment::Parameter(name) if !segment.is_empty() => parameters.push((&**name, segment.clone())),
            Segment::Literal(_) | Segment::Parameter(_) => return None,
        }
    }
    Some(parameters)
}

/// Whether the same requests come to both, as far as paths say it: names of parameters make no difference.
pub fn is_same(one: &[Segment], other: &[Segment]) -> bool {
    specific_first(one, other) == Ordering::Equal
}

/// From the left, a literal goes before a parameter.
fn specific_first(one: &[Segment], other: &[Segment]) -> Ordering {
    let by_segment = one.iter().zip(other).map(|pair| match pair {
        (Segment::Literal(one), Segment::Literal(other)) => one.cmp(other),
        (Segment::Literal(_), Segment::Parameter(_)) => Ordering::Less,
        (Segment::Parameter(_), Segment::Literal(_)) => Ordering::Greater,
        (Segment::Parameter(_), Segment::Parameter(_)) => Ordering::Equal,
    });
    one.len().cmp(&other.len()).then_with(|| by_segment.fold(Ordering::Equal, Ordering::then))
}
