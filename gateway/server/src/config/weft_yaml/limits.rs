//! Owns the section `limits`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::values::Size;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body of a request; a larger one is answered with 413.
    #[schemars(extend("default" = "2MiB"), example = "512KiB")]
    body: Option<Size>,
}

impl Limits {
    pub fn body(&self) -> usize {
        self.body.map_or(2 << 20, |size| size.0)
    }
}
