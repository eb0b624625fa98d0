//! Owns what connectors read of `$env` and `$config` that somebody has to set, since nothing stands in for it.

use std::collections::BTreeSet;

use super::mapping::{UseRoot, Variable};
use super::model::{Connector, Connectors, MappingUse, Source};

/// A value of `$config` that connectors read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigName {
    pub subgraph: String,
    /// None for connectors without a source.
    pub source: Option<String>,
    pub name: String,
}

impl Connectors {
    /// The variables of the environment that their mappings and templates read by name, and have no default for.
    pub fn needed_env(&self) -> BTreeSet<String> {
        let needed = self.uses().filter(|found| found.root == UseRoot::Variable(Variable::Env) && !found.has_default);
        needed.filter_map(|found| Some(found.path.into_iter().next()?.name)).collect()
    }

    /// The values of `$config` that they read by name, and have no default for.
    pub fn needed_config(&self) -> BTreeSet<ConfigName> {
        let mut names = BTreeSet::new();
        for source in &self.sources {
            note(&source.subgraph, Some(source), source.mapping_uses(), &mut names);
        }
        for connector in &self.connectors {
            let Connector { subgraph, .. } = connector;
            note(subgraph, self.source_of(connector), connector.mapping_uses(), &mut names);
        }
        names
    }
}

fn note(subgraph: &str, source: Option<&Source>, mappings: Vec<MappingUse<'_>>, names: &mut BTreeSet<ConfigName>) {
    for found in mappings.into_iter().flat_map(|mapping| mapping.uses).filter(|found| !found.has_default) {
        if let (UseRoot::Variable(Variable::Config), Some(first)) = (found.root, found.path.first()) {
            let source = source.map(|source| source.name.clone());
            names.insert(ConfigName { subgraph: subgraph.to_owned(), source, name: first.name.clone() });
        }
    }
}
