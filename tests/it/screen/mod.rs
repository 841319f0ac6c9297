//! `devsup up` on a terminal.

mod colours;
mod control;
mod lines;
mod reader;
mod sizes;
mod tmux;
