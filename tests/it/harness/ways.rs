//! The ways in which a project comes to its end.

use super::wait::until_so;
use super::{CTRL_C, Exit, Project};
use nix::sys::signal::Signal;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Ctrl-C in its terminal.
    CtrlC,
    Interrupt,
    Terminate,
    HangUp,
    /// `devsup down` beside it.
    Down,
    /// Its window is closed.
    ClosedTerminal,
    /// `kill -9` on the process that the shell knows.
    FrontKilled,
}

impl Way {
    pub const ALL: [Self; 7] = [
        Self::CtrlC,
        Self::Interrupt,
        Self::Terminate,
        Self::HangUp,
        Self::Down,
        Self::ClosedTerminal,
        Self::FrontKilled,
    ];

    /// Brings a project up and, in this way, down again, and looks that
    /// nothing is left.
    pub fn ends(self, project: Project) {
        super::heard::say(&format!("the end by {self:?}"));
        match self {
            Self::CtrlC => {
                let up = project.up_in_terminal().presses(CTRL_C);
                up.ends_with(Exit::Ok).leaves_nothing();
            }
            Self::Interrupt => signalled(project, Signal::SIGINT),
            Self::Terminate => signalled(project, Signal::SIGTERM),
            Self::HangUp => signalled(project, Signal::SIGHUP),
            Self::Down => {
                let up = project.up();
                let _ = up.checkout().down(&[]).ends_with(Exit::Ok);
                up.ends_with(Exit::Ok).leaves_nothing();
            }
            Self::ClosedTerminal => {
                let up = project.up_in_terminal().closes_terminal();
                alone(&up.finish().checkout().clone());
            }
            Self::FrontKilled => {
                let up = project.up().kills_front();
                alone(up.ends_with(Exit::Signal(9)).checkout());
            }
        }
    }

    /// All of them, each on a project of its own.
    pub fn all_end(project: impl Fn() -> Project) {
        for way in Self::ALL {
            way.ends(project());
        }
    }
}

fn signalled(project: Project, signal: Signal) {
    project.up().signal(signal).ends_with(Exit::Ok).leaves_nothing();
}

/// The front is gone; the supervisor finishes by itself.
fn alone(checkout: &super::Checkout) {
    until_so("the supervisor is done", || !checkout.ledger("run.json").exists());
    checkout.wait_until_empty().leaves_nothing();
}
