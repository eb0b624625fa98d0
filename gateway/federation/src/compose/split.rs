//! Owns the way back: from a supergraph to the SDL of each of its subgraphs, to start from where those are lost.
//!
//! What the `join` directives tell comes back; what they do not is lost: which arguments a subgraph lacks, what it left
//! `@external` without need, and the definitions of directives that were composed (`@composeDirective`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use apollo_compiler::ast::{Directive, DirectiveList, Value};
use apollo_compiler::schema::{ExtendedType, FieldDefinition, InputValueDefinition};
use apollo_compiler::{Name, Node, Schema};

use crate::connect::Protocol;
use crate::diagnostics::{Diagnostic, Source};
use crate::schema::{FieldId, FieldJoin, Model, SubgraphId, Supergraph, TypeId, TypeKind, document};

/// Directives of federation that a supergraph shows under their own names.
const CARRIED: [&str; 7] = ["inaccessible", "tag", "authenticated", "requiresScopes", "policy", "cost", "listSize"];

/// A subgraph as far as its supergraph tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitSubgraph {
    pub name: String,
    /// Empty where the supergraph has none.
    pub url: String,
    pub sdl: String,
    /// The descriptor sets that its gRPC sources name, to lie beside it.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Splits a supergraph into its subgraphs, in the order of the file.
pub fn split(source: &Arc<Source>) -> Result<Vec<SplitSubgraph>, Vec<Diagnostic>> {
    let Supergraph { model, connectors, .. } = Supergraph::load(source)?;
    // It has been read before, without errors.
    let document = document::read(source)?;
    let graphs: Vec<Name> =
        document.get_enum("join__Graph").map(|graphs| graphs.values.keys().cloned().collect()).unwrap_or_default();
    let subgraphs = model.subgraph_ids().zip(graphs).map(|(id, graph)| {
        let mut splitter =
            Splitter { model: &model, document: &document, id, graph, used: BTreeSet::new(), out: String::new() };
        for ty in model.type_ids() {
            splitter.ty(ty);
        }
        let subgraph = model.subgraph(id);
        let sources = connectors.sources.iter().filter(|source| source.subgraph == subgraph.name);
        let files = sources.filter_map(|source| match &source.protocol {
            Protocol::Grpc(grpc) => Some((descriptor_file(&splitter.graph, &source.name), grpc.descriptors.to_bytes())),
            Protocol::Http(_) => None,
        });
        let files = files.collect();
        SplitSubgraph { name: subgraph.name.clone(), url: subgraph.url.clone(), sdl: splitter.finish(), files }
    });
    Ok(subgraphs.collect())
}

struct Splitter<'a> {
    model: &'a Model,
    document: &'a Schema,
    id: SubgraphId,
    /// The subgraph's value of `join__Graph`.
    graph: Name,
    /// The directives of federation that the SDL has.
    used: BTreeSet<&'static str>,
    out: String,
}

impl Splitter<'_> {
    fn finish(self) -> String {
        let link = |name: &str| name == "link";
        let links = self.restored(&self.document.schema_definition.directives);
        let (links, others): (Vec<_>, Vec<_>) = links.into_iter().partition(|(name, _)| link(name));
        let imports: Vec<String> = self.used.iter().map(|name| format!("\"@{name}\"")).collect();
        let mut head = format!(
            "extend schema\n  @link(url: \"https://specs.apollo.dev/federation/{}\", import: [{}])\n",
            self.version(),
            imports.join(", ")
        );
        for (_, text) in links.iter().chain(&others) {
            let _ = writeln!(head, "  {text}");
        }
        format!("{head}\n{}", self.out.trim_start())
    }

    /// The first version of federation that has all that the supergraph's version of join can say.
    fn version(&self) -> &'static str {
        let links = self.document.schema_definition.directives.get_all("link");
        let join = links.filter_map(|link| link.specified_argument_by_name("url")?.as_str()?.split("/join/").nth(1));
        match join.last() {
            Some("v0.5") => "v2.11",
            Some("v0.4") => "v2.7",
            Some(_) | None => "v2.6",
        }
    }

    fn ty(&mut self, id: TypeId) {
        let (model, document) = (self.model, self.document);
        let def = model.ty(id);
        let Some(ty) = document.types.get(&def.name).filter(|ty| !ty.is_built_in()) else { return };
        let Some(join) = model.join(id, self.id) else { return };
        let mut applied = self.keys(ty.directives());
        if join.is_interface_object {
            self.used.insert("interfaceObject");
            applied.push_str(" @interfaceObject");
        }
        applied.push_str(&self.carried(ty.directives()));
        let implements = self.implements(ty);
        let description = describe(ty.description(), "");
        let (keyword, body) = match ty {
            ExtendedType::Scalar(_) => ("scalar", None),
            ExtendedType::Object(_) | ExtendedType::Interface(_) => {
                let is_object = def.kind == TypeKind::Object || join.is_interface_object;
                (if is_object { "type" } else { "interface" }, Some(self.fields(id, ty, is_object)))
            }
            ExtendedType::Union(_) => {
                let members = ty.directives().get_all("join__unionMember").filter(|it| self.is_mine(it));
                let members: Vec<&str> = members.filter_map(|it| text(it, "member")).collect();
                let all = model.possible_in(id, self.id);
                let all: Vec<&str> = all.iter().map(|member| model.type_name(member).as_str()).collect();
                let members = if members.is_empty() { all } else { members };
                let _ = write!(self.out, "\n{description}union {}{applied} = {}\n", def.name, members.join(" | "));
                return;
            }
            ExtendedType::Enum(values) => {
                let mine = |it: &&Node<apollo_compiler::ast::EnumValueDefinition>| {
                    !it.directives.has("join__enumValue")
                        || it.directives.get_all("join__enumValue").any(|it| self.is_mine(it))
                };
                let values: Vec<_> = values.values.values().map(|value| &value.node).filter(mine).cloned().collect();
                let mut body = String::new();
                for value in values {
                    let applied = self.carried_ast(&value.directives);
                    body.push_str(&format!(
                        "{}  {}{applied}\n",
                        describe(value.description.as_ref(), "  "),
                        value.value
                    ));
                }
                ("enum", Some(body))
            }
            ExtendedType::InputObject(input) => {
                let mut body = String::new();
                for field in input.fields.values() {
                    if !field.directives.has("join__field") || self.mine(&field.directives).is_some() {
                        let own = self.mine(&field.directives).and_then(|it| text(it, "type"));
                        let field = self.input_value(field, own);
                        body.push_str(&format!("  {field}\n"));
                    }
                }
                ("input", Some(body))
            }
        };
        // A root type of which the subgraph has nothing.
        if body.as_ref().is_some_and(String::is_empty) {
            return;
        }
        let body = body.map_or_else(String::new, |body| format!(" {{\n{body}}}"));
        let is_extension = self.is_extension(ty.directives());
        // An extension has no description of its own.
        let (extend, description) = if is_extension { ("extend ", String::new()) } else { ("", description) };
        let _ = write!(self.out, "\n{description}{extend}{keyword} {}{implements}{applied}{body}\n", def.name);
    }

    /// Whether the subgraph extends a type that another one defines.
    fn is_extension(&self, directives: &apollo_compiler::schema::DirectiveList) -> bool {
        let extends =
            |join: &Directive| join.specified_argument_by_name("extension").and_then(|it| it.to_bool()) == Some(true);
        let joins = || directives.get_all("join__type");
        joins().any(|join| self.is_mine(join) && extends(join)) && joins().any(|join| !extends(join))
    }

    fn keys(&mut self, directives: &apollo_compiler::schema::DirectiveList) -> String {
        let mut out = String::new();
        let joins: Vec<_> = directives.get_all("join__type").filter(|it| self.is_mine(it)).collect();
        for join in joins {
            let Some(key) = text(join, "key") else { continue };
            self.used.insert("key");
            let is_resolvable =
                join.specified_argument_by_name("resolvable").and_then(|it| it.to_bool()) != Some(false);
            let resolvable = if is_resolvable { "" } else { ", resolvable: false" };
            let _ = write!(out, " @key(fields: {}{resolvable})", quote(key));
        }
        out
    }

    fn implements(&self, ty: &ExtendedType) -> String {
        let names = match ty {
            ExtendedType::Object(object) => &object.implements_interfaces,
            ExtendedType::Interface(interface) => &interface.implements_interfaces,
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
                return String::new();
            }
        };
        let joins = || ty.directives().get_all("join__implements");
        let is_mine = |name: &&str| {
            joins().next().is_none() || joins().any(|it| self.is_mine(it) && text(it, "interface") == Some(name))
        };
        let names: Vec<&str> = names.iter().map(|name| name.name.as_str()).filter(is_mine).collect();
        if names.is_empty() { String::new() } else { format!(" implements {}", names.join(" & ")) }
    }

    fn fields(&mut self, id: TypeId, ty: &ExtendedType, is_object: bool) -> String {
        let fields = match ty {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_) => {
                return String::new();
            }
        };
        let mut out = String::new();
        for field in &self.model.ty(id).fields {
            let name = self.model.name(self.model.field(*field).name);
            let (Some(join), Some(definition)) = (self.model.field_join(*field, self.id), fields.get(name)) else {
                continue;
            };
            if !ty.directives().has("join__type") && !self.could_have(*field) {
                continue;
            }
            let (join, description) = (join.clone(), describe(definition.description.as_ref(), "  "));
            out.push_str(&description);
            let text = self.field(*field, &join, definition, is_object);
            out.push_str(&format!("  {text}\n"));
        }
        out
    }

    /// Whether some subgraph has the type, or what it implements, as an interface object: its fields are the type's, too.
    fn has_interface_object(&self, ty: TypeId) -> bool {
        let is_one = |id: &TypeId| self.model.ty(*id).joins.iter().any(|join| join.is_interface_object);
        self.model.type_ids().any(|id| self.model.ty(id).possible.contains(ty) && is_one(&id)) || is_one(&ty)
    }

    /// Whether the subgraph has what a field needs, where join v0.1 does not say whether it has the field: its type, and
    /// the field in all that implement the interface.
    fn could_have(&self, field: FieldId) -> bool {
        let model = self.model;
        let def = model.field(field);
        let has_base = !model.is_composite(def.base) || model.join(def.base, self.id).is_some();
        let mut members = model.ty(def.parent).possible.iter().filter(|ty| model.join(*ty, self.id).is_some());
        has_base
            && members
                .all(|ty| model.field_of(ty, def.name).is_some_and(|field| model.field_join(field, self.id).is_some()))
    }

    fn field(&mut self, id: FieldId, join: &FieldJoin, field: &FieldDefinition, is_object: bool) -> String {
        let mut arguments: Vec<String> = field.arguments.iter().map(|it| self.input_value(it, None)).collect();
        let mine = self.mine(&field.directives).cloned();
        arguments.extend(mine.iter().flat_map(|it| self.contextual(it)));
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let own_type = mine.as_ref().and_then(|it| text(it, "type")).map(str::to_owned);
        let mut out = format!("{}{arguments}: {}", field.name, own_type.unwrap_or_else(|| field.ty.to_string()));
        // What is external elsewhere may be provided there, which is sharing too.
        let sharers = self.model.field(id).joins.iter().filter(|join| !join.overridden).count();
        if join.external {
            self.used.insert("external");
            out.push_str(" @external");
        } else if is_object && (sharers > 1 || self.has_interface_object(self.model.field(id).parent)) {
            self.used.insert("shareable");
            out.push_str(" @shareable");
        }
        for (name, argument) in [("requires", "fields"), ("provides", "fields"), ("override", "from")] {
            let Some(value) = mine.as_ref().and_then(|it| text(it, name)) else { continue };
            self.used.insert(name);
            let label = mine.as_ref().and_then(|it| text(it, "overrideLabel")).filter(|_| name == "override");
            let label = label.map_or_else(String::new, |label| format!(", label: {}", quote(label)));
            let _ = write!(out, " @{name}({argument}: {}{label})", quote(value));
        }
        // Directives belong to those who resolve the field.
        if !join.external {
            out.push_str(&self.carried_ast(&field.directives));
        }
        out
    }

    /// The arguments that the gateway fills in from a context.
    fn contextual(&mut self, join: &Directive) -> Vec<String> {
        let arguments = join.specified_argument_by_name("contextArguments").and_then(|it| it.as_list());
        let restored = arguments.into_iter().flatten().filter_map(|argument| {
            let fields = argument.as_object()?;
            let get = |key: &str| fields.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
            let context = get("context")?.rsplit("__").next()?;
            let field = quote(&format!("${context}{}", get("selection")?));
            Some(format!("{}: {} @fromContext(field: {field})", get("name")?, get("type")?))
        });
        let restored: Vec<String> = restored.collect();
        if !restored.is_empty() {
            self.used.insert("fromContext");
        }
        restored
    }

    fn input_value(&mut self, value: &InputValueDefinition, own_type: Option<&str>) -> String {
        let ty = own_type.map_or_else(|| value.ty.to_string(), str::to_owned);
        let default = value.default_value.as_ref().map_or_else(String::new, |default| format!(" = {default}"));
        format!("{}: {ty}{default}{}", value.name, self.carried_ast(&value.directives))
    }

    fn carried(&mut self, directives: &apollo_compiler::schema::DirectiveList) -> String {
        let own: DirectiveList = directives.iter().map(|directive| directive.node.clone()).collect();
        let mut out = self.carried_ast(&own);
        // The names of contexts have their subgraph's in front.
        let prefix =
            format!("{}__", self.model.subgraph(self.id).name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        for name in own.get_all("context").filter_map(|it| text(it, "name")?.strip_prefix(&prefix)) {
            self.used.insert("context");
            let _ = write!(out, " @context(name: {})", quote(name));
        }
        out
    }

    fn carried_ast(&mut self, directives: &DirectiveList) -> String {
        let mut out = String::new();
        for directive in directives.iter() {
            let federations = CARRIED.iter().find(|name| directive.name == **name);
            self.used.extend(federations.copied());
            if federations.is_some() || ["deprecated", "specifiedBy", "oneOf"].contains(&directive.name.as_str()) {
                let _ = write!(out, " {}", directive.serialize().no_indent());
            }
        }
        let all: Vec<&Directive> = directives.iter().map(|directive| &**directive).collect();
        for (_, text) in restore(&all, &self.graph) {
            let _ = write!(out, " {text}");
        }
        out
    }

    fn restored(&self, directives: &apollo_compiler::schema::DirectiveList) -> Vec<(String, String)> {
        let all: Vec<&Directive> = directives.iter().map(|directive| &***directive).collect();
        restore(&all, &self.graph)
    }

    fn mine<'d>(&self, directives: &'d DirectiveList) -> Option<&'d Node<Directive>> {
        directives.get_all("join__field").find(|it| self.is_mine(it))
    }

    fn is_mine(&self, join: &Directive) -> bool {
        join.specified_argument_by_name("graph").and_then(|graph| graph.as_enum()) == Some(&self.graph)
    }
}

/// What `@join__directive` carries for a subgraph: the names, and the applications as they were.
fn restore(directives: &[&Directive], graph: &Name) -> Vec<(String, String)> {
    let carriers = directives.iter().filter(|directive| directive.name == "join__directive");
    let restored = carriers.filter_map(|carrier| {
        let graphs = carrier.specified_argument_by_name("graphs")?.as_list()?;
        if !graphs.iter().any(|it| it.as_enum() == Some(graph)) {
            return None;
        }
        let name = text(carrier, "name")?;
        let arguments = match carrier.specified_argument_by_name("args").map(|args| &**args) {
            Some(Value::Object(fields)) => {
                let mut fields = fields.clone();
                if name == "source" {
                    name_descriptors(&mut fields, graph);
                }
                fields.iter().map(|(name, value)| format!("{name}: {}", value.serialize().no_indent())).collect()
            }
            _ => vec![],
        };
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        Some((name.to_owned(), format!("@{name}{arguments}")))
    });
    restored.collect()
}

/// The descriptors that travel in a supergraph are a file again, which takes the place of the `.proto` files.
fn name_descriptors(source: &mut [(Name, Node<Value>)], graph: &Name) {
    let named = source.iter().find(|(name, _)| name == "name").and_then(|(_, name)| name.as_str());
    let file = descriptor_file(graph, named.unwrap_or_default());
    for (_, grpc) in source.iter_mut().filter(|(name, _)| name == "grpc") {
        if let Value::Object(fields) = grpc.make_mut() {
            fields.retain(|(name, _)| name != "descriptors");
            for (_, value) in fields.iter_mut().filter(|(name, _)| name == "proto") {
                *value = Node::new(Value::List(vec![Node::new(Value::String(file.clone()))]));
            }
        }
    }
}

fn descriptor_file(graph: &Name, source: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let source: String = source.chars().map(safe).collect();
    format!("{}-{source}.binpb", graph.to_lowercase())
}

fn text<'d>(directive: &'d Directive, argument: &str) -> Option<&'d str> {
    directive.specified_argument_by_name(argument)?.as_str()
}

fn quote(text: &str) -> String {
    Value::String(text.to_owned()).serialize().no_indent().to_string()
}

fn describe(description: Option<&Node<str>>, indent: &str) -> String {
    description.map_or_else(String::new, |text| format!("{indent}{}\n", quote(text)))
}
