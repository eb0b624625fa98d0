//! Owns the addresses that operations are sent to: `/graphql`, and `/bff/CLIENT/graphql`.

use crate::pipeline::Endpoint;

/// As the router knows them.
pub const ROUTES: [&str; 2] = ["/graphql", "/bff/{client}/graphql"];

/// The endpoint at a path as it came. Clients' names need no escaping, so that there is one way to write each.
pub fn endpoint(path: &str) -> Option<Endpoint<'_>> {
    if path == "/graphql" {
        return Some(Endpoint::Supergraph);
    }
    let name = path.strip_prefix("/bff/")?.strip_suffix("/graphql")?;
    (!name.is_empty() && !name.contains('/')).then_some(Endpoint::Client(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_endpoint_or_none() {
        let cases = [
            ("/graphql", Some(Endpoint::Supergraph)),
            ("/bff/mobile/graphql", Some(Endpoint::Client("mobile"))),
            ("/bff/graphql/graphql", Some(Endpoint::Client("graphql"))),
            ("/bff/%6dobile/graphql", Some(Endpoint::Client("%6dobile"))),
            ("/bff//graphql", None),
            ("/bff/graphql", None),
            ("/bff/a/b/graphql", None),
            ("/bff/mobile/graphql/", None),
            ("/bff/mobile", None),
            ("/graphql/", None),
            ("/", None),
        ];
        for (path, expected) in cases {
            assert_eq!(endpoint(path), expected, "{path}");
        }
    }
}
