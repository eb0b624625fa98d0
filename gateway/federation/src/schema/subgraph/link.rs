//! Owns `@link`: which specifications a file uses, in which version, and what it calls their elements.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};

use super::spec;

/// `vMAJOR.MINOR` of a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

impl Version {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        Some(Self { major: number(major)?, minor: number(minor)? })
    }
}

/// One element that a link imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// As the specification calls it, without `@`.
    pub name: String,
    /// As the file calls it, without `@`.
    pub local: String,
    pub is_directive: bool,
}

/// One application of `@link`.
#[derive(Debug, Clone)]
pub struct Link {
    /// The URL as written.
    pub url: String,
    /// The URL without its version.
    pub identity: String,
    /// The specification's name: the last segment of the identity.
    pub name: String,
    pub version: Version,
    /// What `as` says, if anything.
    pub alias: Option<String>,
    pub imports: Vec<Import>,
    pub directive: Node<Directive>,
}

impl Link {
    /// Reads a link; `Err` says what is wrong with it, under which code.
    pub fn parse(directive: &Node<Directive>) -> Result<Self, (&'static str, String)> {
        const USAGE: &str = "INVALID_LINK_DIRECTIVE_USAGE";
        const IDENTIFIER: &str = "INVALID_LINK_IDENTIFIER";
        let text = |name: &str| directive.specified_argument_by_name(name).and_then(|value| value.as_str());
        let Some(url) = text("url") else {
            return Err((USAGE, "Invalid @link: the argument \"url\" must be a string".to_owned()));
        };
        // A query and a fragment do not tell specifications apart.
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let Some((identity, version)) = path.rsplit_once('/') else {
            return Err((IDENTIFIER, format!("Missing path in feature url '{url}'")));
        };
        if version.is_empty() {
            return Err((IDENTIFIER, format!("Missing version component in feature url '{url}'")));
        }
        let Some(version) = Version::parse(version) else {
            return Err((IDENTIFIER, format!("Expected a version string (of the form v1.2), got {version}")));
        };
        let name = identity.rsplit('/').next().unwrap_or_default().to_owned();
        let has_name = identity.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        if name.is_empty() || !has_name {
            return Err((IDENTIFIER, format!("Missing feature name component in feature url '{url}'")));
        }
        let mut imports = Vec::new();
        if let Some(list) = directive.specified_argument_by_name("import") {
            // One value stands for a list of it.
            let list = list.as_list().unwrap_or(std::slice::from_ref(list));
            for element in list {
                imports.push(import(element).map_err(|message| (USAGE, message))?);
            }
        }
        Ok(Self {
            url: url.to_owned(),
            identity: identity.to_owned(),
            name,
            version,
            alias: text("as").map(str::to_owned),
            imports,
            directive: directive.clone(),
        })
    }

    /// What the specification's elements are prefixed with where they are not imported.
    pub fn namespace(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// What the file calls a directive of this specification, without `@`.
    pub fn local_directive(&self, name: &str) -> String {
        if let Some(import) = self.imports.iter().find(|import| import.is_directive && import.name == name) {
            return import.local.clone();
        }
        if name == self.name { self.namespace().to_owned() } else { format!("{}__{name}", self.namespace()) }
    }

    /// What the file calls a type of this specification.
    pub fn local_type(&self, name: &str) -> String {
        self.imports
            .iter()
            .find(|import| !import.is_directive && import.name == name)
            .map_or_else(|| format!("{}__{name}", self.namespace()), |import| import.local.clone())
    }
}

fn import(element: &Node<Value>) -> Result<Import, String> {
    let (name, alias) = match element.as_ref() {
        Value::String(name) => (name.as_str(), None),
        Value::Object(fields) => {
            let text = |key: &str| fields.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
            if let Some((unknown, _)) = fields.iter().find(|(name, _)| name != "name" && name != "as") {
                return Err(format!("Unknown field \"{unknown}\" for sub-value {element} of @link(import:) argument."));
            }
            let Some(name) = text("name") else {
                return Err(format!(
                    "Invalid sub-value {element} for @link(import:) argument: missing mandatory \"name\" field"
                ));
            };
            (name, text("as"))
        }
        _ => {
            return Err(format!(
                "Invalid sub-value {element} for @link(import:) argument: values should be either strings or input object values of the form {{ name: \"<importedElement>\", as: \"<alias>\" }}."
            ));
        }
    };
    let local = alias.unwrap_or(name);
    let is_directive = name.starts_with('@');
    if is_directive != local.starts_with('@') {
        let (wrong, right) = if is_directive { ("type", "must have") } else { ("directive", "must not have") };
        return Err(format!(
            "Invalid @link import renaming: \"{name}\" is imported as \"{local}\", which names a {wrong}: the alias {right} a leading '@'"
        ));
    }
    Ok(Import {
        name: name.trim_start_matches('@').to_owned(),
        local: local.trim_start_matches('@').to_owned(),
        is_directive,
    })
}

/// All links of a file, in its order.
#[derive(Debug, Clone, Default)]
pub struct Links(pub Vec<Link>);

impl Links {
    pub fn get(&self, identity: &str) -> Option<&Link> {
        self.0.iter().find(|link| link.identity == identity)
    }

    pub fn federation(&self) -> Option<&Link> {
        self.get(spec::FEDERATION)
    }

    /// What the file calls the directive, without `@`; `None` if it does not have it.
    pub fn local_name(&self, directive: spec::SpecDirective) -> Option<String> {
        let row = directive.row();
        if let Some(feature) = row.feature
            && let Some(link) = self.get(feature.identity)
        {
            return Some(link.local_directive(row.name));
        }
        match row.since {
            Some(since) => match self.federation() {
                Some(link) => (link.version.minor >= since).then(|| link.local_directive(row.name)),
                // Federation 1 files have most of these only if they define them, which ingestion asks.
                None => Some(row.name.to_owned()),
            },
            None => self.get(spec::CONNECT).map(|link| link.local_directive(row.name)),
        }
    }

    /// The link and the element's name in its specification, for a directive as the file names it.
    pub fn feature_of(&self, local: &str) -> Option<(&Link, String)> {
        for link in &self.0 {
            if let Some(import) = link.imports.iter().find(|import| import.is_directive && import.local == local) {
                return Some((link, import.name.clone()));
            }
        }
        self.0.iter().find_map(|link| {
            if local == link.namespace() {
                return Some((link, link.name.clone()));
            }
            let rest = local.strip_prefix(link.namespace())?.strip_prefix("__")?;
            Some((link, rest.to_owned()))
        })
    }
}
