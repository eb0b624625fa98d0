//! Owns the section `limits`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::values::{Count, Size};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body of a request; a larger one is answered with 413.
    #[schemars(extend("default" = "2MiB"), example = "512KiB")]
    body: Option<Size>,
    /// How many fields of an operation may be nested in one another, at `/graphql` and for clients of which neither `client.yaml` nor
    /// the tier says so. Introspection does not count.
    #[schemars(extend("default" = 20), example = 30)]
    depth: Option<Count>,
}

impl Limits {
    pub fn body(&self) -> usize {
        self.body.map_or(2 << 20, |size| size.0)
    }

    pub fn depth(&self) -> u32 {
        self.depth.map_or(20, |depth| depth.0)
    }
}
