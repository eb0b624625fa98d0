//! Tests that no answer breaks the response, whatever backends send.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::gateway;
use crate::testing::Gateway;

/// Bodies that are GraphQL answers about as often as not.
fn noise() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..4i32).prop_map(Json::from),
        prop_oneof![Just("1"), Just("User"), Just("Review"), Just("x\"y")].prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(6, 64, 4, |inner| {
        let key = prop_oneof![
            Just("users"),
            Just("id"),
            Just("name"),
            Just("best"),
            Just("body"),
            Just("_entities"),
            Just("__typename"),
            Just("score"),
            Just("reviews"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key.prop_map(str::to_owned), inner), 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    });
    let segment = prop_oneof![
        prop_oneof![Just("users"), Just("_entities"), Just("best"), Just("body"), Just("score")].prop_map(Json::from),
        (0..3).prop_map(Json::from),
    ];
    let error = (prop::collection::vec(segment, 0..5), value.clone())
        .prop_map(|(path, more)| json!({"message": "m", "path": path, "extensions": more}));
    let answer = (value, prop::option::of(prop::collection::vec(error, 0..4)))
        .prop_map(|(data, errors)| json!({"data": data, "errors": errors}).to_string());
    // One in some is cut short.
    (answer, prop::option::weighted(0.1, 0usize..200)).prop_map(|(mut text, cut)| {
        let mut cut = cut.unwrap_or(text.len()).min(text.len());
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        text.truncate(cut);
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever backends answer, the response is JSON of the operation's shape, and what is missing has a reason.
    #[test]
    fn no_answer_breaks_the_response(root in noise(), entities in noise(), good in any::<bool>()) {
        // Composing is slow beside one operation.
        static GATEWAY: LazyLock<Gateway> = LazyLock::new(gateway);
        let users = r#"{"data":{"users":[{"id":"1","name":"A"},{"id":"2","name":"B"},{"id":"1","name":"A"}]}}"#;
        let root = if good { users.to_owned() } else { root };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = runtime.block_on(GATEWAY.run(
            "{ users { name score best { body author { id } } reviews { id } } }",
            &[("users", "", &root), ("reviews", "", &entities)],
        ));
        let data = &outcome.response["data"];
        prop_assert!(data.is_null() || data.as_object().is_some_and(|data| data.len() == 1), "{}", outcome.text);
        for user in data["users"].as_array().into_iter().flatten() {
            let keys: Vec<&String> = user.as_object().expect("users are objects").keys().collect();
            prop_assert_eq!(keys.len(), 4);
            prop_assert!(user["score"].is_i64(), "non-null fields are there: {}", outcome.text);
        }
        if data["users"].is_null() && good {
            prop_assert!(!outcome.errors().is_empty(), "{}", outcome.text);
        }
    }
}
