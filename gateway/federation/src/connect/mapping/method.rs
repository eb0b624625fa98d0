//! Owns the methods of the mapping language by name, with the arguments that they take.

use super::MappingError;
use super::ast::{Expression, ExpressionKind};
use std::ops::Range;

macro_rules! methods {
    ($($variant:ident $name:literal $least:literal ..= $most:expr;)*) => {
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
        }
    };
}

const ANY: usize = usize::MAX;

methods! {
    Echo "echo" 1..=1;
    Match "match" 1..=ANY;
    First "first" 0..=0;
    Last "last" 0..=0;
    Map "map" 1..=1;
    JoinNotNull "joinNotNull" 1..=1;
    Slice "slice" 1..=2;
    Entries "entries" 0..=0;
    Size "size" 0..=0;
    Filter "filter" 1..=1;
    Find "find" 1..=1;
    Get "get" 1..=1;
    Contains "contains" 1..=1;
    In "in" 1..=ANY;
    Eq "eq" 1..=1;
    Ne "ne" 1..=1;
    Lt "lt" 1..=1;
    Lte "lte" 1..=1;
    Gt "gt" 1..=1;
    Gte "gte" 1..=1;
    Not "not" 0..=0;
    And "and" 1..=ANY;
    Or "or" 1..=ANY;
    Add "add" 1..=ANY;
    Sub "sub" 1..=ANY;
    Mul "mul" 1..=ANY;
    Div "div" 1..=ANY;
    Mod "mod" 1..=ANY;
    ToString "toString" 0..=0;
    ParseInt "parseInt" 0..=1;
    JsonStringify "jsonStringify" 0..=0;
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
