//! What comes on stdin: a presented secret, or the answer to a question.
//!
//! It is read with read(2) into memory that is wiped: std's own buffer of stdin would keep a copy.

use std::io::{self, IsTerminal as _};

use keycask::MAX_PRESENTED_LEN;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::Output;

/// The longest secret, its newline of two characters, and one byte that shows that there was more.
const LIMIT: usize = MAX_PRESENTED_LEN + 3;

/// Whether somebody sits at stdin.
pub(crate) fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// The secret on stdin without its final newline; of what is too long to be one, only the beginning.
pub(crate) fn secret() -> Result<Zeroizing<Vec<u8>>, Failure> {
    if is_terminal() {
        Output::stderr("keycask: paste the secret, then press Enter\n");
    }
    let mut bytes = Zeroizing::new(vec![0; LIMIT]);
    let len = read(&mut bytes)?;
    bytes.truncate(len);
    let len = strip_newline(&bytes).len();
    bytes.truncate(len);
    Ok(bytes)
}

/// Asks at the terminal; anything but yes is no.
pub(crate) fn answer_is_yes(question: &str) -> Result<bool, Failure> {
    Output::stderr(&format!("keycask: {question} [y/N] "));
    let mut bytes = [0; 16];
    let len = read(&mut bytes)?;
    Ok(matches!(strip_newline(&bytes[..len]), b"y" | b"Y" | b"yes" | b"Yes" | b"YES"))
}

/// Fills `bytes` up to the end of stdin, at a terminal up to the end of the line.
fn read(bytes: &mut [u8]) -> Result<usize, Failure> {
    let (stdin, one_line) = (io::stdin(), is_terminal());
    let mut len = 0;
    while len < bytes.len() && !(one_line && bytes[..len].ends_with(b"\n")) {
        match nix::unistd::read(&stdin, &mut bytes[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(nix::Error::EINTR) => {}
            Err(error) => return Err(Failure::io("read standard input", &error.into())),
        }
    }
    Ok(len)
}

fn strip_newline(bytes: &[u8]) -> &[u8] {
    let Some(line) = bytes.strip_suffix(b"\n") else { return bytes };
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_newline_is_stripped() {
        for (given, left) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a", "a"),
            ("a\n\n", "a\n"),
            ("a\r", "a\r"),
            ("\n", ""),
            ("", ""),
            ("\na", "\na"),
            ("a\r\r\n", "a\r"),
        ] {
            assert_eq!(strip_newline(given.as_bytes()), left.as_bytes(), "{given:?}");
        }
    }
}
