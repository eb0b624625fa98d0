//! Owns random views on an API schema. All of them are to build: what they promise is what the supergraph does.

use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

use super::super::operation::{Possible, possible};
use super::super::rng::Rng;
use super::spec::{Arg, Fallback, Kind, ListStep, Source, Step, View, ViewArg, ViewEnum, ViewField, ViewType};

/// Steps of a path.
const MAX_STEPS: usize = 3;
const NAMES: [&str; 6] = ["id", "name", "info", "f0", "sku", "status"];

pub fn generate(rng: &mut Rng, api: &Schema) -> View {
    let possible = possible(api);
    let mut generator = Generator { rng, api, possible: &possible, view: View::default() };
    generator.enums();
    generator.outlines();
    for at in 0..generator.view.types.len() {
        generator.fill(at);
    }
    generator.view
}

struct Generator<'a> {
    rng: &'a mut Rng,
    api: &'a Schema,
    possible: &'a Possible,
    view: View,
}

/// What a path leads to.
struct Reached {
    steps: Vec<Step>,
    args: Vec<ViewArg>,
    /// Whether null is excluded, from the outermost of the client's lists to the named type.
    non_null: Vec<bool>,
    base: String,
}

fn named(name: &str) -> Type {
    Type::Named(Name::new(name).expect("a name of the test's own"))
}

impl Generator<'_> {
    fn enums(&mut self) {
        for (name, ty) in &self.api.types {
            let ExtendedType::Enum(ty) = ty else { continue };
            if name.starts_with("__") {
                continue;
            }
            let mut values = vec![];
            for (at, value) in ty.values.keys().enumerate() {
                let client = if self.rng.chance(40) { format!("R{at}") } else { value.to_string() };
                values.push((value.to_string(), client));
            }
            self.view.enums.push(ViewEnum { name: name.to_string(), from: name.to_string(), values, catch_all: None });
            // Where it is not taken as input, a second one knows only some of the values.
            if self.rng.chance(50) {
                let all = self.view.enums.last().map(|known| known.values.clone()).unwrap_or_default();
                let values = self.rng.some(&all, 60);
                let catch_all = Some("OTHER".to_owned());
                self.view.enums.push(ViewEnum { name: format!("C{name}"), from: name.to_string(), values, catch_all });
            }
        }
    }

    /// The types, without their fields.
    fn outlines(&mut self) {
        let roots = ["Query", "Mutation"];
        let add = |types: &mut Vec<ViewType>, name: String, from: &str, kind: Kind| {
            types.push(ViewType { name, from: from.to_owned(), kind, fields: vec![] });
        };
        let mut types = vec![];
        for (name, members) in self.possible {
            let is_object = self.api.get_object(name).is_some();
            if roots.contains(&name.as_str()) {
                add(&mut types, name.clone(), name, Kind::Object(vec![]));
                if name == "Query" {
                    add(&mut types, "Home".to_owned(), name, Kind::Object(vec![]));
                }
            } else if is_object {
                add(&mut types, format!("C{name}"), name, Kind::Object(vec![]));
                if self.rng.chance(40) {
                    add(&mut types, format!("D{name}"), name, Kind::Object(vec![]));
                }
            } else {
                let mut members: Vec<String> = members.iter().map(|member| format!("C{member}")).collect();
                if members.len() > 1 && self.rng.chance(40) {
                    members.remove(self.rng.below(members.len()));
                }
                if members.is_empty() {
                    continue;
                }
                let is_union = matches!(self.api.types.get(name.as_str()), Some(ExtendedType::Union(_)));
                let kind = if is_union || self.rng.chance(30) { Kind::Union(members.clone()) } else { Kind::Interface };
                let client = format!("C{name}");
                if kind == Kind::Interface {
                    types.iter_mut().filter(|ty: &&mut ViewType| members.contains(&ty.name)).for_each(|ty| {
                        if let Kind::Object(interfaces) = &mut ty.kind {
                            interfaces.push(client.clone());
                        }
                    });
                }
                add(&mut types, client, name, kind);
            }
        }
        // Objects that come after the interface.
        self.view.types = types;
        for at in 0..self.view.types.len() {
            let ViewType { name, from, kind, .. } = self.view.types[at].clone();
            if kind == Kind::Interface && self.view.members(&name).is_empty() {
                let members: Vec<String> =
                    self.possible.get(&from).into_iter().flatten().map(|member| format!("C{member}")).collect();
                for ty in self.view.types.iter_mut().filter(|ty| members.contains(&ty.name)) {
                    if let Kind::Object(interfaces) = &mut ty.kind {
                        interfaces.push(name.clone());
                    }
                }
            }
        }
    }

    fn fill(&mut self, at: usize) {
        let ty = self.view.types[at].clone();
        let mut fields: Vec<ViewField> = ty.fields;
        match &ty.kind {
            Kind::Union(_) => return,
            Kind::Interface => {
                let shared = self.shared(&ty.name, &ty.from);
                let members: Vec<String> = self.view.members(&ty.name).iter().map(|ty| ty.name.clone()).collect();
                for member in self.view.types.iter_mut().filter(|ty| members.contains(&ty.name)) {
                    member.fields.extend(shared.iter().cloned());
                }
                fields = shared;
            }
            Kind::Object(_) if ty.name == "Mutation" => {
                for def in self.fields("Mutation") {
                    let reached = self.path_of(&ty.from, Some(&def), 1);
                    fields.extend(reached.and_then(|reached| self.field(reached, def.name.to_string())));
                }
            }
            Kind::Object(_) => {
                if ty.name == "Query" && self.rng.chance(60) {
                    fields.push(self.plain("home", "Home", Source::Here));
                }
                let second = format!("D{}", ty.from);
                if ty.name.starts_with('C') && self.view.ty(&second).is_some() && self.rng.chance(60) {
                    fields.push(self.plain("more", &second, Source::Here));
                }
                if self.rng.chance(20) {
                    fields.push(self.plain("v", "Int", Source::Constant("1".to_owned())));
                }
                let wanted = 3 + self.rng.below(4);
                for _ in 0..wanted {
                    let Some(reached) = self.path_of(&ty.from, None, MAX_STEPS) else { continue };
                    let mut name = NAMES[self.rng.below(NAMES.len())].to_owned();
                    if fields.iter().any(|field| field.name == name) {
                        name = format!("x{}", fields.len());
                    }
                    fields.extend(self.field(reached, name));
                }
                if fields.is_empty() {
                    fields.push(self.plain("v", "Int", Source::Constant("1".to_owned())));
                }
            }
        }
        self.view.types[at].fields = fields;
    }

    fn plain(&mut self, name: &str, ty: &str, source: Source) -> ViewField {
        let ty = named(ty);
        let ty = if self.rng.chance(60) { ty.non_null() } else { ty };
        ViewField {
            name: name.to_owned(),
            args: vec![],
            ty,
            source,
            fallback: None,
            limit: None,
            mask: None,
            drop_unknown: false,
        }
    }

    /// The fields of an interface: leaves that all members have alike.
    fn shared(&mut self, name: &str, from: &str) -> Vec<ViewField> {
        let members: Vec<String> = self.view.members(name).iter().map(|ty| ty.from.clone()).collect();
        let mut shared = vec![];
        for def in self.fields(from) {
            let alike = members.iter().all(|member| {
                self.api.type_field(member, &def.name).is_ok_and(|other| other.ty.item_type() == def.ty.item_type())
            });
            let is_leaf = !self.possible.contains_key(def.ty.inner_named_type().as_str());
            if !alike || !is_leaf || def.ty.is_list() || def.arguments.iter().any(|argument| argument.is_required()) {
                continue;
            }
            let step = Step { field: def.name.to_string(), args: vec![], narrow: None, lists: vec![] };
            let mut field =
                self.plain(&format!("{}_{}", from.to_lowercase(), def.name), "Int", Source::Path(vec![step]));
            field.ty = Type::Named(def.ty.inner_named_type().clone());
            shared.push(field);
        }
        if shared.is_empty() {
            let mut field = self.plain(&format!("{}_v", from.to_lowercase()), "Int", Source::Constant("2".to_owned()));
            field.ty = named("Int");
            shared.push(field);
        }
        shared
    }

    fn fields(&self, ty: &str) -> Vec<Node<FieldDefinition>> {
        match self.api.types.get(ty) {
            Some(ExtendedType::Object(object)) => object.fields.values().map(|field| (**field).clone()).collect(),
            Some(ExtendedType::Interface(interface)) => {
                interface.fields.values().map(|field| (**field).clone()).collect()
            }
            _ => vec![],
        }
    }

    /// A random path from a type; its first field may be given.
    fn path_of(&mut self, from: &str, first: Option<&Node<FieldDefinition>>, max: usize) -> Option<Reached> {
        let mut reached = Reached { steps: vec![], args: vec![], non_null: vec![true], base: from.to_owned() };
        let mut on = from.to_owned();
        loop {
            let fields = self.fields(&on);
            let def = match first.filter(|_| reached.steps.is_empty()) {
                Some(first) => first.clone(),
                None => self.rng.pick(&fields)?.clone(),
            };
            let base = def.ty.inner_named_type().to_string();
            let members = self.possible.get(&base);
            let args = self.arguments(&def, &mut reached.args);
            let mut narrow = None;
            if let Some(members) = members
                && self.api.get_object(&base).is_none()
                && self.rng.chance(40)
            {
                narrow = self.rng.pick(members).cloned();
            }
            let target = narrow.clone().unwrap_or_else(|| base.clone());
            let has_fields = !self.fields(&target).is_empty();
            let goes_on = members.is_some() && has_fields && reached.steps.len() + 1 < max && self.rng.chance(60);
            if !goes_on {
                // What is narrowed last would have to fit the client's type, too.
                narrow = None;
            }
            let levels = levels(&def.ty);
            let mut lists = vec![];
            for level in &levels[..levels.len() - 1] {
                if !goes_on && !self.rng.chance(30) {
                    break;
                }
                // What is at this level, before the list is looked into.
                add_promise(&mut reached.non_null, *level);
                if self.rng.chance(70) {
                    if reached.non_null.len() == 1 {
                        reached.non_null.push(true);
                    }
                    lists.push(ListStep::Each);
                } else {
                    add_promise(&mut reached.non_null, false);
                    lists.push(ListStep::At(self.rng.below(3)));
                }
            }
            let rest = &levels[lists.len()..];
            add_promise(&mut reached.non_null, rest[0] && narrow.is_none());
            reached.non_null.extend(&rest[1..]);
            reached.steps.push(Step { field: def.name.to_string(), args, narrow, lists });
            reached.base.clone_from(&base);
            if !goes_on {
                return Some(reached);
            }
            on = target;
        }
    }

    /// What is given for a field's arguments: literals, and arguments that the client gives.
    fn arguments(&mut self, def: &FieldDefinition, client: &mut Vec<ViewArg>) -> Vec<(String, Arg)> {
        let mut args = vec![];
        for argument in &def.arguments {
            if !argument.is_required() && self.rng.chance(30) {
                continue;
            }
            let literal = match argument.ty.inner_named_type().as_str() {
                "Int" if !argument.ty.is_list() => Some("3"),
                "String" | "ID" if !argument.ty.is_list() => Some("\"x\\\"y\""),
                "Boolean" if !argument.ty.is_list() => Some("true"),
                _ => None,
            };
            if let Some(text) = literal.filter(|_| self.rng.chance(50)) {
                let literal = Arg::Literal { graphql: text.to_owned(), json: text.to_owned() };
                args.push((argument.name.to_string(), literal));
                continue;
            }
            let name = format!("c{}", client.len());
            let default = argument.default_value.as_ref().map(|default| default.to_string());
            let default = default.filter(|_| self.rng.chance(50) && argument.ty.inner_named_type() != "Filter");
            let is_enum = self.view.enums.iter().any(|known| known.name == argument.ty.inner_named_type().as_str());
            let default = default.filter(|_| !is_enum);
            // A variable for it must fit where it goes.
            let ty = (*argument.ty).clone();
            client.push(ViewArg { name: name.clone(), ty, default });
            args.push((argument.name.to_string(), Arg::Client(name)));
        }
        args
    }

    fn field(&mut self, reached: Reached, name: String) -> Option<ViewField> {
        let Reached { steps, args, mut non_null, base } = reached;
        let mut unmapped = false;
        let client = match self.possible.get(&base) {
            Some(all) => {
                let known: Vec<String> = self
                    .view
                    .types
                    .iter()
                    .filter(|ty| ty.from == base && ty.name != "Query")
                    .map(|ty| ty.name.clone())
                    .collect();
                let client = self.rng.pick(&known)?.clone();
                unmapped = self.view.members(&client).len() < all.len();
                client
            }
            None => {
                let known: Vec<String> =
                    self.view.enums.iter().filter(|known| known.from == base).map(|known| known.name.clone()).collect();
                self.rng.pick(&known).cloned().unwrap_or_else(|| base.clone())
            }
        };
        let is_abstract = self.possible.contains_key(&base) && self.api.get_object(&base).is_none();
        if unmapped && let Some(last) = non_null.last_mut() {
            *last = false;
        }
        let is_list = non_null.len() > 1;
        let guaranteed = non_null[0];
        for level in &mut non_null {
            *level = *level && self.rng.chance(60);
        }
        let fallback = self.fallback(&client, is_list, guaranteed);
        if let Some(Fallback { on_error: true, on_null: true, .. }) = fallback {
            non_null[0] |= self.rng.chance(60);
        }
        let mut ty = named(&client);
        for (at, level) in non_null.iter().enumerate().rev() {
            if *level {
                ty = ty.non_null();
            }
            if at > 0 {
                ty = ty.list();
            }
        }
        let is_text = matches!(&*client, "String" | "ID");
        Some(ViewField {
            name,
            args,
            ty,
            source: Source::Path(steps),
            fallback,
            limit: (is_list && self.rng.chance(25)).then(|| 1 + self.rng.below(3)),
            mask: (is_text && !is_list && self.rng.chance(20)).then(|| self.rng.below(4)),
            drop_unknown: is_list && is_abstract && self.rng.chance(50),
        })
    }

    fn fallback(&mut self, ty: &str, is_list: bool, _guaranteed: bool) -> Option<Fallback> {
        if !self.rng.chance(30) {
            return None;
        }
        let of_enum = self.view.enums.iter().find(|known| known.name == ty).map(|known| {
            known
                .catch_all
                .clone()
                .or_else(|| known.values.first().map(|(_, client)| client.clone()))
                .unwrap_or_default()
        });
        let value = match (is_list, ty, of_enum) {
            (true, _, _) => "[]".to_owned(),
            (false, "Int", _) => "7".to_owned(),
            (false, "Float", _) => "1.5".to_owned(),
            (false, "Boolean", _) => "true".to_owned(),
            (false, "String" | "ID", _) => "\"fb\"".to_owned(),
            (false, _, Some(value)) => value,
            (false, _, None) => return None,
        };
        let (on_error, on_null) = [(true, true), (true, true), (true, false), (false, true)][self.rng.below(4)];
        Some(Fallback { value, on_error, on_null, report: self.rng.chance(20) })
    }
}

/// Whether null is excluded, from the outermost list to the named type.
fn levels(ty: &Type) -> Vec<bool> {
    let mut levels = vec![];
    let mut ty = ty;
    loop {
        levels.push(ty.is_non_null());
        match ty {
            Type::List(item) | Type::NonNullList(item) => ty = item,
            Type::Named(_) | Type::NonNullNamed(_) => return levels,
        }
    }
}

/// What is promised at the innermost of the client's levels so far holds only if this does too.
fn add_promise(non_null: &mut [bool], promise: bool) {
    if let Some(last) = non_null.last_mut() {
        *last &= promise;
    }
}
