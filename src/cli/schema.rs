//! `devsup schema`: the schema of the config file, for editors.

use super::data;
use crate::config;
use crate::exit::Status;

/// Prints it.
pub fn run() -> Status {
    data(&config::schema().json())
}
