//! Owns how a plan is shown to people and tools: text, JSON, and mermaid.

use std::fmt::Write as _;

use super::query_plan::{
    FetchContent, FetchEntry, FetchField, FetchNode, FetchSelection, QueryPlan, RepresentationField,
};
use super::shape::PositionId;
use crate::operation::BoundOperation;
use crate::schema::{Id, Model, TypeId, VariableId};

/// What is needed to give a plan's ids their names.
pub struct Explain<'a> {
    pub model: &'a Model,
    pub operation: &'a BoundOperation,
    pub plan: &'a QueryPlan,
    /// The coordinate of a connector, such as `Query.user`.
    pub connector: &'a dyn Fn(crate::connect::ConnectorId) -> String,
}

impl Explain<'_> {
    /// One paragraph a fetch: what it waits for, where its objects are, what it hands in and asks.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            out,
            "{}: {} in {}",
            self.plan.kind.keyword(),
            count(self.plan.fetches.len(), "fetch", "fetches"),
            count(self.plan.depth(), "step", "steps")
        );
        if let Some(trigger) = &self.plan.trigger {
            let _ = writeln!(out, "\nfor each event of {}\n  ask   {}", self.source(trigger), self.asked(trigger));
        }
        for fetch in &self.plan.fetches {
            let _ = write!(out, "\n#{} {}", fetch.id.0, self.source(fetch));
            if !fetch.depends_on.is_empty() {
                let after: Vec<String> = fetch.depends_on.iter().map(|id| format!("#{}", id.0)).collect();
                let _ = write!(out, ", after {}", after.join(", "));
            }
            out.push('\n');
            if let FetchEntry::Entities { representations, batch } = &fetch.entry {
                let _ = writeln!(
                    out,
                    "  at    {}{}",
                    self.path(fetch.position),
                    if *batch { "" } else { "  (one call each)" }
                );
                let lines = representations.iter().map(|representation| {
                    let mut given = String::new();
                    self.write_representation(&representation.fields, &mut given);
                    format!("  given {} {given}\n", representation.typename)
                });
                // Types that are looked up by their interface all look the same.
                let mut lines: Vec<String> = lines.collect();
                lines.dedup();
                out.push_str(&lines.concat());
            }
            let _ = writeln!(out, "  ask   {}", self.asked(fetch));
        }
        out
    }

    pub fn json(&self) -> String {
        let fetches: Vec<serde_json::Value> = self.plan.fetches.iter().map(|fetch| self.fetch_json(fetch)).collect();
        let plan = serde_json::json!({
            "kind": self.plan.kind.keyword(),
            "depth": self.plan.depth(),
            "trigger": self.plan.trigger.as_ref().map(|fetch| self.fetch_json(fetch)),
            "fetches": fetches,
        });
        format!("{plan:#}\n")
    }

    fn fetch_json(&self, fetch: &FetchNode) -> serde_json::Value {
        let requires = match &fetch.entry {
            FetchEntry::Root(_) => vec![],
            FetchEntry::Entities { representations, .. } => representations
                .iter()
                .map(|representation| {
                    let mut fields = String::new();
                    self.write_representation(&representation.fields, &mut fields);
                    serde_json::json!({ "type": representation.typename.as_str(), "fields": fields })
                })
                .collect(),
        };
        serde_json::json!({
            "id": fetch.id.0,
            "subgraph": self.model.subgraph(fetch.subgraph).name,
            "connector": fetch.connector.map(|id| (self.connector)(id)),
            "dependsOn": fetch.depends_on.iter().map(|id| id.0).collect::<Vec<_>>(),
            "path": self.path(fetch.position),
            "batch": matches!(fetch.entry, FetchEntry::Entities { batch: true, .. }),
            "requires": requires,
            "selection": self.asked(fetch),
        })
    }

    /// A flowchart: a box a fetch, an arrow a dependency.
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n  client([client])\n");
        for fetch in &self.plan.fetches {
            let at = match &fetch.entry {
                FetchEntry::Root(kind) => kind.keyword().to_owned(),
                FetchEntry::Entities { .. } => self.path(fetch.position),
            };
            let _ = writeln!(out, "  f{}[\"{}<br/>{}\"]", fetch.id.0, self.source(fetch), at);
        }
        for fetch in &self.plan.fetches {
            if fetch.depends_on.is_empty() {
                let _ = writeln!(out, "  client --> f{}", fetch.id.0);
            }
            for needed in &fetch.depends_on {
                let _ = writeln!(out, "  f{} --> f{}", needed.0, fetch.id.0);
            }
        }
        out
    }

    fn source(&self, fetch: &FetchNode) -> String {
        let subgraph = &self.model.subgraph(fetch.subgraph).name;
        match fetch.connector {
            Some(connector) => format!("{subgraph} ({})", (self.connector)(connector)),
            None => subgraph.clone(),
        }
    }

    /// Where in the response a position is: field names, with `[]` for lists.
    fn path(&self, position: PositionId) -> String {
        let mut segments = vec![];
        let mut at = position;
        while let Some(slot) = self.plan.shape.positions[at.index()].parent {
            let slot = &self.plan.shape.slots[slot.index()];
            let lists = "[]".repeat(slot.wrapping.lists().into());
            segments.push(format!("{}{lists}", self.model.name(slot.name)));
            at = slot.position;
        }
        segments.reverse();
        segments.join(".")
    }

    fn asked(&self, fetch: &FetchNode) -> String {
        let mut out = String::new();
        self.write_selection(&fetch.selection, &mut out);
        out
    }

    fn write_selection(&self, selection: &FetchSelection, out: &mut String) {
        out.push('{');
        if selection.typename {
            out.push_str(" __typename");
        }
        let mut open: Option<TypeId> = None;
        for field in &selection.fields {
            if field.condition != open {
                if open.is_some() {
                    out.push_str(" }");
                }
                if let Some(ty) = field.condition {
                    let _ = write!(out, " ... on {} {{", self.model.type_name(ty));
                }
                open = field.condition;
            }
            self.write_field(field, out);
        }
        out.push_str(if open.is_some() { " } }" } else { " }" });
    }

    fn write_field(&self, field: &FetchField, out: &mut String) {
        out.push(' ');
        if field.response_name != field.name {
            let _ = write!(out, "{}: ", field.response_name);
        }
        out.push_str(&field.name);
        for (at, (name, value)) in field.arguments.iter().enumerate() {
            let _ = write!(out, "{}{name}: ", if at == 0 { "(" } else { ", " });
            value.write_graphql(&|id: VariableId| self.operation.variables[id.index()].name.clone(), out);
        }
        if !field.arguments.is_empty() {
            out.push(')');
        }
        if let FetchContent::Objects(child) = &field.content {
            out.push(' ');
            self.write_selection(child, out);
        }
    }

    fn write_representation(&self, fields: &[RepresentationField], out: &mut String) {
        out.push('{');
        for field in fields {
            let _ = write!(out, " {}", field.name);
            if !field.fields.is_empty() {
                out.push(' ');
                self.write_representation(&field.fields, out);
            }
        }
        out.push_str(" }");
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
