//! Owns the guard of a client's endpoint: which callers may use it.

use super::refusal::{ApiKeyFault, TokenFault};
use super::{Caller, Refusal, Schemes};

/// Who may use an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// How callers may say who they are; what they send in another way is not looked at.
    pub schemes: Schemes,
    /// Nobody without a credential is let in.
    pub is_required: bool,
    /// A credential has to be for one of these, if there are any; and there has to be one.
    pub audiences: Box<[String]>,
}

impl Admission {
    /// Whether it depends on the caller who is let in.
    pub fn asks(&self) -> bool {
        self.is_required || !self.audiences.is_empty()
    }

    /// Lets a caller in, or says why not. Who sends several credentials needs the right to come in by each.
    pub fn admit(&self, caller: &Caller) -> Result<(), Refusal> {
        if caller.is_anonymous() && self.asks() {
            return Err(Refusal::Missing(self.schemes));
        }
        let is_for_us = |audiences: &[String]| {
            self.audiences.is_empty() || audiences.iter().any(|audience| self.audiences.contains(audience))
        };
        if caller.token.as_ref().is_some_and(|token| !is_for_us(&token.audiences)) {
            return Err(TokenFault::OtherClient.into());
        }
        if caller.consumer.as_ref().is_some_and(|consumer| !is_for_us(&consumer.credential.audiences)) {
            return Err(ApiKeyFault::OtherClient.into());
        }
        Ok(())
    }
}
