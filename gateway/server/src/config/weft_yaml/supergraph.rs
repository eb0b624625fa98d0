//! Owns the section `supergraph`.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Supergraph {
    /// The file with the supergraph, as `weft compose` or another composer has written it. `--supergraph` and
    /// `WEFT_SUPERGRAPH_PATH` go before it; one of them has to say where it is.
    #[schemars(example = "supergraph.graphql")]
    path: Option<String>,
}

impl Supergraph {
    pub fn path(self, folder: &Path) -> Option<PathBuf> {
        self.path.map(|path| paths::from(folder, &path))
    }
}
