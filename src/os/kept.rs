//! Which executables are to be left alive: by path, or by the name of the file.

use crate::model::Pid;
use std::path::Path;

/// Whether a word means this executable: as its path where the word is one,
/// else as the name of its file.
pub fn means(word: &str, executable: &Path) -> bool {
    if word.contains('/') {
        executable == Path::new(word)
    } else {
        executable.file_name().is_some_and(|name| name == word)
    }
}

/// Whether one of these words means what a process executes. One that can't be
/// looked at is not kept.
pub(super) fn is_kept(pid: Pid, words: &[String]) -> bool {
    !words.is_empty()
        && super::table::executable(pid)
            .is_ok_and(|file| words.iter().any(|word| means(word, &file)))
}
