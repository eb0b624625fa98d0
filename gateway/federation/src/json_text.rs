//! Owns finding where the plain text of a JSON string ends, which is what most of reading JSON is.

/// How many bytes are plain text of a string, before the first that ends it or means more: a quote, a backslash, a control
/// character. Strings are most of what backends answer, so eight bytes are looked at in one step, and where these are plain,
/// blocks for which the compiler has vector instructions.
pub fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    if let Some(word) = bytes.first_chunk() {
        match special_in(*word) {
            Some(found) => return found,
            None => at = word.len(),
        }
    }
    while let Some(block) = bytes[at..].first_chunk::<BLOCK>()
        && is_plain(block)
    {
        at += BLOCK;
    }
    while let Some(word) = bytes[at..].first_chunk() {
        match special_in(*word) {
            Some(found) => return at + found,
            None => at += word.len(),
        }
    }
    at + bytes[at..].iter().position(|byte| is_special(*byte)).unwrap_or(bytes.len() - at)
}

const BLOCK: usize = 32;

/// A loop and not `map`, which is a call and two copies where it is not inlined.
#[inline]
fn is_plain(block: &[u8; BLOCK]) -> bool {
    let mut special = [0; BLOCK];
    for (special, byte) in special.iter_mut().zip(block) {
        *special = if is_special(*byte) { u8::MAX } else { 0 };
    }
    special == [0; BLOCK]
}

/// Without branches, or there would be no vector instructions for it.
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// The first special byte of eight.
///
/// In each byte of a word the top bit is set where subtracting borrows, which is where the byte was smaller than what was
/// subtracted (Mycroft's test for a zero byte). A borrow reaches into higher bytes only, and the lowest hit is the one taken.
fn special_in(word: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    let word = u64::from_le_bytes(word);
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let special = (is(b'"') | is(b'\\') | below(word, 0x20)) & (ONES << 7);
    (special != 0).then(|| special.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // No files of seeds beside the source: what a run finds becomes a case in a table.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_end_of_plain_text_is_found_as_byte_by_byte(
            bytes in prop::collection::vec(prop_oneof![6 => any::<u8>(), 1 => b'!'..=b'#', 1 => 0x1e_u8..0x22], 0..40),
            plain_before in 0_usize..100,
        ) {
            let bytes = [vec![b'a'; plain_before], bytes].concat();
            let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(plain_length(&bytes), expected.unwrap_or(bytes.len()), "{:?}", bytes);
        }
    }
}
