//! Owns the values of headers: `Bearer {$env.TOKEN}`.

use super::{Piece, RenderError, RenderErrorKind, TemplateExpression, pieces};
use crate::connect::mapping::{MappingError, Value, Vars};

#[derive(Debug, Clone, PartialEq)]
pub struct HeaderTemplate {
    pieces: Vec<Piece>,
}

impl HeaderTemplate {
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let pieces = pieces(text)?;
        for piece in &pieces {
            if let Piece::Literal(literal) = piece
                && literal.bytes().any(is_control)
            {
                return Err(MappingError::new(0..text.len(), "a header's value is one line of text"));
            }
        }
        Ok(Self { pieces })
    }

    pub fn expressions(&self) -> impl Iterator<Item = &TemplateExpression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Expression(expression) => Some(expression),
        })
    }

    /// The value, or `None` where an expression has none: then the header is not sent, rather than sent half empty.
    /// A list, such as the values of a request's header, is joined by `, `.
    pub fn render<'a>(&'a self, vars: &Vars<'a>) -> Result<Option<String>, RenderError> {
        self.fill(vars, |text| !text.bytes().any(is_control))
    }

    /// As [`Self::render`], for a value that is encoded before it is sent and so may hold anything.
    pub fn render_bytes<'a>(&'a self, vars: &Vars<'a>) -> Result<Option<String>, RenderError> {
        self.fill(vars, |_| true)
    }

    fn fill<'a>(&'a self, vars: &Vars<'a>, is_allowed: fn(&str) -> bool) -> Result<Option<String>, RenderError> {
        let mut out = String::new();
        for piece in &self.pieces {
            let expression = match piece {
                Piece::Literal(literal) => {
                    out.push_str(literal);
                    continue;
                }
                Piece::Expression(expression) => expression,
            };
            let refuse = |kind| Err(RenderError::new(kind, &expression.text));
            match expression.eval(vars) {
                Value::Null | Value::Unfit(_) => return Ok(None),
                Value::Array(items) => {
                    let present = items.iter().filter(|item| !item.is_null());
                    let texts: Option<Vec<_>> = present.map(Value::scalar_text).collect();
                    match texts {
                        Some(texts) if texts.is_empty() => return Ok(None),
                        Some(texts) => out.push_str(&texts.join(", ")),
                        None => return refuse(RenderErrorKind::NotScalar),
                    }
                }
                other => match other.scalar_text() {
                    Some(text) => out.push_str(&text),
                    None => return refuse(RenderErrorKind::NotScalar),
                },
            }
            if !is_allowed(&out) {
                return refuse(RenderErrorKind::ControlCharacter);
            }
        }
        Ok(Some(out))
    }
}

/// Line breaks above all, which would begin another header. A tab is allowed in a header's value.
fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}
