//! `devsup up` on a terminal.

mod colours;
mod control;
mod lines;
mod sizes;
mod tmux;
