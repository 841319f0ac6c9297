//! Health checks, readiness, restarts and what they mean for the others.

mod commands;
mod order;
mod probes;
mod restarts;
mod stops;
mod timing;
