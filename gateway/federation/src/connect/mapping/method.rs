//! Owns the methods of the mapping language by name, with the arguments that they take.

use super::MappingError;
use super::ast::{Expression, ExpressionKind};
use std::ops::Range;

macro_rules! methods {
    ($($variant:ident $name:literal $least:literal ..= $most:expr => $result:ident;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Method { $($variant),* }

        impl Method {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The least and the most arguments.
            fn arity(self) -> (usize, usize) {
                match self { $(Self::$variant => ($least, $most)),* }
            }

            pub(super) fn result(self) -> MethodResult {
                match self { $(Self::$variant => MethodResult::$result),* }
            }
        }
    };
}

/// Where the result of a method comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodResult {
    /// It is the input, or some of its items.
    Input,
    /// An item of a list, a character of a string, or a value of an object.
    Item,
    /// What the argument gives.
    Argument,
    /// What the second value of one of the pairs in the arguments gives.
    Matched,
    /// Objects, each with a key and its value in the input.
    Entries,
    /// A boolean, a number or a string that is computed.
    Scalar,
}

const ANY: usize = usize::MAX;

methods! {
    Echo "echo" 1..=1 => Argument;
    Match "match" 1..=ANY => Matched;
    First "first" 0..=0 => Input;
    Last "last" 0..=0 => Input;
    Map "map" 1..=1 => Argument;
    JoinNotNull "joinNotNull" 1..=1 => Scalar;
    Slice "slice" 1..=2 => Input;
    Entries "entries" 0..=0 => Entries;
    Size "size" 0..=0 => Scalar;
    Filter "filter" 1..=1 => Input;
    Find "find" 1..=1 => Input;
    Get "get" 1..=1 => Item;
    Contains "contains" 1..=1 => Scalar;
    In "in" 1..=ANY => Scalar;
    Eq "eq" 1..=1 => Scalar;
    Ne "ne" 1..=1 => Scalar;
    Lt "lt" 1..=1 => Scalar;
    Lte "lte" 1..=1 => Scalar;
    Gt "gt" 1..=1 => Scalar;
    Gte "gte" 1..=1 => Scalar;
    Not "not" 0..=0 => Scalar;
    And "and" 1..=ANY => Scalar;
    Or "or" 1..=ANY => Scalar;
    Add "add" 1..=ANY => Scalar;
    Sub "sub" 1..=ANY => Scalar;
    Mul "mul" 1..=ANY => Scalar;
    Div "div" 1..=ANY => Scalar;
    Mod "mod" 1..=ANY => Scalar;
    ToString "toString" 0..=0 => Scalar;
    ParseInt "parseInt" 0..=1 => Scalar;
    JsonStringify "jsonStringify" 0..=0 => Scalar;
}

impl Method {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }

    pub(super) fn check_arguments(self, arguments: &[Expression], span: &Range<usize>) -> Result<(), MappingError> {
        let (least, most) = self.arity();
        let count = arguments.len();
        if count < least || count > most {
            let wanted = match (least, most) {
                (0, 0) => "no arguments".to_owned(),
                (1, 1) => "one argument".to_owned(),
                (least, ANY) => format!("at least {least} argument{}", if least == 1 { "" } else { "s" }),
                (least, most) => format!("{least} to {most} arguments"),
            };
            let message = format!("`->{}` takes {wanted}, not {count}", self.name());
            return Err(MappingError::new(span.clone(), message));
        }
        if self == Self::Match {
            for argument in arguments {
                if !matches!(&argument.kind, ExpressionKind::List(pair) if pair.len() == 2) {
                    return Err(MappingError::new(argument.span.clone(), "an argument of `->match` is a pair")
                        .help("write `[candidate, result]`; `[@, result]` fits every value"));
                }
            }
        }
        Ok(())
    }
}
