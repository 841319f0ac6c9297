//! All integration tests in one binary, a module per subject.

mod config;
mod docker;
