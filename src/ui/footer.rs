//! Lines at the foot of a terminal that are drawn again and again, for as long
//! as they are true. Must not know what they say.

use std::fmt::Write as _;

/// What stands there now.
#[derive(Debug, Default)]
pub struct Footer {
    shown: usize,
}

impl Footer {
    /// What takes the lines away, so that others can be written in their place.
    pub fn wipe(&mut self) -> String {
        match std::mem::take(&mut self.shown) {
            0 => String::new(),
            lines => format!("\r\x1b[{lines}A\x1b[J"),
        }
    }

    /// What puts these lines there, after `wipe`. None of them may be wider
    /// than the terminal.
    pub fn draw(&mut self, lines: &[String]) -> String {
        self.shown = lines.len();
        lines.iter().fold(String::new(), |mut text, line| {
            // Writing to a string can't fail.
            let _ok = writeln!(text, "{line}");
            text
        })
    }

    /// Something else has happened to the terminal: they are gone.
    pub fn forget(&mut self) {
        self.shown = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_lines_are_wiped_as_were_drawn() {
        let mut footer = Footer::default();
        assert_eq!(footer.wipe(), "");
        assert_eq!(footer.draw(&["a".to_owned(), "b".to_owned()]), "a\nb\n");
        assert_eq!(footer.wipe(), "\r\x1b[2A\x1b[J");
        assert_eq!(footer.wipe(), "");
    }
}
