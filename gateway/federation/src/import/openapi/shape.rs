//! Owns what a JSON schema says, as far as GraphQL can: a scalar, an enum, a list or an object. What composes schemas
//! (`allOf`, `oneOf`, `anyOf`, `nullable`, lists of types) is dissolved here.

use std::cell::Cell;

use super::tree::Node;
use crate::import::model::JSON;

#[derive(Debug, Clone)]
pub struct Shape<'d> {
    pub kind: Kind<'d>,
    pub nullable: bool,
    /// The reference by which it was found; the innermost of several.
    pub reference: Option<&'d str>,
    /// What is simplified, for a comment.
    pub note: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Kind<'d> {
    /// The name of a scalar.
    Scalar(&'static str),
    /// Two values or more.
    Enum(Vec<&'d str>),
    /// The schema of the items, if there is one.
    List(Option<&'d Node>),
    Object(Vec<Property<'d>>),
}

#[derive(Debug, Clone)]
pub struct Property<'d> {
    pub name: &'d str,
    pub schema: PropertySchema<'d>,
    pub required: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum PropertySchema<'d> {
    Node(&'d Node),
    /// Alternatives that have only this in common.
    Scalar(&'static str),
}

/// How deep schemas may be composed of each other.
const MAX_DEPTH: usize = 32;

/// Of how many schemas one may be composed. A few lines of `allOf` that refer to each other multiply without end.
const MAX_STEPS: usize = 2_000;

/// Reads a schema of the document `root`. The error says what is wrong with a reference.
pub fn read<'d>(root: &'d Node, schema: &'d Node) -> Result<Shape<'d>, String> {
    Reader { root, steps: &Cell::new(0) }.read(schema, 0)
}

#[derive(Clone, Copy)]
struct Reader<'d, 's> {
    root: &'d Node,
    /// How many schemas were read.
    steps: &'s Cell<usize>,
}

impl Property<'_> {
    /// Whether its schema has this flag, `readOnly` or `writeOnly`.
    pub fn is_hidden(&self, flag: &str) -> bool {
        match self.schema {
            PropertySchema::Node(node) => node.is_true(flag),
            PropertySchema::Scalar(_) => false,
        }
    }
}

impl<'d> Shape<'d> {
    fn of(kind: Kind<'d>) -> Self {
        Self { kind, nullable: false, reference: None, note: None }
    }

    fn json(note: Option<String>) -> Self {
        Self { note, ..Self::of(Kind::Scalar(JSON)) }
    }
}

impl<'d> Reader<'d, '_> {
    fn read(self, schema: &'d Node, depth: usize) -> Result<Shape<'d>, String> {
        if depth > MAX_DEPTH {
            return Err("its schemas are composed of each other without end".to_owned());
        }
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Err(format!("it is composed of more than {MAX_STEPS} schemas"));
        }
        if schema.get("$ref").is_some() {
            let (target, reference) = self.root.resolve(schema)?;
            let mut shape = self.read(target, depth + 1)?;
            shape.reference = shape.reference.or(reference);
            shape.nullable |= schema.is_true("nullable");
            return Ok(shape);
        }
        let mut shape = if !schema.items("allOf").is_empty() {
            self.all_of(schema, depth)?
        } else if !self.alternatives(schema).is_empty() {
            self.one_of(schema, depth)?
        } else {
            plain(schema)
        };
        let null_value = |key| schema.items(key).contains(&Node::Null);
        shape.nullable |= schema.is_true("nullable")
            || schema.items("type").iter().any(is_null_name)
            || schema.get("type").is_some_and(is_null_name)
            || null_value("enum")
            || schema.items("oneOf").iter().chain(schema.items("anyOf")).any(|branch| self.is_null(branch));
        Ok(shape)
    }

    fn is_null(self, branch: &Node) -> bool {
        branch.get("type").is_some_and(is_null_name) || branch.items("enum") == [Node::Null]
    }

    /// The branches of `oneOf` or `anyOf` that say what a value is; some say only which properties are required.
    fn alternatives(self, schema: &'d Node) -> Vec<&'d Node> {
        let branches = schema.items("oneOf").iter().chain(schema.items("anyOf"));
        let keywords = ["$ref", "type", "properties", "items", "enum", "const", "allOf", "oneOf", "anyOf", "format"];
        let says_more = |branch: &&Node| keywords.iter().any(|keyword| branch.get(keyword).is_some());
        branches.filter(|branch| !self.is_null(branch)).filter(says_more).collect()
    }

    fn all_of(self, schema: &'d Node, depth: usize) -> Result<Shape<'d>, String> {
        let members = schema.items("allOf");
        let own = plain(schema);
        let alternatives = self.alternatives(schema);
        if let ([only], Kind::Scalar(JSON), true) = (members, &own.kind, alternatives.is_empty()) {
            let mut shape = self.read(only, depth + 1)?;
            require(&mut shape, required(schema));
            return Ok(shape);
        }
        let mut parts = vec![];
        for member in members {
            parts.push(self.read(member, depth + 1)?);
        }
        if !alternatives.is_empty() {
            parts.push(self.one_of(schema, depth)?);
        }
        parts.push(own);
        let mut properties: Vec<Property<'d>> = vec![];
        for part in &parts {
            let Kind::Object(more) = &part.kind else { continue };
            for property in more {
                match properties.iter_mut().find(|known| known.name == property.name) {
                    Some(known) => {
                        known.schema = property.schema;
                        known.required |= property.required;
                    }
                    None => properties.push(property.clone()),
                }
            }
        }
        let note = parts.iter().find_map(|part| part.note.clone());
        if properties.is_empty() {
            let told = parts.into_iter().find(|part| !matches!(part.kind, Kind::Scalar(JSON)));
            return Ok(told.unwrap_or_else(|| Shape::json(None)));
        }
        let mut shape = Shape { note, ..Shape::of(Kind::Object(properties)) };
        for member in members {
            require(&mut shape, required(self.root.resolve(member)?.0));
        }
        require(&mut shape, required(schema));
        Ok(shape)
    }

    fn one_of(self, schema: &'d Node, depth: usize) -> Result<Shape<'d>, String> {
        let branches = self.alternatives(schema);
        let mut shapes = vec![];
        for branch in &branches {
            shapes.push(self.read(branch, depth + 1)?);
        }
        let own = plain(schema);
        let nullable = shapes.iter().any(|shape| shape.nullable);
        if let ([_], Kind::Scalar(JSON)) = (branches.as_slice(), &own.kind)
            && let Some(only) = shapes.pop()
        {
            return Ok(only);
        }
        let names = one_of(&shapes);
        let mut all: Vec<&Shape<'d>> = shapes.iter().collect();
        let is_object = |shape: &&Shape<'d>| matches!(shape.kind, Kind::Object(_));
        if is_object(&&own) {
            all.retain(is_object);
        }
        let mut shape = if all.iter().all(is_object) {
            let mut properties = self.either(&all, depth);
            if let Kind::Object(own) = own.kind {
                properties.retain(|property| own.iter().all(|known| known.name != property.name));
                properties.splice(0..0, own);
            }
            let note = format!("{names}: the fields of all, null where the value is another.");
            Shape { note: Some(note), ..Shape::of(Kind::Object(properties)) }
        } else {
            match common_scalar(&all) {
                Some(kind) => Shape::of(kind),
                None => Shape::json(Some(format!("{names}."))),
            }
        };
        shape.nullable = nullable;
        Ok(shape)
    }

    /// The properties of objects of which a value is one.
    fn either(self, shapes: &[&Shape<'d>], depth: usize) -> Vec<Property<'d>> {
        let mut properties: Vec<Property<'d>> = vec![];
        let mut counts: Vec<usize> = vec![];
        for shape in shapes {
            let Kind::Object(more) = &shape.kind else { continue };
            for property in more {
                let Some(at) = properties.iter().position(|known| known.name == property.name) else {
                    properties.push(property.clone());
                    counts.push(1);
                    continue;
                };
                counts[at] += 1;
                properties[at].required &= property.required;
                properties[at].schema = self.common(properties[at].schema, property.schema, depth);
            }
        }
        for (property, count) in properties.iter_mut().zip(counts) {
            property.required &= count == shapes.len();
        }
        properties
    }

    /// What two schemas of one property have in common.
    fn common(self, left: PropertySchema<'d>, right: PropertySchema<'d>, depth: usize) -> PropertySchema<'d> {
        if let (PropertySchema::Node(left), PropertySchema::Node(right)) = (left, right)
            && left == right
        {
            return PropertySchema::Node(left);
        }
        let shape = |schema| match schema {
            PropertySchema::Node(node) => self.read(node, depth + 1).ok(),
            PropertySchema::Scalar(name) => Some(Shape::of(Kind::Scalar(name))),
        };
        let (Some(left), Some(right)) = (shape(left), shape(right)) else { return PropertySchema::Scalar(JSON) };
        match common_scalar(&[&left, &right]) {
            Some(Kind::Scalar(name)) => PropertySchema::Scalar(name),
            Some(Kind::Enum(_)) => PropertySchema::Scalar("String"),
            Some(Kind::List(_) | Kind::Object(_)) | None => PropertySchema::Scalar(JSON),
        }
    }
}

/// The scalar or enum that holds the values of all of these.
fn common_scalar<'d>(shapes: &[&Shape<'d>]) -> Option<Kind<'d>> {
    let mut common: Option<Kind<'d>> = None;
    for shape in shapes {
        common = Some(match (common, &shape.kind) {
            (_, Kind::List(_) | Kind::Object(_)) => return None,
            (None, kind) => kind.clone(),
            (Some(Kind::Enum(mut left)), Kind::Enum(right)) => {
                left.extend(right.iter().filter(|value| !left.contains(value)).collect::<Vec<_>>());
                Kind::Enum(left)
            }
            (Some(Kind::Scalar(left)), Kind::Scalar(right)) if left == *right => Kind::Scalar(left),
            (Some(left), right) => Kind::Scalar(wider(&left, right)?),
        });
    }
    common
}

fn wider(left: &Kind<'_>, right: &Kind<'_>) -> Option<&'static str> {
    let is_text = |kind: &Kind<'_>| {
        matches!(kind, Kind::Enum(_) | Kind::Scalar("String" | "ID" | "DateTime" | "Date" | "Base64"))
    };
    let is_number = |kind: &Kind<'_>| matches!(kind, Kind::Scalar("Int" | "Float"));
    if is_text(left) && is_text(right) {
        Some("String")
    } else if is_number(left) && is_number(right) {
        Some("Float")
    } else {
        None
    }
}

/// How many alternatives a comment names; it is read, and the document has the rest.
const NAMED: usize = 6;

/// `One of Cat, Dog or String`, `One of 3 objects`.
fn one_of(shapes: &[Shape<'_>]) -> String {
    let mut names: Vec<(String, usize)> = vec![];
    for name in shapes.iter().map(describe) {
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => names.push((name, 1)),
        }
    }
    // `an object` says which one no more than `objects` does.
    let counted = |(name, count): (String, usize)| match name.strip_prefix("an ").or(name.strip_prefix("a ")) {
        Some(thing) if count > 1 => format!("{count} {thing}s"),
        Some(_) | None => name,
    };
    let mut names: Vec<String> = names.into_iter().map(counted).collect();
    if names.len() > NAMED {
        let others = names.len() - (NAMED - 1);
        names.truncate(NAMED - 1);
        names.push(format!("{others} others"));
    }
    match names.as_slice() {
        [] => "One of none".to_owned(),
        [only] => format!("One of {only}"),
        [first @ .., last] => format!("One of {} or {last}", first.join(", ")),
    }
}

/// A schema as a comment names it.
fn describe(shape: &Shape<'_>) -> String {
    if let Some(name) = shape.reference.and_then(|reference| reference.rsplit('/').next()) {
        return name.to_owned();
    }
    match &shape.kind {
        Kind::Scalar(JSON) => "anything".to_owned(),
        Kind::Scalar(name) => (*name).to_owned(),
        Kind::Enum(_) => "an enum".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Object(_) => "an object".to_owned(),
    }
}

fn require(shape: &mut Shape<'_>, names: Vec<&str>) {
    if let Kind::Object(properties) = &mut shape.kind {
        for property in properties.iter_mut().filter(|property| names.contains(&property.name)) {
            property.required = true;
        }
    }
}

fn required(schema: &Node) -> Vec<&str> {
    schema.items("required").iter().filter_map(Node::as_str).collect()
}

fn is_null_name(node: &Node) -> bool {
    node.as_str() == Some("null")
}

/// A schema that is composed of no others.
fn plain(schema: &Node) -> Shape<'_> {
    let types: Vec<&str> = match schema.get("type") {
        Some(Node::String(name)) => vec![name.as_str()],
        Some(Node::List(names)) => names.iter().filter_map(Node::as_str).collect(),
        _ => vec![],
    };
    let types: Vec<&str> = types.into_iter().filter(|name| *name != "null").collect();
    let has_properties = schema.entries("properties").next().is_some();
    let kind = match types.as_slice() {
        ["object"] | [] if has_properties => {
            let names = required(schema);
            let properties = schema.entries("properties").map(|(name, node)| Property {
                name,
                schema: PropertySchema::Node(node),
                required: names.contains(&name),
            });
            Kind::Object(properties.collect())
        }
        ["array"] => Kind::List(schema.get("items")),
        [] if schema.get("items").is_some() => Kind::List(schema.get("items")),
        ["string"] => text_kind(schema),
        ["integer"] => Kind::Scalar(integer_kind(schema)),
        ["number"] => Kind::Scalar("Float"),
        ["integer", "number"] | ["number", "integer"] => Kind::Scalar("Float"),
        ["boolean"] => Kind::Scalar("Boolean"),
        [] => match schema.items("enum").iter().find(|value| **value != Node::Null).or(schema.get("const")) {
            Some(Node::String(_)) => text_kind(schema),
            Some(Node::Bool(_)) => Kind::Scalar("Boolean"),
            Some(Node::Number(_)) => Kind::Scalar("Float"),
            Some(Node::Null | Node::List(_) | Node::Map(_)) | None => Kind::Scalar(JSON),
        },
        _ => Kind::Scalar(JSON),
    };
    Shape { note: unread(schema, &kind), ..Shape::of(kind) }
}

/// What of the schema is passed over, since it is no text where only that has a meaning.
fn unread(schema: &Node, kind: &Kind<'_>) -> Option<String> {
    let odd = |key| schema.items(key).iter().any(|item| !matches!(item, Node::String(_) | Node::Null));
    if matches!(kind, Kind::Scalar("String" | "DateTime" | "Date" | "ID" | "Base64")) && odd("enum") {
        return Some("No enum: some of its values are not text; quote them in the document.".to_owned());
    }
    let is_object = matches!(kind, Kind::Object(_));
    (is_object && odd("required"))
        .then(|| "Some names in `required` are not text, and are passed over; quote them in the document.".to_owned())
}

fn text_kind(schema: &Node) -> Kind<'_> {
    let mut values: Vec<&str> = vec![];
    for value in schema.items("enum").iter().filter_map(Node::as_str) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let are_texts = schema.items("enum").iter().all(|value| matches!(value, Node::String(_) | Node::Null));
    // One value is a mark of the schema's authors, not a choice.
    if values.len() > 1 && are_texts {
        return Kind::Enum(values);
    }
    Kind::Scalar(match schema.text("format") {
        Some("date-time") => "DateTime",
        Some("date") => "Date",
        Some("uuid") => "ID",
        Some("byte") => "Base64",
        _ => "String",
    })
}

fn integer_kind(schema: &Node) -> &'static str {
    let beyond = |key| match schema.get(key) {
        Some(Node::Number(number)) => {
            number.parse::<f64>().is_ok_and(|number| number.abs() > f64::from(i32::MAX) + 1.0)
        }
        _ => false,
    };
    match schema.text("format") {
        Some("int64" | "uint64" | "uint32") => "BigInt",
        _ if beyond("maximum") || beyond("minimum") => "BigInt",
        _ => "Int",
    }
}
