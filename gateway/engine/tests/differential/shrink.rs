//! Owns making a failing case small: parts of the operation, the faults and the schema are left out as long as it
//! fails in the same way.

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, InlineFragment, Selection};

use super::compare::{Verdict, check};
use super::faults::Faults;
use super::gateway::Gateway;
use super::operation::Operation;
use super::schema::{Role, World};

#[derive(Clone)]
pub struct Case {
    pub world: World,
    pub operation: Operation,
    pub faults: Faults,
}

/// The smallest case found that still disagrees in this kind.
pub fn shrink(mut case: Case, kind: &str) -> Case {
    // What one step allows may allow another before it.
    for _ in 0..4 {
        let before = size(&case);
        operation(&mut case, kind);
        world(&mut case, kind);
        if size(&case) == before {
            break;
        }
    }
    case
}

fn size(case: &Case) -> usize {
    let fields = case.world.objects.iter().map(|object| object.fields.len());
    case.operation.text.len() + fields.sum::<usize>() + case.faults.fields.len()
}

fn fails(gateway: &Gateway, operation: &Operation, faults: &Faults, kind: &str) -> bool {
    matches!(check(gateway, operation, faults), Verdict::Disagrees(found) if found.kind == kind)
}

fn operation(case: &mut Case, kind: &str) {
    let Ok(gateway) = Gateway::new(case.world.clone()) else { return };
    for at in (0..case.faults.fields.len()).rev() {
        let mut faults = case.faults.clone();
        faults.fields.remove(at);
        if fails(&gateway, &case.operation, &faults, kind) {
            case.faults = faults;
        }
    }
    let mut at = 0;
    while let Some(text) = edited(&case.operation.text, at) {
        let smaller = Operation { text, ..case.operation.clone() };
        if smaller.text != case.operation.text && fails(&gateway, &smaller, &case.faults, kind) {
            case.operation = smaller;
        } else {
            at += 1;
        }
    }
    let names: Vec<String> = case.operation.variables.keys().map(|name| name.as_str().to_owned()).collect();
    for name in names {
        let mut smaller = case.operation.clone();
        smaller.variables.remove(name.as_str());
        if fails(&gateway, &smaller, &case.faults, kind) {
            case.operation = smaller;
        }
    }
}

/// The operation with its edit of this number; `None` past the last.
fn edited(text: &str, at: usize) -> Option<String> {
    let mut document = Document::parse(text, "operation.graphql").ok()?;
    let mut left = at;
    let fragments = document.clone();
    let mut done = false;
    for definition in &mut document.definitions {
        let set = match definition {
            Definition::OperationDefinition(operation) => &mut operation.make_mut().selection_set,
            Definition::FragmentDefinition(fragment) => &mut fragment.make_mut().selection_set,
            _ => continue,
        };
        done = edit(set, &mut left, &fragments);
        if done {
            break;
        }
    }
    done.then(|| tidy(document))
}

fn edit(set: &mut Vec<Selection>, left: &mut usize, document: &Document) -> bool {
    let mut take = || {
        let now = *left == 0;
        *left = left.wrapping_sub(1);
        now
    };
    for at in 0..set.len() {
        if take() {
            if set.len() > 1 {
                set.remove(at);
            }
            return true;
        }
        if take() {
            match &mut set[at] {
                Selection::Field(field) => field.make_mut().directives.0.clear(),
                Selection::FragmentSpread(spread) => spread.make_mut().directives.0.clear(),
                Selection::InlineFragment(fragment) => fragment.make_mut().directives.0.clear(),
            }
            return true;
        }
        if take() {
            match set[at].clone() {
                Selection::Field(mut field) => {
                    let field_mut = field.make_mut();
                    if field_mut.alias.take().is_none() {
                        field_mut.arguments.clear();
                    }
                    set[at] = Selection::Field(field);
                }
                Selection::InlineFragment(fragment) => {
                    set.splice(at..=at, fragment.selection_set.clone());
                }
                Selection::FragmentSpread(spread) => {
                    let found = document.definitions.iter().find_map(|definition| match definition {
                        Definition::FragmentDefinition(known) if known.name == spread.fragment_name => Some(known),
                        _ => None,
                    });
                    if let Some(known) = found {
                        let inline = InlineFragment {
                            type_condition: Some(known.type_condition.clone()),
                            directives: spread.directives.clone(),
                            selection_set: known.selection_set.clone(),
                        };
                        set[at] = Selection::InlineFragment(Node::new(inline));
                    }
                }
            }
            return true;
        }
    }
    set.iter_mut().any(|selection| match selection {
        Selection::Field(field) => edit(&mut field.make_mut().selection_set, left, document),
        Selection::InlineFragment(fragment) => edit(&mut fragment.make_mut().selection_set, left, document),
        Selection::FragmentSpread(_) => false,
    })
}

/// Leaves out the fragments and variables that nothing uses any more.
fn tidy(mut document: Document) -> String {
    loop {
        let text = document.to_string();
        let before = document.definitions.len();
        document.definitions.retain(|definition| match definition {
            Definition::FragmentDefinition(fragment) => text
                .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_'))
                .any(|word| word.strip_prefix("...") == Some(fragment.name.as_str())),
            _ => true,
        });
        if document.definitions.len() == before {
            break;
        }
    }
    let text = document.to_string();
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            operation.make_mut().variables.retain(|variable| {
                let name = format!("${}", variable.name);
                text.split(|c: char| !(c.is_alphanumeric() || c == '$' || c == '_'))
                    .filter(|word| *word == name)
                    .count()
                    > 1
            });
        }
    }
    document.to_string()
}

fn world(case: &mut Case, kind: &str) {
    let mut at = 0;
    while let Some(smaller) = smaller(&case.world, at) {
        let still = match Gateway::new(smaller.clone()) {
            Ok(gateway) => fails(&gateway, &case.operation, &case.faults, kind),
            Err(_) => false,
        };
        if still {
            case.world = smaller;
        } else {
            at += 1;
        }
    }
}

/// The world without its part of this number; `None` past the last.
fn smaller(world: &World, at: usize) -> Option<World> {
    let mut world = world.clone();
    let mut left = at;
    let mut take = || {
        let now = left == 0;
        left = left.wrapping_sub(1);
        now
    };
    for sub in 0..world.subgraphs {
        if take() {
            remove_subgraph(&mut world, sub);
            return Some(world);
        }
    }
    for at in 0..world.objects.len() {
        if take() {
            remove_object(&mut world, at);
            return Some(world);
        }
    }
    for at in 0..world.unions.len() {
        if take() {
            world.unions.remove(at);
            return Some(world);
        }
    }
    for at in 0..world.interfaces.len() {
        if take() {
            world.interfaces.remove(at);
            return Some(world);
        }
    }
    for nth in 0..world.objects.len() {
        for at in 0..world.objects[nth].fields.len() {
            if take() {
                let gone = world.objects[nth].fields.remove(at);
                if gone.contributed.is_some() {
                    let object = world.objects[nth].name.clone();
                    super::repair::remove_field(&mut world, &object, &gone.name);
                }
                super::repair::tidy(&mut world);
                return Some(world);
            }
        }
    }
    for object in &mut world.objects {
        for at in 0..object.keys.len() {
            let subs: Vec<usize> = object.keys[at].subs.keys().copied().collect();
            for sub in subs {
                if take() {
                    object.keys[at].subs.remove(&sub);
                    return Some(world);
                }
            }
        }
    }
    let whole = world.clone();
    let fields = whole.objects.iter().flat_map(|object| std::iter::repeat_n(&object.name, object.fields.len()));
    for (object, field) in fields.zip(world.objects.iter_mut().flat_map(|object| &mut object.fields)) {
        if field.contributed.is_some() {
            continue;
        }
        if !field.args.is_empty() && take() {
            field.args.clear();
            return Some(world);
        }
        for at in 0..field.contexts.len() {
            if take() {
                field.contexts.remove(at);
                super::repair::tidy(&mut world);
                return Some(world);
            }
        }
        let subs: Vec<usize> = field.homes.keys().copied().collect();
        for sub in subs {
            // All members of an interface are the same where it is an object.
            let is_shared = whole.stand_in(object, sub).is_some();
            if !is_shared && take() {
                field.homes.remove(&sub);
                return Some(world);
            }
            let Some(home) = field.homes.get_mut(&sub) else { continue };
            if !home.provides.is_empty() && take() {
                home.provides.clear();
                super::repair::tidy(&mut world);
                return Some(world);
            }
            if let Role::Requires(set) = &mut home.role
                && set.len() > 1
            {
                for at in 0..set.len() {
                    if take() {
                        set.remove(at);
                        return Some(world);
                    }
                }
            }
        }
    }
    None
}

fn remove_subgraph(world: &mut World, sub: usize) {
    for object in &mut world.objects {
        for key in &mut object.keys {
            key.subs.remove(&sub);
        }
        for field in &mut object.fields {
            field.homes.remove(&sub);
            for home in field.homes.values_mut() {
                if matches!(home.role, Role::Overrides(from) if from == sub) {
                    home.role = Role::Resolves;
                }
            }
        }
        object.fields.retain(|field| !field.homes.is_empty());
    }
    for interface in &mut world.interfaces {
        interface.local.remove(&sub);
        interface.objects.retain(|object| *object != sub);
    }
    for choices in world.unions.iter_mut().chain(&mut world.enums) {
        choices.local.remove(&sub);
    }
}

fn remove_object(world: &mut World, at: usize) {
    let name = world.objects.remove(at).name;
    for object in &mut world.objects {
        object.fields.retain(|field| field.base != name);
    }
    for local in world.interfaces.iter_mut().flat_map(|interface| interface.local.values_mut()) {
        local.members.retain(|member| *member != name);
    }
    for members in world.unions.iter_mut().flat_map(|union| union.local.values_mut()) {
        members.retain(|member| *member != name);
    }
    super::repair::tidy(world);
}
