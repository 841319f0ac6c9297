//! Our own terminal, taken over key by key: nothing is edited, echoed or made
//! a signal of on the way.

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal};

/// A terminal that is raw for as long as this value lives.
pub struct Raw {
    before: Termios,
}

impl Raw {
    /// Makes the terminal behind standard input raw; `None`: it is none.
    pub fn enter() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&stdin)?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&stdin, SetArg::TCSADRAIN, &raw)?;
        Ok(Some(Self { before }))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _gone = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.before);
    }
}
