//! What comes out of `devsup up` into pipes and files.

mod flood;
mod look;
mod notices;
mod readers;
