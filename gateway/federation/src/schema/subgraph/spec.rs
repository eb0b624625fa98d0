//! Owns what weft knows of the specifications that a subgraph links: which directives each has, since which version,
//! how they are defined, and whether the supergraph carries them.

use super::Federation;
use super::link::Version;

/// The newest federation that is understood.
pub const FEDERATION_NEWEST: u32 = 14;
pub const FEDERATION: &str = "https://specs.apollo.dev/federation";
pub const LINK: &str = "https://specs.apollo.dev/link";
pub const CONNECT: &str = "https://specs.apollo.dev/connect";
/// weft's additions to connectors.
pub const WEFT_CONNECT: &str = "https://specs.weft.dev/connect";

/// Of GraphQL itself, and an addition of weft in composition, which the reference does not have.
pub const ONE_OF: &str = "oneOf";
pub const ONE_OF_DEFINITION: &str = "directive @oneOf on INPUT_OBJECT";

/// A directive of a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpecDirective {
    Key,
    Requires,
    Provides,
    External,
    Extends,
    Shareable,
    Override,
    ComposeDirective,
    InterfaceObject,
    Tag,
    Inaccessible,
    Authenticated,
    RequiresScopes,
    Policy,
    Context,
    FromContext,
    Cost,
    ListSize,
    CacheTag,
    Source,
    Connect,
}

/// What is known of one directive.
pub(crate) struct Row {
    pub directive: SpecDirective,
    /// Its name in its specification.
    pub name: &'static str,
    pub canonical: &'static str,
    /// The federation minor version that brought it; `None` for those that federation does not have.
    pub since: Option<u32>,
    /// Known without a link, as Federation 1 subgraphs use it.
    pub federation_one: bool,
    /// Everything after the name in its definition.
    pub definition: &'static str,
    /// The specification that has it besides federation, and how a supergraph links it.
    pub feature: Option<Feature>,
}

/// A specification that a supergraph links when one of its directives is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    pub identity: &'static str,
    pub version: Version,
    pub purpose: Purpose,
}

impl Feature {
    /// Whether what is known of the feature holds for this version of it.
    pub fn knows(&self, version: Version) -> bool {
        version.major == self.version.major && (1..=self.version.minor).contains(&version.minor)
    }
}

/// Why a router needs to know a feature: one that does not must refuse the supergraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It may do without.
    None,
    Security,
    Execution,
}

const fn feature(identity: &'static str, minor: u32, purpose: Purpose) -> Option<Feature> {
    Some(Feature { identity, version: Version { major: 0, minor }, purpose })
}

const TAG_LOCATIONS: &str = "(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA";

use SpecDirective as D;

/// In the order in which a supergraph lists features.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    Row { directive: D::Key, name: "key", canonical: "federation__key", since: Some(0), federation_one: true, feature: None,
        definition: "(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE" },
    Row { directive: D::Requires, name: "requires", canonical: "federation__requires", since: Some(0), federation_one: true, feature: None,
        definition: "(fields: federation__FieldSet!) on FIELD_DEFINITION" },
    Row { directive: D::Provides, name: "provides", canonical: "federation__provides", since: Some(0), federation_one: true, feature: None,
        definition: "(fields: federation__FieldSet!) on FIELD_DEFINITION" },
    Row { directive: D::External, name: "external", canonical: "federation__external", since: Some(0), federation_one: true, feature: None,
        definition: "(reason: String) on OBJECT | FIELD_DEFINITION" },
    Row { directive: D::Tag, name: "tag", canonical: "federation__tag", since: Some(0), federation_one: true,
        feature: feature("https://specs.apollo.dev/tag", 3, Purpose::None), definition: TAG_LOCATIONS },
    Row { directive: D::Extends, name: "extends", canonical: "federation__extends", since: Some(0), federation_one: true, feature: None,
        definition: "on OBJECT | INTERFACE" },
    Row { directive: D::Shareable, name: "shareable", canonical: "federation__shareable", since: Some(0), federation_one: false, feature: None,
        definition: "repeatable on OBJECT | FIELD_DEFINITION" },
    Row { directive: D::Inaccessible, name: "inaccessible", canonical: "federation__inaccessible", since: Some(0), federation_one: false,
        feature: feature("https://specs.apollo.dev/inaccessible", 2, Purpose::Security),
        definition: "on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION" },
    Row { directive: D::Override, name: "override", canonical: "federation__override", since: Some(0), federation_one: false, feature: None,
        definition: "(from: String!, label: String) on FIELD_DEFINITION" },
    Row { directive: D::ComposeDirective, name: "composeDirective", canonical: "federation__composeDirective", since: Some(1), federation_one: false, feature: None,
        definition: "(name: String) repeatable on SCHEMA" },
    Row { directive: D::InterfaceObject, name: "interfaceObject", canonical: "federation__interfaceObject", since: Some(3), federation_one: false, feature: None,
        definition: "on OBJECT" },
    Row { directive: D::Authenticated, name: "authenticated", canonical: "federation__authenticated", since: Some(5), federation_one: false,
        feature: feature("https://specs.apollo.dev/authenticated", 1, Purpose::Security),
        definition: "on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM" },
    Row { directive: D::RequiresScopes, name: "requiresScopes", canonical: "federation__requiresScopes", since: Some(5), federation_one: false,
        feature: feature("https://specs.apollo.dev/requiresScopes", 1, Purpose::Security),
        definition: "(scopes: [[federation__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM" },
    Row { directive: D::Policy, name: "policy", canonical: "federation__policy", since: Some(6), federation_one: false,
        feature: feature("https://specs.apollo.dev/policy", 1, Purpose::Security),
        definition: "(policies: [[federation__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM" },
    Row { directive: D::Context, name: "context", canonical: "federation__context", since: Some(8), federation_one: false,
        feature: feature("https://specs.apollo.dev/context", 1, Purpose::Security),
        definition: "(name: String!) repeatable on INTERFACE | OBJECT | UNION" },
    Row { directive: D::FromContext, name: "fromContext", canonical: "federation__fromContext", since: Some(8), federation_one: false, feature: None,
        definition: "(field: federation__ContextFieldValue) on ARGUMENT_DEFINITION" },
    Row { directive: D::Cost, name: "cost", canonical: "federation__cost", since: Some(9), federation_one: false,
        feature: feature("https://specs.apollo.dev/cost", 1, Purpose::None),
        definition: "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR" },
    Row { directive: D::ListSize, name: "listSize", canonical: "federation__listSize", since: Some(9), federation_one: false,
        feature: feature("https://specs.apollo.dev/cost", 1, Purpose::None),
        definition: "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION" },
    Row { directive: D::CacheTag, name: "cacheTag", canonical: "federation__cacheTag", since: Some(12), federation_one: false,
        feature: feature("https://specs.apollo.dev/cacheTag", 1, Purpose::Execution),
        definition: "(format: String!) repeatable on OBJECT | FIELD_DEFINITION" },
    Row { directive: D::Source, name: "source", canonical: "connect__source", since: None, federation_one: false, feature: None,
        definition: "(name: String!, http: connect__SourceHTTP, grpc: connect__SourceGRPC, errors: connect__ConnectorErrors, isSuccess: connect__JSONSelection) repeatable on SCHEMA" },
    Row { directive: D::Connect, name: "connect", canonical: "connect__connect", since: None, federation_one: false, feature: None,
        definition: "(source: String, id: String, http: connect__ConnectHTTP, grpc: connect__ConnectGRPC, batch: connect__ConnectBatch, errors: connect__ConnectorErrors, isSuccess: connect__JSONSelection, selection: connect__JSONSelection!, entity: Boolean = false) repeatable on FIELD_DEFINITION | OBJECT" },
];

impl Row {
    /// What follows the name in the definition that a version of federation has. What Federation 1 subgraphs define
    /// themselves is measured by the newest.
    pub fn definition_in(&self, federation: Federation, grpc: bool) -> String {
        let newer = |minor: u32| matches!(federation, Federation::Two(own) if own < minor);
        let definition = self.definition.to_owned();
        match self.directive {
            D::Override if newer(7) => definition.replace(", label: String", ""),
            D::Shareable if newer(2) => definition.replace("repeatable ", ""),
            D::Tag if newer(3) => definition.replace(" | SCHEMA", ""),
            D::Source if !grpc => definition.replace(" grpc: connect__SourceGRPC,", ""),
            D::Connect if !grpc => definition.replace(" grpc: connect__ConnectGRPC,", ""),
            _ => definition,
        }
    }
}

impl SpecDirective {
    pub(crate) fn row(self) -> &'static Row {
        // Every directive has a row: `every_directive_has_a_row` proves it.
        ROWS.iter().find(|row| row.directive == self).unwrap_or(&ROWS[0])
    }

    /// Its name in its specification, without `@`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its name in a [`super::Subgraph`]'s schema.
    pub fn canonical(self) -> &'static str {
        self.row().canonical
    }

    pub fn from_canonical(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.canonical == name).map(|row| row.directive)
    }

    /// Whether it says who may see something.
    pub fn is_authorization(self) -> bool {
        matches!(self, Self::Authenticated | Self::RequiresScopes | Self::Policy)
    }

    /// Whether applications in several subgraphs become one, which says what all of them say.
    pub fn combines_arguments(self) -> bool {
        matches!(self, Self::RequiresScopes | Self::Policy | Self::Cost | Self::ListSize)
    }

    /// Whether the supergraph carries its applications, each under its own feature.
    pub fn feature(self) -> Option<Feature> {
        self.row().feature
    }
}

/// The scalars and inputs that the definitions above use.
pub(crate) const FEDERATION_TYPES: &str = "scalar federation__FieldSet scalar federation__Scope scalar federation__Policy scalar federation__ContextFieldValue ";

/// What follows the name in the definition of `@link`.
pub(crate) const LINK_DEFINITION: &str =
    "(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA";

pub(crate) const LINK_TYPES: &str = "scalar link__Import enum link__Purpose { SECURITY EXECUTION } ";

pub(crate) const CONNECT_TYPES: &str = "scalar connect__JSONSelection scalar connect__URLTemplate \
input connect__SourceHTTP { baseURL: String! headers: [connect__HTTPHeaderMapping!] path: connect__JSONSelection queryParams: connect__JSONSelection } \
input connect__ConnectHTTP { GET: connect__URLTemplate POST: connect__URLTemplate PUT: connect__URLTemplate PATCH: connect__URLTemplate DELETE: connect__URLTemplate body: connect__JSONSelection headers: [connect__HTTPHeaderMapping!] path: connect__JSONSelection queryParams: connect__JSONSelection } \
input connect__HTTPHeaderMapping { name: String! from: String value: String } \
input connect__ConnectorErrors { message: connect__JSONSelection extensions: connect__JSONSelection } \
input connect__SourceGRPC { address: String! service: String proto: [String!]! headers: [connect__HTTPHeaderMapping!] } \
input connect__ConnectGRPC { method: String! body: connect__JSONSelection headers: [connect__HTTPHeaderMapping!] } \
input connect__ConnectBatch { maxSize: Int groupBy: connect__JSONSelection } ";

/// Whether a type of this name is machinery that a supergraph does not show.
pub fn is_machinery_type(name: &str) -> bool {
    ["federation__", "link__", "connect__", "core__", "join__"].iter().any(|prefix| name.starts_with(prefix))
        || is_federation_one_type(name)
}

/// The types that Federation 1 tools write into subgraphs' files.
pub(crate) const FEDERATION_ONE_TYPES: [&str; 4] = ["_Any", "_Entity", "_Service", "_FieldSet"];

pub fn is_federation_one_type(name: &str) -> bool {
    FEDERATION_ONE_TYPES.contains(&name)
}

/// Whether a root query field of this name is machinery.
pub fn is_machinery_field(name: &str) -> bool {
    matches!(name, "_service" | "_entities")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directive_has_a_row() {
        for row in ROWS {
            assert_eq!(row.directive.row().name, row.name);
            assert_eq!(SpecDirective::from_canonical(row.canonical), Some(row.directive));
        }
        // The enum's last variant tells how many there are.
        assert_eq!(ROWS.len(), SpecDirective::Connect as usize + 1);
    }
}
