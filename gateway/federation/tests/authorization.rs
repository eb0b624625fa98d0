//! What is fetched, and what is refused, of operations on a supergraph that demands something of those who ask: a table of
//! who asks what, with what backends are asked and which fields are refused.

use std::collections::BTreeSet;

use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::Source;
use weft_federation::operation::{BoundOperation, Identity, Policies, bind, coerce, parse};
use weft_federation::plan::explain::Explain;
use weft_federation::plan::{Planner, ProjectionSource, QueryPlan, verify};
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Need, Satisfiable, Supergraph};
use weft_federation::view::{ClientSchema, ViewInput, build};

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@shareable",
  "@interfaceObject", { name: "@authenticated", as: "@signedIn" }, "@requiresScopes", "@policy"])
"#;

const MAIN: &str = r#"
type Query {
  me: User @signedIn
  user: User
  hits: [Hit!]!
  media: [Media]
  book: Book
  token: Secret
  level: Level
  audits: [Audit!]!
  item: Item
  staff: Staff
  both: Int @requiresScopes(scopes: [["films"]]) @signedIn
}
type Mutation { open: Int close: Int! @signedIn }
type User @key(fields: "id") {
  id: ID!
  name: String
  email: String @requiresScopes(scopes: [["email"], ["admin"]])
  ssn: String! @policy(policies: [["hr", "eu"]])
  friend(first: Int): User
}
union Hit = User | Audit
type Audit @key(fields: "id") @requiresScopes(scopes: [["audit"]]) { id: ID! text: String by: User }
interface Media @key(fields: "id") { id: ID! title: String }
type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
type Film implements Media @key(fields: "id") { id: ID! title: String @requiresScopes(scopes: [["films"]]) }
scalar Secret @signedIn
enum Level @requiresScopes(scopes: [["levels"]]) { LOW HIGH }
type Item @key(fields: "sku") { sku: ID! @requiresScopes(scopes: [["sku"]]) title: String }
interface Staff { grade: Int team: String }
type Manager implements Staff @signedIn { grade: Int team: String }
type Clerk implements Staff { grade: Int team: String }
"#;

const MORE: &str = r#"
type User @key(fields: "id") { id: ID! email: String @external
  label: String @requires(fields: "email") @requiresScopes(scopes: [["email"]]) }
type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int @requiresScopes(scopes: [["rating"]]) stars: Int }
type Item @key(fields: "sku") { sku: ID! stock: Int }
"#;

fn composed() -> String {
    let input = |name: &str, sdl: &str| SubgraphInput {
        name: name.to_owned(),
        url: format!("http://{name}.invalid"),
        source: Source::new(format!("{name}.graphql"), format!("{LINK}{sdl}")),
    };
    let composed = compose(vec![input("main", MAIN), input("more", MORE)], &mut NoConnectors);
    let found: String = composed.diagnostics.iter().map(|found| found.draw(false)).collect();
    composed.supergraph.unwrap_or_else(|| panic!("{found}"))
}

fn loaded(sdl: &str) -> Supergraph<Satisfiable> {
    let supergraph =
        Supergraph::load(&Source::new("supergraph.graphql", sdl)).unwrap_or_else(|found| panic!("{found:?}"));
    let (supergraph, found) = prove(supergraph);
    assert_eq!(found, []);
    supergraph
}

/// One with scopes; names with a `*` are policies that hold. `-` is nobody.
fn identity(who: &str) -> Identity {
    if who == "-" {
        return Identity::anonymous();
    }
    let (held, scopes): (Vec<&str>, Vec<&str>) = who.split(' ').partition(|name| name.starts_with('*'));
    let claims = serde_json::json!({ "scope": scopes.join(" ") });
    let mut policies = Policies::default();
    held.iter().for_each(|name| policies.add(&name[1..], "$(true)").expect("an expression"));
    Identity::verified(claims.as_object().expect("it is one").clone()).with_policies(&policies)
}

/// The plan of an operation, for who asks.
fn planned(
    supergraph: &Supergraph<Satisfiable>,
    client: &ClientSchema,
    text: &str,
    who: &str,
) -> (BoundOperation, QueryPlan) {
    let document = parse(client, text, None).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let bound = bind(client, document).expect("it binds");
    let identity = identity(who);
    let variables = coerce(client, &bound, None, &identity).expect("no variable is needed");
    let plan = Planner::new(supergraph).plan(&bound, variables.condition_bits(&bound, &identity)).expect("a plan");
    verify::verify(&supergraph.model, &plan).expect("a sound plan");
    (bound, plan)
}

/// What backends are asked, each by a line.
fn asked(supergraph: &Supergraph<Satisfiable>, (operation, plan): &(BoundOperation, QueryPlan)) -> Vec<String> {
    let connector = |id| supergraph.connectors.coordinate(id);
    let text = Explain { model: &supergraph.model, operation, plan, connector: &connector }.text();
    text.lines().filter_map(|line| line.trim().strip_prefix("ask")).map(|line| line.trim().to_owned()).collect()
}

/// The fields that are refused, on whichever type, and for want of what.
fn refused((_, plan): &(BoundOperation, QueryPlan)) -> Vec<String> {
    let fields = plan.shape.projections.iter().flat_map(|it| &it.classes).flat_map(|class| &class.fields);
    let refused = fields.filter_map(|field| match &field.source {
        ProjectionSource::Denied(need) => Some(format!("{} {}", field.coordinate, shown(need))),
        _ => None,
    });
    refused.collect::<BTreeSet<_>>().into_iter().collect()
}

fn shown(need: &Need) -> String {
    let sets = |sets: &[Box<[Box<str>]>]| sets.iter().map(|set| set.join("&")).collect::<Vec<_>>().join("|");
    match need {
        Need::Authenticated => "authenticated".to_owned(),
        Need::Scopes(scopes) => sets(scopes),
        Need::Policies(policies) => format!("*{}", sets(policies)),
        Need::Claim(path, _) => format!("${}", path.join(".")),
    }
}

#[test]
fn only_what_may_be_seen_is_fetched() {
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("-", "{ me { name } user { name } }",
            &["{ user { name } }"], &["Query.me authenticated"]),
        ("x", "{ me { name } user { name } }",
            &["{ me { name } user { name } }"], &[]),
        ("-", "{ user { id email ssn } }",
            &["{ user { id } }"], &["User.email admin|email", "User.ssn *eu&hr"]),
        ("email", "{ user { email } }",
            &["{ user { email } }"], &[]),
        ("admin", "{ user { e: email again: friend(first: 1) { email } } }",
            &["{ user { email friend(first: 1) { email } } }"], &[]),
        ("other", "{ user { friend(first: 1) { email name } } }",
            &["{ user { friend(first: 1) { name } } }"], &["User.email admin|email"]),
        ("*hr", "{ user { ssn } }",
            &["{ user { } }"], &["User.ssn *eu&hr"]),
        ("*hr *eu", "{ user { ssn } }",
            &["{ user { ssn } }"], &[]),
        ("-", "{ user { label } }",
            &["{ user { } }"], &["User.label email"]),
        ("email", "{ user { label } }",
            &["{ user { id email } }", "{ ... on User { label } }"], &[]),
        ("admin", "{ user { label email } }",
            &["{ user { email } }"], &["User.label email"]),
        ("-", "{ audits { id } user { name } }",
            &["{ user { name } }"], &["Query.audits audit"]),
        ("audit", "{ audits { id by { email } } }",
            &["{ audits { id by { } } }"], &["User.email admin|email"]),
        ("-", "{ hits { __typename ... on User { name } ... on Audit { text } } }",
            &["{ hits { __typename ... on User { name } } }"], &["Audit.__typename audit", "Audit.text audit"]),
        ("audit", "{ hits { __typename ... on User { name } ... on Audit { text } } }",
            &["{ hits { __typename ... on Audit { text } ... on User { name } } }"], &[]),
        ("-", "{ hits { ... on Audit { id } ... on User { id } } }",
            &["{ hits { __typename ... on User { id } } }"], &["Audit.id audit"]),
        ("-", "{ hits { ...H } } fragment H on Hit { ... on Audit { t: __typename text } }",
            &["{ hits { __typename } }"], &["Audit.__typename audit", "Audit.text audit"]),
        ("-", "{ media { title } }",
            &["{ media { } }"], &["Book.title films"]),
        ("films", "{ media { title } }",
            &["{ media { title } }"], &[]),
        ("-", "{ media { id ... on Film { title } ... on Book { title pages } } }",
            &["{ media { __typename id ... on Book { title pages } } }"], &["Film.title films"]),
        ("-", "{ media { ... on Film { title } } }",
            &["{ media { __typename } }"], &["Film.title films"]),
        ("-", "{ book { title rating stars } }",
            &["{ book { id title } }", "{ ... on Media { stars } }"], &["Book.rating rating"]),
        ("rating", "{ book { rating } media { rating } }",
            &["{ book { id } media { __typename ... on Book { id } ... on Film { id } } }", "{ ... on Media { rating } }"], &[]),
        ("-", "{ media { rating stars } }",
            &["{ media { __typename ... on Book { id } ... on Film { id } } }", "{ ... on Media { stars } }"], &["Book.rating rating"]),
        ("-", "{ token level }",
            &[], &["Query.level levels", "Query.token authenticated"]),
        ("levels", "{ token level }",
            &["{ token level }"], &[]),
        ("-", "{ item { title stock } }",
            &["{ item { sku title } }", "{ ... on Item { stock } }"], &[]),
        ("-", "{ item { sku stock } }",
            &["{ item { sku } }", "{ ... on Item { stock } }"], &["Item.sku sku"]),
        ("-", "{ staff { grade } }",
            &[], &["Query.staff authenticated"]),
        ("x", "{ staff { grade } }",
            &["{ staff { grade } }"], &[]),
        ("-", "{ staff { ... on Clerk { grade } } }",
            &[], &["Query.staff authenticated"]),
        ("-", "{ both }",
            &[], &["Query.both authenticated"]),
        ("x", "{ both }",
            &[], &["Query.both films"]),
        ("-", "mutation { close open }",
            &["{ open }"], &["Mutation.close authenticated"]),
        ("x", "mutation { close open }",
            &["{ close open }"], &[]),
        ("-", "{ user { name @skip(if: true) email @include(if: false) } }",
            &["{ user { } }"], &[]),
    ];
    let supergraph = loaded(&composed());
    check(&supergraph, &ClientSchema::identity(&supergraph), cases);
}

#[test]
fn what_a_file_does_not_pass_on_to_interfaces_holds_for_the_objects_found() {
    let sdl = unpassed(&composed());
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("-", "{ media { title } }",
            &["{ media { __typename ... on Book { title } } }"], &["Film.title films"]),
        ("films", "{ media { title } }",
            &["{ media { title } }"], &[]),
        ("-", "{ media { __typename ... on Book { title } } }",
            &["{ media { __typename ... on Book { title } } }"], &[]),
        ("-", "{ staff { grade } }",
            &["{ staff { __typename ... on Clerk { grade } } }"], &["Manager.grade authenticated"]),
        ("-", "{ staff { __typename } }",
            &["{ staff { __typename } }"], &["Manager.__typename authenticated"]),
        ("x", "{ staff { grade } }",
            &["{ staff { grade } }"], &[]),
        ("-", "{ staff { ... on Clerk { grade team } } }",
            &["{ staff { __typename ... on Clerk { grade team } } }"], &[]),
        ("-", "{ staff { ... on Clerk { grade } grade ... on Staff { team } } }",
            &["{ staff { __typename ... on Clerk { grade team } } }"], &["Manager.grade authenticated", "Manager.team authenticated"]),
        ("-", "{ book { rating stars } }",
            &["{ book { id } }", "{ ... on Media { stars } }"], &["Book.rating rating"]),
        ("-", "{ media { rating stars } }",
            &["{ media { __typename ... on Book { id } ... on Film { id } } }", "{ ... on Media { stars } }"], &["Book.rating rating"]),
        ("-", "{ hits { ... on User { friend { ssn } } } }",
            &["{ hits { __typename ... on User { friend { } } } }"], &["User.ssn *eu&hr"]),
    ];
    let supergraph = loaded(&sdl);
    check(&supergraph, &ClientSchema::identity(&supergraph), cases);
}

/// A client's own schema, on a supergraph that passes nothing on to its interfaces.
const VIEW: &str = r#"
type Query {
  mail: String @from(path: "user.friend.email")
  covered: String! @from(path: "user.email") @fallback(value: "none", on: [ERROR, NULL])
  byAudits: [String] @from(path: "audits[].by.name")
  text: String @from(path: "hits<Audit>[0].text")
  titles: [String] @from(path: "media[].title")
  found: [Found] @from(path: "hits")
  again: Query! @from(path: ".")
  medium: Medium @from(path: "media[0]")
  grade: Int @from(path: "staff.grade")
}
union Found @from(type: "Hit") = Person | Note
type Person @from(type: "User") { id: ID! mail: String @from(path: "email") self: Contact! @from(path: ".") }
type Contact @from(type: "User") { address: String @from(path: "email") called: String @from(path: "name") }
type Note @from(type: "Audit") { text: String version: Int! @constant(value: 1) }
interface Medium @from(type: "Media") { called: String }
type Volume implements Medium @from(type: "Book") { called: String @from(path: "title") }
type Movie implements Medium @from(type: "Film") { called: String @from(path: "title") }
"#;

#[test]
fn a_view_leads_to_nothing_that_may_not_be_seen() {
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("-", "{ mail }",
            &[], &["Query.mail admin|email"]),
        ("email", "{ mail }",
            &["{ user { friend { email } } }"], &[]),
        ("-", "{ covered }",
            &[], &["Query.covered admin|email"]),
        ("-", "{ byAudits }",
            &[], &["Query.byAudits audit"]),
        ("audit", "{ byAudits }",
            &["{ audits { by { name } } }"], &[]),
        ("-", "{ text }",
            &[], &["Query.text audit"]),
        ("audit", "{ text }",
            &["{ hits { __typename ... on Audit { text } } }"], &[]),
        ("-", "{ titles }",
            &["{ media { __typename ... on Book { title } } }"], &["Query.titles films"]),
        ("films", "{ titles }",
            &["{ media { title } }"], &[]),
        ("-", "{ found { ... on Person { id mail self { address called } } } }",
            &["{ hits { __typename ... on User { id name } } }"], &["Contact.address admin|email", "Person.mail admin|email"]),
        ("-", "{ found { __typename ... on Note { text version } } }",
            &["{ hits { __typename } }"], &["Audit.__typename audit", "Note.text audit", "Note.version audit"]),
        ("audit email", "{ found { __typename ... on Note { text version } ... on Person { mail self { address } } } }",
            &["{ hits { __typename ... on Audit { text } ... on User { email } } }"], &[]),
        ("-", "{ again { again { mail } } }",
            &[], &["Query.mail admin|email"]),
        ("-", "{ medium { called } }",
            &["{ media { __typename ... on Book { title } } }"], &["Movie.called films"]),
        ("-", "{ medium { ... on Volume { called } ... on Movie { called } __typename } }",
            &["{ media { __typename ... on Book { title } } }"], &["Movie.called films"]),
        ("films", "{ medium { called } }",
            &["{ media { __typename title } }"], &[]),
        ("-", "{ grade }",
            &["{ staff { __typename ... on Clerk { grade } } }"], &["Query.grade authenticated"]),
        ("x", "{ grade }",
            &["{ staff { grade } }"], &[]),
    ];
    let supergraph = loaded(&unpassed(&composed()));
    let input =
        ViewInput { sources: vec![Source::new("schema.graphql", VIEW)], client: "test".to_owned(), wildcard: false };
    let built = build(&input, &supergraph);
    let found: String = built.diagnostics.iter().map(|found| found.draw(false)).collect();
    check(&supergraph, &built.client.unwrap_or_else(|| panic!("{found}")), cases);
}

/// The supergraph without what composition passes on from implementations to their interfaces.
fn unpassed(sdl: &str) -> String {
    let mut is_interface = false;
    let mut lines = vec![];
    for line in sdl.lines() {
        if line.starts_with("interface") || line.starts_with('}') {
            is_interface = line.starts_with("interface");
        }
        let is_passed = is_interface && (line.contains("@requiresScopes") || line.contains("@signedIn"));
        let is_own = line.contains("rating:");
        let cut = line.find("@requiresScopes").or(line.find("@signedIn")).filter(|_| is_passed && !is_own);
        lines.push(cut.map_or(line, |at| &line[..at]));
    }
    lines.join("\n")
}

/// Who asks what, what backends are asked, and what is refused.
type Case = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

fn check(supergraph: &Supergraph<Satisfiable>, client: &ClientSchema, cases: &[Case]) {
    for (who, text, expected_asked, expected_refused) in cases {
        let planned = planned(supergraph, client, text, who);
        let (asked, refused) = (asked(supergraph, &planned), refused(&planned));
        let (asked, refused): (Vec<&str>, Vec<&str>) =
            (asked.iter().map(String::as_str).collect(), refused.iter().map(String::as_str).collect());
        assert_eq!((&asked[..], &refused[..]), (*expected_asked, *expected_refused), "{who}: {text}");
    }
}

#[test]
fn directives_are_known_whatever_they_are_called() {
    // How a supergraph links the specification and calls its directive, and whether that demands something.
    let cases = [
        (r#"@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)"#, "authenticated", true),
        (r#"@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "auth", for: SECURITY)"#, "auth", true),
        (
            r#"@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY, import: [{ name: "@authenticated", as: "@in" }])"#,
            "in",
            true,
        ),
        (
            r#"@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "x", import: ["@authenticated"])"#,
            "authenticated",
            true,
        ),
        ("", "authenticated", true),
        ("", "auth", false),
        (r#"@link(url: "https://example.com/own/v1.0", import: ["@authenticated"])"#, "authenticated", false),
        (r#"@link(url: "https://example.com/authenticated/v1.0")"#, "authenticated", false),
        (
            r#"@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "auth") @link(url: "https://example.com/authenticated/v1.0")"#,
            "auth",
            true,
        ),
    ];
    for (link, name, expected) in cases {
        let sdl = format!(
            r#"schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) {link} {{ query: Query }}
            directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
            directive @join__graph(name: String!, url: String!) on ENUM_VALUE
            directive @join__type(graph: join__Graph!) repeatable on OBJECT
            directive @{name} on FIELD_DEFINITION
            scalar link__Import
            enum link__Purpose {{ SECURITY EXECUTION }}
            enum join__Graph {{ A @join__graph(name: "a", url: "http://a.invalid") }}
            type Query @join__type(graph: A) {{ a: Int @{name} }}"#
        );
        let supergraph = loaded(&sdl);
        let planned = planned(&supergraph, &ClientSchema::identity(&supergraph), "{ a }", "-");
        assert_eq!(!refused(&planned).is_empty(), expected, "{link} @{name}");
    }
}

#[test]
fn an_operation_has_a_bit_for_each_thing_that_is_demanded_for_it_and_no_more() {
    let fields: String = (0..70).map(|at| format!("f{at}: Int @requiresScopes(scopes: [[\"s{at}\"]])\n")).collect();
    let sdl = format!("{LINK}type Query {{ free: Int {fields} same: Int @requiresScopes(scopes: [[\"s0\"]]) }}");
    let input = SubgraphInput {
        name: "a".to_owned(),
        url: "http://a.invalid".to_owned(),
        source: Source::new("a.graphql", sdl),
    };
    let supergraph = loaded(&compose(vec![input], &mut NoConnectors).supergraph.expect("it composes"));
    let client = ClientSchema::identity(&supergraph);
    let bits = |text: &str| {
        let bound = bind(&client, parse(&client, text, None).expect("it is valid"));
        bound.map(|bound| bound.conditions.len()).map_err(|error| error.code)
    };
    let many = |count: usize| (0..count).map(|at| format!("f{at} ")).collect::<String>();
    for (text, expected) in [
        ("{ free }".to_owned(), Ok(0)),
        ("{ f0 same again: f0 }".to_owned(), Ok(1)),
        (format!("{{ {} }}", many(64)), Ok(64)),
        // Those for which there are no bits left share the last one.
        (format!("{{ {} }}", many(70)), Ok(64)),
    ] {
        assert_eq!(bits(&text), expected, "{text}");
    }
    let all: Vec<String> = (0..70).map(|at| format!("s{at}")).collect();
    for (held, expected) in [
        (all.join(" "), 0),
        // Of the first 63 each is refused alone, of the others all are or none.
        (all[1..].join(" "), 1),
        (all[..69].join(" "), 7),
        ("other".to_owned(), 70),
    ] {
        let planned = planned(&supergraph, &client, &format!("{{ {} }}", many(70)), &held);
        assert_eq!(refused(&planned).len(), expected, "{held}");
    }
}
