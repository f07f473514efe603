//! Percent-encoding for URLs.

use crate::prelude::*;

/// Appends a text with all characters but RFC 3986's unreserved ones percent-encoded.
pub(crate) fn percent_encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(HEX.get(usize::from(digit)).copied().map(char::from));
            }
        }
    }
}
