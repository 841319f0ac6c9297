//! What a guard does with output that nobody else reads. It must not know in
//! which form output is written down: that comes from above, as a function.

use std::path::PathBuf;

/// Which stream some bytes came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The standard output, a pipe.
    Out,
    /// The standard error, a pipe.
    Err,
    /// Both, through a terminal.
    Terminal,
}

/// Where the output of one service is written down, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The log file.
    pub file: PathBuf,
    /// Bytes after which a file is full.
    pub max_size: u64,
    /// Files that are kept, the current one included.
    pub max_files: u32,
    /// What must not be written, a text a line. One piece of memory, since each
    /// guard has it for as long as it lives.
    pub secrets: Vec<u8>,
}

/// Writes output down. Nothing of it may fail: there is nobody to tell.
pub trait Keeper {
    /// Takes what was read.
    fn take(&mut self, from: Stream, bytes: &[u8]);
    /// Writes a line of devsup's own.
    fn note(&mut self, words: &str);
    /// Somebody else goes on: an unfinished line is left so that its rest can
    /// follow.
    fn pause(&mut self);
    /// Nothing more will come: an unfinished line is one now.
    fn end(&mut self);
}

/// Makes a keeper. Called in a guard that has lost its supervisor, and not
/// before, so that a guard with one touches none of a keeper's memory.
pub type MakeKeeper = fn(&Place) -> Box<dyn Keeper>;
