//! A program that misbehaves on demand, for the tests. Shell one-liners differ
//! between shells and hide what is tested; these are words.
//!
//! ```text
//! puppet REGISTRY LEDGER ROLE WORD...
//! ```
//!
//! Each process of a puppet writes itself into the file REGISTRY, so that a
//! test knows every process that ever was without asking devsup. LEDGER is
//! `services.pids`, where the process looks for itself at its very start, or
//! `-`. The words are done in order; behind the last the process idles:
//!
//! | word | what happens |
//! | --- | --- |
//! | `ignore=TERM,INT` | these signals are ignored |
//! | `polite=TERM:MS:CODE` | on TERM: says goodbye, takes its time, exits |
//! | `fork begin ROLE WORD... end` | a child does these words |
//! | `orphan begin ...` | a grandchild does, and the child between exits |
//! | `twin begin ...` | a sibling does (`CLONE_PARENT`) |
//! | `setsid`, `setpgid`, `chdir=DIR`, `close-fds` | as the calls of that name |
//! | `clear-env`, `wipe-env` | executes itself with no environment; overwrites it in memory |
//! | `rename=NAME`, `undumpable` | changes argv and comm; closes `/proc` to its own user |
//! | `freeze` | stops itself |
//! | `headless` | the main thread ends, another lives on: state `Z` |
//! | `nap=MS`, `await=FILE`, `touch=FILE` | takes time, waits for a file, makes one |
//! | `say=TEXT`, `err=TEXT`, `part=TEXT` | a line, one to stderr, half a line; `%0D` is a byte |
//! | `flood=N` | that many checked records, cut at odd places |
//! | `env=NAME`, `tty`, `sizes` | prints a variable, the terminal, its size when that changes |
//! | `listen=PORT`, `listen-unix=PATH` | listens |
//! | `count=FILE` | writes a growing number into the file, without end |
//! | `hop=MS`, `bomb=CAP`, `watchdogs` | forks and exits on and on; fills up to CAP; two revive each other |
//! | `exec=PROGRAM:ARG` | becomes another program |
//! | `exit=CODE`, `die=SIGNAL` | ends |
//! | `nothing=TEXT` | nothing: only its arguments have the text |
//!
//! `puppet --init PROGRAM ARG...` is the first process of a pid namespace: it
//! runs the program, reaps whatever is left to it and ends as the program did.
//!
//! It knows nothing of devsup but the form of `services.pids`, and ends by
//! itself after some minutes whatever happens.

mod init;
mod record;
mod registry;
mod swarm;
mod talk;
mod tricks;

use registry::Actor;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, program @ ..] = arguments.as_slice()
        && flag == "--init"
    {
        init::run(program);
    }
    let [_, registry, ledger, role, words @ ..] = arguments.as_slice() else {
        tricks::end(2);
    };
    let actor = Actor::new(registry, role);
    actor.born(registry::Recorded::look(ledger));
    perform(&actor, words)
}

/// Does the words in order, then idles.
fn perform(actor: &Actor, mut words: &[String]) -> ! {
    while let Some((word, rest)) = words.split_first() {
        let (verb, argument) = word.split_once('=').unwrap_or((word, ""));
        words = match verb {
            "fork" | "orphan" | "twin" => {
                let (block, rest) = block(rest);
                fork(actor, verb, block);
                rest
            }
            _ => {
                once(actor, verb, &talk::decode(argument), rest);
                rest
            }
        };
    }
    actor.settled();
    tricks::idle()
}

/// One word that is no block. Those that do not return have settled before.
fn once(actor: &Actor, verb: &str, argument: &str, rest: &[String]) {
    match verb {
        "ignore" => argument.split(',').for_each(tricks::ignore),
        "polite" => tricks::polite(actor, argument),
        "setsid" => tricks::new_session(),
        "setpgid" => tricks::new_group(),
        "chdir" => tricks::go_to(argument),
        "close-fds" => tricks::close_everything(),
        "clear-env" => tricks::without_environment(actor, rest),
        "wipe-env" => tricks::wipe_environment(),
        "rename" => tricks::rename(argument),
        "undumpable" => tricks::undumpable(),
        "freeze" => tricks::freeze(actor),
        "headless" => tricks::lose_head(actor),
        "nap" => tricks::nap(number(argument)),
        "await" => tricks::wait_for(argument),
        "touch" => tricks::touch(argument),
        "exec" => tricks::become_another(actor, argument),
        "exit" => tricks::leave(actor, number(argument)),
        "die" => tricks::die(actor, argument),
        "say" | "err" | "part" | "flood" | "env" | "tty" | "sizes" | "listen" | "listen-unix"
        | "count" => talk::word(actor, verb, argument),
        "hop" => swarm::hop(actor, number(argument)),
        "bomb" => swarm::bomb(actor, number(argument)),
        "watchdogs" => swarm::watchdogs(actor),
        "nothing" => {}
        _ => tricks::end(2),
    }
}

fn fork(actor: &Actor, how: &str, block: &[String]) {
    let Some((role, words)) = block.split_first() else {
        tricks::end(2);
    };
    let in_the_new_one = match how {
        "fork" => tricks::fork(),
        "orphan" => tricks::orphan(),
        _ => tricks::twin(),
    };
    if in_the_new_one {
        let actor = actor.child(role);
        perform(&actor, words)
    }
}

/// What stands between `begin` and its `end`, and what comes behind.
fn block(words: &[String]) -> (&[String], &[String]) {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "begin" => depth += 1,
            "end" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (words.get(1..at).unwrap_or_default(), &words[at + 1..]);
        }
    }
    tricks::end(2)
}

/// A number, or the end of the puppet: a test with a slip must not pass.
fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| tricks::end(2))
}
