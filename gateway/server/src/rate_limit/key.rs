//! Owns what requests are counted by, and the keys that follow for one request.

use std::fmt::Write as _;

use super::address::Address;

/// By what requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// The address that they come from.
    Ip,
    /// The user whose token they have.
    User,
    /// The consumer whose API key they have.
    ApiKey,
    /// The client that they are for, as a whole.
    Bff,
}

impl By {
    pub const ALL: [Self; 4] = [Self::Ip, Self::User, Self::ApiKey, Self::Bff];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::Bff => "bff",
        }
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Box<str>);

impl Key {
    pub fn of_address(address: Address) -> Self {
        Self(address.to_string().into())
    }

    /// Users are known by what their issuer calls them. Another issuer's user of the same name is another one.
    pub fn of_user(issuer: &str, subject: &str) -> Self {
        let mut key = String::with_capacity(issuer.len() + subject.len() + 4);
        // With its length before it no end of an issuer is taken for a beginning of a name. Writing to a String cannot fail.
        let _ = write!(key, "{}:{issuer}{subject}", issuer.len());
        Self(key.into())
    }

    pub fn of_consumer(id: &str) -> Self {
        Self(id.into())
    }

    /// `None` for the supergraph's own endpoint, which has no name; no client's is empty.
    pub fn of_client(name: Option<&str>) -> Self {
        Self(name.unwrap_or_default().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
