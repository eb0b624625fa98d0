//! Owns what a subgraph's `@link`s say of connectors: under which names the directives go, and whether weft's additions
//! are on.

use super::reader::Reader;
use apollo_compiler::Schema;
use apollo_compiler::ast::Value;

const APOLLO: &str = "https://specs.apollo.dev/connect/";
const WEFT: &str = "https://specs.weft.dev/connect/";

/// The names of the directives in one subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DirectiveNames {
    pub source: String,
    pub connect: String,
    /// `https://specs.weft.dev/connect/v0.1` is linked.
    pub additions: bool,
}

/// `None` for a subgraph without connectors.
pub(super) fn directive_names(schema: &Schema, reader: &mut Reader<'_>) -> Option<DirectiveNames> {
    let mut names: Option<DirectiveNames> = None;
    let mut additions = false;
    for link in schema.schema_definition.directives.iter().filter(|directive| directive.name == "link") {
        let argument = |name: &str| link.arguments.iter().find(|it| it.name == name).map(|it| &it.value);
        let Some(url_node) = argument("url") else { continue };
        let Some(url) = url_node.as_str() else { continue };
        if let Some(version) = url.strip_prefix(WEFT) {
            if version.trim_end_matches('/') != "v0.1" {
                reader.error(
                    "UNKNOWN_LINK_VERSION",
                    url_node,
                    format!("weft's connectors have no version `{version}`"),
                );
            }
            additions = true;
        } else if let Some(version) = url.strip_prefix(APOLLO) {
            if !matches!(version.trim_end_matches('/'), "v0.1" | "v0.2" | "v0.3") {
                let message = format!("version `{version}` of connectors is not supported");
                let span = reader.span(url_node);
                reader.error_help("UNKNOWN_LINK_VERSION", span, message, Some("link `v0.3`".to_owned()));
            }
            let namespace = argument("as").and_then(|value| value.as_str()).unwrap_or("connect");
            let imports = argument("import").and_then(|value| value.as_list()).unwrap_or_default();
            let imported = |wanted: &str| imports.iter().find_map(|import| import_of(import, wanted));
            names = Some(DirectiveNames {
                source: imported("@source").unwrap_or_else(|| format!("{namespace}__source")),
                // By the rules of `@link`, the directive that has the specification's name has the namespace's.
                connect: imported("@connect").unwrap_or_else(|| namespace.to_owned()),
                additions: false,
            });
        }
    }
    names.map(|names| DirectiveNames { additions, ..names })
}

/// The local name, without the `@`, of an element of `import`: `"@x"` or `{ name: "@x", as: "@y" }`.
fn import_of(import: &Value, wanted: &str) -> Option<String> {
    if import.as_str() == Some(wanted) {
        return Some(wanted.trim_start_matches('@').to_owned());
    }
    let fields = import.as_object()?;
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.as_str());
    if field("name") != Some(wanted) {
        return None;
    }
    Some(field("as").unwrap_or(wanted).trim_start_matches('@').to_owned())
}
