//! Owns the section `authorization`: what callers need.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Resolving;
use crate::auth::AuthenticationConfig;
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authorization {
    /// Whether requests without a credential are refused, at every endpoint. A client can ask for one by itself in its `client.yaml`.
    #[schemars(extend("default" = false))]
    require_authentication: Located<bool>,
}

impl Authorization {
    /// Whether nobody is let in without a credential.
    pub fn requires_authentication(
        &self,
        authentication: Option<&AuthenticationConfig>,
        resolving: &mut Resolving<'_>,
    ) -> bool {
        if self.require_authentication.value && authentication.is_none() && !resolving.is_damaged {
            let message = "no credential is taken, so that nobody would be let in";
            let help = "say in `authentication` whose tokens or API keys are taken";
            resolving.error(&self.require_authentication.span, message, help);
        }
        self.require_authentication.value
    }
}
