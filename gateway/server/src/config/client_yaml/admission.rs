//! Owns who may use a client: its audiences, and the ways to say who one is that it takes.

use super::{Auth, Resolving};
use crate::auth::{Admission, Schemes};
use crate::config::values::Scheme;
use crate::config::yaml::{CODE, Located};

impl Resolving<'_> {
    pub(super) fn admission(&mut self, Auth { audiences, schemes, require_authentication }: Auth) -> Admission {
        let taken = self.gateway.schemes();
        let schemes = schemes.map_or(taken, |schemes| self.schemes(schemes, taken));
        let is_asked = require_authentication.value;
        if let Some(audiences) = audiences.as_ref().filter(|audiences| audiences.value.is_empty() && !self.is_damaged) {
            // Who wrote a list meant to let somebody in and others not.
            let help =
                "name those of its callers, as `audiences: [partner-v1]`; to let everybody in, take `audiences` out";
            let message = "no audience is named, which does not say who may use the client";
            self.error(CODE, &audiences.span, message, help);
        }
        let (audiences, place) = audiences.map_or((vec![], None), |audiences| (audiences.value, Some(audiences.span)));
        if (is_asked || !audiences.is_empty()) && taken == Schemes::default() {
            let place = place.as_ref().filter(|_| !is_asked).unwrap_or(&require_authentication.span);
            let message =
                "only credentials are for an audience, and the gateway takes none: nobody could use this client";
            let message =
                if is_asked { "the gateway takes no credential: nobody could use this client" } else { message };
            let help = "say in `authentication` of weft.yaml whose tokens or API keys are taken";
            self.error(CODE, place, message, help);
        }
        let is_required = is_asked || self.gateway.requires_authentication;
        Admission { schemes, is_required, audiences: audiences.into() }
    }

    fn schemes(&mut self, Located { value: named, span }: Located<Vec<Located<Scheme>>>, taken: Schemes) -> Schemes {
        if named.is_empty() && !self.is_damaged {
            let help = "name `jwt` or `api_key`, or take `schemes` out: then all are taken that the gateway takes";
            self.error(CODE, &span, "no scheme is named, so that nobody could say who they are", help);
        }
        let mut schemes = Schemes::default();
        for scheme in named {
            let (is_taken, section) = match scheme.value {
                Scheme::Jwt => (taken.jwt, "jwt"),
                Scheme::ApiKey => (taken.api_key, "api_keys"),
            };
            if !is_taken {
                let message = "the gateway does not take this scheme";
                self.error(
                    CODE,
                    &scheme.span,
                    message,
                    format!("say in `authentication.{section}` of weft.yaml how it is checked"),
                );
            }
            match scheme.value {
                Scheme::Jwt => schemes.jwt = true,
                Scheme::ApiKey => schemes.api_key = true,
            }
        }
        schemes
    }
}
