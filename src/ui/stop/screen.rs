//! A stop on standard error, for those who watch it from elsewhere.

use super::{Look, is_wait, line, live_lines, verdict};
use crate::model::{Progress, Report, Verdict};
use crate::os::descriptor;
use crate::ui::footer::Footer;
use std::io::{IsTerminal, Write};

/// Columns of a terminal that does not know.
const USUAL_WIDTH: u16 = 80;

/// Shows a stop on standard error, as it goes.
#[derive(Debug)]
pub struct Screen {
    look: Look,
    quiet: bool,
    /// Whether lines can be written over.
    live: bool,
    footer: Footer,
}

impl Screen {
    /// A screen; a quiet one shows nothing.
    pub fn new(look: Look, quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = std::io::stderr().is_terminal() && !dumb;
        Self { look, quiet, live, footer: Footer::default() }
    }

    /// Shows a step.
    pub fn progress(&mut self, progress: &Progress) {
        let columns = descriptor::columns(std::io::stderr()).unwrap_or(USUAL_WIDTH);
        let live = live_lines(progress, self.look, usize::from(columns)).filter(|_| self.live);
        let is_wait = is_wait(progress);
        let text = line(progress, self.look).filter(|_| !(self.live && is_wait));
        if let Some(text) = text {
            self.say(&text);
        }
        if let Some(lines) = live {
            let wiped = self.footer.wipe();
            let drawn = self.footer.draw(&lines);
            self.put(&format!("{wiped}{drawn}"));
        }
    }

    /// Shows a sentence.
    pub fn say(&mut self, text: &str) {
        let wiped = self.footer.wipe();
        self.put(&format!("{wiped}{text}\n"));
    }

    /// Shows the end; what is left even where nothing else is shown, or a hook
    /// would fail without a word.
    pub fn verdict(&mut self, report: &Report) {
        self.quiet &= report.verdict != Verdict::Left;
        let text = verdict(report, self.look);
        self.say(&text);
    }

    fn put(&self, text: &str) {
        if !self.quiet {
            // Nobody reads any more: the stop goes on all the same.
            let _unread = write!(std::io::stderr(), "{text}");
        }
    }
}
