//! Owns where directives can stand.

use apollo_compiler::ast::DirectiveLocation;

/// Whether clients can write a directive of that location in their operations.
pub(crate) fn is_executable(location: DirectiveLocation) -> bool {
    use DirectiveLocation as L;
    match location {
        L::Query
        | L::Mutation
        | L::Subscription
        | L::Field
        | L::FragmentDefinition
        | L::FragmentSpread
        | L::InlineFragment
        | L::VariableDefinition => true,
        L::Schema
        | L::Scalar
        | L::Object
        | L::FieldDefinition
        | L::ArgumentDefinition
        | L::Interface
        | L::Union
        | L::Enum
        | L::EnumValue
        | L::InputObject
        | L::InputFieldDefinition => false,
    }
}
