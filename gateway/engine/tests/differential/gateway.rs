//! Owns weft in a case: composition with the proof, and running an operation against the fake subgraphs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use http::HeaderMap;
use serde_json::value::RawValue;
use tokio::time::Instant;
use weft_engine::connector::Fake;
use weft_engine::{Connectors, ErrorDetail, PreparedPlan, RequestContext, execute};
use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::{Diagnostic, Source};
use weft_federation::operation::{Identity, OperationError, bind, coerce, parse};
use weft_federation::plan::{Planner, verify};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::ClientSchema;

use super::faults::Faults;
use super::operation::Operation;
use super::render::{Form, LABEL, render};
use super::schema::World;
use super::subgraph::{Record, Subgraphs, served};

/// A world that weft has composed and serves.
pub struct Gateway {
    pub world: Arc<World>,
    /// The supergraph.
    pub sdl: String,
    served: Arc<Vec<Valid<Schema>>>,
    supergraph: Supergraph<Satisfiable>,
    client: ClientSchema,
    planner: Planner,
    /// With the label of progressive overrides.
    labelled: Planner,
}

/// Why a world has no gateway.
#[derive(Debug)]
pub enum Refused {
    /// Composition has found errors: the codes.
    Composition(Vec<String>),
    /// Some field cannot be reached.
    Unsatisfiable(Vec<String>),
    /// This must not be.
    Broken(String),
}

/// Why an operation has no answer.
#[derive(Debug)]
pub enum Failed {
    /// It is no valid operation.
    Invalid,
    /// This must not be.
    Broken(String),
}

/// An answer, and what the subgraphs saw.
pub struct Answered {
    pub text: String,
    pub record: Record,
}

impl Gateway {
    pub fn new(world: World) -> Result<Self, Refused> {
        if world.has_empty_choices() {
            return Err(Refused::Composition(vec!["EMPTY_CHOICES".to_owned()]));
        }
        let made = catch_unwind(|| supergraph(&world));
        let (sdl, supergraph) =
            made.map_err(|panic| Refused::Broken(format!("composition panics: {}", text_of(&*panic))))??;
        let served = served(&world).map_err(|found| Refused::Composition(vec![format!("SERVED {found}")]))?;
        Ok(Self::of(Arc::new(world), Arc::new(served), sdl, supergraph))
    }

    fn of(
        world: Arc<World>,
        served: Arc<Vec<Valid<Schema>>>,
        sdl: String,
        supergraph: Supergraph<Satisfiable>,
    ) -> Self {
        let client = ClientSchema::identity(&supergraph);
        let planner = Planner::new(&supergraph);
        let labelled = Planner::with_labels(&supergraph, &[LABEL].into());
        Self { world, sdl, served, supergraph, client, planner, labelled }
    }

    /// The same subgraphs behind another supergraph, which says the same of them.
    pub fn reloaded(&self, sdl: &str) -> Result<Self, String> {
        let supergraph =
            Supergraph::load(&Source::new("supergraph.graphql", sdl)).map_err(|found| format!("{found:?}"))?;
        let (supergraph, _) = prove(supergraph);
        Ok(Self::of(Arc::clone(&self.world), Arc::clone(&self.served), sdl.to_owned(), supergraph))
    }

    /// The schema that operations are made for.
    pub fn api(&self) -> &Valid<Schema> {
        &self.client.schema
    }

    pub fn supergraph(&self) -> &Supergraph<Satisfiable> {
        &self.supergraph
    }

    /// Runs an operation, with faults in the backends.
    pub fn run(&self, operation: &Operation, faults: &Faults) -> Result<Answered, Failed> {
        self.run_on(&self.client, operation, faults, &faults.refused.identity)
    }

    /// Runs an operation on a client's schema.
    pub fn run_on(
        &self,
        client: &ClientSchema,
        operation: &Operation,
        faults: &Faults,
        identity: &Identity,
    ) -> Result<Answered, Failed> {
        let ran = catch_unwind(AssertUnwindSafe(|| self.try_run(client, operation, faults, identity)));
        ran.unwrap_or_else(|panic| Err(Failed::Broken(format!("the gateway panics: {}", text_of(&*panic)))))
    }

    fn try_run(
        &self,
        client: &ClientSchema,
        operation: &Operation,
        faults: &Faults,
        identity: &Identity,
    ) -> Result<Answered, Failed> {
        let document = parse(client, &operation.text, None).map_err(invalid)?;
        let bound = bind(client, document).map_err(|error| invalid(vec![error]))?;
        let raw: Box<RawValue> = serde_json::value::to_raw_value(&operation.variables).map_err(broken)?;
        let variables = coerce(client, &bound, Some(&raw), identity).map_err(invalid)?;
        let planner = if operation.label { &self.labelled } else { &self.planner };
        let plan = planner.plan(&bound, variables.condition_bits(&bound, identity)).map_err(broken)?;
        verify::verify(&self.supergraph.model, &plan).map_err(|found| broken(found.join("; ")))?;

        let subgraphs = Arc::new(Subgraphs {
            world: Arc::clone(&self.world),
            schemas: Arc::clone(&self.served),
            faults: faults.clone(),
            label: operation.label,
            record: Mutex::default(),
        });
        let backends = Arc::clone(&subgraphs);
        let fake = Fake::new(move |call| backends.answer(&call));
        let connectors = Connectors::fake(&self.supergraph, &fake);
        let prepared = PreparedPlan::new(plan, &bound, &connectors);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().map_err(broken)?;
        let result = runtime.block_on(async {
            let headers = HeaderMap::new();
            // Time is virtual, and no answer takes this long.
            let deadline = Instant::now() + Duration::from_secs(600);
            let context = RequestContext { headers: &headers, deadline, errors: ErrorDetail::Full };
            execute(&prepared, &bound, client, &variables, &context).await
        });
        let text = String::from_utf8(result.body.into()).map_err(broken)?;
        let mut record = subgraphs.record.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Answered { text, record: std::mem::take(&mut record) })
    }
}

fn supergraph(world: &World) -> Result<(String, Supergraph<Satisfiable>), Refused> {
    let inputs = (0..world.subgraphs).map(|sub| SubgraphInput {
        name: format!("s{sub}"),
        url: format!("http://s{sub}.invalid/"),
        source: Source::new(format!("s{sub}.graphql"), render(world, sub, Form::Federated)),
    });
    let composed = compose(inputs.collect(), &mut NoConnectors);
    let Some(sdl) = composed.supergraph else {
        let errors = composed.diagnostics.iter().filter(|found| found.is_error());
        return Err(Refused::Composition(errors.map(|found| format!("{} {}", found.code, found.message)).collect()));
    };
    let loaded = Supergraph::load(&Source::new("supergraph.graphql", sdl.as_str()));
    let supergraph = loaded.map_err(|found| Refused::Broken(format!("the supergraph does not load: {found:?}")))?;
    let (supergraph, found) = prove(supergraph);
    if found.is_empty() {
        return Ok((sdl, supergraph));
    }
    Err(Refused::Unsatisfiable(found.iter().filter_map(coordinate).collect()))
}

/// The field that a finding of the proof is about, or the type if a context is not set around it: its help names it.
fn coordinate(found: &Diagnostic) -> Option<String> {
    let help = found.help.as_deref()?;
    if let Some((_, ty)) = help.split_once("on a type around ") {
        return ty.split_whitespace().next().map(str::to_owned);
    }
    help.split_whitespace().rev().find(|word| word.contains('.')).map(str::to_owned)
}

fn invalid(errors: Vec<OperationError>) -> Failed {
    match errors.first() {
        Some(error) if error.code == "INTERNAL_SERVER_ERROR" => Failed::Broken(error.message.clone()),
        Some(_) => Failed::Invalid,
        None => Failed::Broken("refused without an error".to_owned()),
    }
}

fn broken(error: impl std::fmt::Display) -> Failed {
    Failed::Broken(error.to_string())
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
