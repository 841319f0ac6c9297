//! The lines of a flood: each can be told from its number alone, so a reader
//! sees at once whether one was torn, lost or mixed with another. Also compiled
//! into the tests.

/// The line number `at` of a flood by `role`, without its newline. Lengths vary
/// so that line ends fall anywhere in a read.
pub fn record(role: &str, at: usize) -> String {
    let length = at.wrapping_mul(2_654_435_761) >> 7 & 127;
    let payload: String =
        (0..length).map(|i| char::from(b'a' + u8::try_from((at + i) % 26).unwrap_or(0))).collect();
    format!("flood {role} {at:07} {payload} end{at}")
}
