//! Owns how a plan is shown to people and tools: text, JSON, and mermaid.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::query_plan::{
    CallId, CallNode, ContextSource, FetchContent, FetchEntry, FetchField, FetchNode, FetchSelection, QueryPlan,
    RepresentationField,
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
    /// One paragraph a call: what it waits for, where its objects are, what it hands in and asks.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            out,
            "{}: {} in {}",
            self.plan.kind.keyword(),
            count(self.plan.calls.len(), "call", "calls"),
            count(self.plan.depth(), "step", "steps")
        );
        if let Some(trigger) = &self.plan.trigger {
            let _ = writeln!(out, "\nfor each event of {}\n  ask   {}", self.source(trigger), self.asked(trigger));
        }
        for call in &self.plan.calls {
            self.write_call(call, &mut out);
        }
        out
    }

    fn write_call(&self, call: &CallNode, out: &mut String) {
        let fetches: Vec<&FetchNode> = call.fetches.iter().map(|id| self.plan.fetch(*id)).collect();
        let after = self.after_call(call);
        let source = fetches.first().map(|fetch| self.source(fetch)).unwrap_or_default();
        let _ = writeln!(out, "\n#{} {source}{}", call.id.0, written_after(&after));
        // Fetches that hand in and ask the same are told together.
        let mut told: Vec<(String, String)> = vec![];
        for fetch in fetches {
            let rest = format!("{}  ask   {}\n", self.given(fetch), self.asked(fetch));
            let mut places = String::new();
            if let FetchEntry::Entities { batch, .. } = &fetch.entry {
                let each = if *batch { "" } else { "  (one call each)" };
                let own = self.after(fetch);
                // What goes without waiting for all that the call waits for.
                let own = if own == after { String::new() } else { written_after(&own) };
                places = format!("  at    {}{own}{each}\n", self.path(fetch.position));
            }
            match told.iter_mut().find(|(_, known)| *known == rest) {
                Some((known, _)) => known.push_str(&places),
                None => told.push((places, rest)),
            }
        }
        for (places, rest) in told {
            out.push_str(&places);
            out.push_str(&rest);
        }
    }

    /// What the fetch hands in, a line a type.
    fn given(&self, fetch: &FetchNode) -> String {
        let FetchEntry::Entities { representations, .. } = &fetch.entry else { return String::new() };
        let lines = representations.iter().map(|representation| {
            let mut given = String::new();
            self.write_representation(&representation.fields, &mut given);
            format!("  given {} {given}\n", representation.typename)
        });
        // Types that are looked up by their interface all look the same.
        let mut lines: Vec<String> = lines.collect();
        lines.dedup();
        lines.extend(fetch.contexts.iter().enumerate().map(|(at, value)| {
            let sources: Vec<String> = value.sources.iter().map(|source| self.context_source(source)).collect();
            let (context, sources) = (&value.context, sources.join(", else "));
            format!("  given context {} = {context} of {sources}\n", context_variable(at))
        }));
        lines.concat()
    }

    /// `Product { currency } at products[]`
    fn context_source(&self, source: &ContextSource) -> String {
        // Types that give the same are told together.
        let mut told: Vec<(Vec<&str>, String)> = vec![];
        for ty in source.types.iter() {
            let has = |field: &&RepresentationField| field.types.contains(ty);
            let fields: Vec<RepresentationField> = source.fields.iter().filter(has).cloned().collect();
            let mut given = String::new();
            match fields[..] {
                [] => given.push_str("{ __typename }"),
                _ => self.write_representation(&fields, &mut given),
            }
            let name = self.model.type_name(ty).as_str();
            match told.iter_mut().find(|(_, known)| *known == given) {
                Some((names, _)) => names.push(name),
                None => told.push((vec![name], given)),
            }
        }
        let told: Vec<String> = told.iter().map(|(names, given)| format!("{} {given}", names.join("|"))).collect();
        let path = self.path(source.position);
        let at = if path.is_empty() { "the root" } else { &path };
        format!("{} at {at}", told.join(" or "))
    }

    /// The calls that a fetch waits for.
    fn after(&self, fetch: &FetchNode) -> BTreeSet<CallId> {
        let calls = self.plan.calls.iter();
        calls.filter(|call| call.fetches.iter().any(|id| fetch.depends_on.contains(id))).map(|call| call.id).collect()
    }

    /// The calls that some fetch of a call waits for.
    fn after_call(&self, call: &CallNode) -> BTreeSet<CallId> {
        call.fetches.iter().flat_map(|id| self.after(self.plan.fetch(*id))).collect()
    }

    pub fn json(&self) -> String {
        let fetches: Vec<serde_json::Value> = self.plan.fetches.iter().map(|fetch| self.fetch_json(fetch)).collect();
        let calls: Vec<serde_json::Value> = self.plan.calls.iter().map(|call| self.call_json(call)).collect();
        let plan = serde_json::json!({
            "kind": self.plan.kind.keyword(),
            "depth": self.plan.depth(),
            "trigger": self.plan.trigger.as_ref().map(|fetch| self.fetch_json(fetch)),
            "calls": calls,
            "fetches": fetches,
        });
        format!("{plan:#}\n")
    }

    fn call_json(&self, call: &CallNode) -> serde_json::Value {
        serde_json::json!({
            "id": call.id.0,
            "subgraph": self.model.subgraph(call.subgraph).name,
            "dependsOn": self.after_call(call).iter().map(|id| id.0).collect::<Vec<_>>(),
            "fetches": call.fetches.iter().map(|id| id.0).collect::<Vec<_>>(),
        })
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
            "contexts": fetch.contexts.iter().enumerate().map(|(at, value)| serde_json::json!({
                "variable": context_variable(at),
                "context": value.context,
                "from": value.sources.iter().map(|source| self.context_source(source)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "selection": self.asked(fetch),
        })
    }

    /// A flowchart: a box a call, an arrow a dependency.
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n  client([client])\n");
        for call in &self.plan.calls {
            let fetches = || call.fetches.iter().map(|id| self.plan.fetch(*id));
            let mut lines: Vec<String> = fetches().take(1).map(|fetch| self.source(fetch)).collect();
            lines.extend(fetches().map(|fetch| match &fetch.entry {
                FetchEntry::Root(kind) => kind.keyword().to_owned(),
                FetchEntry::Entities { .. } => self.path(fetch.position),
            }));
            let _ = writeln!(out, "  c{}[\"{}\"]", call.id.0, lines.join("<br/>"));
        }
        for call in &self.plan.calls {
            let after = self.after_call(call);
            if after.is_empty() {
                let _ = writeln!(out, "  client --> c{}", call.id.0);
            }
            for needed in after {
                let _ = writeln!(out, "  c{} --> c{}", needed.0, call.id.0);
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
        let mut arguments: Vec<String> = vec![];
        for (name, value) in field.arguments.iter() {
            let mut argument = format!("{name}: ");
            value.write_graphql(&|id: VariableId| self.operation.variables[id.index()].name.clone(), &mut argument);
            arguments.push(argument);
        }
        arguments.extend(field.contexts.iter().map(|(name, id)| format!("{name}: {}", context_variable(id.index()))));
        if !arguments.is_empty() {
            let _ = write!(out, "({})", arguments.join(", "));
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

/// The variable of a value from a context, as the plan shows it.
fn context_variable(at: usize) -> String {
    format!("$contextualArgument_{at}")
}

/// `, after #0, #1`
fn written_after(calls: &BTreeSet<CallId>) -> String {
    let calls: Vec<String> = calls.iter().map(|id| format!("#{}", id.0)).collect();
    if calls.is_empty() { String::new() } else { format!(", after {}", calls.join(", ")) }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
