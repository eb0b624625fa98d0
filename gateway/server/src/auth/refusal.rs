//! Owns the reasons for which a caller is not let in, in words for who sent the request.

/// The ways to say who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Schemes {
    /// A JSON Web Token in `Authorization: Bearer …`.
    pub jwt: bool,
    /// A key in a header of its own.
    pub api_key: bool,
}

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing was sent that says who it is, in one of these ways.
    #[error("{}", needed(*.0))]
    Missing(Schemes),
    #[error("The token {0}.")]
    Token(TokenFault),
    #[error("The API key {0}.")]
    ApiKey(ApiKeyFault),
}

/// What is wrong with a token. It goes on from "The token ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("is of another kind than Bearer")]
    NotBearer,
    #[error("is not a JSON Web Token that can be read")]
    Malformed,
    #[error("is too long")]
    TooLong,
    #[error("has a critical header that is not understood")]
    Critical,
    #[error("is of an unknown issuer")]
    Issuer,
    #[error("is signed in a way that is not allowed")]
    Algorithm,
    /// The issuer publishes none that it could be signed with.
    #[error("is signed with an unknown key")]
    UnknownKey,
    /// The key may be known to the issuer, who cannot be asked.
    #[error("cannot be checked now; send it again later")]
    NoKeys,
    #[error("has a wrong signature")]
    Signature,
    /// The claim is not there, or not of the type that it has to have.
    #[error("has no valid claim {0}")]
    Claim(&'static str),
    #[error("expired")]
    Expired,
    #[error("is not valid yet")]
    NotYet,
    #[error("is for another audience")]
    Audience,
    /// It holds, but not here.
    #[error("is not for this client")]
    OtherClient,
}

/// What is wrong with an API key. It goes on from "The API key ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyFault {
    /// Who signs a request as two may be read as either.
    #[error("is sent twice, differently; send one")]
    Ambiguous,
    #[error("is not known")]
    Unknown,
    #[error("is disabled")]
    Disabled,
    /// It holds, but not here.
    #[error("is not for this client")]
    OtherClient,
}

impl From<TokenFault> for Refusal {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

impl From<ApiKeyFault> for Refusal {
    fn from(fault: ApiKeyFault) -> Self {
        Self::ApiKey(fault)
    }
}

fn needed(schemes: Schemes) -> &'static str {
    match schemes {
        Schemes { jwt: true, api_key: false } => "A token is needed; send it as \"Authorization: Bearer …\".",
        Schemes { jwt: false, api_key: true } => "An API key is needed.",
        Schemes { jwt: true, api_key: true } => {
            "A token or an API key is needed; send the token as \"Authorization: Bearer …\"."
        }
        // No configuration comes to this.
        Schemes { jwt: false, api_key: false } => "Nobody is let in here.",
    }
}
