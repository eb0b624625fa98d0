//! Owns what is wrong with a client's operation, as the client is told.

/// A request error: nothing was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    /// One of the gateway's `extensions.code`.
    pub code: &'static str,
    pub message: String,
    /// One-based (line, column) places in the operation's text.
    pub locations: Vec<(usize, usize)>,
}

impl OperationError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), locations: vec![] }
    }
}
