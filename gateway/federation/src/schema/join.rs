//! Owns reading a supergraph file: the `join` specification's directives (v0.1 to v0.5) into the [`Model`].

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use apollo_compiler::schema::{Component, DirectiveList, ExtendedType, FieldDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema, ast};

use super::contexts::Contexts;
use super::features::Features;
use super::field_set::FieldSet;
use super::ids::{FieldId, Id, NameId, SubgraphId, TypeId};
use super::model::{
    ArgumentDef, ContextArgument, FieldDef, FieldJoin, KeyJoin, Model, SubgraphDef, TypeDef, TypeJoin, TypeKind,
};
use super::types::{TypeSet, Wrapping};
use super::value::Value;
use crate::connect::Connectors;
use crate::diagnostics::{Diagnostic, Source, Span};

const CODE: &str = "INVALID_SUPERGRAPH";

pub(super) struct Parsed {
    pub document: Valid<Schema>,
    pub model: Model,
    pub connectors: Connectors,
}

pub(super) fn read(source: &Arc<Source>) -> Result<Parsed, Vec<Diagnostic>> {
    let document = super::document::read(source)?;
    let document = document.validate().map_err(|errors| super::document::wrong(source, &errors.errors))?;
    let mut reader = Reader {
        source,
        document: &document,
        features: Features::of(&document),
        model: Model::default(),
        graphs: HashMap::new(),
        contexts: Contexts::default(),
        found: vec![],
    };
    reader.subgraphs();
    if reader.model.subgraphs.is_empty() {
        reader.found.push(
            Diagnostic::error(CODE, "this is no supergraph: it has no enum `join__Graph`")
                .help("compose your subgraphs first: weft compose --config supergraph.yaml -o supergraph.graphql"),
        );
        return Err(reader.found);
    }
    reader.types();
    reader.fields();
    reader.roots();
    reader.members();
    reader.contexts = Contexts::of(&document, &reader.model, &reader.features);
    reader.joins();
    super::demands::read(&document, &reader.features, &mut reader.model);
    let Reader { model, found, .. } = reader;
    let (connectors, mut diagnostics) = crate::connect::read_supergraph(&document, source);
    diagnostics.extend(found);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    Ok(Parsed { document, model, connectors })
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    document: &'a Valid<Schema>,
    features: Features,
    model: Model,
    /// The values of the enum `join__Graph`.
    graphs: HashMap<Name, SubgraphId>,
    contexts: Contexts,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn subgraphs(&mut self) {
        let Some(graphs) = self.document.get_enum("join__Graph") else { return };
        for (value, definition) in &graphs.values {
            let graph = definition.directives.get("join__graph");
            let text = |name: &str| graph.and_then(|directive| string(directive, name)).map(str::to_owned);
            self.graphs.insert(value.clone(), SubgraphId::from_index(self.model.subgraphs.len()));
            self.model.subgraphs.push(SubgraphDef {
                name: text("name").unwrap_or_else(|| value.to_lowercase()),
                url: text("url").unwrap_or_default(),
            });
        }
    }

    fn types(&mut self) {
        for (name, ty) in &self.document.types {
            if self.features.owns(name) || name.starts_with("__") {
                continue;
            }
            let id = TypeId::from_index(self.model.types.len());
            let kind = match ty {
                ExtendedType::Scalar(_) => TypeKind::Scalar,
                ExtendedType::Object(_) => TypeKind::Object,
                ExtendedType::Interface(_) => TypeKind::Interface,
                ExtendedType::Union(_) => TypeKind::Union,
                ExtendedType::Enum(_) => TypeKind::Enum,
                ExtendedType::InputObject(_) => TypeKind::Input,
            };
            let values = match ty {
                ExtendedType::Enum(definition) => definition
                    .values
                    .iter()
                    .filter(|(_, value)| !self.features.is_inaccessible(&value.directives))
                    .map(|(name, _)| name.clone())
                    .collect(),
                _ => Arc::default(),
            };
            self.model.types_by_name.insert(name.clone(), id);
            self.model.types.push(TypeDef {
                name: name.clone(),
                kind,
                fields: vec![],
                values,
                possible: TypeSet::default(),
                joins: vec![],
                needs: Box::default(),
                is_inaccessible: self.features.is_inaccessible(ty.directives()),
                possible_in: vec![],
            });
        }
    }

    fn fields(&mut self) {
        for parent in self.model.type_ids().collect::<Vec<_>>() {
            let name = self.model.type_name(parent).clone();
            let Some(fields) = self.document.types.get(&name).and_then(fields_of) else { continue };
            for field in fields.values() {
                if let Err(message) = self.field(parent, field) {
                    let place = self.span(field.location());
                    self.found.push(Diagnostic::error(CODE, format!("{name}.{}: {message}", field.name)).at(place, ""));
                }
            }
        }
    }

    fn field(&mut self, parent: TypeId, field: &Component<FieldDefinition>) -> Result<(), String> {
        let (wrapping, base) = Wrapping::of(&field.ty).ok_or("a type nested in more than 30 lists")?;
        let base = self.model.type_named(base).ok_or_else(|| format!("its type {base} is not defined"))?;
        let arguments = field.arguments.iter().map(|argument| ArgumentDef {
            name: argument.name.clone(),
            ty: argument.ty.to_string(),
            default: argument.default_value.as_ref().and_then(|value| Value::from_ast(value, &|_| None)),
        });
        let arguments = arguments.collect();
        let list_size = field.directives.get(self.features.list_size());
        let slicing = list_size.and_then(|directive| directive.specified_argument_by_name("slicingArguments"));
        let slicing = slicing.and_then(|names| names.as_list()).unwrap_or_default().iter();
        let slicing = slicing.filter_map(|name| Some(field.argument_by_name(name.as_str()?)?.name.clone())).collect();
        let name = NameId::from_index(self.model.names.insert_full(field.name.clone()).0);
        let id = FieldId::from_index(self.model.fields.len());
        let (joins, needs) = (vec![], Box::default());
        self.model.fields.push(FieldDef { parent, name, wrapping, base, arguments, slicing, joins, needs });
        self.model.fields_by_name.insert((parent, name), id);
        self.model.types[parent.index()].fields.push(id);
        Ok(())
    }

    fn roots(&mut self) {
        let definition = &self.document.schema_definition;
        let root = |name: &Option<apollo_compiler::schema::ComponentName>| {
            name.as_ref().and_then(|name| self.model.type_named(&name.name))
        };
        let (query, mutation, subscription) =
            (root(&definition.query), root(&definition.mutation), root(&definition.subscription));
        (self.model.query, self.model.mutation, self.model.subscription) = (query, mutation, subscription);
    }

    /// Which object types an interface or union can be: in all, and as each subgraph knows it.
    fn members(&mut self) {
        let mut members: HashMap<TypeId, Vec<TypeId>> = HashMap::new();
        let mut members_in: HashMap<(TypeId, SubgraphId), Vec<TypeId>> = HashMap::new();
        for id in self.model.type_ids().collect::<Vec<_>>() {
            let Some(ty) = self.document.types.get(self.model.type_name(id)) else { continue };
            match ty {
                ExtendedType::Object(object) => {
                    members.entry(id).or_default().push(id);
                    let joined: Vec<(SubgraphId, TypeId)> = object
                        .directives
                        .get_all("join__implements")
                        .filter_map(|d| Some((self.graph(d)?, self.model.type_named(string(d, "interface")?)?)))
                        .collect();
                    for interface in &object.implements_interfaces {
                        let Some(interface) = self.model.type_named(&interface.name) else { continue };
                        members.entry(interface).or_default().push(id);
                        // Before join v0.3 nothing says who implements what: every subgraph that has the type does.
                        let subgraphs: Vec<SubgraphId> = if object.directives.has("join__implements") {
                            joined.iter().filter(|(_, i)| *i == interface).map(|(subgraph, _)| *subgraph).collect()
                        } else {
                            self.model.subgraph_ids().collect()
                        };
                        for subgraph in subgraphs {
                            members_in.entry((interface, subgraph)).or_default().push(id);
                        }
                    }
                }
                ExtendedType::Union(union) => {
                    let joined: Vec<(SubgraphId, TypeId)> = union
                        .directives
                        .get_all("join__unionMember")
                        .filter_map(|d| Some((self.graph(d)?, self.model.type_named(string(d, "member")?)?)))
                        .collect();
                    for member in &union.members {
                        let Some(member) = self.model.type_named(&member.name) else { continue };
                        members.entry(id).or_default().push(member);
                        for subgraph in self.model.subgraph_ids() {
                            if !union.directives.has("join__unionMember") || joined.contains(&(subgraph, member)) {
                                members_in.entry((id, subgraph)).or_default().push(member);
                            }
                        }
                    }
                }
                ExtendedType::Interface(_)
                | ExtendedType::Scalar(_)
                | ExtendedType::Enum(_)
                | ExtendedType::InputObject(_) => {}
            }
        }
        for (ty, types) in members {
            self.model.types[ty.index()].possible = types.into_iter().collect();
        }
        // Nothing implements it, as far as anyone says; its objects have no other type than it.
        for (at, ty) in self.model.types.iter_mut().enumerate() {
            if ty.kind == TypeKind::Interface && ty.possible.is_empty() {
                ty.possible = TypeSet::one(TypeId::from_index(at));
            }
        }
        let mut members_in: Vec<_> = members_in.into_iter().collect();
        members_in.sort();
        for ((ty, subgraph), types) in members_in {
            self.model.types[ty.index()].possible_in.push((subgraph, types.into_iter().collect()));
        }
    }

    fn joins(&mut self) {
        let mut owned = vec![];
        for id in self.model.type_ids().collect::<Vec<_>>() {
            let Some(ty) = self.document.types.get(self.model.type_name(id)) else { continue };
            let (joins, owner) = self.type_joins(id, ty.directives());
            owned.extend(owner.map(|_| id));
            let holders: Vec<SubgraphId> = match owner {
                Some(owner) => vec![owner],
                None => joins.iter().map(|join| join.subgraph).collect(),
            };
            self.model.types[id.index()].joins = joins;
            for field in self.model.ty(id).fields.clone() {
                let name = self.model.name(self.model.field(field).name).clone();
                let Some(definition) = fields_of(ty).and_then(|fields| fields.get(&name)) else { continue };
                let joins = self.field_joins(id, field, &definition.directives, &holders);
                self.model.fields[field.index()].joins = joins;
            }
        }
        super::owned::complete(&mut self.model, &owned);
    }

    /// The type's joins, and its owner where the file is of join v0.1.
    fn type_joins(&mut self, id: TypeId, directives: &DirectiveList) -> (Vec<TypeJoin>, Option<SubgraphId>) {
        let mut joins: Vec<TypeJoin> = vec![];
        for directive in directives.get_all("join__type") {
            let Some(subgraph) = self.graph(directive) else { continue };
            let at = joins.iter().position(|join| join.subgraph == subgraph).unwrap_or_else(|| {
                joins.push(TypeJoin { subgraph, keys: vec![], is_interface_object: false });
                joins.len() - 1
            });
            joins[at].is_interface_object |= boolean(directive, "isInterfaceObject").unwrap_or(false);
            if let Some(fields) = self.field_set(id, directive, "key") {
                let resolvable = boolean(directive, "resolvable").unwrap_or(true);
                joins[at].keys.push(KeyJoin { fields, resolvable });
            }
        }
        if !directives.has("join__type") {
            // A value type of join v0.1: every subgraph may have it.
            joins = self
                .model
                .subgraph_ids()
                .map(|subgraph| TypeJoin { subgraph, keys: vec![], is_interface_object: false })
                .collect();
        }
        joins.sort_by_key(|join| join.subgraph);
        let owner = directives.get("join__owner").and_then(|directive| self.graph(directive));
        (joins, owner)
    }

    fn field_joins(
        &mut self,
        parent: TypeId,
        field: FieldId,
        directives: &ast::DirectiveList,
        holders: &[SubgraphId],
    ) -> Vec<FieldJoin> {
        if !directives.has("join__field") {
            return holders.iter().map(|subgraph| FieldJoin::plain(*subgraph)).collect();
        }
        let mut joins = vec![];
        for directive in directives.get_all("join__field") {
            // One without a graph says: known only through an interface object.
            let Some(subgraph) = self.graph(directive) else { continue };
            let ty = string(directive, "type").and_then(|text| {
                let ty = ast::Type::parse(text, "join__field").ok()?;
                let (wrapping, name) = Wrapping::of(&ty)?;
                Some((wrapping, self.model.type_named(name)?))
            });
            let base = self.model.field(field).base;
            joins.push(FieldJoin {
                subgraph,
                external: boolean(directive, "external").unwrap_or(false),
                overridden: boolean(directive, "usedOverridden").unwrap_or(false),
                ty,
                requires: self.field_set(parent, directive, "requires"),
                provides: self.field_set(base, directive, "provides"),
                contexts: self.context_arguments(directive),
                override_label: string(directive, "overrideLabel").map(str::to_owned),
                override_from: string(directive, "override").map(str::to_owned),
            });
        }
        joins.sort_by_key(|join| join.subgraph);
        joins
    }

    fn field_set(&mut self, ty: TypeId, directive: &Node<ast::Directive>, argument: &str) -> Option<FieldSet> {
        let text = string(directive, argument)?;
        match FieldSet::parse(self.document, &self.model, &self.model.type_name(ty).clone(), text) {
            Ok(fields) if fields.is_empty() => None,
            Ok(fields) => Some(fields),
            Err(message) => {
                let place = self.span(directive.location());
                let about = format!("{argument} \"{text}\" of {}: {message}", self.model.type_name(ty));
                self.found.push(Diagnostic::error(CODE, about).at(place, ""));
                None
            }
        }
    }

    fn context_arguments(&mut self, directive: &Node<ast::Directive>) -> Vec<ContextArgument> {
        let arguments = directive.specified_argument_by_name("contextArguments").and_then(|value| value.as_list());
        let mut read = vec![];
        for argument in arguments.unwrap_or_default() {
            match self.contexts.argument(self.document, &self.model, argument) {
                Ok(argument) => read.push(argument),
                Err(message) => {
                    let place = self.span(directive.location());
                    self.found.push(Diagnostic::error(CODE, message).at(place, ""));
                }
            }
        }
        read
    }

    fn graph(&self, directive: &Node<ast::Directive>) -> Option<SubgraphId> {
        let value = directive.specified_argument_by_name("graph")?;
        self.graphs.get(value.as_enum()?).copied()
    }

    fn span(&self, location: Option<apollo_compiler::parser::SourceSpan>) -> Option<Span> {
        let location = location?;
        let range: Range<usize> = location.offset()..location.end_offset();
        Some(Span::new(self.source, range))
    }
}

pub(super) fn fields_of(
    ty: &ExtendedType,
) -> Option<&apollo_compiler::collections::IndexMap<Name, Component<FieldDefinition>>> {
    match ty {
        ExtendedType::Object(object) => Some(&object.fields),
        ExtendedType::Interface(interface) => Some(&interface.fields),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => None,
    }
}

fn string<'d>(directive: &'d Node<ast::Directive>, argument: &str) -> Option<&'d str> {
    directive.specified_argument_by_name(argument)?.as_str()
}

fn boolean(directive: &Node<ast::Directive>, argument: &str) -> Option<bool> {
    directive.specified_argument_by_name(argument)?.to_bool()
}
