//! What services do to escape, and that none of them does. `escapes` has what
//! they are, `deaths` what happens when parts of devsup are killed, `keys` how
//! a person insists.

mod deaths;
mod escapes;
mod keys;
mod swarms;
