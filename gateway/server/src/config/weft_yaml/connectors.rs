//! Owns the section `connectors`: what the mappings of REST and gRPC services are given. Its keys are those of Apollo Router.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use weft_engine::ConnectorsConfig;

use super::Resolving;
use super::headers::ResolvedRules;
use super::traffic::ResolvedCalls;
use crate::config::values::{HttpUrl, SourceName};
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Connectors {
    /// For the connectors of one `@source`, as `subgraph.source`.
    #[schemars(extend("propertyNames" = { "title": "subgraph.source", "pattern": r"^.+\..+$" }))]
    sources: BTreeMap<Located<SourceName>, SourceValues>,
    /// For all connectors of one subgraph, by its name.
    subgraphs: BTreeMap<Located<String>, SubgraphValues>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SourceValues {
    /// The same as `url` of the source in `traffic`; one of the two is enough.
    #[schemars(example = "http://localhost:4101")]
    override_url: Option<Located<HttpUrl>>,
    /// What the connectors read as `$config`, upon that of the subgraph, key by key. The values are never shown.
    #[serde(rename = "$config")]
    #[schemars(example = serde_json::json!({ "region": "eu" }))]
    values: Option<ConfigValues>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SubgraphValues {
    /// What the connectors read as `$config`. The values are never shown.
    #[serde(rename = "$config")]
    #[schemars(example = serde_json::json!({ "apiVersion": 3 }))]
    values: Option<ConfigValues>,
}

/// Any values by name. They may be secret, and are not shown.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline, title = "mapping")]
struct ConfigValues(Map<String, Value>);

impl fmt::Debug for ConfigValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Connectors {
    /// Puts together all that the engine is told of calls.
    pub fn resolve(
        self,
        resolving: &mut Resolving<'_>,
        mut calls: ResolvedCalls,
        rules: ResolvedRules,
    ) -> ConnectorsConfig {
        let mut values: BTreeMap<String, ConfigValues> = BTreeMap::new();
        for (name, own) in self.subgraphs {
            resolving.subgraph(&name);
            values.insert(name.value, own.values.unwrap_or_default());
        }
        let mut source_values = BTreeMap::new();
        for (name, own) in self.sources {
            resolving.source(&name);
            let name = name.value;
            if let Some(own) = own.values {
                let mut all = values.get(&name.subgraph).cloned().unwrap_or_default();
                all.0.extend(own.0);
                source_values.insert(name.clone(), all);
            }
            if let Some(url) = own.override_url {
                resolving.override_url(&mut calls, name, url);
            }
        }

        // A subgraph or source is known to the engine by everything that any section says of it.
        let subgraphs: BTreeSet<String> = calls.subgraphs.keys().chain(rules.subgraphs.keys()).cloned().collect();
        let mut config = ConnectorsConfig { all: calls.all.clone(), ..ConnectorsConfig::default() };
        config.all.headers.clone_from(&rules.all);
        for subgraph in subgraphs {
            let mut own = calls.of(&subgraph).clone();
            own.headers = rules.of(&subgraph).to_vec();
            config.subgraphs.insert(subgraph, own);
        }
        for (SourceName { subgraph, source }, mut own) in calls.sources {
            own.headers = rules.of(&subgraph).to_vec();
            config.sources.insert((subgraph, source), own);
        }
        let json = |values: ConfigValues| Value::Object(values.0).to_string();
        config.values = values.into_iter().map(|(subgraph, values)| (subgraph, json(values))).collect();
        let of_sources = source_values.into_iter();
        config.source_values = of_sources.map(|(name, values)| ((name.subgraph, name.source), json(values))).collect();
        config
    }
}

impl Resolving<'_> {
    fn override_url(&mut self, calls: &mut ResolvedCalls, name: SourceName, url: Located<HttpUrl>) {
        let inherited = calls.of(&name.subgraph).clone();
        let own = calls.sources.entry(name).or_insert_with(|| inherited.clone());
        if own.url != inherited.url {
            self.error(
                &url.span,
                "the source has a `url` in `traffic` too",
                "take one of them out; `override_url` is what routers call it",
            );
        }
        own.url = Some(url.value.0);
    }
}
