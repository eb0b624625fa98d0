//! Owns random paths: the steps from a type, and what is given to their fields.

use apollo_compiler::Node;
use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::schema::ExtendedType;

use super::generate::{Generator, named};
use super::spec::{Arg, ListStep, Step, ViewArg};

/// What a path leads to.
pub struct Reached {
    pub steps: Vec<Step>,
    pub args: Vec<ViewArg>,
    /// Whether null is excluded, from the outermost of the client's lists to the named type.
    pub non_null: Vec<bool>,
    pub base: String,
}

impl Generator<'_> {
    /// A random path from a type; its first field may be given.
    pub fn path_of(&mut self, from: &str, first: Option<&Node<FieldDefinition>>, max: usize) -> Option<Reached> {
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
            let mut step = Step { field: def.name.to_string(), args, passed_on: vec![], narrow, lists };
            if !goes_on {
                self.pass_on(&mut step, &mut reached.args);
            }
            reached.steps.push(step);
            reached.base.clone_from(&base);
            if !goes_on {
                return Some(reached);
            }
            on = target;
        }
    }

    /// Leaves some of the client's arguments out of the path: they go to its last step by themselves.
    fn pass_on(&mut self, step: &mut Step, args: &mut [ViewArg]) {
        let mut written = vec![];
        for (name, arg) in std::mem::take(&mut step.args) {
            match arg {
                Arg::Client(client) if self.rng.chance(40) => {
                    if let Some(arg) = args.iter_mut().find(|arg| arg.name == client) {
                        arg.from = Some(name.clone());
                    }
                    step.passed_on.push((name, client));
                }
                arg => written.push((name, arg)),
            }
        }
        step.args = written;
    }

    /// What is given for a field's arguments.
    fn arguments(&mut self, def: &FieldDefinition, client: &mut Vec<ViewArg>) -> Vec<(String, Arg)> {
        let mut args = vec![];
        for argument in &def.arguments {
            if !argument.is_required() && self.rng.chance(30) {
                continue;
            }
            let arg = self.given(&argument.ty, argument.default_value.is_some(), client);
            args.push((argument.name.to_string(), arg));
        }
        args
    }

    /// A value for an input of this type: a literal, a claim, an argument of the client's, or a literal with those in it.
    fn given(&mut self, ty: &Type, has_default: bool, client: &mut Vec<ViewArg>) -> Arg {
        match self.rng.below(10) {
            0..4 => self.client(ty, has_default, client),
            4..6 => self.claim(ty).unwrap_or_else(|| self.client(ty, has_default, client)),
            _ if !ty.is_non_null() && self.rng.chance(10) => literal("null", "null"),
            _ => self.literal(ty, client),
        }
    }

    fn claim(&mut self, ty: &Type) -> Option<Arg> {
        let name = match (ty, ty.inner_named_type().as_str()) {
            (Type::Named(_) | Type::NonNullNamed(_), "Int") => "n",
            (Type::Named(_) | Type::NonNullNamed(_), "String" | "ID") => "sub",
            (Type::List(item) | Type::NonNullList(item), "Int") if !item.is_list() => "in.ns",
            _ => return None,
        };
        Some(Arg::Claim(name.to_owned()))
    }

    fn client(&mut self, ty: &Type, has_default: bool, client: &mut Vec<ViewArg>) -> Arg {
        let mut ty = self.client_type(ty);
        let default = match ty.inner_named_type().as_str() {
            "Int" if !ty.is_list() => ["5", "null"].get(self.rng.below(if ty.is_non_null() { 1 } else { 2 })),
            "String" if !ty.is_list() => Some(&"\"d\""),
            _ => None,
        };
        let default = default.filter(|_| self.rng.chance(30)).map(|default| (*default).to_owned());
        if has_default && self.rng.chance(30) {
            ty = ty.nullable();
        } else if default.is_none() && self.rng.chance(15) {
            ty = ty.non_null();
        }
        let name = format!("c{}", client.len());
        client.push(ViewArg { name: name.clone(), ty, default, from: None });
        Arg::Client(name)
    }

    /// An input's type as the client knows it.
    fn client_type(&self, ty: &Type) -> Type {
        let base = ty.inner_named_type().as_str();
        let enums = self.view.enums.iter().filter(|known| known.catch_all.is_none());
        let mut known = enums
            .map(|known| (&known.name, &known.from))
            .chain(self.view.inputs.iter().map(|known| (&known.name, &known.from)));
        let ours = known.find(|(_, from)| *from == base).map_or(base, |(name, _)| name);
        rebased(ty, ours)
    }

    fn literal(&mut self, ty: &Type, client: &mut Vec<ViewArg>) -> Arg {
        let base = match ty {
            Type::List(item) | Type::NonNullList(item) => {
                return Arg::List((0..self.rng.below(3)).map(|_| self.given(item, false, client)).collect());
            }
            Type::Named(base) | Type::NonNullNamed(base) => base,
        };
        match self.api.types.get(base) {
            Some(ExtendedType::InputObject(input)) => {
                let mut fields = vec![];
                for field in input.fields.values().filter(|field| field.ty.inner_named_type() != base) {
                    if field.is_required() || self.rng.chance(50) {
                        let value = self.given(&field.ty, field.default_value.is_some(), client);
                        fields.push((field.name.to_string(), value));
                    }
                }
                Arg::Object(fields)
            }
            Some(ExtendedType::Enum(ty)) => {
                let values: Vec<&str> = ty.values.keys().map(|name| name.as_str()).collect();
                let value = self.rng.pick(&values).copied().unwrap_or_default();
                literal(value, &format!("\"{value}\""))
            }
            _ => match base.as_str() {
                "Int" => literal("3", "3"),
                "Boolean" => literal("true", "true"),
                "String" | "ID" => literal("\"x\\\"y\"", "\"x\\\"y\""),
                _ => literal("{k: [1, \"z\"]}", "{\"k\":[1,\"z\"]}"),
            },
        }
    }
}

fn literal(graphql: &str, json: &str) -> Arg {
    Arg::Literal { graphql: graphql.to_owned(), json: json.to_owned() }
}

/// The same type of another base.
pub fn rebased(ty: &Type, base: &str) -> Type {
    match ty {
        Type::Named(_) => named(base),
        Type::NonNullNamed(_) => named(base).non_null(),
        Type::List(item) => rebased(item, base).list(),
        Type::NonNullList(item) => rebased(item, base).list().non_null(),
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
