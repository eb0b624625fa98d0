//! Owns the pages on configuration, `docs/configuration.md` and `docs/client.md`: they are written from the schemas, so that what is said
//! of a key is said where it is defined.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use weft_federation::diagnostics::Source;

use super::consumers_yaml::{self, Surroundings};
use super::{ClientPolicy, Config, client_json_schema, consumers_json_schema, json_schema};

const EXAMPLE: &str = include_str!("weft_yaml/example.yaml");
const CONSUMERS_EXAMPLE: &str = include_str!("consumers_example.yaml");
const CLIENT_EXAMPLE: &str = include_str!("client_yaml/example.yaml");

const AFTER_EXAMPLE: &str =
    "`weft config validate` checks a file, and `weft config schema` prints its JSON Schema for editors. An unknown
name of a subgraph or source is a warning, since the supergraph may be another tomorrow.
";
const AFTER_CONSUMERS_EXAMPLE: &str =
    "It is the file that `authentication.api_keys` of `weft.yaml` names; [authentication.md](authentication.md) says how keys are made and
replaced. `weft config schema --consumers` prints its JSON Schema.
";
const AFTER_CLIENT_EXAMPLE: &str = "The file is beside the client's schema, in its folder in `bff.path`; [bff.md](bff.md) has the whole of it. `weft config schema --client` prints
its JSON Schema for editors.
";

/// Fails if a page is not what its schema says. `UPDATE=1` writes it.
#[test]
fn the_pages_are_what_the_schemas_say() {
    let pages = [
        ("configuration.md", page("Configuration: `weft.yaml`", &json_schema(), EXAMPLE, AFTER_EXAMPLE)),
        (
            "consumers.md",
            page("API keys: `consumers.yaml`", &consumers_json_schema(), CONSUMERS_EXAMPLE, AFTER_CONSUMERS_EXAMPLE),
        ),
        (
            "client.md",
            page("The policy of a client: `client.yaml`", &client_json_schema(), CLIENT_EXAMPLE, AFTER_CLIENT_EXAMPLE),
        ),
    ];
    for (name, page) in pages {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &page).expect("the page can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/{name} is stale: UPDATE=1 cargo test -p weft --lib reference");
    }
}

#[test]
fn the_examples_are_valid() {
    let environment = [("REVIEWS_KEY", "k"), ("JWT_SECRET", "a secret of thirty-two bytes, or more")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::parse(&Source::new("example.yaml", EXAMPLE), Path::new(""), &environment.into());
    let config = config.expect("it is valid");
    assert_eq!(config.listen.as_deref(), Some("0.0.0.0:4000"));
    assert_eq!(config.gateway.warnings, []);
    let surroundings = Surroundings {
        tiers: &config.gateway.tiers,
        environment: &BTreeMap::new(),
        policies: &config.gateway.policies,
    };
    let (consumers, found) = consumers_yaml::parse(&Source::new("consumers.yaml", CONSUMERS_EXAMPLE), surroundings);
    assert_eq!((consumers.len(), found), (2, vec![]));
    let client = Source::new("client.yaml", CLIENT_EXAMPLE);
    let (policy, found) = ClientPolicy::parse(&client, &config.gateway, &BTreeMap::new());
    assert_eq!((policy.depth, found), (6, vec![]));
}

fn page(title: &str, schema: &Value, example: &str, after_example: &str) -> String {
    let mut page = String::from("<!-- Written from the schema: UPDATE=1 cargo test -p weft --lib reference -->\n\n");
    let mut reference = Reference { root: schema, shown: HashMap::new() };
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(page, "# {title}\n\n{}\n\n```yaml\n{example}```\n\n{after_example}", text(schema));
    let (sections, keys): (Vec<_>, Vec<_>) =
        properties(schema).partition(|(_, property)| property.get("$ref").is_some());
    page.push_str("## Single keys\n\n");
    page.push_str(HEAD);
    for (key, property) in keys {
        reference.rows(key, property, "", &mut page);
    }
    for (section, property) in sections {
        let _ = writeln!(page, "\n## `{section}`\n\n{}\n\n{HEAD}", text(property).trim_end());
        page.pop();
        reference.below(section, property, &mut page);
    }
    page
}

const HEAD: &str = "| key | is | default | does | example |\n|---|---|---|---|---|\n";

struct Reference<'a> {
    root: &'a Value,
    /// Where the keys of a definition are shown.
    shown: HashMap<&'a str, String>,
}

impl<'a> Reference<'a> {
    /// What a schema refers to, be it only where something is written.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let schema = if schema["anyOf"][0].get("$ref").is_some() { &schema["anyOf"][0] } else { schema };
        match schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
            Some(path) => self.root.pointer(path).unwrap_or(schema),
            None => schema,
        }
    }

    /// A row for the key, and one for each key below.
    fn rows(&mut self, path: &str, property: &'a Value, note: &str, page: &mut String) {
        let cell = |value: Option<&Value>| match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::Object(empty)) if empty.is_empty() => String::new(),
            Some(Value::String(text)) => format!("`{}`", text.replace('|', "\\|")),
            Some(other) => format!("`{other}`"),
        };
        let is = self.kind(property);
        let does = text(property).replace('\n', " ").replace('|', "\\|");
        let (default, example) = (cell(property.get("default")), cell(property["examples"].get(0)));
        let _ = writeln!(page, "| `{path}` | {is} | {default}{note} | {does} | {example} |");
        self.below(path, property, page);
    }

    /// The rows of what is below a key: of an object, of each value of a mapping, of each item of a list.
    fn below(&mut self, path: &str, schema: &'a Value, page: &mut String) {
        if let Some(name) = schema["$ref"].as_str() {
            if let Some(first) = self.shown.get(name) {
                let _ = writeln!(page, "| `{path}.…` | | | As below `{first}`. | |");
                return;
            }
            self.shown.insert(name, path.to_owned());
        }
        let target = self.resolve(schema);
        for (key, property) in properties(target) {
            let is_required = target["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
            let note = if is_required { "required" } else { "" };
            self.rows(&format!("{path}.{key}"), property, note, page);
        }
        if target["additionalProperties"].get("$ref").is_some() {
            let name = target["propertyNames"]["title"].as_str().unwrap_or("name");
            self.below(&format!("{path}.<{name}>"), &target["additionalProperties"], page);
        }
        let items = self.resolve(&target["items"]);
        if items["properties"].is_object() {
            self.below(&format!("{path}[]"), &target["items"], page);
        }
        for variant in items["oneOf"].as_array().into_iter().flatten() {
            for (key, below) in properties(variant) {
                let _ = writeln!(page, "| `{path}[].{key}` | mapping | | {} | |", text(variant));
                self.below(&format!("{path}[].{key}"), below, page);
            }
        }
    }

    fn kind(&self, property: &'a Value) -> &'a str {
        let target = self.resolve(property);
        if let Some(title) = property["title"].as_str().or_else(|| target["title"].as_str()) {
            return title;
        }
        let ty = &target["type"];
        match ty.as_str().or_else(|| ty[0].as_str()) {
            Some("string") => "text",
            Some("boolean") => "true or false",
            Some("object") => "mapping",
            Some("array") => "list",
            _ => "",
        }
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn text(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}
