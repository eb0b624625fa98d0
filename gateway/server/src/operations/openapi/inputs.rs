//! Owns the JSON Schemas of a client's types: of what is sent, and of enums, which are written once and referred to.

use std::collections::BTreeMap;

use apollo_compiler::ast::Type;
use apollo_compiler::schema::{EnumType, ExtendedType, InputObjectType};
use apollo_compiler::{Name, Schema};
use serde_json::{Map, Value, json};

/// The schemas that are referred to by name, made when the first asks for them.
pub struct Components<'s> {
    pub schema: &'s Schema,
    /// `None` while one is being made: an input object can have itself in it.
    made: BTreeMap<Name, Option<Value>>,
}

impl<'s> Components<'s> {
    pub fn new(schema: &'s Schema) -> Self {
        Self { schema, made: BTreeMap::new() }
    }

    pub fn into_schemas(self) -> Map<String, Value> {
        self.made.into_iter().filter_map(|(name, schema)| Some((name.to_string(), schema?))).collect()
    }

    /// Of a value that is written as a text, which is there or is not.
    pub fn text(&mut self, ty: &Type) -> Value {
        match ty {
            Type::Named(name) | Type::NonNullNamed(name) => match self.schema.types.get(name) {
                // Of a scalar of the schema's own it is a text that is handed on.
                Some(ExtendedType::Scalar(scalar)) if !scalar.is_built_in() => json!({ "type": "string" }),
                _ => self.named(name),
            },
            Type::List(item) | Type::NonNullList(item) => json!({ "type": "array", "items": self.text(item) }),
        }
    }

    /// Of a value in a body.
    pub fn input(&mut self, ty: &Type) -> Value {
        let schema = match ty {
            Type::Named(name) | Type::NonNullNamed(name) => self.named(name),
            Type::List(item) | Type::NonNullList(item) => json!({ "type": "array", "items": self.input(item) }),
        };
        if ty.is_non_null() { schema } else { or_null(schema) }
    }

    /// Of a type that has no selections, be it sent or answered. It is not null.
    pub fn named(&mut self, name: &Name) -> Value {
        match (name.as_str(), self.schema.types.get(name)) {
            ("Int", _) => json!({ "type": "integer", "format": "int32" }),
            ("Float", _) => json!({ "type": "number" }),
            ("Boolean", _) => json!({ "type": "boolean" }),
            ("String" | "ID", _) => json!({ "type": "string" }),
            (_, Some(ExtendedType::Enum(ty))) => self.component(name, |_| enumeration(ty)),
            (_, Some(ExtendedType::InputObject(ty))) => self.component(name, |components| components.object(ty)),
            // Any JSON.
            _ => json!({}),
        }
    }

    fn component(&mut self, name: &Name, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.made.contains_key(name) {
            self.made.insert(name.clone(), None);
            let schema = make(self);
            self.made.insert(name.clone(), Some(schema));
        }
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn object(&mut self, ty: &InputObjectType) -> Value {
        let properties: Map<String, Value> =
            ty.fields.values().map(|field| (field.name.to_string(), self.input(&field.ty))).collect();
        let required: Vec<&str> =
            ty.fields.values().filter(|field| field.is_required()).map(|field| field.name.as_str()).collect();
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if let Some(description) = &ty.description {
            schema["description"] = json!(&**description);
        }
        schema
    }
}

fn enumeration(ty: &EnumType) -> Value {
    let values: Vec<&str> = ty.values.keys().map(Name::as_str).collect();
    json!({ "type": "string", "enum": values })
}

/// What a schema says, or null.
pub fn or_null(mut schema: Value) -> Value {
    match schema.get("type").and_then(Value::as_str).map(str::to_owned) {
        Some(ty) => {
            schema["type"] = json!([ty, "null"]);
            schema
        }
        None if schema.get("$ref").is_some() => json!({ "anyOf": [schema, { "type": "null" }] }),
        // It has null already.
        None => schema,
    }
}
