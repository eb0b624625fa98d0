//! Whole subgraphs in, connectors and diagnostics out. The two worked examples of the specification are read as they are.

use crate::connect::{Connectors, EnvNames, HttpMethod, Protocol, Request, read_subgraph, read_supergraph};
use crate::diagnostics::{Diagnostic, Source};
use apollo_compiler::Schema;

const ORDERS_PROTO: &str = r#"
syntax = "proto3"; package orders.v1; import "google/protobuf/timestamp.proto";
enum OrderStatus { ORDER_STATUS_UNSPECIFIED = 0; ORDER_STATUS_PENDING = 1; ORDER_STATUS_SHIPPED = 2; }
message Item { string product_id = 1; int32 quantity = 2; }
message Card { string brand = 1; string number = 2; }   message Wallet { string provider = 1; }
message Order { string id = 1; string user_id = 2; OrderStatus status = 3; int64 total_minor = 4;
  repeated Item items = 5; google.protobuf.Timestamp created_at = 6; optional string note = 7;
  map<string, string> labels = 8; oneof payment { Card card = 9; Wallet wallet = 10; } }
message Id { string id = 1; } message Ids { repeated string ids = 1; } message Orders { repeated Order orders = 1; }
message ByUsers { repeated string user_ids = 1; int32 per_user = 2; }
message Create { string user_id = 1; repeated Item items = 2; }
message Unused { string nothing = 1; }
service OrderService {
  rpc BatchGet(Ids) returns (Orders) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc ListByUsers(ByUsers) returns (Orders) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc CreateOrder(Create) returns (Order);
  rpc Watch(Id) returns (stream Order);
  rpc Unused(Unused) returns (Unused);
  rpc Chat(stream Id) returns (stream Order);
}
"#;

const CATALOG: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://localhost:4101",
      headers: [{ name: "authorization", from: "authorization" }, { name: "x-api-key", value: "{$env.API_KEY}" }] },
    errors: { message: "error.message", extensions: "code: error.code status: $status" })

type Query {
  user(id: ID!): User @connect(source: "api", entity: true,
    http: { GET: "/users/{$args.id}" }, selection: "id name: full_name email")
  products(first: Int = 20, after: String): ProductPage @connect(source: "api",
    http: { GET: "/products", queryParams: "limit: $args.first cursor: $args.after" },
    selection: "nodes: items { id name price } next: next_cursor")
}
type Mutation {
  renameUser(id: ID!, name: String!): User @connect(source: "api",
    http: { PUT: "/users/{$args.id}", body: "full_name: $args.name" }, selection: "id name: full_name")
}
type User @key(fields: "id")
  @connect(source: "api", http: { GET: "/users/batch", queryParams: "id: $batch.id" },
    batch: { maxSize: 100 }, selection: "id name: full_name email")
  { id: ID! name: String email: String }
type Product @key(fields: "id")
  @connect(source: "api", http: { GET: "/products/batch", queryParams: "id: $batch.id" },
    batch: { maxSize: 100 }, selection: "id name price imageUrl: image_url")
  { id: ID! name: String price: Int imageUrl: String }
type ProductPage { nodes: [Product!]! next: String }
"#;

const ORDERS: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @link(url: "https://specs.weft.dev/connect/v0.1")
  @source(name: "orders", grpc: { address: "http://localhost:50051",
  service: "orders.v1.OrderService", proto: ["orders.proto"],
  headers: [{ name: "authorization", from: "authorization" }] })

type Query { order(id: ID!): Order @connect(source: "orders", entity: true,
  grpc: { method: "BatchGet", body: "ids: $([$args.id])" }, selection: "$.orders->first { id status totalMinor }") }
type Order @key(fields: "id")
  @connect(source: "orders", grpc: { method: "BatchGet", body: "ids: $batch.id" }, batch: { maxSize: 200 },
    selection: """$.orders {
      id status totalMinor: total_minor createdAt note user: { id: userId }
      items { quantity product: { id: productId } }
      labels: labels->entries { key value }  card { brand number }  wallet { provider } }""")
  { id: ID! status: OrderStatus totalMinor: BigInt! createdAt: DateTime note: String user: User
    items: [Item!]! labels: [Label!]! card: Card wallet: Wallet }
enum OrderStatus { PENDING SHIPPED }
type User @key(fields: "id") { id: ID!
  orders(first: Int = 10): [Order!] @connect(source: "orders",
    grpc: { method: "ListByUsers", body: "userIds: $batch.id perUser: $args.first" },
    batch: { maxSize: 50, groupBy: "user.id" }, selection: "$.orders { id user: { id: userId } }") }
type Mutation { createOrder(input: CreateOrder!): Order @connect(source: "orders",
    grpc: { method: "CreateOrder", body: "$args.input" }, selection: "id") }
type Subscription { orderChanged(id: ID!): Order @connect(source: "orders",
    grpc: { method: "Watch", body: "id: $args.id" }, selection: "id status") }
type Item { quantity: Int! product: Product }
type Product @key(fields: "id", resolvable: false) { id: ID! }
type Label { key: String! value: String! }
type Card { brand: String! number: String! }
type Wallet { provider: String! }
input CreateOrder { userId: ID! items: [ItemInput!]! }
input ItemInput { productId: ID! quantity: Int! }
scalar BigInt
scalar DateTime
"#;

fn protos(name: &str) -> Option<Vec<u8>> {
    (name == "orders.proto").then(|| ORDERS_PROTO.as_bytes().to_vec())
}

fn read(text: &str) -> (Connectors, Vec<Diagnostic>) {
    // Federation's directives are not defined in these texts; what is of no concern here is let be.
    let schema = match Schema::parse(text, "test.graphql") {
        Ok(schema) => schema,
        Err(errors) => errors.partial,
    };
    read_subgraph("test", &schema, &Source::new("test.graphql", text), &protos)
}

fn told(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn reads_the_rest_example() {
    let (all, diagnostics) = read(CATALOG);
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let described: Vec<String> = all
        .connectors
        .iter()
        .map(|connector| {
            let inputs = connector.inputs();
            let show = |tree: Option<_>| {
                tree.map_or("-".to_owned(), |tree: crate::connect::mapping::FieldTree| tree.to_string())
            };
            let key = show(connector.key());
            format!("{} args({}) batch({}) key({key})", connector.coordinate, show(inputs.args), show(inputs.batch))
        })
        .collect();
    assert_eq!(
        described,
        [
            "Query.user args(id) batch(-) key(id)",
            "Query.products args(first after) batch(-) key(-)",
            "Mutation.renameUser args(id name) batch(-) key(-)",
            "User args(-) batch(id) key(id)",
            "Product args(-) batch(id) key(id)",
        ]
    );
    let user = &all.connectors[0];
    assert!(matches!(&user.request, Request::Http(request) if request.method == HttpMethod::Get));
    assert_eq!(all.headers(user).len(), 2);
    assert_eq!(all.sources[0].headers[1].name, "x-api-key");
    assert!(all.url_parts(user).is_some());
}

#[test]
fn tells_which_variables_of_the_environment_are_read() {
    let these = |names: &[&str]| EnvNames::These(names.iter().map(|name| (*name).to_owned()).collect());
    let cases = [
        (r#"GET: "/x" }, selection: "$""#, these(&[])),
        (r#"GET: "/{$env.A}", headers: [{ name: "x", value: "{$env.B.c}" }] }, selection: "$""#, these(&["A", "B"])),
        (r#"GET: "/x" }, selection: "$env.A->echo({ b: $env.B })""#, these(&["A", "B"])),
        (r#"GET: "/x" }, selection: "$env { A B }""#, these(&["A", "B"])),
        (r#"GET: "/x" }, selection: "$env->entries""#, EnvNames::All),
    ];
    for (connect, expected) in cases {
        let (all, _) = read(&rest(&format!(r#"json: JSON @connect(source: "api", http: {{ {connect})"#)));
        assert_eq!(all.connectors.len(), 1, "{connect}");
        assert_eq!(all.env_names(), expected, "{connect}");
    }
}

/// What a call or its mapping takes of the client's headers makes its answer that client's own.
#[test]
fn tells_whether_answers_hang_on_the_clients_headers() {
    let source = |headers: &str| rest("a: Int").replace("\"http://h\"", &format!("\"http://h\" {headers}"));
    let connect = |connect: &str| rest(&format!(r#"json: JSON @connect(source: "api", http: {{ {connect})"#));
    let cases = [
        (connect(r#"GET: "/x" }, selection: "$""#), false),
        (connect(r#"GET: "/x", headers: [{ name: "x", from: "y" }] }, selection: "$""#), true),
        (connect(r#"GET: "/x", headers: [{ name: "authorization", from: "Authorization" }] }, selection: "$""#), false),
        (connect(r#"GET: "/x", headers: [{ name: "x", value: "{$config.y}" }] }, selection: "$""#), false),
        (connect(r#"GET: "/x", headers: [{ name: "x", value: "{$request.headers.y}" }] }, selection: "$""#), true),
        (connect(r#"GET: "/x?l={$request.headers.y->first}" }, selection: "$""#), true),
        (connect(r#"GET: "/x?t={$request.headers.authorization->first}" }, selection: "$""#), false),
        (connect(r#"GET: "/x?t={$request.headers.'Authorization'->first}" }, selection: "$""#), true),
        (connect(r#"POST: "/x", body: "h: $request.headers" }, selection: "$""#), true),
        (connect(r#"GET: "/x" }, selection: "$.text ?? $request.headers.'accept-language'->first""#), true),
        (connect(r#"GET: "/x" }, isSuccess: "$request.headers.y->size->eq(1)", selection: "$""#), true),
        (source(r#"headers: [{ name: "x", value: "{$request.headers.y}" }]"#), true),
        (source(r#"queryParams: "l: $request.headers.y""#), true),
        (source(r#"headers: [{ name: "authorization", from: "authorization" }]"#), false),
    ];
    for (text, expected) in cases {
        let (all, diagnostics) = read(&text);
        assert_eq!(told(&diagnostics), Vec::<String>::new(), "{text}");
        assert_eq!(all.forward_headers(), expected, "{text}");
    }
}

#[test]
fn reads_the_grpc_example() {
    let (all, diagnostics) = read(ORDERS);
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    assert_eq!(all.connectors.len(), 5);
    let orders = all.connectors.iter().find(|connector| connector.coordinate.to_string() == "User.orders").unwrap();
    assert_eq!(orders.batch.as_ref().and_then(|batch| batch.group_by.clone()), Some(vec!["user".into(), "id".into()]));
    // What a batch is matched by stays in the selection, whatever is asked for.
    let wanted = crate::connect::mapping::FieldTree::path(&["id"]);
    let mut names = crate::connect::mapping::FieldTree::path(&["id"]);
    names.merge(crate::connect::mapping::FieldTree::path(&["user", "id"]));
    assert_eq!(orders.specialize(&wanted), orders.selection.prune(&names));
    assert_ne!(orders.specialize(&wanted), orders.selection.prune(&wanted));
    // `total_minor` is read by its JSON name.
    let order = all.connectors.iter().find(|connector| connector.coordinate.to_string() == "Order").unwrap();
    let names: Vec<String> =
        order.selection.uses().iter().filter_map(|found| found.path.last().map(|last| last.name.clone())).collect();
    assert!(names.contains(&"totalMinor".to_owned()) && !names.contains(&"total_minor".to_owned()), "{names:?}");
    // The descriptors are cut to what is called.
    let Protocol::Grpc(grpc) = &all.sources[0].protocol else { panic!("no gRPC source") };
    assert_eq!(grpc.descriptors.methods("orders.v1.OrderService"), ["BatchGet", "ListByUsers", "CreateOrder", "Watch"]);
    assert!(grpc.descriptors.pool().get_message_by_name("orders.v1.Unused").is_none());
    let again = crate::connect::grpc::Descriptors::from_base64(&grpc.descriptors.to_base64()).unwrap();
    assert_eq!(again.to_base64(), grpc.descriptors.to_base64());
}

/// A 64-bit integer is a string in JSON; for an `Int` it is parsed.
#[test]
fn int64_may_be_an_int() {
    use crate::connect::grpc::{decode_message, encode};
    use crate::connect::mapping::{Vars, eval, parse_json};
    let (all, diagnostics) = read(&ORDERS.replace("totalMinor: BigInt!", "totalMinor: Int"));
    assert_eq!(told(&diagnostics), Vec::<String>::new());
    let order = all.connectors.iter().find(|connector| connector.coordinate.to_string() == "Query.order").unwrap();
    let Request::Grpc(request) = &order.request else { panic!("not gRPC") };
    let orders = parse_json(br#"{"orders":[{"id":"o","status":"SHIPPED","totalMinor":"1250"}]}"#).unwrap();
    let response = decode_message(&encode(&orders, &request.method.output()).unwrap());
    let (value, problems) = eval(&order.selection, &Vars::default(), &response);
    assert_eq!((value.to_json().as_str(), problems), (r#"{"id":"o","status":"SHIPPED","totalMinor":1250}"#, vec![]));
}

/// The same connectors travel in a supergraph as `@join__directive`.
#[test]
fn reads_a_supergraph() {
    let (subgraph, _) = read(ORDERS);
    let Protocol::Grpc(grpc) = &subgraph.sources[0].protocol else { panic!("no gRPC source") };
    let descriptors = grpc.descriptors.to_base64();
    let text = format!(
        r#"
schema @join__directive(graphs: [ORDERS], name: "source", args: {{ name: "orders", grpc: {{ address: "http://h:1",
    service: "orders.v1.OrderService", proto: ["orders.proto"], descriptors: "{descriptors}" }} }})
  @join__directive(graphs: [CATALOG], name: "source", args: {{ name: "api", http: {{ baseURL: "http://h" }} }}) {{ query: Query }}
enum join__Graph {{ CATALOG @join__graph(name: "catalog", url: "") ORDERS @join__graph(name: "the-orders", url: "") }}
type Query {{
  order(id: ID!): Order @join__directive(graphs: [ORDERS], name: "connect", args: {{ source: "orders", entity: true,
    grpc: {{ method: "BatchGet", body: "ids: $([$args.id])" }}, selection: "$.orders->first {{ id total: total_minor }}" }})
  user(id: ID!): Order @join__directive(graphs: [CATALOG], name: "connect", args: {{ source: "api",
    http: {{ GET: "/u/{{$args.id}}" }}, selection: "id wrong" }})
}}
type Order {{ id: ID! total: String }}
"#
    );
    let schema = match Schema::parse(&text, "supergraph.graphql") {
        Ok(schema) => schema,
        Err(errors) => errors.partial,
    };
    let (all, diagnostics) = read_supergraph(&schema, &Source::new("supergraph.graphql", text.as_str()));
    let described: Vec<String> =
        all.connectors.iter().map(|connector| format!("{} {}", connector.subgraph, connector.coordinate)).collect();
    assert_eq!(described, ["catalog Query.user", "the-orders Query.order"]);
    assert_eq!(all.source_of(&all.connectors[1]).map(|source| source.name.as_str()), Some("orders"));
    let at = text.lines().position(|line| line.contains("wrong")).unwrap() + 1;
    let column = text.lines().nth(at - 1).unwrap().find("wrong").unwrap() + 1;
    let expected = format!(
        "supergraph.graphql:{at}:{column}: error[SELECTED_FIELD_NOT_FOUND]: [catalog] `Order` has no field `wrong`"
    );
    assert_eq!(told(&diagnostics), [expected]);
}

#[test]
fn directives_may_be_renamed() {
    for (import, source, connect) in [
        (r#", import: ["@source", "@connect"]"#, "source", "connect"),
        ("", "connect__source", "connect"),
        (r#", as: "rest""#, "rest__source", "rest"),
        (r#", import: [{ name: "@source", as: "@src" }, { name: "@connect", as: "@from" }]"#, "src", "from"),
    ] {
        let text = format!(
            r#"extend schema @link(url: "https://specs.apollo.dev/connect/v0.3"{import}) @{source}(name: "a", http: {{ baseURL: "http://h" }})
            type Query {{ x: Int @{connect}(source: "a", http: {{ GET: "/x" }}, selection: "$") }}"#
        );
        let (all, diagnostics) = read(&text);
        assert_eq!((all.connectors.len(), told(&diagnostics)), (1, Vec::new()), "{import}");
    }
}

/// One REST connector on a field, with the rest of a subgraph around it. `«»` encloses what the diagnostic points at.
fn rest(field: &str) -> String {
    format!(
        r#"extend schema @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"])
  @source(name: "api", http: {{ baseURL: "http://h" }})
type Query {{ {field} }}
type User {{ id: ID! name: String friend: User role: Role pet: Pet json: JSON }}
enum Role {{ A B }}
union Pet = User
input In {{ a: Int b: In }}
scalar JSON
"#
    )
}

fn check(marked: &str, code: &str, message: &str) {
    let start = marked.find('«');
    let text = marked.replace(['«', '»'], "");
    let (_, diagnostics) = read(&text);
    let all = told(&diagnostics).join("\n");
    let [only] = diagnostics.as_slice() else { panic!("{marked}\n{all}") };
    assert_eq!(only.code, code, "{marked}\n{all}");
    let words = format!("{} {}", only.message, only.help.clone().unwrap_or_default());
    assert!(words.contains(message), "{marked}\n{words}");
    let label = only.labels.first().unwrap_or_else(|| panic!("no place: {all}"));
    if let Some(start) = start {
        let end = marked.find('»').unwrap() - '«'.len_utf8();
        assert_eq!(&text[label.span.start..label.span.end], &text[start..end], "{marked}\n{all}");
    }
}

#[test]
fn points_at_what_is_wrong() {
    let get = |field: &str, selection: &str| {
        rest(&format!(r#"{field} @connect(source: "api", http: {{ GET: "/x" }}, selection: "{selection}")"#))
    };
    let user = |selection: &str| get("u(id: ID, in: In): User", selection);
    #[rustfmt::skip]
    let cases = [
        // selections
        (user("id «nam»"), "SELECTED_FIELD_NOT_FOUND", "did you mean `name`?"),
        (user("id friend { «nope» }"), "SELECTED_FIELD_NOT_FOUND", "`User` has no field `nope`"),
        (user("id «friend»"), "GROUP_SELECTION_REQUIRED_FOR_OBJECT", "`User.friend` is the object type"),
        (user("id «name» { first }"), "GROUP_SELECTION_IS_NOT_OBJECT", "`User.name` is a `String`"),
        (user("id «role» { first }"), "GROUP_SELECTION_IS_NOT_OBJECT", "enum `Role`"),
        (user("id «pet» { id }"), "CONNECTORS_UNSUPPORTED_ABSTRACT_TYPE", "abstract type `Pet`"),
        (user("«$»"), "GROUP_SELECTION_REQUIRED_FOR_OBJECT", "has to name its fields"),
        (user("id $.a { «id» }"), "INVALID_SELECTION", "selected twice"),
        (user("id->«frob»"), "INVALID_SELECTION", "no method"),
        (user("id name: a\\u0041->«frob»"), "INVALID_SELECTION", "no method"),
        (get("n: Int", "«a { b } c { d }»"), "GROUP_SELECTION_IS_NOT_OBJECT", "makes an object"),
        // in block strings
        (rest("u: User @connect(source: \"api\", http: { GET: \"/x\" }, selection: \"\"\"\n    id\n    name: full { \n      «wrong»\n    }\n  \"\"\")").replace("name: full", "friend: full"), "SELECTED_FIELD_NOT_FOUND", "`wrong`"),
        // variables
        (user("id name: $args.«idd»"), "UNDEFINED_ARGUMENT", "did you mean `$args.id`?"),
        (user("id name: $args.in.b.«c»"), "UNDEFINED_FIELD", "`In` has no field `c`"),
        (user("id name: «$this.id»"), "UNDEFINED_VARIABLE", "a root field has none"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { GET: "/x/{$args.«x»}" }, selection: "id")"#), "UNDEFINED_ARGUMENT", "no argument `x`"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { GET: "/x/{«id»}" }, selection: "id")"#), "UNDEFINED_VARIABLE", "`$args.id`"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { GET: "/x/{«$status»}" }, selection: "id")"#), "UNDEFINED_VARIABLE", "before there is a response"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { POST: "/x", body: "a: «a»" }, selection: "id")"#), "UNDEFINED_VARIABLE", "before there is a response"),
        // requests
        (rest(r#"u: User @connect(source: «"apo"», http: { GET: "/x" }, selection: "id")"#), "SOURCE_NAME_MISMATCH", "did you mean `api`?"),
        (rest(r#"u: User @connect(http: { GET: «"/x"» }, selection: "id")"#), "RELATIVE_CONNECT_URL_WITHOUT_SOURCE", "name the `source`"),
        (rest(r#"u: User @connect(source: "api", http: { GET: «"http://o/x"» }, selection: "id")"#), "ABSOLUTE_CONNECT_URL_WITH_SOURCE", "relative"),
        (rest(r#"u: User @connect(source: "api", http: «{ body: "a: $config.a" }», selection: "id")"#), "MISSING_HTTP_METHOD", "GET"),
        (rest(r#"u: User @connect(source: "api", http: «{ GET: "/x", PUT: "/x" }», selection: "id")"#), "MULTIPLE_HTTP_METHODS", "several"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", body: «"a: $config.a"» }, selection: "id")"#), "INVALID_BODY", "has no body"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x/{$args.«»}" }, selection: "id")"#).replace("«»", ""), "INVALID_URL", "a key"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", headers: [{ name: «"Connection"», value: "x" }] }, selection: "id")"#), "INVALID_HTTP_HEADER_NAME", "never forwarded"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", headers: [{ name: «"Accept-Encoding"», value: "gzip" }] }, selection: "id")"#), "INVALID_HTTP_HEADER_NAME", "compressed answers"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", headers: [{ name: «"a b"», value: "x" }] }, selection: "id")"#), "INVALID_HTTP_HEADER_NAME", "not the name"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", headers: [«{ name: "a" }»] }, selection: "id")"#), "INVALID_HEADER_SOURCE", "either"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", headers: [{ name: "a", value: "b" }, «{ name: "A", value: "c" }»] }, selection: "id")"#), "HTTP_HEADER_NAME_COLLISION", "twice"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x" }, selectoin: «"id"», selection: "id")"#), "INVALID_CONNECTOR", "did you mean `selection`?"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x" })"#), "INVALID_SELECTION", "needs a `selection`"),
        (rest(r#"u: User «@connect(source: "api", selection: "id")»"#), "INVALID_CONNECTOR", "neither"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x" }, isSuccess: «"ok"», selection: "id")"#), "INVALID_IS_SUCCESS", "`$.ok`"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { GET: "/x/«$args.id»/{$args.id}" }, selection: "id")"#), "VARIABLE_WITHOUT_BRACES", "`{$args.id}`"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { GET: "/x/«$args.id»/y" }, selection: "id")"#), "VARIABLE_WITHOUT_BRACES", "as it is written"),
        (rest(r#"u: User @connect(source: "api", http: { GET: "/x", headers: [{ name: "a", value: "Bearer «$env.KEY»" }] }, selection: "id")"#), "VARIABLE_WITHOUT_BRACES", "`{$env.KEY}`"),
        (user("id name: full«-»name"), "INVALID_SELECTION", "in quotes"),
        (user("id friend«(»first: 3) { id }"), "INVALID_SELECTION", "takes no arguments"),
        (user("id name: a«[»0]"), "INVALID_SELECTION", "`->get(0)`"),
        (rest(r#"u(id: ID): User @connect(source: "api", http: { GET: "/x/{«$batch.id»}" }, selection: "id")"#), "UNDEFINED_VARIABLE", "a root field has none"),
        // entities and batches
        (rest(r#"u(id: ID): [User] «@connect(source: "api", entity: true, http: { GET: "/x/{$args.id}" }, selection: "id")»"#), "ENTITY_TYPE_INVALID", "returns one object"),
        (rest(r#"u(id: ID): User «@connect(source: "api", entity: true, http: { GET: "/x" }, selection: "id")»"#), "ENTITY_RESOLVES_WITHOUT_KEY", "none of its arguments"),
        (rest(r#"u(key: ID): User «@connect(source: "api", entity: true, http: { GET: "/x/{$args.key}" }, selection: "id")»"#), "ENTITY_ARGUMENT_MISMATCH", "`User` has no such field"),
        (rest("a: Int } type Subscription { u: User «@connect(source: \"api\", http: { GET: \"/x\" }, selection: \"id\")»"), "SUBSCRIPTION_IN_CONNECTORS", "HTTP cannot serve"),
        (rest("a: Int } type Mutation { u(id: ID): User «@connect(source: \"api\", entity: true, http: { GET: \"/x/{$args.id}\" }, selection: \"id\")»"), "ENTITY_NOT_ON_ROOT_QUERY", "query type"),
        (rest("a: Int } type T «@connect(source: \"api\", http: { GET: \"/x\" }, selection: \"a\")» { a: Int"), "CONNECTOR_WITHOUT_KEY", "neither `$this` nor `$batch`"),
        (rest("a: Int } type T «@connect(source: \"api\", http: { GET: \"/x\", queryParams: \"i: $batch.id\" }, selection: \"a\")» { a: Int id: ID"), "INVALID_BATCH", "matched by `id`"),
        (rest("a: Int } type T @connect(source: \"api\", http: { GET: \"/x/{$this.«idd»}\" }, selection: \"a\") { a: Int id: ID"), "UNDEFINED_FIELD", "did you mean `id`?"),
        (rest("a: Int } type T @connect(source: \"api\", http: { GET: \"/x/{«$args.id»}?t={$this.id}\" }, selection: \"a\") { a: Int id: ID"), "UNDEFINED_ARGUMENT", "has no arguments"),
        (rest("a: Int } type T @connect(source: \"api\", http: { POST: \"/x\", body: \"a: $this.«u»\" }, selection: \"a\") { a: Int u: User"), "UNDEFINED_FIELD", "have to be named"),
        (rest("a: Int } type T { id: ID f: User @connect(source: \"api\", http: { GET: \"/x/{$this.«f».id}\" }, selection: \"id\")"), "CIRCULAR_REFERENCE", "from itself"),
        (rest("a: Int } type T { id: ID f: User «@connect(source: \"api\", http: { GET: \"/x\", queryParams: \"i: $batch.id\" }, selection: \"id\")»"), "INVALID_BATCH", "an addition of weft"),
    ];
    for (marked, code, message) in cases {
        check(&marked, code, message);
    }
}

#[test]
fn sources_are_checked() {
    let source = |source: &str| {
        format!(
            r#"extend schema @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@source", "@connect"]) {source}
type Query {{ x: Int @connect(source: "api", http: {{ GET: "/x" }}, selection: "$") }}"#
        )
    };
    #[rustfmt::skip]
    let cases = [
        (source(r#"@source(name: "api", http: { baseURL: "«ftp://h»" })"#), "INVALID_URL", "http://"),
        (source(r#"@source(name: "api", http: «{ headers: [] }»)"#), "INVALID_URL", "needs a `baseURL`"),
        (source(r#"«@source(name: "api")»"#), "INVALID_SOURCE", "neither"),
        (source(r#"@source(name: "api", http: { baseURL: "http://h" }) «@source(name: "api", http: { baseURL: "http://h" })»"#), "DUPLICATE_SOURCE_NAME", "two"),
        (source(r#"@source(name: "api", http: { baseURL: "http://h" }) @source(name: «"a b"», http: { baseURL: "http://h" })"#), "INVALID_SOURCE_NAME", "letter"),
        (source(r#"@source(name: "api", http: { baseURL: "http://h", queryParams: "a: «$args.x»" })"#), "UNDEFINED_VARIABLE", "serves many fields"),
        (source(r#"@source(name: "api", http: { baseURL: "http://h" }, errors: { message: "a->«b»" })"#), "INVALID_ERRORS", "no method"),
        (source(r#"@source(name: "api", http: { baseURL: "http://h" }) @link(url: «"https://specs.weft.dev/connect/v9"»)"#), "UNKNOWN_LINK_VERSION", "v9"),
        (source(r#"@source(name: "api", http: { baseURL: "http://h" }) @source(name: "g", grpc: «{ address: "http://h", proto: ["orders.proto"] }»)"#), "WEFT_LINK_MISSING", "@link"),
    ];
    for (marked, code, message) in cases {
        check(&marked, code, message);
    }
}

#[test]
fn grpc_is_checked() {
    #[rustfmt::skip]
    let cases = [
        ("\"BatchGet\", body: \"ids: $([$args.id])\" }, selection: \"$.orders->first { id status totalMinor }\"",
         "\"BatchGot\", body: \"ids: $([$args.id])\" }, selection: \"$.orders->first { id status totalMinor }\"", "UNKNOWN_GRPC_METHOD", "did you mean `BatchGet`?"),
        ("$.orders->first { id status totalMinor }", "$.orders->first { id status totalMinor: «total» }", "GRPC_FIELD_NOT_FOUND", "message `orders.v1.Order` has no field `total`"),
        ("$.orders->first { id status totalMinor }", "$.«oders»->first { id status totalMinor }", "GRPC_FIELD_NOT_FOUND", "did you mean `orders`?"),
        ("$.orders->first { id status totalMinor }", "$.orders->first { id status: id.«x» }", "GRPC_FIELD_NOT_FOUND", "a scalar has no field"),
        ("\"ids: $([$args.id])\"", "\"«idz»: $([$args.id])\"", "GRPC_FIELD_NOT_FOUND", "did you mean `ids`?"),
        ("userId: ID! items", "user: ID! items", "GRPC_FIELD_NOT_FOUND", "`CreateOrder.user` is not a field"),
        ("\"Watch\"", "\"CreateOrder\"", "GRPC_STREAM_MISMATCH", "does not stream"),
        ("service: \"orders.v1.OrderService\"", "service: «\"orders.v1.OrderServices\"»", "UNKNOWN_GRPC_SERVICE", "did you mean `orders.v1.OrderService`?"),
        ("proto: [\"orders.proto\"]", "proto: «[\"order.proto\"]»", "INVALID_PROTO", "order.proto: there is no such file"),
        ("http://localhost:50051", "http://localhost:50051/x", "INVALID_URL", "with no path"),
        ("{ name: \"authorization\", from", "{ name: «\"grpc-timeout\"», from", "INVALID_HTTP_HEADER_NAME", "belongs to gRPC"),
        ("{ name: \"authorization\", from", "{ name: «\"GRPC-Status\"», from", "INVALID_HTTP_HEADER_NAME", "belongs to gRPC"),
        ("{ name: \"authorization\", from", "{ name: «\"content-type\"», from", "INVALID_HTTP_HEADER_NAME", "belongs to gRPC"),
        ("{ name: \"authorization\", from", "{ name: «\":authority\"», from", "INVALID_HTTP_HEADER_NAME", "not the name of a header"),
        ("{ name: \"authorization\", from", "{ name: «\"TE\"», from", "INVALID_HTTP_HEADER_NAME", "never forwarded"),
        ("from: \"authorization\" }] }", "from: \"authorization\" }] }, errors: { message: \"$.«mesage»\" }", "GRPC_FIELD_NOT_FOUND", "did you mean `message`?"),
        ("grpc: { method: \"CreateOrder\"", "errors: { extensions: \"info: $.«detail»->first\" } grpc: { method: \"CreateOrder\"", "GRPC_FIELD_NOT_FOUND", "did you mean `details`?"),
        ("totalMinor: BigInt!", "totalMinor: Boolean", "GRPC_TYPE_MISMATCH", "protobuf's `int64` does not fit `Boolean`"),
        ("createdAt note user", "createdAt note: «labels» user", "GRPC_TYPE_MISMATCH", "->entries"),
        ("createdAt: DateTime", "createdAt: Int", "GRPC_TYPE_MISMATCH", "`Timestamp` does not fit `Int`"),
        ("enum OrderStatus { PENDING SHIPPED }", "enum OrderStatus { PENDING }", "GRPC_ENUM_VALUE_MISSING", "has no `SHIPPED`"),
        ("groupBy: \"user.id\"", "groupBy: \"user.key\"", "INVALID_BATCH", "needs `user.key`"),
        (", groupBy: \"user.id\"", "", "INVALID_BATCH", "cannot be told apart"),
        ("type User @key(fields: \"id\") { id: ID!\n  orders(first: Int = 10): [Order!] @connect(source: \"orders\",\n    grpc: { method: \"ListByUsers\", body: \"userIds: $batch.id",
         "type User @key(fields: \"id\") { id: ID! other: ID!\n  orders(first: Int = 10): [Order!] @connect(source: \"orders\",\n    grpc: { method: \"ListByUsers\", body: \"userIds: $([$batch.id->first, $batch.other->first])", "INVALID_BATCH", "more than one field of `$batch`"),
        ("groupBy: \"user.id\"", "groupBy: «\"user->first\"»", "INVALID_BATCH", "a path of names"),
    ];
    for (old, new, code, message) in cases {
        assert!(ORDERS.contains(old), "{old}");
        let text = ORDERS.replacen(old, new, 1);
        let unmarked = text.replace(['«', '»'], "");
        let (_, diagnostics) = read(&unmarked);
        let first = diagnostics.first().unwrap_or_else(|| panic!("nothing told: {new}"));
        let all = told(&diagnostics).join("\n");
        let words = format!("{} {}", first.message, first.help.clone().unwrap_or_default());
        assert!(first.code == code && words.contains(message), "{new}\n{all}\n{words}");
        if let Some(start) = text.find('«') {
            let end = text.find('»').unwrap() - '«'.len_utf8();
            let span = &first.labels[0].span;
            assert_eq!(&unmarked[span.start..span.end], &unmarked[start..end], "{new}\n{all}");
        }
    }
}

#[test]
fn a_message_that_is_an_object_is_warned_of() {
    let cases = [
        ("message", Some("`$.message`")),
        ("error.message", None),
        ("$.message", None),
        ("$.errors->first { message }", Some("`$.message`")),
        ("code message", Some("a path to the text")),
        ("$.message ?? $status->toString", None),
    ];
    for (mapping, help) in cases {
        let text = CATALOG.replacen("message: \"error.message\"", &format!("message: \"{mapping}\""), 1);
        let (_, diagnostics) = read(&text);
        let found: Vec<(&str, bool)> = diagnostics.iter().map(|found| (found.code, found.is_error())).collect();
        assert_eq!(
            found,
            help.map(|_| ("ERROR_MESSAGE_IS_OBJECT", false)).into_iter().collect::<Vec<_>>(),
            "{mapping}"
        );
        for (found, help) in diagnostics.iter().zip(help) {
            assert!(found.help.as_deref().is_some_and(|said| said.contains(help)), "{mapping}: {found:?}");
        }
    }
}
