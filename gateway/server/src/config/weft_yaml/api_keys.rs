//! Owns where API keys come from: the header that carries them, and the file of those who have some.

use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, COOKIE};
use schemars::JsonSchema;
use serde::Deserialize;
use weft_engine::is_reserved;
use weft_federation::diagnostics::Source;

use super::Resolving;
use crate::auth::{ApiKeysConfig, forwarded};
use crate::config::consumers_yaml::{self, Surroundings};
use crate::config::values::Header;
use crate::config::yaml::Located;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApiKeys")]
pub struct RawApiKeys {
    /// The header that carries the key.
    #[schemars(extend("default" = "x-api-key"))]
    header: Option<Located<Header>>,
    /// Who has keys; see [consumers.md](consumers.md).
    #[schemars(example = "consumers.yaml")]
    file: Located<String>,
}

impl RawApiKeys {
    pub fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> ApiKeysConfig {
        const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
        let header = match self.header {
            Some(Located { value: Header(header), span }) => {
                let is_taken = [AUTHORIZATION, COOKIE, forwarded::X_REQUEST_ID].contains(&header)
                    || forwarded::is_of_callers(&header)
                    || is_reserved(&header);
                if is_taken {
                    let message = format!("`{header}` carries something else, and cannot carry API keys");
                    resolving.error(&span, message, "x-api-key is usual");
                }
                header
            }
            None => X_API_KEY,
        };
        let path = folder.join(&self.file.value);
        let consumers = match resolving.files.read_to_string(&path) {
            Ok(text) => {
                let source = Source::new(path.display().to_string(), text);
                let surroundings = Surroundings {
                    tiers: &resolving.tiers,
                    environment: resolving.environment,
                    policies: &resolving.policies,
                };
                let (consumers, found) = consumers_yaml::parse(&source, surroundings);
                resolving.found.extend(found);
                consumers
            }
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                resolving.error(&self.file.span, message, "paths are relative to the folder of the configuration");
                vec![]
            }
        };
        ApiKeysConfig { header, consumers: consumers.into_iter().map(Arc::new).collect() }
    }
}
