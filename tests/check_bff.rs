//! `weft check` of the built binary on the demo's clients: as they are, after edits of theirs, and after edits of the supergraph.
//! `UPDATE=1 cargo test -p weft --test check_bff demo_is_sound` writes the locks of the demo's clients anew.

mod support;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::{env, fs};

use support::process::command;
use tempfile::TempDir;

const WEFT_YAML: &str = r#"
bff: { path: bff-configs }
traffic: { all: { timeout: 5s } }
tiers: { bronze: { limits: { depth: 10, cost: 1000 }, timeout: 5s } }
authentication:
  jwt: { issuers: [{ issuer: "https://auth.example.com/", algorithms: [HS256], key: { secret: "a secret of thirty-two characters" } }] }
"#;

/// The demo, with its supergraph composed as `old.graphql`, and its clients once more in `main`.
fn demo() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = root();
    for part in ["schemas", "bff-configs"] {
        copy(&root.join(part), &folder.path().join(part));
    }
    copy(&root.join("bff-configs"), &folder.path().join("main"));
    fs::write(folder.path().join("weft.yaml"), WEFT_YAML).expect("a file");
    let arguments = ["compose", "--config", "schemas/supergraph.yaml", "-o", "old.graphql"];
    let output = command(folder.path(), &arguments).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    folder
}

/// Of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("it can be listed") {
        let path = entry.expect("it can be read").path();
        let target = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn weft_check(folder: &Path, arguments: &[&str]) -> Output {
    let arguments: Vec<&str> =
        ["check", "--config", "schemas/supergraph.yaml"].iter().chain(arguments).copied().collect();
    command(folder, &arguments).output().expect("the binary runs")
}

/// In a file, a text and what it becomes.
type Edit<'a> = (&'a str, &'a str, &'a str);

fn edit(folder: &Path, edits: &[Edit<'_>]) {
    for (file, from, to) in edits {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replace(from, to)).expect("a file");
    }
}

const MOBILE: &str = "bff-configs/mobile/schema.graphql";
const PARTNER: &str = "bff-configs/partner-v2/schema.graphql";
const WEB: &str = "bff-configs/web/schema.graphql";
const HOME: &str = "bff-configs/mobile/operations/Home.graphql";
const ORDERS: &str = "schemas/orders.graphql";
const ORDERS_OF_CUSTOMER: &str = "orders(first: Int = 10): [PartnerOrder!] @limit(max: 50)";
const FIRST_ITEM: &str = r#"firstItem: String @from(path: "items[0].product.name")"#;

/// Operations of apps that are out.
const MANIFEST: &str = r#"{"1": "query Home { home { name recent(limit: 3) { id status total firstItem thumbs } buzz { __typename text by ... on ReviewBuzz { stars } } } }",
  "2": "query Prices($id: ID!) { product(id: $id) { price } }"}"#;

/// Edits, arguments, the exit code, and parts of what is told, one after the other.
type Case<'a> = (&'a [Edit<'a>], &'a [&'a str], i32, &'a [&'a str]);

fn check(cases: &[Case<'_>]) {
    let mut wrong = vec![];
    for (edits, arguments, code, parts) in cases {
        let folder = demo();
        edit(folder.path(), edits);
        let output = weft_check(folder.path(), arguments);
        let told = text(&output.stderr);
        let mut rest = told.as_str();
        let is_told = parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        });
        if output.status.code() != Some(*code) || !is_told {
            wrong.push(format!(
                "{edits:?} {arguments:?} -> {:?}\n{}{told}",
                output.status.code(),
                text(&output.stdout)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_demo_is_sound_and_its_locks_are_written() {
    let folder = demo();
    if env::var_os("UPDATE").is_some() {
        let output = weft_check(folder.path(), &["--write-locks"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        copy(&folder.path().join("bff-configs"), &root().join("bff-configs"));
    }
    let output = weft_check(folder.path(), &["--locked", "--against", "old.graphql"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(text(&output.stdout), "schemas/supergraph.yaml is valid, with 5 clients and 7 saved operations\n");
    assert!(!told.contains("LOCK_") && !told.contains("rror"), "{told}");
}

/// With the configuration that the demo is served with.
#[test]
fn the_demo_is_sound_as_it_is_served() {
    let folder = demo();
    let output = weft_check(folder.path(), &["--gateway-config", "schemas/weft.yaml", "--locked"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(text(&output.stdout), "schemas/supergraph.yaml is valid, with 5 clients and 7 saved operations\n");
    assert!(!told.contains("AUDIENCE_NOT_CHECKED") && !told.contains(".."), "{told}");
}

#[test]
fn what_is_wrong_with_clients_is_told_at_once_and_in_place() {
    check(&[
        // Of the schema, an operation of it, and a policy, of several clients.
        (
            &[
                ("bff-configs/iot/schema.graphql", "shipment.carrier", "shipment.carier"),
                (HOME, "firstItem", "lastItem"),
                ("bff-configs/web/client.yaml", "exposure: internal", "exposure: first-party"),
                ("bff-configs/partner-v2/operations/OrderById.graphql", "$id: ID!", "$id: ID"),
                ("bff-configs/partner-v1/client.yaml", "timeout: 3s", "timeout: 9s"),
            ],
            &["--format", "json"],
            1,
            &[
                r#""code":"POLICY_EXCEEDS_TIER""#,
                r#""code":"UNKNOWN_PATH""#,
                r#""help":"did you mean `carrier`?""#,
                r#""file":"bff-configs/iot/schema.graphql","line":8,"column":36"#,
                r#""code":"OPERATION_INVALID""#,
                r#""file":"bff-configs/mobile/operations/Home.graphql","line":4,"column":40"#,
                r#""code":"OPERATION_INVALID""#,
                r#""file":"bff-configs/partner-v2/operations/OrderById.graphql","line":2,"column":9"#,
                r#""code":"WILDCARD_NOT_ALLOWED""#,
            ],
        ),
        (
            &[(HOME, "recent", "recent(")],
            &["--format", "github"],
            1,
            &["::error file=bff-configs/mobile/operations/Home.graphql,line=4,col=", "title=OPERATION_INVALID::"],
        ),
        (
            &[("bff-configs/iot/client.yaml", "timeout: 2s", "limits: { depth: 1 }")],
            &[],
            1,
            &[
                "OPERATION_INVALID",
                "nests 2 fields in one another, and this client may nest 1",
                "iot/operations/S.graphql:1:7",
            ],
        ),
        (&[], &[], 0, &["AUDIENCE_NOT_CHECKED] Warning", "weft.yaml:", "write what the issuer has as `aud`"]),
        (&[], &["--bff", "none"], 2, &["--bff none: there is no such folder"]),
        (&[], &["--bff", "schemas"], 0, &[]),
        (&[], &["--locked", "--write-locks"], 2, &["--write-locks"]),
        (&[], &["--against", "none.graphql"], 2, &["none.graphql"]),
    ]);
}

#[test]
fn what_of_a_client_calls_once_per_item_is_told() {
    const BATCH: &str =
        "{ GET: \"/shipments/batch\", queryParams: \"order_id: $batch.id\" }\n    batch: { maxSize: 200 }";
    check(&[(
        &[("schemas/shipping.graphql", BATCH, "{ GET: \"/shipments/{$this.id}\" }")],
        &[],
        0,
        &[
            "N_PLUS_ONE] Warning: [shipping] below the list",
            "schemas/shipping.graphql",
            "N_PLUS_ONE] Warning: below the list `User.orders`, `OrderCard.trackingCode` takes a call for every item",
            "bff-configs/mobile/schema.graphql",
            "ask the team of shipping",
            "`PartnerOrder.parcel` takes a call for every item",
        ],
    )]);
}

#[test]
fn edits_break_promises_by_whom_they_were_given_to() {
    check(&[
        // A saved operation asks for it.
        (
            &[(MOBILE, FIRST_ITEM, "")],
            &[],
            1,
            &[
                "OPERATION_INVALID",
                "Home.graphql:4:40",
                "FIELD_REMOVED",
                "`OrderCard.firstItem` removed → operation Home",
                "as promised",
            ],
        ),
        // None does.
        (
            &[(MOBILE, r#"image: String @from(path: "imageUrl")"#, "")],
            &[],
            0,
            &[
                "FIELD_REMOVED] Warning",
                "`ProductPage.image` removed",
                "schema.lock.graphql",
                "--write-locks` accepts it",
            ],
        ),
        // Nobody knows what partners ask for.
        (
            &[(PARTNER, ORDERS_OF_CUSTOMER, "")],
            &[],
            1,
            &["FIELD_REMOVED] Error", "`Customer.orders` removed", "add a version"],
        ),
        (
            &[(PARTNER, ORDERS_OF_CUSTOMER, "orders(first: Int = 20): [PartnerOrder!] @limit(max: 10)")],
            &[],
            0,
            &[
                "DEFAULT_CHANGED] Warning",
                "`Customer.orders(first:)` now defaults to `20`, no longer to `10`",
                "LIMIT_LOWERED] Warning",
                "at most 10 items, no longer 50",
            ],
        ),
        (
            &[(MOBILE, r#"card.number") @mask(keepLast: 4"#, r#"card.brand") @mask(keepLast: 2"#)],
            &[],
            0,
            &[
                "TARGET_CHANGED",
                "`OrderCard.card` now comes from `card.brand`, no longer from `card.number` → operation OrderDetail",
                "MASK_STRICTER",
            ],
        ),
        (
            &[
                ("bff-configs/partner-v2/client.yaml", "depth: 6", "depth: 5"),
                ("bff-configs/iot/client.yaml", "timeout: 2s", "timeout: 2s\noperations: registered"),
            ],
            &[],
            0,
            &[
                "POLICY_STRICTER] Warning: `operations` is now `registered`, no longer `open`",
                "iot/schema.lock.graphql:",
                "POLICY_STRICTER] Warning: `limits.depth` is now 5, no longer 6",
                "partner-v2/schema.lock.graphql:",
            ],
        ),
        // What harms nobody is told only of the lock.
        (
            &[(PARTNER, "city: String", "city: String email: String")],
            &[],
            0,
            &["LOCK_STALE", "partner-v2", "--write-locks` renews it", "1 hint"],
        ),
        (&[(PARTNER, "city: String", "city: String email: String")], &["--locked"], 1, &["LOCK_STALE] Error"]),
        (
            &[("bff-configs/iot/schema.lock.graphql", "# > Query.s @from", "# > Query.s from")],
            &[],
            1,
            &["LOCK_INVALID", "schema.lock.graphql:"],
        ),
    ]);
}

#[test]
fn operations_in_manifests_are_in_use() {
    let folder = demo();
    fs::write(folder.path().join("bff-configs/mobile/operations/released.json"), MANIFEST).expect("a file");
    let output = weft_check(folder.path(), &["--locked"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    // One of the two is a file's too.
    assert_eq!(text(&output.stdout), "schemas/supergraph.yaml is valid, with 5 clients and 8 saved operations\n");
    edit(folder.path(), &[(MOBILE, "  price: Int\n", "  price: Float\n")]);
    let output = weft_check(folder.path(), &[]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("`ProductPage.price` is now `Float`, no longer `Int` → operation Prices"), "{told}");
}

#[test]
fn locks_are_written_where_no_promise_is_broken() {
    let folder = demo();
    let lock = |client: &str| folder.path().join(format!("bff-configs/{client}/schema.lock.graphql"));
    let read = |client: &str| fs::read_to_string(lock(client)).expect("the lock");
    edit(
        folder.path(),
        &[
            (PARTNER, ORDERS_OF_CUSTOMER, ""),
            (MOBILE, FIRST_ITEM, &format!("{FIRST_ITEM} last: String @from(path: \"note\")")),
        ],
    );
    fs::remove_file(lock("iot")).expect("it is there");
    let promised = read("partner-v2");

    let output = weft_check(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("LOCK_MISSING"), "{}", text(&output.stderr));
    let output = weft_check(folder.path(), &["--write-locks"]);
    // `orders` is still gone.
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let written = "wrote bff-configs/iot/schema.lock.graphql\nwrote bff-configs/mobile/schema.lock.graphql\n";
    assert_eq!(text(&output.stdout), written);
    assert!(read("iot").contains("# > S.n @from(path: \"items[0].quantity\")"), "{}", read("iot"));
    assert!(
        read("mobile").contains("last: String") && read("mobile").contains("# > OrderCard.last @from(path: \"note\")")
    );
    assert_eq!(read("partner-v2"), promised);

    // Who takes the lock away is told by that of the main branch.
    fs::remove_file(lock("partner-v2")).expect("it is there");
    assert_eq!(weft_check(folder.path(), &["--write-locks"]).status.code(), Some(0));
    assert_eq!(weft_check(folder.path(), &["--locked"]).status.code(), Some(0));
    let output = weft_check(folder.path(), &["--locked", "--against-bff", "main"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("main/partner-v2/schema.lock.graphql:13:3"), "{}", text(&output.stderr));
    fs::write(lock("partner-v2"), promised).expect("a file");

    // Written on a system with other line ends it is the same.
    fs::write(lock("mobile"), read("mobile").replace('\n', "\r\n")).expect("a file");
    edit(folder.path(), &[(PARTNER, "  city: String\n", &format!("  city: String\n  {ORDERS_OF_CUSTOMER}\n"))]);
    assert_eq!(weft_check(folder.path(), &["--locked"]).status.code(), Some(0));
}

#[test]
fn a_change_of_the_supergraph_names_who_breaks() {
    const GONE: Edit<'_> = (ORDERS, "  items: [Item!]!\n", "");
    const UNSELECTED: Edit<'_> = (ORDERS, "items { quantity product: { id: productId } }", "");
    const NO_ITEM: Edit<'_> = (ORDERS, "type Item {\n  quantity: Int!\n  product: Product\n}\n", "");
    check(&[
        (
            &[GONE, UNSELECTED, NO_ITEM],
            &["--against", "old.graphql"],
            1,
            &[
                "UNKNOWN_PATH",
                "mobile/schema.graphql:35:34",
                "TYPE_REMOVED",
                "Item removed → iot S.n → operation S",
                "FIELD_REMOVED",
                "Order.items removed → iot S.n → operation S",
                "Order.items removed → mobile OrderCard.firstItem, OrderCard.thumbs → operation Home",
                "Order.items removed → partner-v2 PartnerOrder.lines → operation OrderById",
                "Order.items removed → web Order.items",
            ],
        ),
        (
            &[(
                "schemas/reviews.graphql",
                "  rating: Int!\n  body: String!\n}",
                "  rating: Int!\n  body: String!\n  locale: String!\n}",
            )],
            &["--against", "old.graphql"],
            1,
            &[
                "ARG_REQUIRED_UNBOUND",
                "AddReview.locale added, and must be given → mobile NewReview",
                "let it be left out, or give it a default",
            ],
        ),
        // What only a wildcard brings, and no operation asks for.
        (
            &[(ORDERS, "  note: String\n", ""), (ORDERS, "createdAt note", "createdAt")],
            &["--against", "old.graphql"],
            0,
            &["FIELD_REMOVED] Warning", "Order.note removed → web Order.note"],
        ),
        (
            &[(ORDERS, "  SHIPPED\n", "  SHIPPED\n  LOST\n")],
            &["--against", "old.graphql", "--format", "github"],
            0,
            &[
                "::warning file=bff-configs/mobile/schema.graphql,line=",
                "OrderStatus.LOST added → mobile OrderCard.status",
            ],
        ),
        (
            &[
                (ORDERS, "  labels: [Label!]!\n", ""),
                (ORDERS, "labels: labels->entries { key value }", ""),
                (ORDERS, "type Label {\n  key: String!\n  value: String!\n}\n", ""),
            ],
            &["--against", "old.graphql"],
            1,
            &["UNKNOWN_PATH", "to leave out", "Order.labels removed → web Order"],
        ),
        (&[(WEB, "type Order @from", "type Order @from")], &["--against", "schemas/supergraph.yaml"], 0, &[]),
        // What comes with the change is not valid before it, which is no reason to be silent.
        (
            &[
                (ORDERS, "  note: String\n", "  remark: String\n"),
                (ORDERS, "createdAt note", "createdAt remark: note"),
                (PARTNER, "lines: [Line!]!", "remark: String lines: [Line!]!"),
            ],
            &["--against", "old.graphql"],
            0,
            &[
                "CLIENT_NOT_COMPARED] Advice: the client partner-v2 is not valid on the old supergraph",
                "partner-v2/schema.graphql:19:3",
                "there: ",
                "`Order` has no field `remark`",
                "Order.note removed → web Order.note",
            ],
        ),
    ]);
}

#[test]
fn a_client_that_is_removed_is_told() {
    let sunset = |date: &str| format!("exposure: internal\nlifecycle: {{ sunset: {date} }}");
    // Of `web`: its policy on the main branch, whether it had saved operations there, the exit code, and what is told.
    let cases: [(&str, bool, i32, &[&str]); 5] = [
        ("exposure: partner", false, 1, &["Error CLIENT_REMOVED: the client web is removed", "`sunset`"]),
        ("exposure: internal", true, 1, &["Error CLIENT_REMOVED", "remove these first"]),
        ("exposure: internal", false, 0, &["Warning CLIENT_REMOVED", "see that nobody uses it"]),
        (&sunset("2999-12-31"), true, 1, &["Error CLIENT_REMOVED"]),
        (&sunset("2001-02-03"), true, 0, &[]),
    ];
    for (policy, has_saved, code, parts) in cases {
        let folder = demo();
        edit(folder.path(), &[("main/web/client.yaml", "exposure: internal", policy)]);
        if !has_saved {
            fs::remove_dir_all(folder.path().join("main/web/operations")).expect("it is there");
        }
        fs::remove_dir_all(folder.path().join("bff-configs/web")).expect("it is there");
        let output = weft_check(folder.path(), &["--against-bff", "main"]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{policy}: {told}");
        assert!(parts.iter().all(|part| told.contains(part)), "{policy}: {told}");
        assert_eq!(told.contains("CLIENT_REMOVED"), !parts.is_empty(), "{policy}: {told}");
        assert_eq!(weft_check(folder.path(), &[]).status.code(), Some(0), "nobody asked what was there before");
    }
}

#[test]
fn without_clients_every_breaking_change_of_the_supergraph_fails() {
    let folder = demo();
    fs::write(folder.path().join("weft.yaml"), "traffic: { all: { timeout: 5s } }\n").expect("a file");
    edit(folder.path(), &[(ORDERS, "  note: String\n", ""), (ORDERS, "createdAt note", "createdAt")]);
    let output = weft_check(folder.path(), &["--against", "old.graphql"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("FIELD_REMOVED") && told.contains("`Order.note` removed"), "{told}");
}
