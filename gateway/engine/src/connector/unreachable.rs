//! Owns telling whoever runs the gateway why a backend cannot be reached. Clients are told only that it cannot: addresses and
//! system errors are not for them.

use std::error::Error;

use tracing::warn;

use crate::execute::{ErrorOrigin, SubgraphError};

pub fn unreachable(origin: &ErrorOrigin, error: &dyn Error) -> SubgraphError {
    let ErrorOrigin { service, connector } = origin;
    let connector = connector.as_deref().unwrap_or_default();
    warn!(%service, connector, "a backend cannot be reached: {}", reason(error));
    SubgraphError::unavailable(origin)
}

/// An error and what it came of. What an error says that its cause has said is not repeated.
fn reason(error: &dyn Error) -> String {
    let mut said: Vec<String> = vec![];
    let mut next = Some(error);
    while let Some(cause) = next {
        let words = cause.to_string();
        if !said.iter().any(|before| before.contains(&words)) {
            said.push(words);
        }
        next = cause.source();
    }
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_reason_has_its_causes_once() {
        #[derive(Debug)]
        struct Outer(&'static str, io::Error);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0)
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.1)
            }
        }
        let outer = |words| Outer(words, io::Error::other("connection refused"));
        assert_eq!(reason(&outer("cannot connect")), "cannot connect: connection refused");
        assert_eq!(reason(&outer("cannot connect: connection refused")), "cannot connect: connection refused");
    }
}
