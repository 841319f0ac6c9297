//! Colours and styles as a terminal keeps them between two characters.

use std::io::Write;

/// A colour in any of the ways to name one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Colour {
    #[default]
    Default,
    /// The code itself: 30 to 37, 40 to 47, 90 to 97, 100 to 107.
    Basic(u8),
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// What is switched on. Bounded, whatever was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sgr {
    /// Bit n stands for code n: 1 bold, 2 dim, 3 italic, 5 and 6 blink,
    /// 7 reverse, 8 hidden, 9 struck out, and 10 for overlined (53).
    flags: u16,
    /// 0 none, 1 plain, 2 double, 3 curly, 4 dotted, 5 dashed.
    underline: u8,
    fore: Colour,
    back: Colour,
    under: Colour,
}

impl Sgr {
    /// Nothing is switched on.
    pub fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// Follows `ESC [ params m`. What is not understood changes nothing.
    pub fn apply(&mut self, params: &[u8]) {
        let mut fields = params.split(|&byte| byte == b';');
        while let Some(field) = fields.next() {
            let mut parts = field.split(|&byte| byte == b':').map(number);
            match parts.next().unwrap_or(0) {
                target @ (38 | 48 | 58) => {
                    let colour = if field.contains(&b':') {
                        with_colons(&parts.collect::<Vec<_>>())
                    } else {
                        with_semicolons(fields.by_ref().map(number))
                    };
                    self.set(target, colour.unwrap_or_default());
                }
                4 => self.underline = u8::try_from(parts.next().unwrap_or(1)).unwrap_or(1).min(5),
                code => self.switch(code),
            }
        }
    }

    fn set(&mut self, target: u16, colour: Colour) {
        match target {
            38 => self.fore = colour,
            48 => self.back = colour,
            _ => self.under = colour,
        }
    }

    fn switch(&mut self, code: u16) {
        let basic = Colour::Basic(u8::try_from(code).unwrap_or(0));
        match code {
            0 => *self = Self::default(),
            1..=9 => self.flags |= 1 << code,
            21 => self.underline = 2,
            22 => self.flags &= !0b110,
            24 => self.underline = 0,
            25 => self.flags &= !0b110_0000,
            23 | 27..=29 => self.flags &= !(1 << (code - 20)),
            53 => self.flags |= 1 << 10,
            55 => self.flags &= !(1 << 10),
            30..=37 | 90..=97 => self.fore = basic,
            40..=47 | 100..=107 => self.back = basic,
            39 => self.fore = Colour::Default,
            49 => self.back = Colour::Default,
            59 => self.under = Colour::Default,
            _ => {}
        }
    }

    /// Writes the shortest sequence that brings a terminal from `before` to
    /// this state without knowing what `before` was made of.
    pub fn render(self, before: Self, to: &mut Vec<u8>) {
        if self == before {
            return;
        }
        to.extend_from_slice(b"\x1b[");
        let start = to.len();
        if !before.is_plain() {
            to.extend_from_slice(b"0;");
        }
        for code in (1..=9).filter(|code| self.flags & (1 << code) != 0) {
            put(to, format_args!("{code};"));
        }
        match self.underline {
            0 => {}
            1 => to.extend_from_slice(b"4;"),
            style => put(to, format_args!("4:{style};")),
        }
        if self.flags & (1 << 10) != 0 {
            to.extend_from_slice(b"53;");
        }
        for (target, colour) in [(38, self.fore), (48, self.back), (58, self.under)] {
            match colour {
                Colour::Default => {}
                Colour::Basic(code) => put(to, format_args!("{code};")),
                Colour::Indexed(index) => put(to, format_args!("{target};5;{index};")),
                Colour::Rgb(r, g, b) => put(to, format_args!("{target};2;{r};{g};{b};")),
            }
        }
        if to.len() > start {
            to.pop();
        }
        to.push(b'm');
    }
}

fn put(to: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector can't fail.
    let _ = to.write_fmt(text);
}

/// An empty parameter is 0, and one that is too large is none we know.
fn number(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |sum: u16, &digit| {
        sum.saturating_mul(10).saturating_add(u16::from(digit.saturating_sub(b'0')))
    })
}

fn byte(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

/// `38;5;N` and `38;2;R;G;B`, the fields after the 38.
fn with_semicolons(mut fields: impl Iterator<Item = u16>) -> Option<Colour> {
    match fields.next()? {
        5 => Some(Colour::Indexed(byte(fields.next()?)?)),
        2 => {
            let (r, g, b) = (fields.next()?, fields.next()?, fields.next()?);
            Some(Colour::Rgb(byte(r)?, byte(g)?, byte(b)?))
        }
        _ => None,
    }
}

/// `38:5:N`, `38:2:R:G:B` and `38:2:SPACE:R:G:B`, the parts after the 38.
fn with_colons(parts: &[u16]) -> Option<Colour> {
    match *parts {
        [5, index, ..] => Some(Colour::Indexed(byte(index)?)),
        [2, r, g, b] | [2, _, r, g, b, ..] => Some(Colour::Rgb(byte(r)?, byte(g)?, byte(b)?)),
        _ => None,
    }
}
