//! Owns the check of leaves: whether a raw token is a value of its scalar, as "Result Coercion" of the
//! GraphQL specification says, without decoding it.

use std::ops::Range;

use weft_federation::plan::Leaf;

use super::json::{JsonError, Reader};

/// A leaf's token, judged.
pub enum Token {
    Null,
    /// The value is the text at this place.
    Raw(Range<usize>),
    /// The value means the same as what came, but is written otherwise.
    Rewritten(String),
    /// The value does not fit; this is what came instead.
    Misfit(&'static str),
}

/// Goes past a value that is plainly one of its scalar and is copied as it came, as most are, and gives its place;
/// otherwise reads nothing.
#[inline]
pub fn take(reader: &mut Reader<'_>, leaf: &Leaf) -> Option<Range<usize>> {
    let is_string = reader.is_next(b'"');
    match leaf {
        Leaf::String | Leaf::Id if is_string => reader.take_plain(),
        Leaf::Int | Leaf::Float if !is_string => reader.take_plain(),
        Leaf::Custom => reader.take_plain(),
        Leaf::Int | Leaf::Float | Leaf::String | Leaf::Id | Leaf::Boolean | Leaf::Enum(_) => None,
    }
}

/// Reads a value and checks it.
#[inline]
pub fn read(reader: &mut Reader<'_>, leaf: &Leaf) -> Result<Token, JsonError> {
    Ok(match reader.peek()? {
        b'n' => {
            reader.word("null")?;
            Token::Null
        }
        b'"' => string(reader, leaf)?,
        b't' => boolean(reader.word("true")?, leaf),
        b'f' => boolean(reader.word("false")?, leaf),
        bracket @ (b'{' | b'[') => {
            let range = reader.skip()?;
            match leaf {
                Leaf::Custom => Token::Raw(range),
                Leaf::Int | Leaf::Float | Leaf::String | Leaf::Boolean | Leaf::Id | Leaf::Enum(_) => {
                    Token::Misfit(if bracket == b'{' { "an object" } else { "a list" })
                }
            }
        }
        _ => number(reader, leaf)?,
    })
}

/// A scalar's name, as people know it.
pub fn name(leaf: &Leaf) -> &'static str {
    match leaf {
        Leaf::Int => "an Int",
        Leaf::Float => "a Float",
        Leaf::String => "a String",
        Leaf::Boolean => "a Boolean",
        Leaf::Id => "an ID",
        Leaf::Enum(_) => "a value of the enum",
        Leaf::Custom => "a value",
    }
}

fn string(reader: &mut Reader<'_>, leaf: &Leaf) -> Result<Token, JsonError> {
    let string = reader.string()?;
    Ok(match leaf {
        Leaf::String | Leaf::Id | Leaf::Custom => Token::Raw(string.quoted()),
        Leaf::Enum(values) => {
            let text = string.text(reader);
            if values.iter().any(|value| *value == *text) {
                Token::Raw(string.quoted())
            } else {
                Token::Misfit("an unknown name")
            }
        }
        Leaf::Int | Leaf::Float | Leaf::Boolean => Token::Misfit("a string"),
    })
}

fn boolean(range: Range<usize>, leaf: &Leaf) -> Token {
    match leaf {
        Leaf::Boolean | Leaf::Custom => Token::Raw(range),
        Leaf::Int | Leaf::Float | Leaf::String | Leaf::Id | Leaf::Enum(_) => Token::Misfit("a boolean"),
    }
}

fn number(reader: &mut Reader<'_>, leaf: &Leaf) -> Result<Token, JsonError> {
    let number = reader.number()?;
    let text = reader.slice(number.range.clone());
    Ok(match leaf {
        Leaf::Float | Leaf::Custom => Token::Raw(number.range),
        Leaf::Int if number.is_integer => match text.parse::<i32>() {
            Ok(_) => Token::Raw(number.range),
            Err(_) => Token::Misfit("a number beyond 32 bits"),
        },
        Leaf::Int => match whole(text) {
            Some(value) => Token::Rewritten(value.to_string()),
            None => Token::Misfit("a number with a fraction or beyond 32 bits"),
        },
        Leaf::Id if number.is_integer => Token::Rewritten(format!("\"{text}\"")),
        Leaf::Id => Token::Misfit("a number with a fraction"),
        Leaf::String | Leaf::Boolean | Leaf::Enum(_) => Token::Misfit("a number"),
    })
}

/// `1.0` and `1e3` are integers too.
fn whole(text: &str) -> Option<i32> {
    let number = text.parse::<f64>().ok()?;
    let fits = number.fract() == 0.0 && number >= f64::from(i32::MIN) && number <= f64::from(i32::MAX);
    // The cast is exact: the number is whole and in range.
    fits.then_some(number as i32)
}

#[cfg(test)]
mod tests {
    use apollo_compiler::name;

    use super::*;

    fn judged(leaf: &Leaf, json: &str) -> String {
        let mut reader = Reader::new(json.as_bytes()).expect("UTF-8");
        let judged = match read(&mut reader, leaf).expect("JSON") {
            Token::Null => "null".into(),
            Token::Raw(range) => reader.slice(range).into(),
            Token::Rewritten(text) => text,
            Token::Misfit(what) => format!("!{what}"),
        };
        // Within an object, what is taken is what is read.
        let within = format!("{json}}}");
        let mut taker = Reader::new(within.as_bytes()).expect("UTF-8");
        if let Some(range) = take(&mut taker, leaf) {
            assert_eq!(judged, taker.slice(range), "{leaf:?}");
            assert_eq!(taker.offset(), reader.offset(), "{leaf:?} {json}");
        }
        judged
    }

    #[test]
    fn tokens_are_judged_by_the_scalar() {
        let color = Leaf::Enum([name!("RED"), name!("BLUE")].into());
        let cases = [
            (&Leaf::Int, "1", "1"),
            (&Leaf::Int, "-2147483648", "-2147483648"),
            (&Leaf::Int, "999999999", "999999999"),
            (&Leaf::Int, "9999999999", "!a number beyond 32 bits"),
            (&Leaf::Int, "2147483648", "!a number beyond 32 bits"),
            (&Leaf::Int, "1.0", "1"),
            (&Leaf::Int, "1e3", "1000"),
            (&Leaf::Int, "1.5", "!a number with a fraction or beyond 32 bits"),
            (&Leaf::Int, "\"1\"", "!a string"),
            (&Leaf::Int, "true", "!a boolean"),
            (&Leaf::Int, "{\"a\":1}", "!an object"),
            (&Leaf::Float, "1", "1"),
            (&Leaf::Float, "1.25e-3", "1.25e-3"),
            (&Leaf::Float, "\"1\"", "!a string"),
            (&Leaf::String, "\"a\\u00e9\"", "\"a\\u00e9\""),
            (&Leaf::String, "7", "!a number"),
            (&Leaf::Boolean, "false", "false"),
            (&Leaf::Boolean, "0", "!a number"),
            (&Leaf::Id, "\"u1\"", "\"u1\""),
            (&Leaf::Id, "12345678901234567890", "\"12345678901234567890\""),
            (&Leaf::Id, "1.5", "!a number with a fraction"),
            (&color, "\"RED\"", "\"RED\""),
            (&color, "\"R\\u0045D\"", "\"R\\u0045D\""),
            (&color, "\"GREEN\"", "!an unknown name"),
            (&color, "1", "!a number"),
            (&Leaf::Custom, "{\"a\": [1]}", "{\"a\": [1]}"),
            (&Leaf::Custom, "null", "null"),
            (&Leaf::String, "[]", "!a list"),
        ];
        for (leaf, json, expected) in cases {
            assert_eq!(judged(leaf, json), expected, "{leaf:?} {json}");
        }
    }
}
