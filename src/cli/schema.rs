//! `devsup schema`: what editors and clients read.

use super::args::{Described, Schema};
use super::data;
use crate::exit::Status;

/// Prints it.
pub fn run(typed: &Schema) -> Status {
    match typed.of {
        Described::File => data(&crate::config::schema().json()),
        Described::Api => data(&crate::api::document()),
    }
}
