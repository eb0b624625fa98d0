//! Owns the section `usage`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::values::Time;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    /// Count which clients, in which versions, ask for which operations and fields, and log it so often, and at the end. Without it nothing
    /// is counted, and under `weft dev` never.
    #[schemars(example = "5m")]
    log: Option<Time>,
}

impl Usage {
    pub fn period(&self) -> Option<Duration> {
        self.log.map(|time| time.0)
    }
}
