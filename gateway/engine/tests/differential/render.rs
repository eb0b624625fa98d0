//! Owns SDL: a subgraph as its team would write it for composition, and as its own server knows it.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::schema::{ArgDef, ContextArg, FieldDef, Home, ObjectDef, ObjectKind, Role, Sub, World, write_selections};

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@context", "@fromContext"])
"#;

/// The label of all progressive overrides.
pub const LABEL: &str = "dial";

/// How a subgraph is written.
#[derive(Clone, Copy)]
pub enum Form<'a> {
    /// With federation's directives.
    Federated,
    /// As its server executes it.
    Served,
    /// As a server executes it that breaks its promises: everything can be null, and some fields, by their
    /// coordinates, are of any type.
    Lax(&'a [String]),
}

/// A subgraph's SDL.
pub fn render(world: &World, sub: Sub, form: Form<'_>) -> String {
    let mut writer = Writer { world, sub, form, out: String::new() };
    writer.schema();
    writer.out
}

struct Writer<'a> {
    world: &'a World,
    sub: Sub,
    form: Form<'a>,
    out: String,
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($self:ident, $($format:tt)*) => { let _ = write!($self.out, $($format)*); };
}

impl Writer<'_> {
    fn is_federated(&self) -> bool {
        matches!(self.form, Form::Federated)
    }

    fn schema(&mut self) {
        if self.is_federated() {
            self.out.push_str(LINK);
        }
        self.out.push_str("scalar Blob\ninput Filter { low: Int = 1, high: [Int], inner: Filter, colour: Colour }\n");
        if matches!(self.form, Form::Lax(_)) {
            self.out.push_str("scalar Wild\n");
        }
        for choices in &self.world.enums {
            if let Some(values) = choices.local.get(&self.sub) {
                put!(self, "enum {} {{ {} }}\n", choices.name, values.join(" "));
            }
        }
        for choices in &self.world.unions {
            if let Some(members) = choices.local.get(&self.sub) {
                put!(self, "union {} = {}\n", choices.name, members.join(" | "));
            }
        }
        self.interfaces();
        for object in &self.world.objects {
            if self.world.stand_in(&object.name, self.sub).is_none() {
                self.object(object, &object.name);
            }
        }
        let (world, sub) = (self.world, self.sub);
        for interface in world.interfaces.iter().filter(|interface| interface.objects.contains(&sub)) {
            // All members are the same there.
            if let Some(member) = interface.members().first().and_then(|name| self.world.object(name)) {
                self.object(member, &interface.name);
            }
        }
        if !self.is_federated() {
            self.entities();
        }
    }

    fn interfaces(&mut self) {
        for interface in &self.world.interfaces {
            let Some(local) = interface.local.get(&self.sub) else { continue };
            put!(self, "interface {}", interface.name);
            if interface.is_entity() && self.is_federated() {
                self.out.push_str(" @key(fields: \"id\")");
            }
            self.out.push_str(" {\n");
            let member = local.members.first().and_then(|name| self.world.object(name));
            for name in &local.fields {
                if let Some(field) = member.and_then(|member| member.field(name)) {
                    put!(self, "  {}{}: {}\n", field.name, self.arguments(field), self.ty(field, None));
                }
            }
            self.out.push_str("}\n");
        }
    }

    fn object(&mut self, object: &ObjectDef, name: &str) {
        let fields: Vec<(&FieldDef, &Home)> =
            object.fields.iter().filter_map(|field| Some((field, field.homes.get(&self.sub)?))).collect();
        if fields.is_empty() && (self.is_federated() || object.kind != ObjectKind::Query) {
            return;
        }
        put!(self, "type {name}");
        let sub = self.sub;
        let interfaces =
            self.world.interfaces.iter().filter(|interface| {
                interface.local.get(&sub).is_some_and(|local| local.members.contains(&object.name))
            });
        let names: Vec<&str> = interfaces.map(|interface| &*interface.name).collect();
        if !names.is_empty() {
            put!(self, " implements {}", names.join(" & "));
        }
        if self.is_federated() && name != object.name {
            self.out.push_str(" @interfaceObject @key(fields: \"id\")");
        }
        if self.is_federated() {
            for key in &object.keys {
                if let Some(resolvable) = key.subs.get(&self.sub) {
                    let resolvable = if *resolvable { "" } else { ", resolvable: false" };
                    put!(self, " @key(fields: \"{}\"{resolvable})", write_selections(&key.fields));
                }
            }
            for name in self.contexts_of(object) {
                put!(self, " @context(name: \"{name}\")");
            }
        }
        self.out.push_str(" {\n");
        for (field, home) in fields {
            let coordinate = format!("{}.{}", object.name, field.name);
            put!(self, "  {}{}: {}", field.name, self.arguments(field), self.ty(field, Some((home, &coordinate))));
            if self.is_federated() {
                self.directives(object, field, home);
            }
            self.out.push('\n');
        }
        if !self.is_federated() && object.kind == ObjectKind::Query {
            self.out.push_str("  _entities(representations: [_Any!]!): [_Entity]!\n");
        }
        self.out.push_str("}\n");
    }

    fn directives(&mut self, object: &ObjectDef, field: &FieldDef, home: &Home) {
        let resolving = field.homes.iter().filter(|(sub, home)| match home.role {
            Role::Resolves | Role::Requires(_) | Role::Overrides(_) => true,
            Role::External => super::provides::is_provided(self.world, &object.name, &field.name, **sub),
            Role::Overridden => false,
        });
        let shared = object.kind == ObjectKind::Value || resolving.count() > 1;
        match &home.role {
            Role::External => self.out.push_str(" @external"),
            Role::Resolves | Role::Requires(_) | Role::Overrides(_) | Role::Overridden if shared => {
                self.out.push_str(" @shareable");
            }
            Role::Resolves | Role::Requires(_) | Role::Overrides(_) | Role::Overridden => {}
        }
        match &home.role {
            Role::Requires(set) => {
                put!(self, " @requires(fields: \"{}\")", write_selections(set));
            }
            Role::Overrides(from) => {
                let label = if field.progressive { format!(", label: \"{LABEL}\"") } else { String::new() };
                put!(self, " @override(from: \"s{from}\"{label})");
            }
            Role::Resolves | Role::External | Role::Overridden => {}
        }
        if !home.provides.is_empty() {
            put!(self, " @provides(fields: \"{}\")", write_selections(&home.provides));
        }
        let first = field.homes.iter().find(|(_, home)| matches!(home.role, Role::Resolves | Role::Requires(_)));
        if field.inaccessible && first.is_some_and(|(sub, _)| *sub == self.sub) {
            self.out.push_str(" @inaccessible");
        }
    }

    /// What a server that takes representations has besides.
    fn entities(&mut self) {
        let served = |object: &&ObjectDef| object.is_resolvable_in(self.sub);
        let mut names: Vec<&str> = self.world.objects.iter().filter(served).map(|object| &*object.name).collect();
        let here = self.world.interfaces.iter().filter(|interface| interface.objects.contains(&self.sub));
        names.extend(here.map(|interface| &*interface.name));
        self.out.push_str("scalar _Any\n");
        if names.is_empty() {
            self.out.push_str("type _Nobody { _: Int }\nunion _Entity = _Nobody\n");
        } else {
            put!(self, "union _Entity = {}\n", names.join(" | "));
        }
    }

    fn ty(&self, field: &FieldDef, home: Option<(&Home, &str)>) -> String {
        let lax = matches!(self.form, Form::Lax(_));
        let mut text = field.base.clone();
        if let (Form::Lax(wild), Some((_, coordinate))) = (self.form, home)
            && wild.iter().any(|wild| wild == coordinate)
        {
            text = "Wild".to_owned();
        }
        for (level, non_null) in field.non_null.iter().enumerate().rev() {
            let weak = home.is_some_and(|(home, _)| home.weak.get(level) == Some(&true));
            if *non_null && !weak && !lax {
                text.push('!');
            }
            if level > 0 {
                text = format!("[{text}]");
            }
        }
        text
    }

    /// The contexts that an object sets in the subgraph.
    fn contexts_of(&self, object: &ObjectDef) -> BTreeSet<String> {
        let fields = self.world.objects.iter().flat_map(|object| &object.fields);
        let args = fields.filter(|field| field.homes.contains_key(&self.sub)).flat_map(|field| &field.contexts);
        args.filter(|arg| arg.setters.contains_key(&object.name)).map(|arg| arg.context.clone()).collect()
    }

    fn arguments(&self, field: &FieldDef) -> String {
        let one = |arg: &ArgDef| {
            let default = arg.default.as_ref().map(|default| format!(" = {}", default.literal)).unwrap_or_default();
            format!("{}: {}{default}", arg.name, arg.ty)
        };
        let from_context = |arg: &ContextArg| {
            let ContextArg { name, ty, .. } = arg;
            match self.form {
                Form::Federated => format!("{name}: {ty} @fromContext(field: \"{}\")", selection(arg)),
                Form::Served | Form::Lax(_) => format!("{name}: {ty}"),
            }
        };
        let all: Vec<String> = field.args.iter().map(one).chain(field.contexts.iter().map(from_context)).collect();
        if all.is_empty() { all.concat() } else { format!("({})", all.join(", ")) }
    }
}

/// What is selected of a context: once for all types that set it where that is the same.
fn selection(arg: &ContextArg) -> String {
    let sets: Vec<(&String, String)> = arg.setters.iter().map(|(ty, set)| (ty, write_selections(set))).collect();
    if let Some(((_, first), others)) = sets.split_first()
        && others.iter().all(|(_, set)| set == first)
    {
        return format!("${} {{ {first} }}", arg.context);
    }
    let one = |(ty, set): &(&String, String)| format!(" ... on {ty} {{ {set} }}");
    format!("${}{}", arg.context, sets.iter().map(one).collect::<String>())
}
