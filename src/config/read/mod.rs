//! The sections of a `devsup.yaml`, a file each: a YAML tree to what was
//! written. Knows the keys and their other names, no defaults and no files.

mod depends;
mod env;
mod healthcheck;
mod policy;
mod project;
mod service;

pub use policy::restart_of;
pub use project::{project, project_env_files};
