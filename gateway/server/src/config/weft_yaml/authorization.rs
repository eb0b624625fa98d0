//! Owns the section `authorization`: what callers need, and for whom policies hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use weft_federation::diagnostics::Diagnostic;
use weft_federation::operation::Policies;
use weft_federation::schema::{Need, Supergraph};
use weft_federation::suggest::closest;

use super::{GatewayConfig, Resolving};
use crate::auth::AuthenticationConfig;
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authorization {
    /// Whether requests without a credential are refused, at every endpoint. A client can ask for one by itself in its `client.yaml`.
    #[schemars(extend("default" = false))]
    require_authentication: Located<bool>,
    /// How `@authenticated`, `@requiresScopes` and `@policy` of the supergraph, and of clients' schemas, are enforced.
    directives: Directives,
    /// Policies by the names that `@policy` has for them: expressions of the mapping language, with the credential's claims as `$`. A policy
    /// holds where its expression is `true`; one that is not here holds for nobody.
    #[schemars(with = "BTreeMap<String, String>", example = serde_json::json!({ "staff": "$.roles->contains(\"staff\")" }))]
    policies: BTreeMap<Located<String>, Located<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AuthorizationDirectives")]
struct Directives {
    /// Refuse an operation of which a field is refused, as a whole. Without it the field is null, with an error, and the rest is there.
    #[schemars(extend("default" = false))]
    reject_unauthorized: bool,
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

    /// Whether an operation is refused as a whole where one of its fields is.
    pub fn rejects_unauthorized(&self) -> bool {
        self.directives.reject_unauthorized
    }

    pub fn policies(&self, resolving: &mut Resolving<'_>) -> Arc<Policies> {
        let mut policies = Policies::default();
        for (name, expression) in &self.policies {
            resolving.policy(name);
            if let Err(wrong) = policies.add(name.value.as_str(), &expression.value) {
                let message = format!("the policy \"{}\" cannot be read: {wrong}", name.value);
                let help = wrong.help.as_deref().unwrap_or("an example: $.roles->contains(\"staff\")");
                resolving.error(&expression.span, message, help);
            }
        }
        Arc::new(policies)
    }
}

impl GatewayConfig {
    /// A warning for each thing that the supergraph demands and that nobody can be, as this gateway is configured.
    pub fn unmet<State>(&self, supergraph: &Supergraph<State>) -> Vec<Diagnostic> {
        let needs = supergraph.model.needs();
        if needs.is_empty() {
            return vec![];
        }
        if self.authentication.is_none() {
            let message = "the supergraph has fields for those who are authenticated, and nobody is: they are refused to everyone";
            let help = "say in weft.yaml whose tokens or API keys are taken, in `authentication`";
            return vec![Diagnostic::warning("NO_AUTHENTICATION", message).help(help)];
        }
        let unknown = policies_of(needs).into_iter().filter(|name| !self.policies.contains(name));
        let found = unknown.map(|name| {
            let message = format!("no policy \"{name}\" is defined, and `@policy` asks for it: it holds for nobody");
            let help = match closest(name, self.policies.names()) {
                Some(near) => format!("did you mean \"{near}\"? Policies are in `authorization.policies` of weft.yaml"),
                None => format!("define it in weft.yaml: `authorization: {{ policies: {{ \"{name}\": … }} }}`"),
            };
            Diagnostic::warning("UNKNOWN_POLICY", message).help(help)
        });
        found.collect()
    }
}

/// The names of all policies that are asked for, each once.
pub(super) fn policies_of(needs: &[Need]) -> Vec<&str> {
    let sets = needs.iter().filter_map(|need| match need {
        Need::Policies(sets) => Some(sets),
        Need::Authenticated | Need::Scopes(_) | Need::Claim(..) => None,
    });
    let mut names: Vec<&str> = sets.flat_map(|sets| sets.iter().flatten()).map(|name| &**name).collect();
    names.sort_unstable();
    names.dedup();
    names
}
