//! Owns the guard of a client's endpoint: which callers may use it.

use super::{Caller, Refusal};

/// Lets a caller in who has one of the audiences; where there are none, anybody.
pub fn admit(caller: &Caller, audiences: &[String]) -> Result<(), Refusal> {
    if audiences.is_empty() || caller.audiences.iter().any(|audience| audiences.contains(audience)) {
        Ok(())
    } else if caller.identity.is_anonymous() {
        Err(Refusal::Missing)
    } else {
        Err(Refusal::OtherClient)
    }
}
