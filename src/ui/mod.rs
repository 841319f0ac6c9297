//! The only printer. Data goes to standard output, words to standard error.

pub mod stop;
