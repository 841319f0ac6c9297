//! What a line looks like once it is finished: colours stay, everything else
//! that a terminal would act on is followed (carriage return, backspace, erase)
//! or left out (movement, titles, screens). It must not know prefixes, screens
//! or files.

mod sgr;

use memchr::memchr_iter;
use sgr::Sgr;
use unicode_width::UnicodeWidthStr;

/// The longest control sequence that is understood; a longer one is dropped up
/// to here and the rest is text.
const CONTROL_CAP: usize = 128;
/// The longest title, link or other string that is swallowed.
const STRING_CAP: usize = 4096;
/// How many blanks one "cursor forward" may stand for.
const FORWARD_CAP: usize = 256;
/// "To the start of the line", as a number of characters to go back.
const ALL: usize = usize::MAX;

/// How the lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Colours stay; otherwise they go with the other sequences.
    pub colour: bool,
    /// The text is for a terminal, which must not see bytes that are no UTF-8
    /// nor control characters in disguise.
    pub terminal: bool,
    /// How many bytes of a line are kept.
    pub cap: usize,
}

/// Where in a control sequence the text so far ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    Text,
    /// After `ESC`.
    Start,
    /// After `ESC` and an intermediate byte, as in `ESC ( B`.
    Charset,
    /// After `ESC [`.
    Control,
    /// In a title, link or the like, so many bytes long.
    String(usize),
    /// After an `ESC` in such a string.
    StringEnd(usize),
}

/// Follows one stream, line by line.
#[derive(Debug, Clone)]
pub struct Filter {
    rules: Rules,
    escape: Escape,
    control: Vec<u8>,
    /// What the service has switched on.
    sgr: Sgr,
    /// What `text` has switched on.
    shown: Sgr,
    text: Vec<u8>,
    /// How much of `text` can't be taken back: what ends with a change of
    /// colours.
    solid: usize,
    /// How many columns the next character will overwrite.
    back: usize,
    /// How many bytes did not fit in `text`.
    cut: u64,
}

impl Filter {
    /// A filter at the start of a line with nothing switched on.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            escape: Escape::Text,
            control: Vec::new(),
            sgr: Sgr::default(),
            shown: Sgr::default(),
            text: Vec::new(),
            solid: 0,
            back: 0,
            cut: 0,
        }
    }

    /// Whether a line without control characters would pass through unchanged.
    pub fn is_clear(&self) -> bool {
        self.escape == Escape::Text && self.sgr.is_plain() && self.text.is_empty() && self.cut == 0
    }

    /// Takes the next bytes of a line, without its newline.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(&first) = bytes.first() {
            let used = match self.escape {
                Escape::Text => self.text(bytes),
                Escape::Start => self.start(first),
                Escape::Charset => self.charset(first),
                Escape::Control => self.control(first),
                Escape::String(length) => self.string(first, length),
                Escape::StringEnd(length) => self.string_end(first, length),
            };
            bytes = &bytes[used..];
        }
    }

    /// Ends the line: appends it to `to`, everything switched off at its end,
    /// and says how many bytes were over the cap. An unfinished control
    /// sequence ends with its line.
    pub fn end_line(&mut self, to: &mut Vec<u8>) -> u64 {
        self.escape = Escape::Text;
        self.end_part(to)
    }

    /// The same for a part of a line, where a control sequence may go on.
    pub fn end_part(&mut self, to: &mut Vec<u8>) -> u64 {
        to.extend_from_slice(&self.text);
        Sgr::default().render(self.shown, to);
        let cut = self.cut;
        self.clear();
        self.back = 0;
        cut
    }

    fn clear(&mut self) {
        self.text.clear();
        self.shown = Sgr::default();
        self.solid = 0;
        self.cut = 0;
    }

    fn text(&mut self, bytes: &[u8]) -> usize {
        let terminal = self.rules.terminal;
        let run = bytes.iter().position(|&byte| is_special(byte, terminal)).unwrap_or(bytes.len());
        if run > 0 {
            self.put(&bytes[..run]);
            return run;
        }
        match bytes[0] {
            0x80.. => return self.unicode(bytes),
            0x1b => self.escape = Escape::Start,
            b'\r' => self.back = ALL,
            0x08 => self.back = self.back.saturating_add(1),
            // A sound and two switches between alphabets have no look.
            0x07 | 0x0e | 0x0f => {}
            control => self.put(&[b'^', control ^ 0x40]),
        }
        1
    }

    /// Bytes that are UTF-8, or claim to be.
    fn unicode(&mut self, bytes: &[u8]) -> usize {
        let run = bytes.iter().position(u8::is_ascii).unwrap_or(bytes.len());
        for chunk in bytes[..run].utf8_chunks() {
            let mut valid = chunk.valid();
            while let Some(at) = valid.find(char::is_control) {
                self.put(&valid.as_bytes()[..at]);
                self.put("\u{fffd}".as_bytes());
                valid = valid[at..].trim_start_matches(char::is_control);
            }
            self.put(valid.as_bytes());
            if !chunk.invalid().is_empty() {
                self.put("\u{fffd}".as_bytes());
            }
        }
        run
    }

    /// Appends what is visible.
    fn put(&mut self, visible: &[u8]) {
        if visible.is_empty() {
            return;
        }
        self.take_back();
        if self.shown != self.sgr && self.cut == 0 && self.rules.colour {
            self.sgr.render(self.shown, &mut self.text);
            self.shown = self.sgr;
            self.solid = self.text.len();
        }
        let room = self.rules.cap.saturating_sub(self.text.len());
        let fits = if self.cut > 0 { 0 } else { boundary(visible, room) };
        self.text.extend_from_slice(&visible[..fits]);
        self.cut += (visible.len() - fits) as u64;
    }

    /// Takes back what the next character overwrites.
    fn take_back(&mut self) {
        let back = std::mem::take(&mut self.back);
        if back == ALL {
            self.clear();
        } else if self.cut == 0 {
            self.take_back_columns(back);
        }
    }

    /// A character of two columns of which one is overwritten leaves a blank.
    fn take_back_columns(&mut self, mut columns: usize) {
        while columns > 0 && self.text.len() > self.solid {
            let start = last_character(&self.text[self.solid..]) + self.solid;
            let width = width(&self.text[start..]);
            self.text.truncate(start);
            if width > columns {
                self.text.extend(std::iter::repeat_n(b' ', width - columns));
            }
            columns = columns.saturating_sub(width);
        }
    }

    fn start(&mut self, byte: u8) -> usize {
        self.escape = match byte {
            b'[' => {
                self.control.clear();
                Escape::Control
            }
            b']' | b'P' | b'X' | b'^' | b'_' => Escape::String(0),
            0x20..=0x2f => Escape::Charset,
            0x1b => Escape::Start,
            0x30..=0x7e => Escape::Text,
            _ => return self.give_up(),
        };
        1
    }

    fn charset(&mut self, byte: u8) -> usize {
        match byte {
            0x20..=0x2f => {}
            0x30..=0x7e => self.escape = Escape::Text,
            _ => return self.give_up(),
        }
        1
    }

    fn control(&mut self, byte: u8) -> usize {
        match byte {
            0x20..=0x3f if self.control.len() < CONTROL_CAP => self.control.push(byte),
            0x40..=0x7e => {
                self.escape = Escape::Text;
                self.act(byte);
            }
            _ => return self.give_up(),
        }
        1
    }

    fn string(&mut self, byte: u8, length: usize) -> usize {
        self.escape = match byte {
            0x07 => Escape::Text,
            0x1b => Escape::StringEnd(length),
            _ if length >= STRING_CAP => return self.give_up(),
            _ => Escape::String(length + 1),
        };
        1
    }

    fn string_end(&mut self, byte: u8, _length: usize) -> usize {
        if byte == b'\\' {
            self.escape = Escape::Text;
            return 1;
        }
        // Any other `ESC` ends the string and begins a sequence of its own.
        self.escape = Escape::Start;
        0
    }

    /// This byte can't be in a sequence: it is text again.
    fn give_up(&mut self) -> usize {
        self.escape = Escape::Text;
        0
    }

    /// Follows a complete control sequence.
    fn act(&mut self, name: u8) {
        if name == b'm' && self.control.iter().all(|byte| matches!(byte, b'0'..=b';')) {
            let control = std::mem::take(&mut self.control);
            self.sgr.apply(&control);
            self.control = control;
            return;
        }
        // To any place of the screen: whatever was drawn is drawn over.
        if matches!(name, b'H' | b'f') {
            self.back = ALL;
            return;
        }
        let Some(count) = self.count() else { return };
        match name {
            b'G' | b'`' if count <= 1 => self.back = ALL,
            b'K' if count == 2 || (count == 0 && self.back == ALL) => self.clear(),
            b'K' if count == 0 => self.take_back(),
            b'C' => self.forward(count.max(1)),
            b'D' => self.back = self.back.saturating_add(count.max(1)),
            _ => {}
        }
    }

    /// The single number of a control sequence, 0 if there is none; `None` if
    /// it is anything else.
    fn count(&self) -> Option<usize> {
        match self.control.as_slice() {
            [] => Some(0),
            digits => str::from_utf8(digits).ok()?.parse().ok(),
        }
    }

    fn forward(&mut self, count: usize) {
        match self.back {
            0 => self.put(&[b' '; FORWARD_CAP][..count.min(FORWARD_CAP)]),
            ALL => {}
            back => self.back = back.saturating_sub(count),
        }
    }
}

/// How much of `text` fits into `room` bytes without cutting a character.
fn boundary(text: &[u8], room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    let start = (0..=room).rev().take(4).find(|&at| !is_continuation(text[at]));
    start.unwrap_or(room)
}

/// Where the last character begins.
fn last_character(text: &[u8]) -> usize {
    (0..text.len()).rev().take(4).find(|&at| !is_continuation(text[at])).unwrap_or(0)
}

/// How many columns a character takes; what is none takes one.
fn width(character: &[u8]) -> usize {
    str::from_utf8(character).map_or(1, UnicodeWidthStr::width)
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn is_special(byte: u8, terminal: bool) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f || (terminal && byte >= 0x80)
}

/// Whether [`Filter`] would leave these lines as they are, but for a carriage
/// return right before a newline, which changes nothing.
/// Made for whole batches: it has no branches a byte.
#[expect(clippy::needless_bitwise_bool, reason = "so that it is done for many bytes at once")]
pub fn is_harmless(bytes: &[u8], terminal: bool) -> bool {
    let (mut special, mut returns, mut high) = (false, false, false);
    for &byte in bytes {
        let text = (byte >= 0x20) | (byte == b'\n') | (byte == b'\t') | (byte == b'\r');
        special |= !text | (byte == 0x7f);
        returns |= byte == b'\r';
        high |= byte >= 0x80;
    }
    !special
        && (!returns || memchr_iter(b'\r', bytes).all(|at| bytes.get(at + 1) == Some(&b'\n')))
        && (!high || !terminal || is_clean_unicode(bytes))
}

/// UTF-8 without the control characters from U+0080 to U+009F.
fn is_clean_unicode(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok() && memchr_iter(0xc2, bytes).all(|at| bytes[at + 1] >= 0xa0)
}

/// A line as plain text.
pub fn plain(line: &[u8]) -> String {
    let mut filter = Filter::new(Rules { colour: false, terminal: true, cap: usize::MAX });
    filter.feed(line);
    let mut text = Vec::new();
    filter.end_line(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests;
