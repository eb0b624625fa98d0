//! Owns a gateway without a server: subgraphs are composed, operations planned and run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use tokio::time::Instant;
use weft_federation::compose::{compose, prove};
use weft_federation::connect::Composing;
use weft_federation::diagnostics::Source;
use weft_federation::operation::{Identity, bind, coerce, parse};
use weft_federation::plan::Planner;
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::view::{ClientSchema, ViewInput, build};

use crate::connector::{Connectors, Fake, FakeAnswer, FakeCall};
use crate::{
    ErrorDetail, EventStream, PreparedPlan, RequestContext, Subscription, SubscriptionLimits, execute, subscribe,
};

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject"])
"#;

pub struct Gateway {
    /// The supergraph's SDL.
    pub text: String,
    pub supergraph: Supergraph<Satisfiable>,
    client: Arc<ClientSchema>,
    planner: Planner,
    identity: Identity,
    pub deadline: Duration,
}

/// What a client got, and what backends were asked.
pub struct Outcome {
    pub text: String,
    pub response: Json,
    pub calls: Vec<FakeCall>,
}

impl Outcome {
    /// Code and path of each error.
    pub fn errors(&self) -> Vec<(String, Json)> {
        let errors = self.response["errors"].as_array().cloned().unwrap_or_default();
        let code = |error: &Json| error["extensions"]["code"].as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (code(error), error["path"].clone())).collect()
    }
}

impl Gateway {
    /// Composes subgraphs of these names.
    pub fn new(subgraphs: &[(&str, &str)]) -> Self {
        let linked: Vec<(&str, String)> = subgraphs.iter().map(|(name, sdl)| (*name, format!("{LINK}{sdl}"))).collect();
        Self::composed(&linked, &|_, _| None)
    }

    /// Composes subgraphs that bring their own links, and the `.proto` files that they name.
    pub fn composed(subgraphs: &[(&str, String)], protos: &dyn Fn(&str, &str) -> Option<Vec<u8>>) -> Self {
        let input = |(name, sdl): &(&str, String)| SubgraphInput {
            name: (*name).to_owned(),
            url: format!("http://{name}.invalid/"),
            source: Source::new(format!("{name}.graphql"), sdl.as_str()),
        };
        let composed = compose(subgraphs.iter().map(input).collect(), &mut Composing::new(protos));
        let found: String = composed.diagnostics.iter().map(|found| found.draw(false)).collect();
        let sdl = composed.supergraph.unwrap_or_else(|| panic!("{found}"));
        Self::loaded(&sdl)
    }

    /// A gateway of this supergraph.
    pub fn loaded(sdl: &str) -> Self {
        let supergraph = Supergraph::load(&Source::new("supergraph.graphql", sdl));
        let supergraph = supergraph.unwrap_or_else(|found| panic!("{found:?}"));
        let (supergraph, found) = prove(supergraph);
        assert_eq!(found, []);
        let client = Arc::new(ClientSchema::identity(&supergraph));
        let planner = Planner::new(&supergraph);
        let identity = Identity::anonymous();
        Self { text: sdl.to_owned(), supergraph, client, planner, identity, deadline: Duration::from_secs(30) }
    }

    /// The same, for clients that see this schema.
    pub fn with_view(mut self, sdl: &str) -> Self {
        let sources = vec![Source::new("schema.graphql", sdl)];
        let built = build(&ViewInput { sources, client: "test".to_owned(), wildcard: false }, &self.supergraph);
        let found: String = built.diagnostics.iter().map(|found| found.draw(false)).collect();
        self.client = Arc::new(built.client.unwrap_or_else(|| panic!("{found}")));
        self
    }

    /// The same, for one with these claims.
    pub fn with_claims(mut self, claims: &str) -> Self {
        self.identity = Identity::verified(serde_json::from_str(claims).expect("an object"));
        self
    }

    /// Runs an operation against `connectors`.
    pub async fn run_on(
        &self,
        connectors: &Connectors,
        headers: &HeaderMap,
        operation: &str,
        variables: &str,
    ) -> String {
        let document = parse(&self.client, operation, None).expect("a valid operation");
        let operation = bind(&self.client, document).expect("an operation of the supergraph");
        let raw: &RawValue = serde_json::from_str(variables).expect("JSON");
        let variables = coerce(&self.client, &operation, Some(raw), &self.identity).expect("variables that fit");
        let plan = self.planner.plan(&operation, variables.condition_bits(&operation, &self.identity)).expect("a plan");
        let prepared = PreparedPlan::new(plan, &operation, connectors);
        let context = RequestContext { headers, deadline: Instant::now() + self.deadline, errors: ErrorDetail::Full };
        let result = execute(&prepared, &operation, &self.client, &variables, &context).await;
        let text = String::from_utf8(result.body.into()).expect("UTF-8");
        let response: Json = serde_json::from_str(&text).expect("JSON");
        let shown = response["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(shown, result.error_count.min(101), "the count is told");
        text
    }

    /// Starts a subscription against `connectors`.
    pub fn subscribe_on(
        &self,
        connectors: &Connectors,
        headers: &HeaderMap,
        operation: &str,
        limits: SubscriptionLimits,
    ) -> EventStream {
        let document = parse(&self.client, operation, None).expect("a valid operation");
        let operation = bind(&self.client, document).expect("an operation of the supergraph");
        let variables = coerce(&self.client, &operation, None, &self.identity).expect("no variables are needed");
        let plan = self.planner.plan(&operation, variables.condition_bits(&operation, &self.identity)).expect("a plan");
        let prepared = Arc::new(PreparedPlan::new(plan, &operation, connectors));
        let (operation, client, headers) = (Arc::new(operation), Arc::clone(&self.client), headers.clone());
        let errors = ErrorDetail::Full;
        subscribe(Subscription { prepared, operation, client, variables, headers, errors, limits })
    }

    /// Runs an operation against backends that `answer` plays.
    pub async fn run_with(
        &self,
        operation: &str,
        variables: &str,
        answer: impl Fn(&FakeCall) -> Option<FakeAnswer> + Send + Sync + 'static,
    ) -> Outcome {
        let calls = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&calls);
        let fake = Fake::new(move |call| {
            let answer = answer(&call);
            seen.lock().expect("no panic before").push(call);
            answer
        });
        let connectors = Connectors::fake(&self.supergraph, &fake);
        let text = self.run_on(&connectors, &HeaderMap::new(), operation, variables).await;
        let calls = calls.lock().expect("no panic before").clone();
        Outcome { response: serde_json::from_str(&text).expect("JSON"), text, calls }
    }

    /// Runs a query against backends that give the same answer to every call: one per subgraph's name and a part of
    /// the operation's text.
    pub async fn run(&self, operation: &str, answers: &[(&str, &str, &str)]) -> Outcome {
        let answers: Vec<(String, String, String)> =
            answers.iter().map(|(name, text, body)| (name.to_string(), text.to_string(), body.to_string())).collect();
        self.run_with(operation, "{}", move |call| {
            let fits = |(name, text, _): &&(String, String, String)| {
                *name == call.subgraph && call.operation.contains(text.as_str())
            };
            answers.iter().find(fits).map(|(_, _, body)| FakeAnswer::ok(body.clone()))
        })
        .await
    }
}
