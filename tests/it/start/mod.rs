//! `devsup up`: who is started, in which order and surroundings, what is said
//! of it, and what the end of one means for the others.

mod choice;
mod ends;
mod environment;
mod order;
mod process;
mod records;
mod trouble;
