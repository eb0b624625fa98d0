//! Owns supergraphs and operations that are large on purpose, for the benchmark `plan` and the test `explosion`.

use std::fmt::Write as _;

use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};

const HEAD: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", \
                    import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@provides\"])\n";

/// Subgraphs, and operations on them that a planner might drown in.
pub struct World {
    /// The SDL of each.
    pub subgraphs: Vec<String>,
    /// Whether proving them takes long without optimization.
    is_slow: bool,
    pub cases: Vec<Case>,
}

pub struct Case {
    pub name: &'static str,
    pub operation: String,
    pub end: End,
    /// Whether this takes long without optimization.
    is_slow: bool,
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Planned,
    /// With this code, since more is asked than may be.
    Refused(&'static str),
}

const TOO_COMPLEX: End = End::Refused("COST_ESTIMATED_TOO_EXPENSIVE");

impl World {
    fn quick(subgraphs: Vec<String>, cases: impl Into<Vec<Case>>) -> Self {
        Self { subgraphs, is_slow: false, cases: cases.into() }
    }

    fn slow(subgraphs: Vec<String>, cases: impl Into<Vec<Case>>) -> Self {
        Self { subgraphs, is_slow: true, cases: cases.into() }
    }
}

impl Case {
    fn quick(name: &'static str, end: End, operation: String) -> Self {
        Self { name, operation, end, is_slow: false }
    }

    fn slow(name: &'static str, end: End, operation: String) -> Self {
        Self { name, operation, end, is_slow: true }
    }
}

/// All of them; in a build without optimization those that are not slow in it.
pub fn worlds() -> Vec<World> {
    let mut worlds = all();
    if cfg!(debug_assertions) {
        worlds.retain(|world| !world.is_slow);
        worlds.iter_mut().for_each(|world| world.cases.retain(|case| !case.is_slow));
    }
    worlds
}

fn all() -> Vec<World> {
    use End::{Planned, Refused};
    let unions = [
        Case::quick("a union of 30 members, once", Planned, union_levels(1, "")),
        Case::slow("20 levels of a union of 30 members", TOO_COMPLEX, union_levels(20, "")),
        Case::quick("18 levels of a union of 30 members, each otherwise", TOO_COMPLEX, union_levels(18, "(by: AT)")),
        Case::quick("500 levels of a union of 30 members", Refused("MAX_TOKENS_LIMIT"), union_levels(500, "")),
        Case::quick("500 levels of a union, one member going on", Refused("MAX_DEPTH_LIMIT"), union_path(100, 5, "")),
        Case::quick(
            "499 selections in each other, 124 levels of a union",
            Planned,
            union_path(1, 124, "... on Any { ... {"),
        ),
    ];
    let interfaces = [
        Case::quick("an interface with 100 implementations, once", Planned, interface_levels(1)),
        Case::slow("an interface with 100 implementations, in itself", Planned, interface_levels(2)),
        Case::slow("5 levels of an interface with 100 implementations", TOO_COMPLEX, interface_levels(5)),
    ];
    let roots = [
        Case::quick("500 aliases of a root field", Planned, aliases("query", 500)),
        Case::quick("100 aliases of a mutation", Planned, aliases("mutation", 100)),
        Case::slow("500 aliases of a mutation", Planned, aliases("mutation", 500)),
        Case::quick("500 aliases of an entity's field", Planned, deep_aliases(500)),
    ];
    let one = |name, operation: &str| [Case::quick(name, Planned, operation.to_owned())];
    vec![
        World::quick(union_subgraphs(), unions),
        World::slow(interface_subgraphs(), interfaces),
        World::quick(alias_subgraphs(), roots),
        World::quick(requires_subgraphs(200), one("a chain of 200 @requires", "{ e { f199 } }")),
        World::quick(tree_subgraphs(12), one("a tree of @requires, 12 levels deep", "{ e { t0x0 } }")),
        World::quick(spread_subgraphs(), one("60 fields, each in another ten of 50 subgraphs", &spread())),
        World::quick(
            parts_subgraphs(8),
            [Case::quick("20 levels of a value that 8 subgraphs have parts of", TOO_COMPLEX, parts(8, 20))],
        ),
        World::slow(
            parts_subgraphs(24),
            [Case::quick("20 levels of a value that 24 subgraphs have parts of", TOO_COMPLEX, parts(24, 20))],
        ),
        World::quick(
            vec![format!("{HEAD} type Query {{ a: A }} type A {{ a: A b: Int }}")],
            one("125 levels of one object", &levels(25)),
        ),
    ]
}

/// Composes, loads and proves. Panics if something is wrong with the subgraphs, which are this file's own.
pub fn supergraph(subgraphs: &[String]) -> Supergraph<Satisfiable> {
    let inputs = subgraphs.iter().enumerate().map(|(at, sdl)| {
        let name = format!("s{at:02}");
        let source = Source::new(format!("{name}.graphql"), sdl.clone());
        SubgraphInput { url: format!("http://{name}"), source, name }
    });
    let composed = compose(inputs.collect(), &mut NoConnectors);
    let errors: Vec<String> =
        composed.diagnostics.iter().filter(|found| found.is_error()).map(ToString::to_string).collect();
    let sdl = composed.supergraph.unwrap_or_else(|| panic!("it does not compose: {errors:#?}"));
    let merged = Supergraph::load(&Source::new("supergraph.graphql", sdl));
    prove(merged.unwrap_or_else(|found| panic!("it does not load: {}", found[0]))).0
}

const MEMBERS: usize = 30;
const SUBGRAPHS: usize = 50;

/// A union of 30 entities; each subgraph gives all of them a field, and ten of them the field that goes on.
fn union_subgraphs() -> Vec<String> {
    let one = |at: usize| {
        let members: Vec<String> = (0..MEMBERS).map(|member| format!("M{member}")).collect();
        let mut sdl = format!("{HEAD} union Any = {} enum By {{ {} }}\n", members.join(" | "), by_values());
        for member in 0..MEMBERS {
            let next = if (member + at).is_multiple_of(3) { " next(by: By): Any @shareable" } else { "" };
            let _ = writeln!(sdl, "type M{member} @key(fields: \"id\") {{ id: ID! f{at}: Int{next} }}");
        }
        if at == 0 {
            sdl.push_str("type Query { any: Any }");
        }
        sdl
    };
    (0..SUBGRAPHS).map(one).collect()
}

fn by_values() -> String {
    (0..MEMBERS).map(|member| format!("B{member} ")).collect()
}

/// Each level is a fragment that the members' fields spread. Where they have different arguments, no two of them are
/// the same selection.
fn union_levels(levels: usize, arguments: &str) -> String {
    let mut text = String::from("{ any { ...F0 } }\n");
    for level in 0..levels {
        let _ = write!(text, "fragment F{level} on Any {{");
        for member in 0..MEMBERS {
            let arguments = arguments.replace("AT", &format!("B{member}"));
            let below = if level + 1 < levels { format!("...F{}", level + 1) } else { "__typename".to_owned() };
            let _ =
                write!(text, " ... on M{member} {{ f{} next{arguments} {{ {below} }} }}", (level + member) % SUBGRAPHS);
        }
        text.push_str(" }\n");
    }
    text
}

/// At each of that many fragments' levels one member goes on, in a fragment on it and further ones that `wrap` begins.
fn union_path(fragments: usize, levels: usize, wrap: &str) -> String {
    let close = " }".repeat(wrap.matches("...").count());
    let mut text = String::from("{ any { ...F0 } }\n");
    for fragment in 0..fragments {
        let mut below =
            if fragment + 1 < fragments { format!("...F{}", fragment + 1) } else { "__typename".to_owned() };
        for level in 0..levels {
            let at = fragment * levels + level;
            below = format!("{wrap} ... on M{} {{ f{} next {{ {below} }} }}{close}", at % MEMBERS, at % SUBGRAPHS);
        }
        let _ = writeln!(text, "fragment F{fragment} on Any {{ {below} }}");
    }
    text
}

/// An interface with 100 implementations over 20 subgraphs.
fn interface_subgraphs() -> Vec<String> {
    let one = |at: usize| {
        let mut sdl = format!("{HEAD} interface Node {{ id: ID! }}\n");
        for member in 0..100 {
            let list = if at == member % 20 { " nodes: [Node]" } else { "" };
            let _ = writeln!(
                sdl,
                "type N{member} implements Node @key(fields: \"id\") {{ id: ID! g{at}: Int s{}: Int @shareable{list} }}",
                at / 4
            );
        }
        if at == 0 {
            sdl.push_str("type Query { nodes: [Node] }");
        }
        sdl
    };
    (0..20).map(one).collect()
}

fn interface_levels(levels: usize) -> String {
    let mut text = String::from("{ nodes { ...F0 } }\n");
    for level in 0..levels {
        let _ = write!(text, "fragment F{level} on Node {{ __typename id");
        for member in 0..100 {
            let below = if level + 1 < levels { format!("nodes {{ ...F{} }}", level + 1) } else { String::new() };
            let _ =
                write!(text, " ... on N{member} {{ g{} g{} s{} {below} }}", member % 20, (member + 7) % 20, member % 5);
        }
        text.push_str(" }\n");
    }
    text
}

fn alias_subgraphs() -> Vec<String> {
    vec![
        format!(
            "{HEAD} type Query {{ user(id: ID): User }} type Mutation {{ add(id: ID): User }} \
             type User @key(fields: \"id\") {{ id: ID! friend(at: Int): User }}"
        ),
        format!(
            "{HEAD} type User @key(fields: \"id\") {{ id: ID! name: String team: Team }} type Team @key(fields: \"id\") {{ id: ID! }}"
        ),
        format!("{HEAD} type Team @key(fields: \"id\") {{ id: ID! name: String }}"),
    ]
}

fn aliases(kind: &str, count: usize) -> String {
    let field = if kind == "mutation" { "add" } else { "user" };
    let fields = (0..count).map(|at| format!(" a{at}: {field}(id: {at}) {{ name team {{ name }} }}"));
    format!("{kind} {{{} }}", fields.collect::<String>())
}

fn deep_aliases(count: usize) -> String {
    let fields: String = (0..count).map(|at| format!(" a{at}: friend(at: {at}) {{ name team {{ name }} }}")).collect();
    format!("{{ user {{ {fields} }} }}")
}

/// `f1` requires `f0` of the other subgraph, and so on.
fn requires_subgraphs(length: usize) -> Vec<String> {
    let one = |at: usize| {
        let mut sdl = format!("{HEAD} type E @key(fields: \"id\") {{ id: ID!");
        for field in 0..length {
            let requires = if field > 0 { format!(" @requires(fields: \"f{}\")", field - 1) } else { String::new() };
            let _ = match field % 2 == at {
                true => write!(sdl, " f{field}: Int{requires}"),
                false => write!(sdl, " f{field}: Int @external"),
            };
        }
        sdl.push_str(if at == 0 { " } type Query { e: E }" } else { " }" });
        sdl
    };
    // The last field is nobody's input, so that it is not external anywhere.
    (0..2).map(|at| one(at).replace(&format!(" f{}: Int @external", length - 1), "")).collect()
}

/// A field requires two of the level below, which are in the other subgraph.
fn tree_subgraphs(levels: usize) -> Vec<String> {
    let one = |at: usize| {
        let mut sdl = format!("{HEAD} type E @key(fields: \"id\") {{ id: ID!");
        for level in 0..levels {
            for field in 0..=level {
                let below = format!("t{}x{field} t{}x{}", level + 1, level + 1, field + 1);
                let requires =
                    if level + 1 < levels { format!(" @requires(fields: \"{below}\")") } else { String::new() };
                let _ = match (level % 2 == at, level) {
                    (true, _) => write!(sdl, " t{level}x{field}: Int{requires}"),
                    (false, 0) => Ok(()),
                    (false, _) => write!(sdl, " t{level}x{field}: Int @external"),
                };
            }
        }
        sdl.push_str(if at == 0 { " } type Query { e: E }" } else { " }" });
        sdl
    };
    (0..2).map(one).collect()
}

/// Field `h7` is in the subgraphs whose number is like seven in some way, ten of 50.
fn spread_subgraphs() -> Vec<String> {
    let one = |at: usize| {
        let mut sdl = format!("{HEAD} type E @key(fields: \"id\") {{ id: ID!");
        for field in 0..60 {
            if (at * (field + 3) + field * field) % 50 < 10 {
                let _ = write!(sdl, " h{field}: Int @shareable");
            }
        }
        sdl.push_str(if at == 0 { " own: Int } type Query { e: E }" } else { " }" });
        sdl
    };
    (0..SUBGRAPHS).map(one).collect()
}

fn spread() -> String {
    let known = spread_subgraphs().concat();
    let fields: String =
        (0..60).map(|at| format!(" h{at}")).filter(|name| known.contains(&format!("{name}:"))).collect();
    format!("{{ e {{ {fields} }} }}")
}

/// A value of which each subgraph lacks another part.
fn parts_subgraphs(subgraphs: usize) -> Vec<String> {
    let one = |at: usize| {
        let fields: String = (0..subgraphs).filter(|field| *field != at).map(|field| format!(" f{field}: T")).collect();
        format!("{HEAD}type T @shareable {{ own: Int{fields} }} type Query @shareable {{ t: T }}\n")
    };
    (0..subgraphs).map(one).collect()
}

fn parts(subgraphs: usize, levels: usize) -> String {
    let mut text = String::from("{ t { ...F0 } }\n");
    for level in 0..levels {
        let below = if level + 1 < levels { format!("...F{}", level + 1) } else { "own".to_owned() };
        let fields: String = (0..subgraphs).map(|field| format!(" f{field} {{ {below} }}")).collect();
        let _ = writeln!(text, "fragment F{level} on T {{{fields} }}");
    }
    text
}

/// Five times that many levels.
fn levels(fragments: usize) -> String {
    let mut text = String::from("{ a { ...F0 } }\n");
    for fragment in 0..fragments {
        let below = if fragment + 1 < fragments { format!("...F{}", fragment + 1) } else { "b".to_owned() };
        let _ =
            writeln!(text, "fragment F{fragment} on A {{ b a {{ b a {{ b a {{ b a {{ b a {{ {below} }} }} }} }} }} }}");
    }
    text
}
