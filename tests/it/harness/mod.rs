//! The language the scenarios are written in.
//!
//! ```text
//! fenced(|| {
//!     Project::new()
//!         .service("web", puppet().ignores("TERM").forks(3))
//!         .up()                       // waits until all of it runs
//!         .signal(Signal::SIGINT)
//!         .ends_with(Exit::Ok)
//!         .leaves_nothing();          // by an oracle that does not ask devsup
//! });
//! ```

mod bait;
mod bystanders;
mod checkout;
mod ended;
mod fence;
mod heard;
mod oracle;
pub mod process;
mod project;
mod puppet;
mod running;
mod terminal;
pub mod wait;
mod ways;

#[path = "../../../src/bin/puppet/record.rs"]
mod record;

pub use bait::Bait;
pub use checkout::Checkout;
pub use ended::{Ended, Exit};
pub use fence::{binary, fenced, skip, tell};
pub use heard::say;
pub use project::Project;
pub use puppet::{Puppet, full_daemon, puppet};
pub use record::record;
pub use running::Running;
pub use terminal::{CTRL_C, CTRL_Z, ENTER};
pub use ways::Way;
