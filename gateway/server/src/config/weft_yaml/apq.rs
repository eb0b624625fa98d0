//! Owns the section `apq`.

use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Apq {
    /// Whether `/graphql` takes automatic persisted queries. Clients with a schema of their own do where their `operations` are `open`,
    /// whatever is said here.
    #[schemars(extend("default" = false))]
    enabled: Option<bool>,
}

impl Apq {
    pub fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }
}
