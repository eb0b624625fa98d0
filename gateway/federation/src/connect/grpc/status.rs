//! Owns `google.rpc.Status`: the details that a failed call carries.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, Value as Proto};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

use super::decode::{decode_any, opaque_any};
use crate::connect::mapping::Value;

const FILE: &str = "google_rpc.proto";

/// The messages of `google.rpc`, which services send without their own files importing them. None if they could not be
/// compiled, of which a test makes sure.
static STANDARD: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Own);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file(FILE).ok()?;
    Some(compiler.descriptor_pool())
});

struct Own;

impl FileResolver for Own {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            FILE => File::from_source(name, include_str!("google_rpc.proto")),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// The details in an encoded `google.rpc.Status`, as `grpc-status-details-bin` carries it: each an object with its `@type`.
/// A type is looked for among the service's own and then among Google's; one that is found nowhere stands as
/// `{ "@type", "value" }` with its bytes in base64. What is no such message has no details.
pub fn decode_status(bytes: &[u8], service: &DescriptorPool) -> Value<'static> {
    let Some(standard) = &*STANDARD else { return Value::Array(vec![]) };
    let status = standard.get_message_by_name("google.rpc.Status");
    let status = status.and_then(|status| DynamicMessage::decode(status, bytes).ok());
    let Some(status) = status else { return Value::Array(vec![]) };
    let details = status.get_field_by_name("details");
    let details = details.as_deref().and_then(Proto::as_list).unwrap_or_default();
    let decoded = details.iter().filter_map(Proto::as_message).map(|any| {
        let read = [service, standard].into_iter().find_map(|pool| decode_any(any, pool));
        read.unwrap_or_else(|| opaque_any(any))
    });
    Value::Array(decoded.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::grpc::{Descriptors, encode};
    use crate::connect::mapping::parse_json;
    use prost::Message as _;

    const OWN: &str =
        r#"syntax = "proto3"; package shop; message OutOfStock { string product_id = 1; int64 left = 2; }"#;

    /// Encodes details by their own and Google's descriptors, and reads them back with no others.
    fn read(details: &str) -> String {
        let own = Descriptors::compile(&["own.proto".to_owned()], &|name: &str| {
            (name == "own.proto").then(|| OWN.as_bytes().to_vec())
        });
        let own = own.expect("a file of the test's own");
        let standard = STANDARD.as_ref().expect("it compiles");
        let status = standard.get_message_by_name("google.rpc.Status").expect("it is there");
        let any = standard.get_message_by_name("google.protobuf.Any").expect("it is there");
        let details = parse_json(details.as_bytes()).expect("JSON of the test's own");
        let items = details.as_array().expect("a list").iter().map(|detail| {
            let url = detail.get("@type").and_then(|url| url.as_text()).expect("a type").into_owned();
            let name = url.rsplit('/').next().expect("a name").to_owned();
            let known = own.pool().get_message_by_name(&name).or_else(|| standard.get_message_by_name(&name));
            let bytes = match known {
                Some(descriptor) => encode(detail, &descriptor).expect("it fits").encode_to_vec(),
                None => vec![0xff, 0x00],
            };
            let mut message = DynamicMessage::new(any.clone());
            message.set_field_by_name("type_url", Proto::String(url));
            message.set_field_by_name("value", Proto::Bytes(bytes.into()));
            Proto::Message(message)
        });
        let mut message = DynamicMessage::new(status);
        message.set_field_by_name("details", Proto::List(items.collect()));
        decode_status(&message.encode_to_vec(), own.pool()).to_json()
    }

    #[test]
    fn details_are_read_by_their_types() {
        #[rustfmt::skip]
        let same = [
            r#"[]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"R","domain":"d.com","metadata":{"k":"v"}}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"a.b","description":"no","reason":"","localizedMessage":null}]}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.DebugInfo","stackEntries":["at"],"detail":"x"}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":[{"type":"T","subject":"s","description":"d"}]}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resourceType":"t","resourceName":"n","owner":"","description":""},{"@type":"x/google.rpc.RequestInfo","requestId":"1","servingData":""}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"d","url":"u"}]}]"#,
            r#"[{"@type":"type.googleapis.com/google.rpc.LocalizedMessage","locale":"de","message":"nein"}]"#,
            r#"[{"@type":"type.googleapis.com/shop.OutOfStock","productId":"p1","left":"3"}]"#,
            // What nobody knows keeps its bytes.
            r#"[{"@type":"type.googleapis.com/other.Thing","value":"/wA="}]"#,
        ];
        for details in same {
            assert_eq!(read(details), details);
        }
    }

    #[test]
    fn what_is_no_status_has_no_details() {
        let pool = DescriptorPool::new();
        for bytes in [&b""[..], b"\xff\xff", b"\x1a\x7f"] {
            assert_eq!(decode_status(bytes, &pool).to_json(), "[]", "{bytes:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_of_their_type_are_kept() {
        let standard = STANDARD.as_ref().expect("it compiles");
        let any = standard.get_message_by_name("google.protobuf.Any").expect("it is there");
        let mut message = DynamicMessage::new(any);
        message.set_field_by_name("type_url", Proto::String("x/google.rpc.ErrorInfo".into()));
        message.set_field_by_name("value", Proto::Bytes(vec![0xff].into()));
        let mut status = DynamicMessage::new(standard.get_message_by_name("google.rpc.Status").expect("it is there"));
        status.set_field_by_name("details", Proto::List(vec![Proto::Message(message)]));
        let read = decode_status(&status.encode_to_vec(), standard).to_json();
        assert_eq!(read, r#"[{"@type":"x/google.rpc.ErrorInfo","value":"/w=="}]"#);
    }
}
