//! Owns supergraphs and operations that are large on purpose, for the benchmark `plan` and the test `explosion`.

use std::fmt::Write as _;

use weft_federation::compose::{NoConnectors, compose, prove};
use weft_federation::diagnostics::Source;
use weft_federation::schema::subgraph::SubgraphInput;
use weft_federation::schema::{Satisfiable, Supergraph};

const HEAD: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", \
                    import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@provides\"])\n";

/// An operation that a planner might drown in.
pub struct Case {
    pub name: &'static str,
    /// The SDL of each subgraph.
    pub subgraphs: Vec<String>,
    pub operation: String,
    /// Whether it is refused, since more is asked than a plan may have.
    pub is_refused: bool,
}

pub fn cases() -> Vec<Case> {
    let plain = |name, subgraphs, operation| Case { name, subgraphs, operation, is_refused: false };
    vec![
        plain("a union of 30 members, once", union_subgraphs(), union_levels(1, "")),
        Case {
            name: "20 levels of a union of 30 members",
            subgraphs: union_subgraphs(),
            operation: union_levels(20, ""),
            is_refused: true,
        },
        Case {
            name: "18 levels of a union of 30 members, each asking otherwise",
            subgraphs: union_subgraphs(),
            operation: union_levels(18, "(by: AT)"),
            is_refused: true,
        },
        plain("an interface with 100 implementations, once", interface_subgraphs(), interface_levels(1)),
        plain("an interface with 100 implementations, in itself", interface_subgraphs(), interface_levels(2)),
        Case {
            name: "5 levels of an interface with 100 implementations",
            subgraphs: interface_subgraphs(),
            operation: interface_levels(5),
            is_refused: true,
        },
        plain("500 aliases of a root field", alias_subgraphs(), aliases("query", 500)),
        plain("500 aliases of a mutation", alias_subgraphs(), aliases("mutation", 500)),
        plain("500 aliases of an entity's field", alias_subgraphs(), deep_aliases(500)),
        plain("a chain of 200 @requires", requires_subgraphs(200), "{ e { f199 } }".to_owned()),
        plain("a tree of @requires, 12 levels deep", tree_subgraphs(12), "{ e { t0x0 } }".to_owned()),
        plain("60 fields, each in another ten of 50 subgraphs", spread_subgraphs(), spread()),
        Case {
            name: "20 levels of a value that 24 subgraphs have parts of",
            subgraphs: parts_subgraphs(24),
            operation: parts(24, 20),
            is_refused: true,
        },
        plain("100 levels of a union, one of 30 members going on", union_subgraphs(), union_path(20)),
        plain(
            "100 levels of one object",
            vec![format!("{HEAD} type Query {{ a: A }} type A {{ a: A b: Int }}")],
            levels(20),
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

/// At each of five times that many levels one member goes on: fragments may not be nested deeper than this.
fn union_path(fragments: usize) -> String {
    let mut text = String::from("{ any { ...F0 } }\n");
    for fragment in 0..fragments {
        let mut below =
            if fragment + 1 < fragments { format!("...F{}", fragment + 1) } else { "__typename".to_owned() };
        for level in 0..5 {
            let at = fragment * 5 + level;
            below = format!("... on M{} {{ f{} next {{ {below} }} }}", at % MEMBERS, at % SUBGRAPHS);
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
