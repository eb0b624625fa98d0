//! Tests of reading JSON, beside `serde_json`.

use proptest::prelude::*;
use weft_federation::connect::mapping;

use super::*;

fn accepts(bytes: &[u8]) -> Result<()> {
    let mut reader = Reader::new(bytes)?;
    reader.skip()?;
    reader.end()
}

#[test]
fn agrees_with_serde_json_on_what_json_is() {
    let texts = [
        "",
        " ",
        "null",
        "nul",
        "nulll",
        "true",
        "tru",
        "false",
        "0",
        "-0",
        "-",
        "01",
        "1.",
        "1.5",
        ".5",
        "1e",
        "1e5",
        "1E+5",
        "1e-",
        "\"\"",
        "\"",
        "\"\\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u00e9\"",
        "\"a\nb\"",
        "[]",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{\"a\" : [ 1 , {\"b\":null} ] }",
        "1 2",
        "[]]",
        "\u{feff}1",
        "'a'",
        "NaN",
    ];
    for text in texts {
        let expected = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        assert_eq!(accepts(text.as_bytes()).is_ok(), expected, "{text}");
    }
}

#[test]
fn refuses_deep_nesting_and_bad_utf8() {
    let deep = "[".repeat(100_000);
    assert_eq!(accepts(deep.as_bytes()), Err(JsonError::TooDeep { at: 512 }));
    assert_eq!(accepts(b"\"\xff\""), Err(JsonError::InvalidUtf8 { at: 1 }));
}

proptest! {
    #[test]
    fn agrees_with_serde_json_on_noise(text in r#"[\[\]{}",:0-9eE.\\ untrfals-]{0,16}"#) {
        let expected = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(accepts(text.as_bytes()).is_ok(), expected, "{}", text);
    }

    #[test]
    fn a_value_that_is_taken_is_the_value_that_would_be_read(
        text in r#"("(a|é|\\n|\\|.){0,20}"?|-?[0-9]{1,12}|true|null|\[1\]| 1)([,}\]:.e 1]|)"#
    ) {
        let mut taker = Reader::new(text.as_bytes()).expect("UTF-8");
        let mut reader = taker.clone();
        match taker.take_plain() {
            Some(place) => prop_assert_eq!((reader.skip_any(), reader.at), (Ok(place), taker.at), "{}", text),
            None => prop_assert_eq!(taker.at, 0),
        }
    }

    #[test]
    fn half_characters_are_refused_as_mappings_do(
        text in r#""(a|\\u(d83d|D83D|dc00|DFFF|00e9|d8)|\\n|\\){0,6}""#
    ) {
        let read = Reader::new(text.as_bytes()).expect("UTF-8").refuse_half_characters().skip();
        let whole = read.is_ok_and(|place| place.len() == text.len());
        prop_assert_eq!(whole, mapping::parse_json(text.as_bytes()).is_ok(), "{}", text);
    }

    #[test]
    fn a_key_that_is_taken_is_the_key_that_would_be_read(
        text in r#"(,| ,)?( |)"(a|ab|\\u0061|é)"( |)(:|)"#, is_first in any::<bool>()
    ) {
        let mut taker = Reader::new(text.as_bytes()).expect("UTF-8");
        let mut reader = taker.clone();
        let (mut first, mut first_read) = (is_first, is_first);
        if taker.take_key("a", &mut first) {
            let key = reader.next_key(&mut first_read).expect("a key").expect("no end");
            prop_assert_eq!(key.text(&reader), "a");
            prop_assert_eq!((taker.at, first), (reader.at, first_read));
        } else {
            prop_assert_eq!((taker.at, first), (0, is_first));
            let plain = if is_first { r#""a":"# } else { r#","a":"# };
            prop_assert!(!text.starts_with(plain));
        }
    }
}
