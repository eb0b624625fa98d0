//! Owns the section `bff`.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::paths;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bff {
    /// The folder of the clients. Each folder in it is one, which is served at `/bff/NAME/graphql`.
    #[schemars(example = "bff-configs")]
    path: Option<String>,
}

impl Bff {
    pub fn path(self, folder: &Path) -> Option<PathBuf> {
        self.path.map(|path| paths::from(folder, &path))
    }
}
