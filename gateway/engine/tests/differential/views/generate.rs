//! Owns random views on an API schema. All of them are to build: what they promise is what the supergraph does.

use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

use super::super::operation::{Possible, possible};
use super::super::rng::Rng;
use super::paths::{Reached, rebased};
use super::spec::{
    Fallback, Kind, Mask, Need, Source, Step, View, ViewEnum, ViewField, ViewInputField, ViewInputType, ViewType,
};

/// Steps of a path.
const MAX_STEPS: usize = 3;
const NAMES: [&str; 6] = ["id", "name", "info", "f0", "sku", "status"];

pub fn generate(rng: &mut Rng, api: &Schema) -> View {
    let possible = possible(api);
    let mut generator = Generator { rng, api, possible: &possible, view: View::default() };
    generator.enums();
    generator.inputs();
    generator.outlines();
    for at in 0..generator.view.types.len() {
        generator.fill(at);
    }
    generator.view
}

pub struct Generator<'a> {
    pub rng: &'a mut Rng,
    pub api: &'a Schema,
    pub possible: &'a Possible,
    pub view: View,
}

pub fn named(name: &str) -> Type {
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
            let client = if self.rng.chance(40) { format!("E{name}") } else { name.to_string() };
            self.view.enums.push(ViewEnum { name: client, from: name.to_string(), values, catch_all: None });
            // Where it is not taken as input, a second one knows only some of the values.
            if self.rng.chance(50) {
                let all = self.view.enums.last().map(|known| known.values.clone()).unwrap_or_default();
                let values = self.rng.some(&all, 60);
                let catch_all = Some("OTHER".to_owned());
                self.view.enums.push(ViewEnum { name: format!("C{name}"), from: name.to_string(), values, catch_all });
            }
        }
    }

    /// Input types: some of their fields are renamed or not there, and have other defaults.
    fn inputs(&mut self) {
        for (name, ty) in &self.api.types {
            let ExtendedType::InputObject(ty) = ty else { continue };
            let client = if self.rng.chance(60) { format!("C{name}") } else { name.to_string() };
            let mut fields = vec![];
            for (at, field) in ty.fields.values().enumerate() {
                if at > 0 && !field.is_required() && self.rng.chance(15) {
                    continue;
                }
                let base = field.ty.inner_named_type().as_str();
                let known = self.view.enums.iter().find(|known| known.from == base);
                let base = if base == name.as_str() { &client } else { known.map_or(base, |known| &known.name) };
                let default = field.default_value.as_ref().map(|default| default.to_string());
                let default = if self.rng.chance(60) { default } else { None };
                let other = (base == "Int" && !field.ty.is_list() && self.rng.chance(30)).then(|| "9".to_owned());
                let ours = if self.rng.chance(40) { format!("n{at}") } else { field.name.to_string() };
                fields.push(ViewInputField {
                    name: ours,
                    from: field.name.to_string(),
                    ty: rebased(&field.ty, base),
                    default: other.or(default),
                });
            }
            self.view.inputs.push(ViewInputType { name: client, from: name.to_string(), fields });
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
                    fields.push(self.constant());
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
                    fields.push(self.constant());
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
            needs: None,
        }
    }

    fn constant(&mut self) -> ViewField {
        let (ty, graphql, json) = match (self.rng.below(4), self.view.enums.first()) {
            (0, Some(known)) => {
                let value = known.values.first().map(|(_, client)| client.clone()).unwrap_or_default();
                (named(&known.name), value.clone(), format!("\"{value}\""))
            }
            (1, _) => (named("ID"), "7".to_owned(), "\"7\"".to_owned()),
            (2, _) => (named("Int").non_null().list(), "[1, 2]".to_owned(), "[1,2]".to_owned()),
            _ => (named("String"), "\"c\"".to_owned(), "\"c\"".to_owned()),
        };
        let mut field = self.plain("v", "Int", Source::Constant { graphql, json });
        field.ty = if field.ty.is_non_null() { ty.non_null() } else { ty };
        field
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
            let field = def.name.to_string();
            let step = Step { field, args: vec![], passed_on: vec![], narrow: None, lists: vec![] };
            let mut field =
                self.plain(&format!("{}_{}", from.to_lowercase(), def.name), "Int", Source::Path(vec![step]));
            let base = def.ty.inner_named_type().as_str();
            field.ty = named(self.view.enums.iter().find(|known| known.from == base).map_or(base, |known| &known.name));
            shared.push(field);
        }
        if shared.is_empty() {
            let source = Source::Constant { graphql: "2".to_owned(), json: "2".to_owned() };
            let mut field = self.plain(&format!("{}_v", from.to_lowercase()), "Int", source);
            field.ty = named("Int");
            shared.push(field);
        }
        shared
    }

    pub fn fields(&self, ty: &str) -> Vec<Node<FieldDefinition>> {
        match self.api.types.get(ty) {
            Some(ExtendedType::Object(object)) => object.fields.values().map(|field| (**field).clone()).collect(),
            Some(ExtendedType::Interface(interface)) => {
                interface.fields.values().map(|field| (**field).clone()).collect()
            }
            _ => vec![],
        }
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
                let known = self.rng.pick(&known).cloned().unwrap_or_else(|| base.clone());
                let other = match base.as_str() {
                    "Int" => "Float",
                    "ID" => "String",
                    "String" => "ID",
                    _ if known != base => "String",
                    _ => &known,
                };
                if self.rng.chance(15) { other.to_owned() } else { known }
            }
        };
        let is_abstract = self.possible.contains_key(&base) && self.api.get_object(&base).is_none();
        if unmapped && let Some(last) = non_null.last_mut() {
            *last = false;
        }
        let is_list = non_null.len() > 1;
        for level in &mut non_null {
            *level = *level && self.rng.chance(60);
        }
        let fallback = self.fallback(&client, is_list);
        if let Some(Fallback { on_error: true, on_null: true, value, .. }) = &fallback
            && value != "null"
        {
            non_null[0] |= self.rng.chance(60);
        }
        non_null[0] &= fallback.as_ref().is_none_or(|fallback| fallback.value != "null");
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
            mask: if is_text && !is_list && self.rng.chance(20) { Some(self.mask()) } else { None },
            drop_unknown: is_list && is_abstract && self.rng.chance(50),
            needs: if self.rng.chance(6) { Some(self.need()) } else { None },
        })
    }

    fn mask(&mut self) -> Mask {
        let char = ['*', '#', 'é'][self.rng.below(3)];
        Mask { keep: self.rng.below(4), char, unless: self.rng.chance(30).then(|| "a".to_owned()) }
    }

    fn need(&mut self) -> Need {
        let scopes = |all: &[&str]| Need::Scopes(all.iter().map(|scope| (*scope).to_owned()).collect());
        match self.rng.below(3) {
            0 => Need::Credential,
            1 => scopes(&["a"]),
            _ => scopes(&["a", "b"]),
        }
    }

    fn fallback(&mut self, ty: &str, is_list: bool) -> Option<Fallback> {
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
            // Of objects there are no literals but this, which says that the error is none.
            (false, _, None) => "null".to_owned(),
        };
        let (on_error, on_null) = [(true, true), (true, true), (true, false), (false, true)][self.rng.below(4)];
        Some(Fallback { value, on_error, on_null, report: self.rng.chance(20) })
    }
}
