//! Owns progressive overrides as they are served: which labels are active for a request, and a planner for each set.
//!
//! A label is active as the configuration says. One that it does not name and that is `percent(n)` is active for n of a
//! hundred requests; any other never. Each request throws once for all of them, so that a label is active wherever a rarer
//! one is: there are only as many sets as labels, and one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moka::sync::Cache;
use weft_federation::operation::{BoundOperation, LabelId, OverrideLabels};
use weft_federation::plan::Planner;
use weft_federation::schema::Model;

/// A planner has a graph of its own, as large as the supergraph. One more than these takes the place of one that is
/// not used much.
const MAX_PLANNERS: u64 = 16;

/// Labels in order, each once.
pub type Labels = Box<[LabelId]>;

/// The labels that are active for a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActiveLabels {
    /// Of all that the supergraph has; none where none matters.
    all: Labels,
    /// Those of them that the operation's plan can depend on.
    pub met: Labels,
}

pub struct Overrides {
    labels: OverrideLabels,
    /// Of how many requests in a hundred each label is active; those that never are, are left out.
    shares: Vec<(LabelId, f64)>,
    /// Plans with no label active.
    planner: Arc<Planner>,
    planners: Cache<Labels, Arc<Planner>>,
}

impl Overrides {
    /// `planner` is one with no label active; `configured` says of labels whether they always are, or never.
    pub fn new(model: &Arc<Model>, planner: Planner, configured: &BTreeMap<String, bool>) -> Self {
        let labels = OverrideLabels::new(model);
        let share = |name: &str| match configured.get(name) {
            Some(true) => Some(100.0),
            Some(false) => None,
            None => percent(name),
        };
        let shares = labels.iter().filter_map(|(id, name)| Some((id, share(name)?))).collect();
        Self { labels, shares, planner: Arc::new(planner), planners: Cache::new(MAX_PLANNERS) }
    }

    /// The labels on which the plans of an operation can depend.
    pub fn met_by(&self, operation: &BoundOperation) -> Labels {
        let served = |id: &LabelId| self.shares.iter().any(|(known, _)| known == id);
        self.labels.met_by(operation).into_iter().filter(served).collect()
    }

    /// Decides for one request on an operation that meets these labels.
    pub fn decide(&self, met: &Labels) -> ActiveLabels {
        if met.is_empty() { ActiveLabels::default() } else { self.decide_by(met, fastrand::f64() * 100.0) }
    }

    /// `thrown` is at least 0 and below 100.
    fn decide_by(&self, met: &Labels, thrown: f64) -> ActiveLabels {
        let all: Labels = self.shares.iter().filter(|(_, share)| thrown < *share).map(|(id, _)| *id).collect();
        let met: Labels = met.iter().filter(|id| all.contains(id)).copied().collect();
        if met.is_empty() { ActiveLabels::default() } else { ActiveLabels { all, met } }
    }

    /// The planner for which these labels are active. Building one takes a while; others who need it wait.
    pub fn planner(&self, active: &ActiveLabels) -> Arc<Planner> {
        if active.all.is_empty() {
            return Arc::clone(&self.planner);
        }
        self.planners.get_with_by_ref(&active.all, || {
            let names: BTreeSet<&str> = active.all.iter().map(|id| self.labels.name(*id)).collect();
            Arc::new(self.planner.relabelled(&names))
        })
    }
}

/// The n of `percent(n)`.
fn percent(label: &str) -> Option<f64> {
    let share: f64 = label.strip_prefix("percent(")?.strip_suffix(')')?.parse().ok()?;
    (share > 0.0 && share <= 100.0).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_federation::compose::{NoConnectors, compose, prove};
    use weft_federation::diagnostics::Source;
    use weft_federation::operation::{bind, parse};
    use weft_federation::schema::Supergraph;
    use weft_federation::schema::subgraph::SubgraphInput;
    use weft_federation::view::ClientSchema;

    const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.7",
        import: ["@key", "@override", "@external", "@requires"]) "#;
    const A: &str = r#"type Query { t: T i: I }
        interface I { rare: Int }
        type T implements I @key(fields: "id") { id: ID! rare: Int often: Int always: Int never: Int beta: Int }"#;
    const B: &str = r#"type T @key(fields: "id") { id: ID!
        rare: Int @override(from: "a", label: "percent(10)")
        often: Int @override(from: "a", label: "percent(50.5)")
        always: Int @override(from: "a", label: "percent(100)")
        never: Int @override(from: "a", label: "percent(0)")
        beta: Int @override(from: "a", label: "beta") }"#;

    fn overrides(a: &str, b: &str, configured: &[(&str, bool)]) -> (Overrides, ClientSchema) {
        let input = |name: &str, sdl: &str| SubgraphInput {
            name: name.to_owned(),
            url: format!("http://{name}.invalid"),
            source: Source::new(name, format!("{LINK}{sdl}")),
        };
        let composed = compose(vec![input("a", a), input("b", b)], &mut NoConnectors);
        let sdl = composed.supergraph.unwrap_or_else(|| panic!("{:?}", composed.diagnostics));
        let supergraph = Supergraph::load(&Source::new("supergraph", sdl)).expect("what weft composed loads");
        let (supergraph, _) = prove(supergraph);
        let configured = configured.iter().map(|(label, active)| ((*label).to_owned(), *active)).collect();
        let overrides = Overrides::new(&supergraph.model, Planner::new(&supergraph), &configured);
        (overrides, ClientSchema::identity(&supergraph))
    }

    fn bound(client: &ClientSchema, operation: &str) -> BoundOperation {
        bind(client, parse(client, operation, None).expect("a valid operation"))
            .expect("an operation of the supergraph")
    }

    #[test]
    fn the_share_of_a_label_decides_and_only_labels_that_are_met_count() {
        let (overrides, client) = overrides(A, B, &[]);
        let cases: [(&str, f64, &[&str]); 12] = [
            ("{ t { rare often always never beta } }", 0.0, &["percent(10)", "percent(100)", "percent(50.5)"]),
            ("{ t { rare often always never beta } }", 9.99, &["percent(10)", "percent(100)", "percent(50.5)"]),
            ("{ t { rare often always never beta } }", 10.0, &["percent(100)", "percent(50.5)"]),
            ("{ t { rare often always never beta } }", 50.5, &["percent(100)"]),
            ("{ t { rare often always never beta } }", 99.99, &["percent(100)"]),
            ("{ t { never beta } }", 0.0, &[]),
            ("{ t { id } }", 0.0, &[]),
            ("{ t { rare } }", 0.0, &["percent(10)"]),
            ("{ t { rare } }", 10.0, &[]),
            // Through an interface, a fragment, and a field that is asked under another name.
            ("{ i { rare } }", 0.0, &["percent(10)"]),
            ("{ i { ...F } } fragment F on T { often }", 0.0, &["percent(50.5)"]),
            ("{ t { never: always } }", 99.99, &["percent(100)"]),
        ];
        for (operation, thrown, expected) in cases {
            let met = overrides.met_by(&bound(&client, operation));
            let active = overrides.decide_by(&met, thrown);
            let names: Vec<&str> = active.met.iter().map(|id| overrides.labels.name(*id)).collect();
            assert_eq!(names, expected, "{operation} at {thrown}");
        }
    }

    #[test]
    fn the_configuration_has_the_last_word() {
        let (overrides, client) = overrides(A, B, &[("beta", true), ("percent(100)", false), ("percent(10)", true)]);
        let met = overrides.met_by(&bound(&client, "{ t { rare often always never beta } }"));
        let active = overrides.decide_by(&met, 99.99);
        let names: Vec<&str> = active.met.iter().map(|id| overrides.labels.name(*id)).collect();
        assert_eq!(names, ["beta", "percent(10)"]);
    }

    #[test]
    fn what_is_required_or_a_key_is_met_by_all() {
        let a = r#"type Query { t: T } type T @key(fields: "id") { id: ID! moved: Int still: Int }"#;
        let b = r#"type T @key(fields: "id") { id: ID! moved: Int @override(from: "a", label: "percent(30)")
            still: Int @external sum: Int @requires(fields: "still") }"#;
        let keyed = a.replace("{ id: ID!", "@key(fields: \"moved\") { id: ID!");
        for (a, expected) in [(a, 0), (&keyed, 1)] {
            let (overrides, client) = overrides(a, b, &[]);
            assert_eq!(overrides.met_by(&bound(&client, "{ t { sum } }")).len(), expected, "{a}");
        }
    }

    #[test]
    fn a_set_of_labels_has_one_planner() {
        let (overrides, client) = overrides(A, B, &[]);
        let (rare, often) = (bound(&client, "{ t { rare } }"), bound(&client, "{ t { often } }"));
        let planner = |operation: &BoundOperation, thrown| {
            overrides.planner(&overrides.decide_by(&overrides.met_by(operation), thrown))
        };
        assert!(Arc::ptr_eq(&planner(&rare, 0.0), &planner(&often, 1.0)), "the same set, whatever an operation meets");
        assert!(!Arc::ptr_eq(&planner(&often, 0.0), &planner(&often, 20.0)));
        assert!(Arc::ptr_eq(&planner(&rare, 20.0), &overrides.planner), "none of those that it meets is active");
    }
}
