//! Owns what connectors read of `$config`, which somebody has to set.

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
    /// The values of `$config` that their mappings and templates read by name.
    pub fn config_names(&self) -> BTreeSet<ConfigName> {
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
    for found in mappings.into_iter().flat_map(|mapping| mapping.uses) {
        if let (UseRoot::Variable(Variable::Config), Some(first)) = (found.root, found.path.first()) {
            let source = source.map(|source| source.name.clone());
            names.insert(ConfigName { subgraph: subgraph.to_owned(), source, name: first.name.clone() });
        }
    }
}
