//! Tests of the REST facade: from what a request says to variables, and from an answer to what is written.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use super::*;
use crate::operations::tests::route;
use crate::pipeline::{Answer, Outcome};

const SDL: &str = "type Query { find(id: ID!, n: Int, f: Float, b: Boolean, s: String, e: E, ids: [ID!], ns: [Int]): T list: [T] name: String }
    enum E { A B } type T { id: ID } input New { note: String tags: [String] } type Mutation { make(new: New, dry: Boolean, tags: [String]): T }";

#[test]
fn values_are_found_and_become_what_variables_are() {
    const FIND: &str = "query Q($id: ID!, $n: Int, $f: Float, $b: Boolean, $s: String = \"x\", $e: E, $ids: [ID!], $ns: [Int] @param(in: HEADER, name: \"x-ns\"))
        @rest(path: \"/t/{id}\") { find(id: $id, n: $n, f: $f, b: $b, s: $s, e: $e, ids: $ids, ns: $ns) { id } }";
    const MAKE: &str =
        "mutation M($new: New!, $dry: Boolean) @rest(method: POST, path: \"/t\") { make(new: $new, dry: $dry) { id } }";
    const PARTS: &str = "mutation M($new: New! @param(in: BODY, name: \"it\"), $tags: [String] @param(in: BODY)) @rest(method: PUT, path: \"/t\") { make(new: $new, tags: $tags) { id } }";
    // The query string, the header x-ns, the body, and the variables or what is wrong.
    let cases = [
        (FIND, "", None, "", Ok(r#"{"id":"7"}"#)),
        (FIND, "n=1&f=2&b=true&s=a+b%26&e=A", None, "", Ok(r#"{"b":true,"e":"A","f":2.0,"id":"7","n":1,"s":"a b&"}"#)),
        (FIND, "unknown=1&utm_source=x&N=1", None, "", Ok(r#"{"id":"7"}"#)),
        (FIND, "s=", None, "", Ok(r#"{"id":"7","s":""}"#)),
        (FIND, "s", None, "", Ok(r#"{"id":"7","s":""}"#)),
        (FIND, "ids=1&ids=2", None, "", Ok(r#"{"id":"7","ids":["1","2"]}"#)),
        (FIND, "ids=1,2&ids=a%2Cb", None, "", Ok(r#"{"id":"7","ids":["1","2","a,b"]}"#)),
        (FIND, "ids=", None, "", Ok(r#"{"id":"7","ids":[]}"#)),
        (FIND, "", Some("1, 2"), "", Ok(r#"{"id":"7","ns":[1,2]}"#)),
        (FIND, "n=one", None, "", Err("The query parameter \"n\" has to be a whole number of 32 bits.")),
        (FIND, "n=1&n=2", None, "", Err("The query parameter \"n\" has to be given once.")),
        (
            FIND,
            "b=yes&f=x",
            Some("a"),
            "",
            Err("The query parameter \"f\" has to be a number. The query parameter \"b\" has to be true or false. \
                 The header \"x-ns\" has to be a whole number of 32 bits."),
        ),
        (FIND, "s=%FF", None, "", Err("The query parameter \"s\" has to be text in UTF-8.")),
        (MAKE, "", None, r#"{"note":"a"}"#, Ok(r#"{"new":{"note":"a"}}"#)),
        (MAKE, "dry=true", None, r#"{}"#, Ok(r#"{"dry":true,"new":{}}"#)),
        (MAKE, "", None, "", Err("A body is required.")),
        (MAKE, "", None, "{", Err("The body is not JSON: EOF while parsing an object at line 1 column 1.")),
        (PARTS, "", None, r#"{"it":{},"tags":["a"],"other":1}"#, Ok(r#"{"new":{},"tags":["a"]}"#)),
        (PARTS, "", None, r#"{"tags":null}"#, Err("\"it\" in the body is required.")),
        (PARTS, "", None, "[]", Err("The body has to be a JSON object.")),
    ];
    for (operation, query, header, body, expected) in cases {
        let header = header.map(|text| (HeaderName::from_static("x-ns"), HeaderValue::from_static(text)));
        let headers = HeaderMap::from_iter(header);
        let said = Said { path: &[("id", "7".to_owned())], query, headers: &headers, body: body.as_bytes() };
        let bound = variables::bind(&route(SDL, operation), said);
        // In order of their names.
        let shown = bound.map(|json| {
            let json: serde_json::Value = serde_json::from_str(json.get()).expect("JSON");
            let mut members: Vec<(String, String)> =
                json.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.to_string())).collect();
            members.sort();
            let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        });
        assert_eq!(shown.as_deref().map_err(String::as_str), expected, "{query} {body}");
    }
}

#[test]
fn answers_are_unwrapped_or_are_problems() {
    const ONE: &str = "query Q @rest(path: \"/q\", root: \"find\") { find(id: 1) { id } name }";
    const ALL: &str = "query Q @rest(path: \"/q\") { find(id: 1) { id } name }";
    const LIST: &str = "query Q @rest(path: \"/q\", root: \"list\") { list { id } }";
    const NAME: &str = "query Q @rest(path: \"/q\", root: \"name\") { name }";
    let cases = [
        (ONE, r#"{"data":{"find":{"id": "1"},"name":null}}"#, Ok((r#"{"id": "1"}"#, 0))),
        (ALL, r#"{"data":{"find":{"id":"1"},"name":null}}"#, Ok((r#"{"find":{"id":"1"},"name":null}"#, 0))),
        (ONE, r#"{"data":{"find":null,"name":"a"}}"#, Err((404, "NOT_FOUND"))),
        (ALL, r#"{"data":{"find":null,"name":null}}"#, Ok((r#"{"find":null,"name":null}"#, 0))),
        (LIST, r#"{"data":{"list":[]}}"#, Ok(("[]", 0))),
        (LIST, r#"{"data":{"list":null}}"#, Ok(("null", 0))),
        (NAME, r#"{"data":{"name":null}}"#, Ok(("null", 0))),
        (
            ONE,
            r#"{"data":{"find":null,"name":"a"},"errors":[{"message":"m","path":["find"],"extensions":{"code":"SUBGRAPH_TIMEOUT"}}]}"#,
            Err((504, "SUBGRAPH_TIMEOUT")),
        ),
        // What failed is not what was asked for.
        (
            ONE,
            r#"{"data":{"find":{"id":"1"},"name":null},"errors":[{"message":"m","path":["name"],"extensions":{"code":"SUBGRAPH_TIMEOUT"}}]}"#,
            Ok((r#"{"id":"1"}"#, 1)),
        ),
        (
            ONE,
            r#"{"data":{"find":null,"name":null},"errors":[{"message":"m","path":["name"],"extensions":{"code":"SUBGRAPH_TIMEOUT"}}]}"#,
            Err((404, "NOT_FOUND")),
        ),
        (
            ALL,
            r#"{"data":{"find":{"id":null},"name":"a"},"errors":[{"message":"m","path":["find","id"]}],"extensions":{"degraded":[{"path":["name"],"code":"X"}]}}"#,
            Ok((r#"{"find":{"id":null},"name":"a"}"#, 2)),
        ),
        (ALL, r#"{"data":null,"errors":[{"message":"m","extensions":{"code":"FORBIDDEN"}}]}"#, Err((403, "FORBIDDEN"))),
        (ALL, r#"{"data":null,"errors":[{"message":"m"}]}"#, Err((502, "SUBREQUEST_FAILED"))),
    ];
    for (operation, body, expected) in cases {
        let errors = usize::from(body.contains("errors"));
        let answer = Answer { outcome: Outcome::Executed { errors }, body: Bytes::from_static(body.as_bytes()) };
        let read = answer::read(&route(SDL, operation), &answer);
        let shown = match &read {
            Ok(answered) => Ok((answered.json.as_str(), answered.degraded)),
            Err(problem) => Err((problem.status.as_u16(), problem.code.as_str())),
        };
        assert_eq!(shown, expected, "{body}");
    }
    let refused = Bytes::from_static(br#"{"errors":[{"message":"m","extensions":{"code":"UNAUTHENTICATED"}}]}"#);
    let refused = answer::read(&route(SDL, NAME), &Answer { outcome: Outcome::Refused, body: refused });
    assert_eq!(refused.map_err(|problem| problem.status.as_u16()).err(), Some(401));
}
