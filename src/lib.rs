//! devsup, a dev-environment supervisor: one file declares the services of a
//! project, `devsup up` starts each in a session of its own and shows one
//! stream, `devsup down` brings everything down and proves it.
//!
//! ARCHITECTURE.md is the map of these modules and of who may import whom.

pub mod api;
pub mod cli;
pub mod config;
pub mod exit;
pub mod inspect;
pub mod ledger;
pub mod log;
pub mod model;
pub mod os;
pub mod probe;
pub mod shutdown;
pub mod supervise;
pub mod ui;
pub mod web;
