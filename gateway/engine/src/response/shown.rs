//! Owns what a view's client is shown of a single leaf: an enum's value by the client's name for it, a text masked.

use std::borrow::Cow;

use weft_federation::schema::write_json_string;
use weft_federation::view::{EnumMap, Mask, Treatment};

/// A leaf as a client sees it.
pub enum Shown<'a> {
    /// JSON, as it came.
    Raw(&'a [u8]),
    /// The client's name of an enum's value, in which there is nothing to escape.
    Name(&'a str),
    /// JSON.
    Masked(String),
}

impl<'a> Shown<'a> {
    /// `leaf` is one JSON token; `None` if it is nothing that the client knows.
    pub fn of(leaf: &'a [u8], treatment: &'a Treatment) -> Option<Self> {
        match (&treatment.values, &treatment.mask) {
            (None, None) => Some(Self::Raw(leaf)),
            (Some(values), None) => renamed(&text(leaf)?, values).map(Self::Name),
            (None, Some(mask)) => Some(Self::Masked(masked(&text(leaf)?, mask))),
            (Some(values), Some(mask)) => Some(Self::Masked(masked(renamed(&text(leaf)?, values)?, mask))),
        }
    }
}

/// What a JSON string says; `None` for other tokens.
fn text(leaf: &[u8]) -> Option<Cow<'_, str>> {
    match leaf {
        [b'"', text @ .., b'"'] if !text.contains(&b'\\') => std::str::from_utf8(text).ok().map(Cow::Borrowed),
        _ => serde_json::from_slice(leaf).ok().map(Cow::Owned),
    }
}

fn renamed<'a>(text: &str, values: &'a EnumMap) -> Option<&'a str> {
    let known = values.read.iter().find(|(upstream, _)| upstream == text).map(|(_, client)| client);
    known.or(values.catch_all.as_ref()).map(|name| name.as_str())
}

/// The text with all but its last characters hidden, as JSON. One that is too short to keep a secret beside them is hidden
/// whole.
fn masked(text: &str, mask: &Mask) -> String {
    let length = text.chars().count();
    let keep = mask.keep_last as usize;
    let hidden = if length < keep.saturating_mul(2) { length } else { length - keep };
    let hide = std::iter::repeat_n(mask.char, hidden);
    let seen: String = hide.chain(text.chars().skip(hidden)).collect();
    let mut json = String::with_capacity(seen.len() + 2);
    write_json_string(&seen, &mut json);
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_the_end_of_what_is_long_enough() {
        let masked = |text: &str, keep_last| masked(text, &Mask { keep_last, char: '*', unless: [].into() });
        assert_eq!(masked("4111111111111234", 4), "\"************1234\"");
        assert_eq!(masked("12345678", 4), "\"****5678\"");
        assert_eq!(masked("1234567", 4), "\"*******\"", "shorter than twice what is kept");
        assert_eq!(masked("1234", 0), "\"****\"");
        assert_eq!(masked("", 4), "\"\"");
        assert_eq!(masked("äöüß", 2), "\"**üß\"");
        assert_eq!(masked("abc\"\n", 2), "\"***\\\"\\n\"");
    }

    #[test]
    fn values_have_the_clients_names_however_they_are_written() {
        let name = |text| apollo_compiler::Name::new_unchecked(text);
        let map = |catch_all| EnumMap { read: vec![(name("RED"), name("ROT"))], catch_all, ..EnumMap::default() };
        let cases: [(&str, _, _); 6] = [
            ("\"RED\"", None, Some("ROT")),
            ("\"R\\u0045D\"", None, Some("ROT")),
            ("\"BLUE\"", None, None),
            ("\"BLUE\"", Some(name("OTHER")), Some("OTHER")),
            ("\"\"", None, None),
            ("1", Some(name("OTHER")), None),
        ];
        for (leaf, catch_all, expected) in cases {
            let treatment = Treatment { values: Some(map(catch_all).into()), ..Treatment::default() };
            let shown = match Shown::of(leaf.as_bytes(), &treatment) {
                Some(Shown::Name(name)) => Some(name),
                None => None,
                Some(Shown::Raw(_) | Shown::Masked(_)) => panic!("{leaf} is a value of an enum"),
            };
            assert_eq!(shown, expected, "{leaf}");
        }
    }
}
