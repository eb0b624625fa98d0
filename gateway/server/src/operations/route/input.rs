//! Owns where a variable's value is in a request, and in what form.

use apollo_compiler::Name;
use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;

/// A variable, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub variable: Name,
    pub ty: Type,
    /// There has to be a value: its type cannot be null, and it has no default.
    pub is_required: bool,
    pub place: Place,
    /// What requests call it.
    pub name: Box<str>,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Path,
    Query,
    Header,
    /// The body, whole.
    Body,
    /// A member of the object that is the body.
    Member,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text(Text),
    /// Several, by repeating the name or with commas between them.
    Texts(Text),
    /// In a body.
    Json,
}

/// What a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Int,
    Float,
    Boolean,
    /// A string, an id, a value of an enum or of a scalar of the schema's own.
    String,
}

impl Text {
    /// The JSON of a text; `None` where it is none.
    pub fn json(self, text: &str) -> Option<serde_json::Value> {
        match self {
            Self::Int => text.parse::<i32>().ok().map(Into::into),
            Self::Float => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
                Some(number.into())
            }
            Self::Boolean => text.parse::<bool>().ok().map(Into::into),
            Self::String => Some(text.into()),
        }
    }

    /// What is expected, for who wrote something else.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Int => "a whole number of 32 bits",
            Self::Float => "a number",
            Self::Boolean => "true or false",
            Self::String => "a text",
        }
    }
}

/// How a value of this type is written where there are only texts. `None` where it cannot be.
pub fn form(ty: &Type, schema: &Schema) -> Option<Form> {
    match ty {
        Type::Named(name) | Type::NonNullNamed(name) => text(name, schema).map(Form::Text),
        Type::List(item) | Type::NonNullList(item) => match &**item {
            Type::Named(name) | Type::NonNullNamed(name) => text(name, schema).map(Form::Texts),
            Type::List(_) | Type::NonNullList(_) => None,
        },
    }
}

fn text(name: &Name, schema: &Schema) -> Option<Text> {
    match (name.as_str(), schema.types.get(name)?) {
        ("Int", _) => Some(Text::Int),
        ("Float", _) => Some(Text::Float),
        ("Boolean", _) => Some(Text::Boolean),
        (_, ExtendedType::Scalar(_) | ExtendedType::Enum(_)) => Some(Text::String),
        (_, ExtendedType::InputObject(_))
        | (_, ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_values_or_none() {
        let cases = [
            (Text::Int, "7", Some("7")),
            (Text::Int, "-7", Some("-7")),
            (Text::Int, "7.0", None),
            (Text::Int, "3000000000", None),
            (Text::Int, "", None),
            (Text::Int, "1e3", None),
            (Text::Float, "7", Some("7.0")),
            (Text::Float, "1e3", Some("1000.0")),
            (Text::Float, "NaN", None),
            (Text::Float, "inf", None),
            (Text::Boolean, "true", Some("true")),
            (Text::Boolean, "TRUE", None),
            (Text::Boolean, "1", None),
            (Text::String, "a \"b\"", Some(r#""a \"b\"""#)),
            (Text::String, "", Some(r#""""#)),
            (Text::String, "null", Some(r#""null""#)),
        ];
        for (text, written, expected) in cases {
            assert_eq!(text.json(written).map(|json| json.to_string()).as_deref(), expected, "{text:?} {written}");
        }
    }
}
