//! The first process of a fence. Orphans come to it, as they would to any init,
//! and none of them stays a zombie.

use crate::tricks;
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};
use std::process::Command;

/// Runs the program, and ends with its code.
pub fn run(program: &[String]) -> ! {
    let Some((name, arguments)) = program.split_first() else { tricks::end(2) };
    // The session of whoever made the namespace has no number in here.
    tricks::new_session();
    // Whoever runs the tests may have had signals ignored, as `nohup` does.
    tricks::hear_everything();
    let Ok(child) = Command::new(name).args(arguments).spawn() else { tricks::end(127) };
    loop {
        match wait() {
            Ok(WaitStatus::Exited(pid, code)) if pid.as_raw().cast_unsigned() == child.id() => {
                tricks::end(code)
            }
            Ok(WaitStatus::Signaled(pid, signal, _))
                if pid.as_raw().cast_unsigned() == child.id() =>
            {
                tricks::end(128 + signal as i32)
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => tricks::end(2),
        }
    }
}
