//! Owns what connectors add to the planner graph: nodes that hold what a selection gives, and lookups
//! that say what it takes.

use super::graph::PlannerGraph;
use crate::connect::Connectors;
use crate::schema::Model;

pub(super) fn add(_model: &Model, _connectors: &Connectors, _graph: &mut PlannerGraph) {}
