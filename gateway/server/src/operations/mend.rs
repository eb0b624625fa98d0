//! Owns what to do about what validation says of a saved operation.

use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};
use weft_federation::diagnostics::{Diagnostic, Span};
use weft_federation::suggest::closest;

/// Adds to findings how each can be mended, and leaves out what only follows from another.
pub fn mend(schema: &Schema, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let places: Vec<Span> = found.iter().flat_map(|found| &found.labels).map(|label| label.span.clone()).collect();
    let is_around = |span: &Span| places.iter().any(|place| place != span && span.contains(place));
    // Where no field of a selection set is known, validation says too that there is none.
    let follows = |found: &Diagnostic| {
        found.message.ends_with("must have a subselection set") && found.labels.iter().any(|at| is_around(&at.span))
    };
    let mended = found.iter().filter(|found| !follows(found)).cloned().map(|found| {
        let help = help(schema, &found.message);
        found.help(help)
    });
    mended.collect()
}

fn help(schema: &Schema, message: &str) -> String {
    // Which type and field it is about, validation tells by its message alone.
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let near = match (message.contains(" does not have a field "), names.as_slice()) {
        (true, [ty, field]) => closest(field, fields_of(schema, ty)),
        (true | false, _) => None,
    };
    near.map_or_else(|| "write it for the schema as it is now".to_owned(), |near| format!("did you mean `{near}`?"))
}

fn fields_of<'a>(schema: &'a Schema, ty: &str) -> impl Iterator<Item = &'a str> {
    let fields = match schema.types.get(ty) {
        Some(ExtendedType::Object(object)) => Some(&object.fields),
        Some(ExtendedType::Interface(interface)) => Some(&interface.fields),
        Some(
            ExtendedType::Scalar(_) | ExtendedType::Union(_) | ExtendedType::Enum(_) | ExtendedType::InputObject(_),
        )
        | None => None,
    };
    fields.into_iter().flat_map(|fields| fields.keys().map(Name::as_str))
}

#[cfg(test)]
mod tests {
    use weft_federation::diagnostics::Source;

    use super::super::tests::client;
    use super::super::{OperationFiles, compile};

    const SDL: &str = "type Query { order(id: ID!): Order } type Order { id: ID! status: String }";

    fn told(text: &str) -> Vec<weft_federation::diagnostics::Diagnostic> {
        let documents = vec![Source::new("operations/A.graphql", text)];
        compile(&OperationFiles { documents, manifests: vec![] }, &client(SDL), u32::MAX).1
    }

    #[test]
    fn what_validation_says_comes_with_a_mend() {
        let generic = "write it for the schema as it is now";
        let cases: [(&str, &[(&str, &str)]); 5] = [
            ("query A { order(id: 1) { id } }", &[]),
            (
                "query A { order(id: 1) { statuss } }",
                &[("type `Order` does not have a field `statuss`", "did you mean `status`?")],
            ),
            (
                "query A { order(id: 1) { x idd } }",
                &[
                    ("type `Order` does not have a field `x`", generic),
                    ("type `Order` does not have a field `idd`", "did you mean `id`?"),
                ],
            ),
            (
                "query A { order(id: 1) }",
                &[("interface, union and object types must have a subselection set", generic)],
            ),
            ("query A @other { order(id: 1) { id } }", &[("cannot find directive `@other` in this document", generic)]),
        ];
        for (text, expected) in cases {
            let found = told(text);
            let found: Vec<(&str, &str)> =
                found.iter().map(|found| (found.message.as_str(), found.help.as_deref().unwrap_or_default())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_drawn() {
        let drawn: String =
            told("query A {\n  order(id: 1) { statuss }\n}\n").iter().map(|found| found.draw(false)).collect();
        let lines: Vec<&str> = drawn.lines().map(str::trim_end).collect();
        let expected = [
            "[OPERATION_INVALID] Error: type `Order` does not have a field `statuss`",
            "   ╭─[ operations/A.graphql:2:18 ]",
            "   │",
            " 2 │   order(id: 1) { statuss }",
            "   │                  ───┬───",
            "   │                     ╰─────",
            "   │",
            "   │ Help: did you mean `status`?",
            "───╯",
        ];
        assert_eq!(lines, expected);
    }
}
