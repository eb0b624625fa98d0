//! Owns what federation's directives say about a subgraph's types and fields, read once: keys, what is external,
//! what is provided, required or shareable. Reading does not judge: a field set that is wrong is skipped here and
//! reported by validation.

use apollo_compiler::ast::{Directive, FieldDefinition};
use apollo_compiler::collections::{HashSet, IndexMap};
use apollo_compiler::schema::{Component, ComponentOrigin, DirectiveList, ExtendedType};
use apollo_compiler::{Name, Node, Schema};

use super::field_set::{self, FieldSet};
use super::spec::SpecDirective;

/// A field by its type's name and its own.
pub type Coordinate = (Name, Name);

/// One `@key` of a type.
#[derive(Debug, Clone)]
pub struct Key {
    /// The field set as written.
    pub text: String,
    pub resolvable: bool,
    /// Whether the file says so, which the supergraph repeats.
    pub says_resolvable: bool,
    /// Whether it stands on an extension, or on a type with `@extends`.
    pub extension: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// By type, in the file's order.
    pub keys: IndexMap<Name, Vec<Key>>,
    /// Fields of some `@key`, those of nested types included.
    pub key_fields: HashSet<Coordinate>,
    pub required: HashSet<Coordinate>,
    pub provided: HashSet<Coordinate>,
    /// Fields marked `@external`, themselves or by their type, apart from [`Self::nominally_external`].
    pub external: HashSet<Coordinate>,
    /// Fields that are marked `@external` only because they are in the key of an extension, as Federation 1 wants it:
    /// the subgraph resolves them.
    pub nominally_external: HashSet<Coordinate>,
    /// Fields that an interface of their type declares.
    pub interface_fields: HashSet<Coordinate>,
    /// Fields that other subgraphs may resolve as well.
    pub shareable: HashSet<Coordinate>,
    pub interface_objects: HashSet<Name>,
}

impl Facts {
    pub fn collect(schema: &Schema) -> Self {
        let mut facts = Self::default();
        for (name, ty) in schema.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
            if let Some(fields) = field_set::fields_of(ty) {
                facts.collect_type(schema, name, ty, fields);
            }
        }
        // Nominal externals are known only when all keys are.
        let Self { external, nominally_external, .. } = &mut facts;
        external.retain(|field| !nominally_external.contains(field));
        facts.shareable.extend(facts.key_fields.iter().cloned());
        facts.shareable.extend(facts.provided.iter().cloned());
        facts
    }

    fn collect_type(
        &mut self,
        schema: &Schema,
        name: &Name,
        ty: &ExtendedType,
        fields: &IndexMap<Name, Component<FieldDefinition>>,
    ) {
        let directives = ty.directives();
        for directive in directives.get_all(SpecDirective::Key.canonical()) {
            let Some(key) = key(directive, directives) else { continue };
            if let Ok(set) = FieldSet::parse(&key.text) {
                let mut used = HashSet::default();
                used_fields(schema, name, &set, &mut used);
                if key.extension {
                    let marked = used.iter().filter(|(ty, field)| {
                        schema
                            .type_field(ty, field)
                            .is_ok_and(|field| field.directives.has(SpecDirective::External.canonical()))
                    });
                    self.nominally_external.extend(marked.cloned());
                }
                self.key_fields.extend(used);
            }
            self.keys.entry(name.clone()).or_default().push(key);
        }
        if directives.has(SpecDirective::InterfaceObject.canonical()) {
            self.interface_objects.insert(name.clone());
        }
        let origins = |directive: SpecDirective| -> HashSet<&ComponentOrigin> {
            directives.iter().filter(|found| found.name == directive.canonical()).map(|found| &found.origin).collect()
        };
        let external = origins(SpecDirective::External);
        let shareable = origins(SpecDirective::Shareable);
        for (field_name, field) in fields {
            let coordinate = || (name.clone(), field_name.clone());
            let has = |directive: SpecDirective| field.directives.has(directive.canonical());
            if has(SpecDirective::External) || external.contains(&field.origin) {
                self.external.insert(coordinate());
            }
            if has(SpecDirective::Shareable) || shareable.contains(&field.origin) {
                self.shareable.insert(coordinate());
            }
            self.collect_field_sets(schema, name, field);
            let declared = interfaces_of(ty).any(|interface| {
                schema.get_interface(interface).is_some_and(|interface| interface.fields.contains_key(field_name))
            });
            if declared {
                self.interface_fields.insert(coordinate());
            }
        }
    }

    fn collect_field_sets(&mut self, schema: &Schema, parent: &Name, field: &FieldDefinition) {
        let targets = [
            (SpecDirective::Requires, parent, &mut self.required),
            (SpecDirective::Provides, field.ty.inner_named_type(), &mut self.provided),
        ];
        for (directive, ty, used) in targets {
            for application in field.directives.get_all(directive.canonical()) {
                if let Some(set) = fields_text(application).and_then(|text| FieldSet::parse(text).ok()) {
                    used_fields(schema, ty, &set, used);
                }
            }
        }
    }

    pub fn is_external(&self, ty: &Name, field: &Name) -> bool {
        self.external.contains(&(ty.clone(), field.clone()))
    }

    /// External, and on no path provided: the subgraph never resolves it.
    pub fn is_fully_external(&self, ty: &Name, field: &Name) -> bool {
        self.is_external(ty, field) && !self.provided.contains(&(ty.clone(), field.clone()))
    }

    pub fn is_shareable(&self, ty: &Name, field: &Name) -> bool {
        self.shareable.contains(&(ty.clone(), field.clone()))
    }

    /// Whether a directive or an interface of this subgraph needs the field.
    pub fn is_used(&self, ty: &Name, field: &Name) -> bool {
        let coordinate = (ty.clone(), field.clone());
        [&self.key_fields, &self.required, &self.provided, &self.interface_fields]
            .into_iter()
            .any(|used| used.contains(&coordinate))
    }
}

/// The argument `fields`, where it is a string.
pub fn fields_text(directive: &Directive) -> Option<&str> {
    directive.specified_argument_by_name("fields").and_then(|value| value.as_str())
}

fn key(directive: &Component<Directive>, all: &DirectiveList) -> Option<Key> {
    let resolvable = directive.specified_argument_by_name("resolvable").and_then(|value| value.to_bool());
    Some(Key {
        text: fields_text(directive)?.to_owned(),
        resolvable: resolvable.unwrap_or(true),
        says_resolvable: resolvable.is_some(),
        extension: directive.origin.extension_id().is_some() || all.has(SpecDirective::Extends.canonical()),
    })
}

/// The interfaces that a type implements.
pub fn interfaces_of(ty: &ExtendedType) -> impl Iterator<Item = &Name> {
    let interfaces = match ty {
        ExtendedType::Object(ty) => Some(&ty.implements_interfaces),
        ExtendedType::Interface(ty) => Some(&ty.implements_interfaces),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => None,
    };
    interfaces.into_iter().flatten().map(|component| &component.name)
}

/// Adds the fields of a set; for a field of an interface, also the same field of its implementations.
fn used_fields(schema: &Schema, parent: &Name, set: &FieldSet, used: &mut HashSet<Coordinate>) {
    // What is wrong with the set is validation's to say.
    field_set::walk(schema, parent, set, &mut |step| {
        used.insert((step.parent.clone(), step.definition.name.clone()));
        if schema.get_interface(step.parent).is_some() {
            for (name, ty) in &schema.types {
                if interfaces_of(ty).any(|interface| interface == step.parent) {
                    used.insert((name.clone(), step.definition.name.clone()));
                }
            }
        }
    });
}

/// A directive's application with one string argument.
pub(crate) fn with_string_argument(directive: &str, argument: &str, value: &str) -> Node<Directive> {
    Node::new(Directive {
        // The names are ours.
        name: Name::new_unchecked(directive),
        arguments: vec![Node::new(apollo_compiler::ast::Argument {
            name: Name::new_unchecked(argument),
            value: Node::new(apollo_compiler::ast::Value::String(value.to_owned())),
        })],
    })
}
