//! Tests of following files: what is noticed of how people and editors save, and what is served meanwhile. Nothing waits here: the
//! looks are the test's own.
//!
//! What is written again has another length: a clock may be too coarse for two writes of one test.

use std::fs;
use std::path::Path;

use jsonwebtoken::Algorithm;
use tempfile::TempDir;

use super::*;
use crate::auth::testing::{self, KeyServer};
use crate::pipeline::{Endpoint, NoEntry, Readiness};

type Step = fn(&Path);

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn remove(folder: &Path, name: &str) {
    fs::remove_file(folder.join(name)).expect("it is there");
}

fn rename(folder: &Path, from: &str, to: &str) {
    fs::rename(folder.join(from), folder.join(to)).expect("it is there");
}

/// A folder of which some is watched: `a` and `b` as files, of which `b` is not there, and `clients` whole.
fn watched() -> (TempDir, Watch) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    write(path, "a", "a");
    write(path, "other", "nobody reads it");
    write(path, "clients/web/schema.graphql", "type");
    write(path, "clients/web/operations/A.graphql", "{ a }");
    let files = Files::default();
    files.read(&path.join("a")).expect("it is there");
    assert!(!files.exists(&path.join("b")));
    files.note_folder(&path.join("clients"));
    (folder, Watch::new(files.into_seen()))
}

/// What is told after steps with a look after each, and what is told then when nothing happens any more.
fn looks(steps: &[Step]) -> String {
    let (folder, mut watch) = watched();
    let base = format!("{}/", folder.path().display());
    let mut told = vec![];
    let mut look = || match watch.poll() {
        Poll::Unchanged => "-".to_owned(),
        Poll::Settling => "…".to_owned(),
        Poll::Changed(changed) => {
            changed.iter().map(|path| path.display().to_string().replace(&base, "")).collect::<Vec<_>>().join(" ")
        }
    };
    for step in steps {
        step(folder.path());
        told.push(look());
    }
    told.push(look());
    told.join(" | ")
}

#[test]
fn however_a_file_is_saved_it_is_noticed_once_it_is_left_alone() {
    const NEW: &str = "type Query { a: Int }";
    let cases: [(&str, &[Step], &str); 13] = [
        ("nothing", &[], "-"),
        ("in place", &[|f| write(f, "a", "changed")], "… | a"),
        ("a file that nobody reads", &[|f| write(f, "other", "changed")], "- | -"),
        ("by renaming", &[|f| write(f, "a.tmp", "changed"), |f| rename(f, "a.tmp", "a")], "- | … | a"),
        ("by deleting and writing anew", &[|f| remove(f, "a"), |f| write(f, "a", "changed")], "… | … | a"),
        ("in two parts", &[|f| write(f, "a", "chan"), |f| write(f, "a", "changed")], "… | … | a"),
        ("it has gone", &[|f| remove(f, "a")], "… | a"),
        ("it has come", &[|f| write(f, "b", "b")], "… | b"),
        (
            "several at once",
            &[|f| {
                write(f, "a", "changed");
                write(f, "clients/web/operations/A.graphql", "{ a b }");
            }],
            "… | a clients/web/operations/A.graphql",
        ),
        (
            "a new client, file by file",
            &[
                |f| fs::create_dir(f.join("clients/tv")).expect("it is not there"),
                |f| write(f, "clients/tv/schema.graphql", NEW),
                |f| write(f, "clients/tv/client.yaml", ""),
            ],
            "… | … | … | clients/tv/client.yaml clients/tv/schema.graphql",
        ),
        ("an empty folder", &[|f| fs::create_dir(f.join("clients/tv")).expect("it is not there")], "… | clients/tv"),
        (
            "a client has gone",
            &[|f| fs::remove_dir_all(f.join("clients/web")).expect("it is there")],
            "… | clients/web/operations/A.graphql clients/web/schema.graphql",
        ),
        (
            "what editors leave there",
            &[|f| {
                write(f, "clients/web/.schema.graphql.swp", "");
                write(f, "clients/web/schema.graphql~", NEW);
                write(f, "clients/web/#schema.graphql#", NEW);
                write(f, "clients/.git/HEAD", "");
            }],
            "- | -",
        ),
    ];
    for (name, steps, expected) in cases {
        assert_eq!(looks(steps), expected, "{name}");
    }
}

#[test]
fn a_file_that_is_never_left_alone_is_read_all_the_same() {
    let (folder, mut watch) = watched();
    let mut looks = 0;
    let changed = loop {
        looks += 1;
        write(folder.path(), "a", &"a".repeat(looks + 1));
        match watch.poll() {
            Poll::Changed(changed) => break changed,
            Poll::Unchanged | Poll::Settling => assert!(looks < 100, "it is never read"),
        }
    };
    assert_eq!(changed, [folder.path().join("a")]);
}

const SCHEMA: &str = "type Query { a: Int b: Int }";

/// A gateway's files, with one client.
fn gateway() -> (TempDir, Recipe) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let subgraph = "{ routing_url: 'http://a.invalid', schema: { file: a.graphql } }";
    write(path, "supergraph.yaml", &format!("subgraphs: {{ a: {subgraph} }}"));
    write(path, "a.graphql", SCHEMA);
    write(path, "clients/web/schema.graphql", "type Query { a: Int }");
    let recipe = Recipe {
        supergraph: path.join("supergraph.yaml"),
        config: ConfigFile::Usual(path.join("weft.yaml")),
        clients: None,
        usual_clients: path.join("clients"),
        dev: true,
        environment: std::collections::BTreeMap::new(),
    };
    (folder, recipe)
}

/// The clients that are served, or the codes of what is wrong.
fn shown(reload: &Reload) -> String {
    match &reload.outcome {
        Ok(served) => format!("serves {}", served.clients.join(" ")),
        Err(found) => found.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>().join(" "),
    }
}

#[test]
fn what_was_served_is_served_until_the_files_are_sound_again() {
    let (folder, recipe) = gateway();
    let pipeline = Pipeline::empty(None);
    let (mut reloader, first) = Reloader::start(recipe, &pipeline);
    assert_eq!(shown(&first), "serves web");
    let steps: [(Step, &str, bool); 14] = [
        (|f| write(f, "clients/web/schema.graphql", "type Query { nope: Int }"), "UNKNOWN_PATH", true),
        (|f| write(f, "clients/web/schema.graphql", "type Query { b: Int }"), "serves web", true),
        (|f| write(f, "a.graphql", "type Query { b: In }"), "INVALID_GRAPHQL", true),
        (|f| remove(f, "a.graphql"), "SCHEMA_UNREADABLE", true),
        (|f| remove(f, "supergraph.yaml"), "CONFIG_UNREADABLE", true),
        (
            |f| {
                let second = "b: { routing_url: 'http://b.invalid', schema: { file: b.graphql } }";
                write(f, "supergraph.yaml", &format!("subgraphs: {{ {second} }}"));
            },
            "SCHEMA_UNREADABLE",
            true,
        ),
        (|f| write(f, "b.graphql", SCHEMA), "serves web", true),
        (|f| write(f, "weft.yaml", "nope: 1"), "INVALID_CONFIG", true),
        (|f| write(f, "weft.yaml", "bff: { path: others }"), "CLIENT_UNREADABLE", true),
        (|f| write(f, "others/tv/schema.graphql", "type Query { a: Int }"), "serves tv", false),
        (
            |f| {
                let issuer = "{ issuer: a, algorithms: [RS256], key: { file: key.pem } }";
                write(f, "weft.yaml", &format!("authentication: {{ jwt: {{ issuers: [{issuer}] }} }}"));
            },
            "INVALID_CONFIG",
            false,
        ),
        (|f| write(f, "key.pem", "no key, but noticed"), "INVALID_CONFIG", false),
        (|f| remove(f, "weft.yaml"), "serves web", true),
        (|f| write(f, "clients/tv/schema.graphql", "type Query { a: Int }"), "serves tv web", true),
    ];
    for (step, expected, serves_web) in steps {
        step(folder.path());
        assert!(reloader.poll(&pipeline).is_none(), "it is not left alone yet: {expected}");
        let reload = reloader.poll(&pipeline).expect("it has changed");
        assert_eq!(shown(&reload), expected);
        assert_eq!(pipeline.enter(Endpoint::Client("web")).is_ok(), serves_web, "{expected}");
        assert!(reloader.poll(&pipeline).is_none(), "{expected}");
    }
}

#[test]
fn a_request_that_has_begun_keeps_what_it_began_with() {
    let (folder, recipe) = gateway();
    let pipeline = Pipeline::empty(None);
    assert_eq!(pipeline.enter(Endpoint::Supergraph).err(), Some(NoEntry::NothingServed));
    let (mut reloader, _) = Reloader::start(recipe, &pipeline);
    let entry = pipeline.enter(Endpoint::Client("web")).unwrap_or_else(|_| panic!("it is served"));
    fs::rename(folder.path().join("clients/web"), folder.path().join("clients/tv")).expect("it is there");
    write(folder.path(), "weft.yaml", "limits: { body: 7B }");
    let reloads = std::iter::repeat_with(|| reloader.poll(&pipeline)).take(2).flatten();
    assert_eq!(reloads.map(|reload| shown(&reload)).collect::<Vec<_>>(), ["serves tv"]);
    assert_eq!(pipeline.enter(Endpoint::Client("web")).err(), Some(NoEntry::UnknownClient));
    let later = pipeline.enter(Endpoint::Client("tv")).unwrap_or_else(|_| panic!("it is served"));
    assert_eq!((entry.max_body() > 7, later.max_body()), (true, 7));
}

#[tokio::test]
async fn published_keys_outlive_a_reload() {
    let server = KeyServer::start().await;
    server.publish(&[testing::ed25519().jwk(Algorithm::EdDSA, &serde_json::json!({}))]);
    let (folder, recipe) = gateway();
    let authentication = |refresh: &str| {
        let issuer = format!("{{ issuer: a, algorithms: [EdDSA], jwks_url: '{}' }}", server.url);
        format!("authentication: {{ jwt: {{ issuers: [{issuer}], jwks: {{ refresh: {refresh} }} }} }}")
    };
    write(folder.path(), "weft.yaml", &authentication("1h"));
    let pipeline = Pipeline::empty(None);
    let (mut reloader, _) = Reloader::start(recipe, &pipeline);
    let ready = async {
        while pipeline.readiness() != Readiness::Ready {
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(pipeline.readiness(), Readiness::WithoutKeys(vec!["a".to_owned()]));
    tokio::time::timeout(std::time::Duration::from_secs(60), ready).await.expect("the keys are got");
    server.go_down();
    let mut reloaded = || {
        let reloads = std::iter::repeat_with(|| reloader.poll(&pipeline)).take(2).flatten();
        reloads.map(|reload| shown(&reload)).collect::<Vec<_>>()
    };
    write(folder.path(), "a.graphql", "type Query { a: Int b: Int c: Int }");
    assert_eq!(reloaded(), ["serves web"]);
    assert_eq!((pipeline.readiness(), server.asked()), (Readiness::Ready, 1));
    write(folder.path(), "weft.yaml", "nope: 1");
    assert_eq!(reloaded(), ["INVALID_CONFIG"]);
    write(folder.path(), "weft.yaml", &authentication("1h"));
    assert_eq!(reloaded(), ["serves web"]);
    assert_eq!((pipeline.readiness(), server.asked()), (Readiness::Ready, 1));
    write(folder.path(), "weft.yaml", &authentication("120m"));
    assert_eq!(reloaded(), ["serves web"]);
    assert_eq!(pipeline.readiness(), Readiness::WithoutKeys(vec!["a".to_owned()]), "it is another configuration");
}
