//! Pieces of manual pages. Knows no verb and no key.

use clap_mangen::roff::{Inline, Roff, bold, roman};
use std::io;

/// A page that is put together of several.
#[derive(Default)]
pub struct Writer {
    pub text: String,
}

impl Writer {
    /// A page with its title. It has no date: it is as new as the program.
    pub fn titled(name: &str, section: u8) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let mut page = Self::default();
        page.push(&format!(".TH {name} {section} \"\" \"devsup {version}\" devsup\n"));
        page
    }

    /// Adds what `with` writes.
    pub fn add(&mut self, with: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
        let mut bytes = Vec::new();
        if with(&mut bytes).is_ok() {
            self.push(&String::from_utf8_lossy(&bytes));
        }
    }

    /// The same without its headings.
    pub fn add_below(&mut self, with: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
        let mut bytes = Vec::new();
        if with(&mut bytes).is_ok() {
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().filter(|line| !line.starts_with(".SH"));
            self.push(&(lines.collect::<Vec<_>>().join("\n") + "\n"));
        }
    }

    /// Adds a piece.
    pub fn roff(&mut self, roff: &Roff) {
        self.push(&roff.render());
    }

    /// Every piece comes with the same first lines, which are needed once.
    fn push(&mut self, piece: &str) {
        let head = Roff::new().render();
        let piece = piece.strip_prefix(&head).unwrap_or(piece);
        if self.text.is_empty() {
            self.text.push_str(&head);
        }
        self.text.push_str(piece);
    }
}

/// Text in which everything between back-ticks is bold.
pub fn inline(text: &str) -> Vec<Inline> {
    // Not every formatter reads UTF-8.
    let text = text.replace('…', "...");
    let pieces = text.split('`').enumerate();
    pieces.map(|(at, piece)| if at % 2 == 1 { bold(piece) } else { roman(piece) }).collect()
}

/// A paragraph.
pub fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []);
    roff.text(inline(text));
}

/// A name, and what it is below it.
pub fn described(roff: &mut Roff, name: &str, about: &str) {
    roff.control("TP", []);
    roff.text([bold(name)]);
    roff.text(inline(about));
}

/// Lines as they are.
pub fn example(roff: &mut Roff, text: &str) {
    roff.control("PP", []);
    roff.control("RS", ["4"]);
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("RE", []);
}
