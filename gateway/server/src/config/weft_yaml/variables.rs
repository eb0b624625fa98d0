//! Owns telling which variables connectors read that nobody has set: a header that is made of one is not sent, and nothing else
//! would say why.

use serde_json::{Map, Value};
use weft_federation::connect::ConfigName;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::schema::Supergraph;

use super::GatewayConfig;

const CODE: &str = "VARIABLE_NOT_SET";

impl GatewayConfig {
    /// A warning for each.
    pub fn unset<State>(&self, supergraph: &Supergraph<State>) -> Vec<Diagnostic> {
        let names = supergraph.connectors.needed_env();
        let unset = names.into_iter().filter(|name| !self.connectors.env.contains_key(name));
        let of_environment = unset.map(|name| {
            let message = format!("connectors read `$env.{name}`, and there is no such variable: it is null");
            Diagnostic::warning(CODE, message).help(format!("set {name} in the environment of the gateway"))
        });
        let names = supergraph.connectors.needed_config().into_iter();
        let of_config = names.filter(|name| !self.has_config(name)).map(|ConfigName { subgraph, source, name }| {
            let (section, whose) = match source {
                Some(source) => ("sources", format!("{subgraph}.{source}")),
                None => ("subgraphs", subgraph),
            };
            let message = format!("connectors of `{whose}` read `$config.{name}`, which nobody sets: it is null");
            let help = format!(
                "say it in weft.yaml: `connectors: {{ {section}: {{ {whose}: {{ $config: {{ {name}: … }} }} }} }}`"
            );
            Diagnostic::warning(CODE, message).help(help)
        });
        of_environment.chain(of_config).collect()
    }

    fn has_config(&self, ConfigName { subgraph, source, name }: &ConfigName) -> bool {
        let of_source = source.as_ref().and_then(|source| {
            let key = (subgraph.clone(), source.clone());
            self.connectors.source_values.get(&key)
        });
        let json = of_source.or_else(|| self.connectors.values.get(subgraph));
        let values = json.and_then(|json| serde_json::from_str::<Map<String, Value>>(json).ok());
        values.is_some_and(|values| values.contains_key(name))
    }
}
