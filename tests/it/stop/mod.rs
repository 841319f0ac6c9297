//! What services do to escape, and that none of them does. `escapes` has what
//! they are and `swarms` what is never the same for long; `deaths` is about
//! parts of devsup that are killed, `nested` about devsup below devsup, `patterns` about
//! what nobody started but everybody knows, `keys`
//! about how a person insists.

mod deaths;
mod escapes;
mod keys;
mod nested;
mod patterns;
mod swarms;
