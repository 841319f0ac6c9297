//! The scenarios and the binary's own tests. One binary, so that there is one
//! link; a module per subject.

mod architecture;
mod down;
mod harness;
mod ledger;
mod puppets;
mod screen;
mod start;
mod stop;
mod stream;
