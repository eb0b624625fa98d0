//! Owns counting the values of a message before it is built: two bytes may stand for a message, which takes a hundred times as
//! much memory once it is one.

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::conversion::Conversion;

/// Messages within messages. Deeper ones are refused where they are built.
const MAX_DEPTH: usize = 100;

/// Whether the bytes hold at most so many values, counted as they are converted: all fields of each message, and all items and
/// entries. Bytes that are no such message hold whatever comes before it shows.
pub(super) fn fits(bytes: &[u8], descriptor: &MessageDescriptor, max_values: usize) -> bool {
    let mut counter = Counter { left: max_values };
    !matches!(counter.message(&mut &bytes[..], Some(descriptor), 0, None), Err(Stop::TooMany))
}

enum Stop {
    TooMany,
    Malformed,
}

impl From<prost::DecodeError> for Stop {
    fn from(_: prost::DecodeError) -> Self {
        Self::Malformed
    }
}

struct Counter {
    left: usize,
}

impl Counter {
    fn take(&mut self, count: usize) -> Result<(), Stop> {
        self.left = self.left.checked_sub(count).ok_or(Stop::TooMany)?;
        Ok(())
    }

    /// Counts a message, to the end of its bytes or of the group with this number. Of one without a descriptor only the fields
    /// that are there are known.
    fn message(
        &mut self,
        bytes: &mut &[u8],
        descriptor: Option<&MessageDescriptor>,
        depth: usize,
        group: Option<u32>,
    ) -> Result<(), Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::Malformed);
        }
        if let Some(descriptor) = descriptor
            && !descriptor.is_map_entry()
            && matches!(Conversion::of_message(descriptor), Conversion::Message(_))
        {
            self.take(descriptor.fields().len())?;
        }
        while bytes.has_remaining() {
            let (number, wire_type) = decode_key(bytes)?;
            if wire_type == WireType::EndGroup {
                return if group == Some(number) { Ok(()) } else { Err(Stop::Malformed) };
            }
            self.field(bytes, descriptor.and_then(|message| message.get_field(number)), (number, wire_type), depth)?;
        }
        if group.is_some() { Err(Stop::Malformed) } else { Ok(()) }
    }

    fn field(
        &mut self,
        bytes: &mut &[u8],
        field: Option<FieldDescriptor>,
        (number, wire_type): (u32, WireType),
        depth: usize,
    ) -> Result<(), Stop> {
        // What nobody knows is kept with the message, as it came.
        let is_own = field.as_ref().is_none_or(|field| field.is_list() || field.is_map());
        let kind = field.as_ref().map(FieldDescriptor::kind);
        match (wire_type, &kind) {
            (WireType::LengthDelimited, Some(Kind::Message(message))) => {
                self.take(usize::from(is_own))?;
                self.message(&mut part(bytes)?, Some(message), depth + 1, None)
            }
            (WireType::LengthDelimited, Some(kind)) if is_own && !matches!(kind, Kind::String | Kind::Bytes) => {
                self.take(packed(part(bytes)?, kind))
            }
            (WireType::LengthDelimited, _) => {
                self.take(usize::from(is_own))?;
                part(bytes).map(drop)
            }
            (WireType::StartGroup, kind) => {
                self.take(usize::from(is_own))?;
                let message = kind.as_ref().and_then(Kind::as_message);
                self.message(bytes, message, depth + 1, Some(number))
            }
            (WireType::Varint | WireType::ThirtyTwoBit | WireType::SixtyFourBit, _) => {
                self.take(usize::from(is_own))?;
                match wire_type {
                    WireType::Varint => decode_varint(bytes).map(drop)?,
                    WireType::ThirtyTwoBit => skip(bytes, 4).map(drop)?,
                    _ => skip(bytes, 8).map(drop)?,
                }
                Ok(())
            }
            (WireType::EndGroup, _) => Err(Stop::Malformed),
        }
    }
}

/// How many scalars are in a packed list.
fn packed(bytes: &[u8], kind: &Kind) -> usize {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => bytes.len() / 8,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => bytes.len() / 4,
        // The last byte of each has its top bit clear.
        Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Bool
        | Kind::Enum(_) => bytes.iter().filter(|byte| **byte < 0x80).count(),
        Kind::String | Kind::Bytes | Kind::Message(_) => 1,
    }
}

/// The bytes of a part that begins with its length.
fn part<'b>(bytes: &mut &'b [u8]) -> Result<&'b [u8], Stop> {
    let length = decode_varint(bytes)?;
    skip(bytes, usize::try_from(length).map_err(|_| Stop::Malformed)?)
}

fn skip<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8], Stop> {
    let (part, rest) = bytes.split_at_checked(length).ok_or(Stop::Malformed)?;
    *bytes = rest;
    Ok(part)
}
