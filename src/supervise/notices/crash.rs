//! The block that tells of a crash.

use super::super::unit::Last;
use super::{Next, again, all_stop, restarts_were_no_help, span};
use crate::ui::style::Look;
use std::fmt::Write as _;

/// Last lines shown.
const LINES: usize = 10;

/// One block: what happened, how long it had run, what may have been the
/// cause, its last lines, what is next.
pub(super) struct Crash<'a> {
    pub name: &'a str,
    /// What happened, in a few words.
    pub what: &'a str,
    /// What may have been the cause, and the way out.
    pub hints: Vec<String>,
    pub last: Option<Last>,
    pub next: Next,
}

impl Crash<'_> {
    pub fn block(&self, lines: &[String], look: Look) -> String {
        let Self { name, what, last, .. } = self;
        let head = look.bold(&format!("{name} failed: {what}{}", after(*last)));
        let mut block = format!("{} {head}", look.bad());
        for hint in &self.hints {
            let _ = write!(block, "\n  {}", look.dim(hint));
        }
        let lines = &lines[lines.len().saturating_sub(LINES)..];
        if !lines.is_empty() {
            let _ = write!(block, "\n  {}", look.dim("its last lines:"));
        }
        for line in lines {
            let _ = write!(block, "\n  {} {line}", look.dim(look.bar()));
        }
        block.push_str(&self.what_is_next(look));
        block
    }

    fn what_is_next(&self, look: Look) -> String {
        match self.next {
            Next::AllStop(procfile) => format!("\n{}", all_stop(procfile, look)),
            Next::OthersGoOn(max) => {
                let tried = restarts_were_no_help(max);
                let words = format!("it is not restarted{tried}; the others go on");
                format!("\n  {}", look.dim(&words))
            }
            Next::Again { .. } => format!("\n  {}", look.dim(&again(self.next))),
            Next::Nothing => String::new(),
        }
    }
}

/// How long it ran, and as which process.
pub(super) fn after(last: Option<Last>) -> String {
    let Some(last) = last else { return String::new() };
    let ran = last.until.map_or_else(|| last.since.elapsed(), |until| until - last.since);
    format!(" after {} (pid {})", span(ran), last.pid)
}
