//! Owns names: those that GraphQL allows, made of those that documents have.

use std::collections::HashMap;

/// `list-all_users` → `listAllUsers`. None for a text without a letter or digit.
pub fn camel(text: &str) -> Option<String> {
    let (underscore, words) = words(text)?;
    let mut name = String::from(underscore);
    for (at, word) in words.iter().enumerate() {
        if at == 0 { name.push_str(&lower_start(word)) } else { push_capitalized(word, &mut name) }
    }
    Some(begun_by_letter(name))
}

/// `list-all_users` → `ListAllUsers`.
pub fn pascal(text: &str) -> Option<String> {
    let (_, words) = words(text)?;
    let mut name = String::new();
    for word in &words {
        push_capitalized(word, &mut name);
    }
    Some(begun_by_letter(name))
}

/// `petStore-key` → `PET_STORE_KEY`, for environment variables.
pub fn screaming(text: &str) -> String {
    let mut name = String::new();
    let mut previous_lower = false;
    for character in text.chars() {
        let is_word = character.is_ascii_alphanumeric();
        let begins = character.is_ascii_uppercase() && previous_lower;
        if (begins || !is_word) && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if is_word {
            name.push(character.to_ascii_uppercase());
        }
        previous_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
    }
    name.trim_end_matches('_').to_owned()
}

/// Whether GraphQL takes it as it is. Names that begin with two underscores are its own.
pub fn is_name(text: &str) -> bool {
    is_identifier(text) && !text.starts_with("__")
}

/// Whether it can stand in a mapping without quotes.
pub fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A name by which things are told to be the key of something: `id`, `userId`, `user_id`.
pub fn is_id(name: &str) -> bool {
    name == "id" || name == "_id" || name.ends_with("_id") || name.ends_with("Id") && name.len() > 2
}

/// As [`is_id`], of many: `ids`, `userIds`.
pub fn are_ids(name: &str) -> bool {
    name.strip_suffix('s').is_some_and(is_id)
}

/// The words of a text, each as it was written unless all of it is in capitals, and the underscore that it begins with.
fn words(text: &str) -> Option<(&'static str, Vec<String>)> {
    // `+1` and `-1` would be one name.
    let signed = |sign: char| text.strip_prefix(sign).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let text = match (signed('+'), signed('-')) {
        (Some(rest), _) => format!("plus-{rest}"),
        (None, Some(rest)) => format!("minus-{rest}"),
        (None, None) => text.to_owned(),
    };
    let shouted = !text.contains(|c: char| c.is_ascii_lowercase());
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> =
        words.map(|word| if shouted { word.to_ascii_lowercase() } else { word.to_owned() }).collect();
    let underscore = if text.starts_with('_') { "_" } else { "" };
    (!words.is_empty()).then_some((underscore, words))
}

/// `URLPath` → `urlPath`, `Name` → `name`, `ID` → `id`.
fn lower_start(word: &str) -> String {
    let capitals = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let next_is_letter = word.as_bytes().get(capitals).is_some_and(u8::is_ascii_lowercase);
    let lowered = if capitals > 1 && next_is_letter { capitals - 1 } else { capitals };
    word[..lowered].to_ascii_lowercase() + &word[lowered..]
}

fn push_capitalized(word: &str, name: &mut String) {
    // Words are ASCII.
    let (first, rest) = word.split_at(word.len().min(1));
    // `v1` and `2` would run together as `v12`.
    if name.ends_with(|c: char| c.is_ascii_digit()) && first.starts_with(|c: char| c.is_ascii_digit()) {
        name.push('_');
    }
    name.push_str(&first.to_ascii_uppercase());
    name.push_str(rest);
}

fn begun_by_letter(name: String) -> String {
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The names of types, each with what it was given to.
#[derive(Debug, Default)]
pub struct Taken {
    owners: HashMap<String, String>,
}

/// Names that a type cannot have: GraphQL's own, and those of the scalars that an import defines.
const RESERVED: [&str; 13] = [
    "Query",
    "Mutation",
    "Subscription",
    "ID",
    "String",
    "Int",
    "Float",
    "Boolean",
    "JSON",
    "BigInt",
    "DateTime",
    "Date",
    "Base64",
];

impl Taken {
    /// Whether the name is given to the same thing in the other direction. Owners are a thing and a direction, with a
    /// blank between.
    pub fn is_of_other_way(&self, name: &str, owner: &str) -> bool {
        let thing = |owner: &str| owner.rsplit_once(' ').map(|(thing, _)| thing.to_owned());
        self.owners.get(name).is_some_and(|known| known != owner && thing(known) == thing(owner))
    }

    /// Gives `name` to `owner`, or tells who has it. One whose name is reserved gets `Object` at its end.
    pub fn take(&mut self, name: &str, owner: &str) -> Result<String, &str> {
        let name = if RESERVED.contains(&name) { format!("{name}Object") } else { name.to_owned() };
        let known = self.owners.entry(name.clone()).or_insert_with(|| owner.to_owned());
        if known == owner { Ok(name) } else { Err(known) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_words() {
        let cases = [
            ("list-all_users", "listAllUsers", "ListAllUsers"),
            ("repos/list-for-org", "reposListForOrg", "ReposListForOrg"),
            ("full_name", "fullName", "FullName"),
            ("URLPath", "urlPath", "URLPath"),
            ("ID", "id", "Id"),
            ("HTTP_STATUS", "httpStatus", "HttpStatus"),
            ("htmlURL", "htmlURL", "HtmlURL"),
            ("_links", "_links", "Links"),
            ("__typename", "_typename", "Typename"),
            ("+1", "plus1", "Plus1"),
            ("-1", "minus1", "Minus1"),
            ("2fa", "_2fa", "_2fa"),
            ("v1.2", "v1_2", "V1_2"),
            ("io.k8s.api.core.v1.Pod", "ioK8sApiCoreV1Pod", "IoK8sApiCoreV1Pod"),
            ("filter[name]", "filterName", "FilterName"),
            ("größe", "grE", "GrE"),
        ];
        for (text, in_camel, in_pascal) in cases {
            assert_eq!(camel(text).as_deref(), Some(in_camel), "{text}");
            assert_eq!(pascal(text).as_deref(), Some(in_pascal), "{text}");
        }
        assert_eq!((camel("+"), pascal("日本")), (None, None));
        assert_eq!(screaming("petStore-api_key"), "PET_STORE_API_KEY");
    }

    #[test]
    fn a_name_is_given_once() {
        let mut taken = Taken::default();
        assert_eq!(taken.take("Pet", "a"), Ok("Pet".to_owned()));
        assert_eq!(taken.take("Pet", "a"), Ok("Pet".to_owned()));
        assert_eq!(taken.take("Pet", "b"), Err("a"));
        assert_eq!(taken.take("Query", "c"), Ok("QueryObject".to_owned()));
    }
}
