//! Owns deserializing from a located tree.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{StrDeserializer, UsizeDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

use super::error::{Fault, list};
use super::tree::{Body, Entry, Node};

/// A value with its place. It is compared by its value.
#[derive(Debug, Clone)]
pub struct Located<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// What is not written is nowhere: at the beginning.
impl<T: Default> Default for Located<T> {
    fn default() -> Self {
        Self { value: T::default(), span: 0..0 }
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

impl<T: PartialOrd> PartialOrd for Located<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Located<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// By this name a [`Located`] asks for its place.
const LOCATED: &str = "$located";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LocatedVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for LocatedVisitor<T> {
            type Value = Located<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Located<T>, A::Error> {
                let lost = || de::Error::custom("a place is known only of what a file says");
                let start = parts.next_element()?.ok_or_else(lost)?;
                let end = parts.next_element()?.ok_or_else(lost)?;
                Ok(Located { value: parts.next_element()?.ok_or_else(lost)?, span: start..end })
            }
        }

        deserializer.deserialize_newtype_struct(LOCATED, LocatedVisitor(PhantomData))
    }
}

/// The parts of a [`Located`], one after the other.
struct Parts<D> {
    span: Range<usize>,
    next: usize,
    value: Option<D>,
}

impl<D> Parts<D> {
    fn new(span: &Range<usize>, value: D) -> Self {
        Self { span: span.clone(), next: 0, value: Some(value) }
    }
}

impl<'de, D: Deserializer<'de, Error = Fault>> SeqAccess<'de> for Parts<D> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        self.next += 1;
        let number = |at: usize| -> UsizeDeserializer<Fault> { at.into_deserializer() };
        match (self.next, &mut self.value) {
            (1, _) => seed.deserialize(number(self.span.start)).map(Some),
            (2, _) => seed.deserialize(number(self.span.end)).map(Some),
            (_, value) => value.take().map(|value| seed.deserialize(value)).transpose(),
        }
    }
}

/// Reads from one node.
#[derive(Clone, Copy)]
pub struct NodeReader<'de> {
    node: &'de Node,
}

impl<'de> NodeReader<'de> {
    pub fn new(node: &'de Node) -> Self {
        Self { node }
    }

    fn mismatch(self, expected: &str) -> Fault {
        let found = match &self.node.body {
            Body::Null => "nothing".to_owned(),
            Body::Bool(value) => value.to_string(),
            Body::Integer(value) => value.to_string(),
            Body::Float(value) => value.to_string(),
            Body::Text(text) => format!("the text \"{text}\""),
            // A variable may be secret.
            Body::Expanded(_) => "what the variable holds".to_owned(),
            Body::List(_) => "a list".to_owned(),
            Body::Map(_) => "a mapping".to_owned(),
        };
        Fault::new(format!("expected {expected}, found {found}")).of(self.node)
    }

    fn entries(self, expected: &str) -> Result<&'de [Entry], Fault> {
        match &self.node.body {
            Body::Map(entries) => Ok(entries),
            // A key with nothing behind it.
            Body::Null => Ok(&[]),
            Body::Bool(_) | Body::Integer(_) | Body::Float(_) | Body::Text(_) | Body::Expanded(_) | Body::List(_) => {
                Err(self.mismatch(expected))
            }
        }
    }

    fn map<V: Visitor<'de>>(self, entries: &'de [Entry], visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Entries { entries, value: None }).map_err(|fault| fault.of(self.node))
    }

    fn list<V: Visitor<'de>>(self, items: &'de [Node], visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Items(items.iter())).map_err(|fault| fault.of(self.node))
    }

    fn text<V: Visitor<'de>>(self, text: &'de str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(text).map_err(|fault: Fault| fault.of(self.node))
    }
}

impl<'de> Deserializer<'de> for NodeReader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let done = match &self.node.body {
            Body::Null => visitor.visit_unit(),
            Body::Bool(value) => visitor.visit_bool(*value),
            Body::Integer(value) => visitor.visit_i64(*value),
            Body::Float(value) => visitor.visit_f64(*value),
            Body::Text(text) | Body::Expanded(text) => visitor.visit_borrowed_str(text),
            Body::List(items) => return self.list(items, visitor),
            Body::Map(entries) => return self.map(entries, visitor),
        };
        done.map_err(|fault: Fault| fault.of(self.node))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.body {
            Body::Bool(value) => visitor.visit_bool(*value),
            Body::Expanded(text) if text == "true" => visitor.visit_bool(true),
            Body::Expanded(text) if text == "false" => visitor.visit_bool(false),
            _ => Err(self.mismatch("true or false")),
        }
    }

    /// A text is whatever is written, be it a number or not.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Some(written) = &self.node.written {
            return self.text(written, visitor);
        }
        match &self.node.body {
            Body::Text(text) | Body::Expanded(text) => self.text(text, visitor),
            Body::Bool(value) => visitor.visit_string(value.to_string()).map_err(|fault: Fault| fault.of(self.node)),
            Body::Integer(value) => visitor.visit_string(value.to_string()).map_err(|fault: Fault| fault.of(self.node)),
            Body::Float(value) => visitor.visit_string(value.to_string()).map_err(|fault: Fault| fault.of(self.node)),
            Body::Null | Body::List(_) | Body::Map(_) => Err(self.mismatch("a text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.body {
            Body::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            LOCATED => visitor.visit_seq(Parts::new(&self.node.span, self)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let entries = self.entries(&format!("a mapping of {}", list(fields)))?;
        self.map(entries, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let entries = self.entries("a mapping")?;
        self.map(entries, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.body {
            Body::List(items) => self.list(items, visitor),
            Body::Null => self.list(&[], visitor),
            _ => Err(self.mismatch("a list")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.body {
            Body::Map(entries) => match entries.as_slice() {
                [entry] => {
                    visitor.visit_enum(OneKey(entry)).map_err(|fault| fault.at(self.node, entry.key_span.clone()))
                }
                // What was its key was taken out.
                [] if self.node.is_damaged => Err(Fault::lack("a key is missing").of(self.node)),
                _ => {
                    let message = format!("expected exactly one of {}", list(variants));
                    Err(Fault::new(message).of(self.node))
                }
            },
            _ => Err(self.mismatch(&format!("a mapping with one of {}", list(variants)))),
        }
    }

    /// Only for what nobody reads: a type that wants no key to be passed over says so itself.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        self.0.next().map(|node| seed.deserialize(NodeReader { node }).map_err(|fault| fault.of(node))).transpose()
    }
}

struct Entries<'de> {
    entries: &'de [Entry],
    /// Of the key that was read last.
    value: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((entry, rest)) = self.entries.split_first() else { return Ok(None) };
        (self.entries, self.value) = (rest, Some(&entry.value));
        // What is wrong with a key is a matter of its entry.
        let key = seed.deserialize(KeyReader(entry));
        key.map(Some).map_err(|fault| fault.at(&entry.value, entry.key_span.clone()))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(node) = self.value.take() else { return Err(Fault::new("a value without a key")) };
        seed.deserialize(NodeReader { node }).map_err(|fault| fault.of(node))
    }
}

/// Reads a key: a text.
struct KeyReader<'de>(&'de Entry);

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(&self.0.key)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            LOCATED => visitor.visit_seq(Parts::new(&self.0.key_span, self)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A mapping of one key, which says what its value is.
struct OneKey<'de>(&'de Entry);

impl<'de> EnumAccess<'de> for OneKey<'de> {
    type Error = Fault;
    type Variant = NodeReader<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, NodeReader<'de>), Fault> {
        let key: StrDeserializer<'de, Fault> = self.0.key.as_str().into_deserializer();
        Ok((seed.deserialize(key)?, NodeReader { node: &self.0.value }))
    }
}

impl<'de> VariantAccess<'de> for NodeReader<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match &self.node.body {
            Body::Null => Ok(()),
            _ => Err(self.mismatch("nothing")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self).map_err(|fault| fault.of(self.node))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use weft_federation::diagnostics::Source;

    use super::super::tree::parse;
    use super::*;

    #[test]
    fn a_text_is_what_is_written() {
        let cases = [
            ("a: 1.10", "1.10"),
            ("a: 0012345", "0012345"),
            ("a: no", "no"),
            ("a: true # yes", "true"),
            ("a: 1e3", "1e3"),
            ("a: '1.10'", "1.10"),
            ("a: { }", "expected a text, found a mapping"),
            ("b: &b 1.10\na: *b", "1.10"),
            ("{ b: 0x10, a: 0x10 }", "0x10"),
        ];
        for (text, expected) in cases {
            let tree = parse(&Source::new("weft.yaml", text)).unwrap_or_else(|error| panic!("{error}"));
            let found = match BTreeMap::<String, String>::deserialize(NodeReader::new(&tree)) {
                Ok(found) => found.get("a").cloned().unwrap_or_default(),
                Err(fault) => format!("{fault}"),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
