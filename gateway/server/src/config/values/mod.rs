//! Owns the values that several sections have: each is checked as it is read.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use regex::{Regex, RegexBuilder};
use reqwest::Url;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::rate_limit::{Network, RedisUrl};

/// A value that is written as a text.
trait Text: Sized {
    /// What people call it.
    const NAME: &'static str;
    /// What is expected, for who wrote something else.
    const EXPECTED: &'static str;
    /// How it is written, as a regular expression.
    const PATTERN: Option<&'static str> = None;
    /// The type of JSON for a number, which may be written without quotes: editors have to know.
    const NUMBER: Option<&'static str> = None;

    /// `None` for what it is not. The text itself is not told: it may have come of a variable that is secret.
    fn parse(text: &str) -> Option<Self>;
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::parse(text).ok_or_else(|| E::custom(format_args!("expected {}", T::EXPECTED)))
    }
}

fn text_schema<T: Text>() -> Schema {
    let mut schema = json_schema!({ "type": "string", "title": T::NAME });
    if let Some(number) = T::NUMBER {
        schema.insert("type".to_owned(), serde_json::json!([number, "string"]));
    }
    if let Some(pattern) = T::PATTERN {
        // Before it is expanded, it is anything with a variable in it.
        schema.insert("pattern".to_owned(), format!(r"^({pattern}|.*\$\{{env\..*)$").into());
    }
    schema
}

/// Reading and schema of texts.
macro_rules! texts {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(PhantomData))
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                <$type as Text>::NAME.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                text_schema::<$type>()
            }
        }
    )*};
}

mod words;

pub use words::{Algorithm, By, Errors, Exposure, OnError, Operations, Scheme, StorageKind, TokenAlgorithm, Unit};

texts!(
    Time,
    Size,
    Count,
    Number,
    Share,
    Date,
    ListenAddress,
    HttpUrl,
    Header,
    SecretHeaderValue,
    SecretText,
    HashedKey,
    Pattern,
    IpNetwork,
    SecretRedisUrl,
    SourceName
);

/// A number of at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u32);

impl Text for Count {
    const NAME: &'static str = "number";
    const EXPECTED: &'static str = "a whole number of at least 1";
    const PATTERN: Option<&'static str> = Some("[1-9][0-9]*");
    const NUMBER: Option<&'static str> = Some("integer");

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|count| *count > 0).map(Self)
    }
}

/// A number that may be zero, which often turns something off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub u32);

impl Number {
    pub fn unless_zero(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|number| *number > 0)
    }
}

impl Text for Number {
    const NAME: &'static str = "number";
    const EXPECTED: &'static str = "a whole number, such as 0 or 3";
    const PATTERN: Option<&'static str> = Some("[0-9]+");
    const NUMBER: Option<&'static str> = Some("integer");

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// A part of a whole, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(pub f64);

impl Text for Share {
    const NAME: &'static str = "share";
    const EXPECTED: &'static str = "a share from 0 to 1, such as 0.2";
    const PATTERN: Option<&'static str> = Some(r"0(\.[0-9]+)?|1(\.0+)?");
    const NUMBER: Option<&'static str> = Some("number");

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).map(Self)
    }
}

/// A day, as the moment at which it begins in UTC: in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub u64);

impl Text for Date {
    const NAME: &'static str = "date";
    const EXPECTED: &'static str = "a date from 1970 on, such as 2027-12-31";
    const PATTERN: Option<&'static str> = Some("[0-9]{4}-[0-9]{2}-[0-9]{2}");

    fn parse(text: &str) -> Option<Self> {
        let [year, month, day] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
        let number = |digits: &str, length| {
            let is_one = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_one { digits.parse::<u64>().ok() } else { None }
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let is_leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let february = if is_leap(year) { 29 } else { 28 };
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let before = usize::try_from(month).ok()?.checked_sub(1)?;
        if year < 1970 || day == 0 || day > *months.get(before)? {
            return None;
        }
        let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
        let days = years + months[..before].iter().sum::<u64>() + day - 1;
        Some(Self(days * 86_400))
    }
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(pub String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Text for SecretText {
    const NAME: &'static str = "text";
    const EXPECTED: &'static str = "a text that is not empty";

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

/// The hash of a key. What is written in its place may be a key itself, and is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedKey(pub [u8; 32]);

impl fmt::Debug for HashedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hash)")
    }
}

impl Text for HashedKey {
    const NAME: &'static str = "hash";
    const EXPECTED: &'static str =
        "`sha256:` and 64 hexadecimal digits, which `printf %s KEY | openssl dgst -sha256` prints";
    const PATTERN: Option<&'static str> = Some("sha256:[0-9a-fA-F]{64}");

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64)?;
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *byte = digit(0)? << 4 | digit(1)?;
        }
        Some(Self(hash))
    }
}

/// A duration of at least a millisecond and at most a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

impl Text for Time {
    const NAME: &'static str = "duration";
    const EXPECTED: &'static str = "a duration from 1ms to 24h, such as 250ms, 30s, 5m or 1h";
    const PATTERN: Option<&'static str> = Some("[0-9]+(ms|s|m|h)");

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = number_and_unit(text)?;
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        let milliseconds = number.checked_mul(factor)?;
        (1..=86_400_000).contains(&milliseconds).then(|| Self(Duration::from_millis(milliseconds)))
    }
}

/// A number of bytes, of at least one and at most 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub usize);

impl Text for Size {
    const NAME: &'static str = "size";
    const EXPECTED: &'static str = "a size from 1B to 4GiB, such as 512B, 64kB, 2MB or 2MiB";
    const PATTERN: Option<&'static str> = Some("[0-9]+(B|[kK]B|MB|GB|KiB|MiB|GiB)");

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = number_and_unit(text)?;
        let factor = match unit {
            "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        let bytes = number.checked_mul(factor).filter(|bytes| (1..=4 << 30).contains(bytes))?;
        usize::try_from(bytes).ok().map(Self)
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    Some((number.parse().ok()?, unit))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress(pub String);

impl Text for ListenAddress {
    const NAME: &'static str = "address";
    const EXPECTED: &'static str = "an address as host:port, such as 127.0.0.1:4000";

    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let is_one = !host.is_empty() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
        port.parse::<u16>().ok().filter(|_| is_one).map(|_| Self(text.to_owned()))
    }
}

/// An address of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl(pub String);

impl Text for HttpUrl {
    const NAME: &'static str = "URL";
    const EXPECTED: &'static str = "a URL that starts with http:// or https://";

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| Self(text.to_owned()))
    }
}

/// The name of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header(pub HeaderName);

impl Text for Header {
    const NAME: &'static str = "header";
    const EXPECTED: &'static str = "the name of a header, such as x-request-id";

    fn parse(text: &str) -> Option<Self> {
        HeaderName::from_bytes(text.as_bytes()).ok().map(Self)
    }
}

/// The value of a header, which may be secret: it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHeaderValue(pub HeaderValue);

impl fmt::Debug for SecretHeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Text for SecretHeaderValue {
    const NAME: &'static str = "text";
    const EXPECTED: &'static str = "the value of a header: one line of visible characters";

    fn parse(text: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }
}

/// A regular expression that is looked for in names, whatever their case.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl Text for Pattern {
    const NAME: &'static str = "regular expression";
    const EXPECTED: &'static str = "a regular expression, such as ^x-";

    fn parse(text: &str) -> Option<Self> {
        RegexBuilder::new(text).case_insensitive(true).build().ok().map(Self)
    }
}

/// An address, or those that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpNetwork(pub Network);

impl Text for IpNetwork {
    const NAME: &'static str = "network";
    const EXPECTED: &'static str = "an address or a network, such as 192.0.2.1, 10.0.0.0/8 or fd00::/8";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// Where a Redis is. It may have a password in it, and is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRedisUrl(pub RedisUrl);

impl Text for SecretRedisUrl {
    const NAME: &'static str = "URL";
    const EXPECTED: &'static str = "a URL such as redis://:password@host:6379/0, or rediss:// for TLS";

    fn parse(text: &str) -> Option<Self> {
        RedisUrl::parse(text).map(Self)
    }
}

/// A `@source`, by the name of its subgraph and its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceName {
    pub subgraph: String,
    pub source: String,
}

impl Text for SourceName {
    const NAME: &'static str = "subgraph.source";
    const EXPECTED: &'static str = "a source with its subgraph, as subgraph.source";

    fn parse(text: &str) -> Option<Self> {
        // A source's name has no dot, a subgraph's may.
        let (subgraph, source) = text.rsplit_once('.')?;
        let is_one = !subgraph.is_empty() && !source.is_empty();
        is_one.then(|| Self { subgraph: subgraph.to_owned(), source: source.to_owned() })
    }
}

#[cfg(test)]
mod tests;
