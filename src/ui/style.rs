//! How words may look here: colours or none, signs beyond ASCII or none, and
//! which colour a service has.

pub use super::stop::Look;

use std::env;
use std::io::{IsTerminal, stderr, stdout};

/// What was wished about colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ColourChoice {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Colours of names, as SGR parameters. Red is left to what went wrong.
const PALETTE: [&str; 12] =
    ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94", "38;5;208", "38;5;141"];

impl Look {
    /// How words on standard output may look.
    pub fn of_stdout(choice: ColourChoice) -> Self {
        Self { colour: colours(choice, stdout().is_terminal()), unicode: is_utf8() }
    }

    /// How words on standard error may look.
    pub fn of_stderr(choice: ColourChoice) -> Self {
        Self { colour: colours(choice, stderr().is_terminal()), unicode: is_utf8() }
    }

    /// The sign of what went well.
    pub fn good(self) -> String {
        self.paint("32", if self.unicode { "✓" } else { "ok:" })
    }

    /// The sign of what is worth a look.
    pub fn warning(self) -> String {
        self.paint("33", "!")
    }

    /// The sign of what went wrong.
    pub fn bad(self) -> String {
        self.paint("31", if self.unicode { "✗" } else { "x" })
    }

    /// Text that stands out.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Text that stands back.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// The bar in front of quoted lines.
    pub fn bar(self) -> &'static str {
        if self.unicode { "│" } else { "|" }
    }

    /// Something goes on.
    pub fn dots(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Text in a colour, given as SGR parameters.
    pub fn paint(self, parameters: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{parameters}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A colour for each name: its own by hash, so that it is the same in every
/// run, and the next free one where two would share it.
pub fn colours_of(names: &[String]) -> Vec<&'static str> {
    let mut taken = [false; PALETTE.len()];
    let mut colours = Vec::with_capacity(names.len());
    for name in names {
        let start = hash(name) % PALETTE.len();
        let free = (0..PALETTE.len()).map(|step| (start + step) % PALETTE.len());
        let at = free.into_iter().find(|&at| !taken[at]).unwrap_or(start);
        taken[at] = true;
        colours.push(PALETTE[at]);
    }
    colours
}

/// The colour of a name that nobody knew of when the others got theirs.
pub fn colour_of(name: &str) -> &'static str {
    PALETTE[hash(name) % PALETTE.len()]
}

/// FNV-1a, which is the same everywhere and at any time.
fn hash(name: &str) -> usize {
    let mix = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(16_777_619);
    name.bytes().fold(2_166_136_261, mix) as usize
}

fn colours(choice: ColourChoice, terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    match choice {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto if set("NO_COLOR").is_some() => false,
        ColourChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColourChoice::Auto => terminal && set("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Whether the locale writes UTF-8, as the first of the three variables that
/// is set says.
fn is_utf8() -> bool {
    let set = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_stable_and_differ() {
        let names: Vec<String> = ["web", "api", "worker", "db"].map(str::to_owned).to_vec();
        let colours = colours_of(&names);
        assert_eq!(colours, colours_of(&names));
        for (at, colour) in colours.iter().enumerate() {
            assert!(!colours[..at].contains(colour));
        }
    }
}
