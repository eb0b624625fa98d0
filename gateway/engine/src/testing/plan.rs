//! Owns plans built by hand: the test says which fetches there are, and this works out
//! the positions, slots and projections that they and the client's operation need.

use std::sync::Arc;

use apollo_compiler::executable::{self, Selection, SelectionSet};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Schema, ast};
use weft_federation::diagnostics::Source;
use weft_federation::operation::OperationKind;
use weft_federation::plan::{
    CallId, CallNode, Content, FetchContent, FetchEntry, FetchField, FetchId, FetchNode, FetchSelection, Leaf,
    Position, PositionId, ProjectedField, Projection, ProjectionClass, ProjectionId, ProjectionKind, ProjectionSource,
    QueryPlan, ROOT, Shape, Slot, SlotId,
};
use weft_federation::schema::{Arguments, Id, Merged, Model, Supergraph, TypeId, TypeKind, TypeSet, Value, VariableId};

const PRELUDE: &str = r#"
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, resolvable: Boolean = true, isInterfaceObject: Boolean = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
scalar join__FieldSet
enum join__Graph {
  A @join__graph(name: "a", url: "http://a.invalid/graphql")
  B @join__graph(name: "b", url: "http://b.invalid/graphql")
  C @join__graph(name: "c", url: "http://c.invalid/graphql")
}
"#;

/// A supergraph of the subgraphs `a`, `b` and `c`.
pub fn supergraph(sdl: &str) -> Supergraph<Merged> {
    let source = Source::new("test.graphql", format!("{PRELUDE}{sdl}"));
    Supergraph::load(&source).unwrap_or_else(|found| panic!("{}", found[0].draw(false)))
}

pub struct PlanBuilder {
    pub model: Arc<Model>,
    schema: Valid<Schema>,
    kind: OperationKind,
    variables: Vec<Name>,
    shape: Shape,
    fetches: Vec<FetchNode>,
}

impl PlanBuilder {
    /// Starts with the client's operation, which gives the projections.
    pub fn new(supergraph: &Supergraph<Merged>, operation: &str) -> Self {
        let document = ExecutableDocument::parse_and_validate(&supergraph.api, operation, "operation")
            .unwrap_or_else(|errors| panic!("{errors}"));
        let operation = document.operations.iter().next().expect("an operation");
        let kind = match operation.operation_type {
            ast::OperationType::Query => OperationKind::Query,
            ast::OperationType::Mutation => OperationKind::Mutation,
            ast::OperationType::Subscription => OperationKind::Subscription,
        };
        let mut builder = Self {
            model: Arc::clone(&supergraph.model),
            schema: supergraph.api.clone(),
            kind,
            variables: operation.variables.iter().map(|variable| variable.name.clone()).collect(),
            shape: Shape::default(),
            fetches: vec![],
        };
        let root = builder.ty(operation.object_type());
        builder.new_position(None, root);
        builder.shape.root = builder.projection(ROOT, &document, &operation.selection_set);
        builder
    }

    /// Adds a fetch of root fields.
    pub fn root(self, subgraph: &str, depends_on: &[u32], selection: &str) -> Self {
        let on = match self.kind {
            OperationKind::Query => self.model.query,
            OperationKind::Mutation => self.model.mutation,
            OperationKind::Subscription => self.model.subscription,
        };
        let on = on.expect("the root type");
        let entry = FetchEntry::Root(self.kind);
        self.fetch(subgraph, depends_on, ROOT, on, entry, selection)
    }

    fn fetch(
        mut self,
        subgraph: &str,
        depends_on: &[u32],
        position: PositionId,
        on: TypeId,
        entry: FetchEntry,
        selection: &str,
    ) -> Self {
        let name = self.model.type_name(on).clone();
        let set = executable::FieldSet::parse(&self.schema, name, selection, "fetch")
            .unwrap_or_else(|errors| panic!("{errors}"));
        let selection = self.selection(position, on, &set.selection_set);
        let id = FetchId::from_index(self.fetches.len());
        let subgraph = self.model.subgraph_named(subgraph).expect("a, b or c");
        let depends_on = depends_on.iter().map(|id| FetchId(*id)).collect();
        self.fetches.push(FetchNode {
            id,
            subgraph,
            connector: None,
            position,
            depends_on,
            entry,
            contexts: vec![],
            selection,
        });
        self
    }

    pub fn build(mut self) -> QueryPlan {
        for position in &mut self.shape.positions {
            position.width = u32::try_from(position.slots.len()).expect("few slots");
        }
        let call = |fetch: &FetchNode| CallNode {
            id: CallId::from_index(fetch.id.index()),
            subgraph: fetch.subgraph,
            fetches: vec![fetch.id],
        };
        let calls = self.fetches.iter().map(call).collect();
        QueryPlan { kind: self.kind, trigger: None, fetches: self.fetches, calls, shape: self.shape }
    }

    fn ty(&self, name: &str) -> TypeId {
        self.model.type_named(name).unwrap_or_else(|| panic!("no type {name}"))
    }

    fn new_position(&mut self, parent: Option<SlotId>, ty: TypeId) -> PositionId {
        let types = self.model.ty(ty).possible.clone();
        self.shape.positions.push(Position::new(parent, types));
        PositionId::from_index(self.shape.positions.len() - 1)
    }

    fn arguments(&self, field: &executable::Field) -> Arguments {
        let variable = |name: &Name| self.variables.iter().position(|known| known == name).map(VariableId::from_index);
        let value = |value: &ast::Value| Value::from_ast(value, &variable).expect("a known variable");
        field.arguments.iter().map(|argument| (argument.name.clone(), value(&argument.value))).collect()
    }

    fn leaf(&self, ty: TypeId) -> Leaf {
        let name = self.model.type_name(ty);
        match (self.model.ty(ty).kind, name.as_str()) {
            (TypeKind::Enum, _) => {
                let values = &self.schema.get_enum(name).expect("an enum").values;
                Leaf::Enum(values.keys().cloned().collect())
            }
            (_, "Int") => Leaf::Int,
            (_, "Float") => Leaf::Float,
            (_, "String") => Leaf::String,
            (_, "Boolean") => Leaf::Boolean,
            (_, "ID") => Leaf::Id,
            _ => Leaf::Custom,
        }
    }

    fn slot(&mut self, position: PositionId, on: TypeId, field: &executable::Field) -> SlotId {
        let name = self.model.name_id(&field.name).expect("a known field");
        let arguments = self.arguments(field);
        for slot in &self.shape.positions[position.index()].slots {
            let known = &self.shape.slots[slot.index()];
            if known.name == name && known.arguments == arguments {
                return *slot;
            }
        }
        let def = self.model.field(self.model.field_of(on, name).expect("a known field"));
        let (base, wrapping) = (def.base, def.wrapping);
        let id = SlotId::from_index(self.shape.slots.len());
        let types = self.model.ty(on).possible.clone();
        let index = u32::try_from(self.shape.positions[position.index()].slots.len()).expect("few slots");
        self.shape.positions[position.index()].slots.push(id);
        let content = Content::Leaf(Leaf::Custom);
        self.shape.slots.push(Slot { position, index, name, arguments, types, wrapping, content });
        let content = if self.model.is_composite(base) {
            Content::Objects(self.new_position(Some(id), base))
        } else {
            Content::Leaf(self.leaf(base))
        };
        self.shape.slots[id.index()].content = content;
        id
    }

    fn selection(&mut self, position: PositionId, on: TypeId, set: &SelectionSet) -> FetchSelection {
        let types = self.model.ty(on).possible.clone();
        let mut fields = vec![];
        self.fetch_fields(position, on, None, set, &mut fields);
        FetchSelection { position, typename: types.len() > 1, types, on, fields }
    }

    fn fetch_fields(
        &mut self,
        position: PositionId,
        on: TypeId,
        condition: Option<TypeId>,
        set: &SelectionSet,
        fields: &mut Vec<FetchField>,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) if field.name == "__typename" => {}
                Selection::Field(field) => {
                    let slot = self.slot(position, on, field);
                    let name = self.shape.slots[slot.index()].name;
                    let id = self.model.field_of(on, name).expect("a known field");
                    let base = self.model.field(id).base;
                    let content = match self.shape.slots[slot.index()].content.clone() {
                        Content::Leaf(leaf) => FetchContent::Leaf(leaf),
                        Content::Objects(below) => {
                            let position = &mut self.shape.positions[below.index()];
                            position.sources += 1;
                            position.in_list = true;
                            FetchContent::Objects(self.selection(below, base, &field.selection_set))
                        }
                    };
                    fields.push(FetchField {
                        response_name: field.response_key().clone(),
                        name: field.name.clone(),
                        field: id,
                        arguments: self.arguments(field),
                        contexts: vec![],
                        condition,
                        types: self.model.ty(on).possible.clone(),
                        slot,
                        wrapping: self.shape.slots[slot.index()].wrapping,
                        content,
                    });
                }
                Selection::InlineFragment(fragment) => {
                    let ty = fragment.type_condition.as_ref().map_or(on, |name| self.ty(name));
                    self.fetch_fields(position, ty, Some(ty), &fragment.selection_set, fields);
                }
                Selection::FragmentSpread(_) => panic!("no fragments in fetches"),
            }
        }
    }

    fn projection(&mut self, position: PositionId, document: &ExecutableDocument, set: &SelectionSet) -> ProjectionId {
        let id = ProjectionId::from_index(self.shape.projections.len());
        self.shape.projections.push(Projection { position, classes: vec![], kind: ProjectionKind::Objects });
        let mut classes = vec![];
        for ty in self.model.ty(self.ty(&set.ty)).possible.clone().iter() {
            let mut fields = vec![];
            self.projected(position, ty, document, set, &mut fields);
            classes.push(ProjectionClass { types: TypeSet::one(ty), fields });
        }
        self.shape.projections[id.index()].classes = classes;
        id
    }

    fn projected(
        &mut self,
        position: PositionId,
        ty: TypeId,
        document: &ExecutableDocument,
        set: &SelectionSet,
        fields: &mut Vec<ProjectedField>,
    ) {
        for selection in &set.selections {
            let (condition, below) = match selection {
                Selection::Field(field) => {
                    let opening = if fields.is_empty() { '{' } else { ',' };
                    let projected = self.projected_field(position, document, &set.ty, field, opening);
                    fields.push(projected);
                    continue;
                }
                Selection::InlineFragment(fragment) => (fragment.type_condition.as_ref(), &fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(document).expect("a known fragment");
                    (Some(fragment.type_condition()), &fragment.selection_set)
                }
            };
            if condition.is_none_or(|name| self.model.ty(self.ty(name)).possible.contains(ty)) {
                self.projected(position, ty, document, below, fields);
            }
        }
    }

    fn projected_field(
        &mut self,
        position: PositionId,
        document: &ExecutableDocument,
        parent: &Name,
        field: &executable::Field,
        opening: char,
    ) -> ProjectedField {
        let key = field.response_key().clone();
        let (wrapping, _) = weft_federation::schema::Wrapping::of(field.ty()).expect("few lists");
        let source = match field.name.as_str() {
            "__typename" => {
                let types = self.shape.positions[position.index()].types.clone();
                let name = |ty| format!("\"{}\"", self.model.type_name(ty)).into_boxed_str();
                ProjectionSource::Typename(types.iter().map(|ty| (ty, name(ty))).collect())
            }
            "__schema" | "__type" => ProjectionSource::Introspection,
            _ => {
                let on = self.ty(parent);
                let slot = self.slot(position, on, field);
                match self.shape.slots[slot.index()].content {
                    Content::Leaf(_) => ProjectionSource::Leaf(slot),
                    Content::Objects(below) => {
                        ProjectionSource::Objects(slot, self.projection(below, document, &field.selection_set))
                    }
                }
            }
        };
        ProjectedField {
            prefix: format!("{opening}\"{key}\":").into(),
            coordinate: format!("{parent}.{}", field.name).into(),
            key,
            wrapping,
            promised: wrapping,
            source,
        }
    }
}
