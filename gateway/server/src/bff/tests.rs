//! Tests of the clients' folders: which are clients, and what is wrong with those that are not.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::config::Config;
use weft_federation::diagnostics::Source;

/// By their paths.
type Files<'a> = &'a [(&'a str, &'a str)];

/// The clients' names with how many files their schemas have, or all that is wrong.
fn read(files: Files<'_>) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join("bffs").join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let config = Source::new("weft.yaml", "bff: { path: bffs }");
    let config = Config::parse(&config, folder.path(), &BTreeMap::new()).expect("it is valid");
    let base = format!("{}/bffs/", folder.path().display());
    match config.gateway.clients() {
        Ok(clients) => {
            let shown = clients.iter().map(|client| format!("{}:{}", client.name, client.schema.len()));
            Ok(shown.collect::<Vec<_>>().join(" "))
        }
        Err(found) => {
            let line = |found: &Diagnostic| match &found.help {
                Some(help) => format!("{found} ({help})"),
                None => found.to_string(),
            };
            Err(found.iter().map(line).collect::<Vec<_>>().join("\n").replace(&base, ""))
        }
    }
}

const SCHEMA: &str = "type Query { a: Int }";

#[test]
fn a_folder_with_a_schema_is_a_client() {
    let cases: [(Files<'_>, Result<&str, &str>); 9] = [
        (&[("README.md", "of people")], Ok("")),
        (&[("web/schema.graphql", SCHEMA), ("a.b_c~1-2/schema.graphql", SCHEMA)], Ok("a.b_c~1-2:1 web:1")),
        (
            &[
                ("web/query.graphql", SCHEMA),
                ("web/types.graphql", "type A { a: Int }"),
                ("web/schema.lock.graphql", SCHEMA),
                ("web/operations/A.graphql", "{ a }"),
                ("web/client.yaml", "exposure: internal"),
                (".git/HEAD", "of git"),
                ("web/.#query.graphql", "who edits it"),
            ],
            Ok("web:2"),
        ),
        (
            &[("my app/schema.graphql", SCHEMA)],
            Err("error[INVALID_CLIENT_NAME]: the folder my app cannot be a client: its name is a part of an address \
                 (letters, digits, and `-`, `_`, `.` and `~` between them are allowed)"),
        ),
        (
            &[("web/client.yaml", "")],
            Err(
                "error[CLIENT_WITHOUT_SCHEMA]: the client in web has no schema (write what its clients see into schema.graphql)",
            ),
        ),
        // Of all clients, and of all their files.
        (
            &[
                ("a/client.yaml", "exposre: partner\n"),
                ("b/schema.graphql", SCHEMA),
                ("b/client.yaml", "tier: gold\nerrors: 7\n"),
            ],
            Err(
                "error[CLIENT_WITHOUT_SCHEMA]: the client in a has no schema (write what its clients see into schema.graphql)\n\
                 a/client.yaml:1:1: error[INVALID_CONFIG]: there is no key `exposre` here (did you mean `exposure`?)\n\
                 b/client.yaml:2:9: error[INVALID_CONFIG]: expected masked or full\n\
                 b/client.yaml:1:7: error[INVALID_CONFIG]: weft.yaml has no tier \"gold\" (weft.yaml has no `tiers`)",
            ),
        ),
        (
            &[
                ("v1/schema.graphql", SCHEMA),
                ("v1/client.yaml", "lifecycle: { successor: v3 }"),
                ("v2/schema.graphql", SCHEMA),
                ("v2/client.yaml", "lifecycle: { successor: v2 }"),
            ],
            Err("v1/client.yaml:1:25: error[UNKNOWN_CLIENT]: there is no client \"v3\" (did you mean `v2`?)\n\
                 v2/client.yaml:1:25: error[UNKNOWN_CLIENT]: a client cannot be its own successor \
                 (name the client to use instead)"),
        ),
        // One that is there is, be something wrong with it or not.
        (
            &[
                ("v1/schema.graphql", SCHEMA),
                ("v1/client.yaml", "lifecycle: { successor: v2 }"),
                ("v2/schema.graphql", SCHEMA),
                ("v2/client.yaml", "tier: gold"),
            ],
            Err("v2/client.yaml:1:7: error[INVALID_CONFIG]: weft.yaml has no tier \"gold\" (weft.yaml has no `tiers`)"),
        ),
        (
            &[
                ("v1/schema.graphql", SCHEMA),
                ("v1/client.yaml", "lifecycle: { successor: v2 }"),
                ("v2/schema.graphql", SCHEMA),
            ],
            Ok("v1:1 v2:1"),
        ),
    ];
    let failures: Vec<String> = cases
        .iter()
        .map(|(files, expected)| (files, expected.map(str::to_owned).map_err(str::to_owned), read(files)))
        .filter(|(_, expected, found)| found != expected)
        .map(|(files, _, found)| format!("{files:?}\n-> {found:?}"))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let config = Source::new("weft.yaml", "bff: { path: none }");
    let config = Config::parse(&config, std::path::Path::new("nowhere"), &BTreeMap::new()).expect("it is valid");
    let found = config.gateway.clients().err().expect("it cannot be read");
    assert_eq!(found.len(), 1);
    assert!(found[0].to_string().starts_with("error[CLIENT_UNREADABLE]: cannot read nowhere/none"), "{}", found[0]);
}
