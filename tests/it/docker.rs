//! The end of containers: against a real engine of our own, and against
//! sockets that only look like one.

mod broken;
mod down;
mod engine;
mod fake;
mod safety;
mod shop;
mod teardown;
mod up;
