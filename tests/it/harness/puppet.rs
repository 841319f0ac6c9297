//! What a puppet shall do, in the order it is said. `src/bin/puppet/main.rs`
//! explains the words that come of it.

use std::path::Path;

/// A script for one process and those it forks.
#[derive(Debug, Clone, Default)]
pub struct Puppet {
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
enum Word {
    Plain(String),
    Block(&'static str, Puppet),
}

/// A puppet that does nothing but live until it is told to stop.
pub fn puppet() -> Puppet {
    Puppet::default()
}

/// A daemon as the textbook has it: its grandparent is gone, it has a session
/// of its own, sits in `/`, has no environment, no descriptor and another name.
pub fn full_daemon() -> Puppet {
    let last = puppet().chdir("/").clears_env().closes_fds().execs("/bin/sleep:600");
    puppet().setsid().orphan(last).exits(0)
}

impl Puppet {
    fn then(mut self, word: impl Into<String>) -> Self {
        self.words.push(Word::Plain(word.into()));
        self
    }

    fn block(mut self, how: &'static str, child: Self) -> Self {
        self.words.push(Word::Block(how, child));
        self
    }

    /// Ignores signals: `TERM` or `TERM,INT,HUP`.
    pub fn ignores(self, signals: &str) -> Self {
        self.then(format!("ignore={signals}"))
    }

    /// On the signal, says goodbye, takes its time and exits.
    pub fn polite(self, signal: &str, milliseconds: u32, code: u8) -> Self {
        self.then(format!("polite={signal}:{milliseconds}:{code}"))
    }

    /// So many idle children.
    pub fn forks(self, count: usize) -> Self {
        (0..count).fold(self, |parent, _| parent.child(puppet()))
    }

    pub fn child(self, child: Self) -> Self {
        self.block("fork", child)
    }

    /// A grandchild whose parent is gone.
    pub fn orphan(self, grandchild: Self) -> Self {
        self.block("orphan", grandchild)
    }

    /// A process that is its parent's child, not its own.
    pub fn twin(self, sibling: Self) -> Self {
        self.block("twin", sibling)
    }

    pub fn setsid(self) -> Self {
        self.then("setsid")
    }

    pub fn setpgid(self) -> Self {
        self.then("setpgid")
    }

    pub fn chdir(self, directory: &str) -> Self {
        self.then(format!("chdir={directory}"))
    }

    pub fn closes_fds(self) -> Self {
        self.then("close-fds")
    }

    /// Executes itself with an empty environment.
    pub fn clears_env(self) -> Self {
        self.then("clear-env")
    }

    /// Overwrites the environment that `/proc` shows.
    pub fn wipes_env(self) -> Self {
        self.then("wipe-env")
    }

    /// Changes `argv` and `comm`.
    pub fn renames(self, name: &str) -> Self {
        self.then(format!("rename={name}"))
    }

    pub fn undumpable(self) -> Self {
        self.then("undumpable")
    }

    /// Takes off the limit that marks it.
    pub fn unmarks(self) -> Self {
        self.then("unmark")
    }

    /// Is another user from here on.
    pub fn becomes(self, user: u32) -> Self {
        self.then(format!("become={user}"))
    }

    /// Stops itself, and goes on with what follows when it is continued.
    pub fn freezes(self) -> Self {
        self.then("freeze")
    }

    /// Ends its main thread and lives on in another.
    pub fn loses_head(self) -> Self {
        self.then("headless")
    }

    pub fn naps(self, milliseconds: u32) -> Self {
        self.then(format!("nap={milliseconds}"))
    }

    pub fn awaits(self, file: &Path) -> Self {
        self.then(format!("await={}", encode(&file.to_string_lossy())))
    }

    pub fn touches(self, file: &Path) -> Self {
        self.then(format!("touch={}", encode(&file.to_string_lossy())))
    }

    /// A line on standard output; escape sequences and `\r` may be in it.
    pub fn says(self, line: &str) -> Self {
        self.then(format!("say={}", encode(line)))
    }

    pub fn complains(self, line: &str) -> Self {
        self.then(format!("err={}", encode(line)))
    }

    /// Bytes with no newline behind them.
    pub fn writes(self, part: &str) -> Self {
        self.then(format!("part={}", encode(part)))
    }

    /// So many lines of `record`, written in pieces.
    pub fn floods(self, lines: usize) -> Self {
        self.then(format!("flood={lines}"))
    }

    /// So many lines of `record` a second. Without end.
    pub fn pours(self, lines_a_second: usize) -> Self {
        self.then(format!("pour={lines_a_second}"))
    }

    /// Prints `NAME=value`, or `NAME is not set`.
    pub fn prints_env(self, name: &str) -> Self {
        self.then(format!("env={name}"))
    }

    /// Prints `terminal 24x80`, or `terminal none`.
    pub fn prints_terminal(self) -> Self {
        self.then("tty")
    }

    /// Prints the terminal's size now and whenever it changes. Without end.
    pub fn prints_sizes(self) -> Self {
        self.then("sizes")
    }

    pub fn listens(self, port: u16) -> Self {
        self.then(format!("listen={port}"))
    }

    /// Listens there, as `[::1]:5000`.
    pub fn listens_at(self, address: &str) -> Self {
        self.then(format!("listen={}", encode(address)))
    }

    /// Answers every HTTP request as the file says; see `serve.rs`. Without end.
    pub fn serves(self, port: u16, file: &Path) -> Self {
        self.then(format!("serve={}", encode(&format!("{port}:{}", file.display()))))
    }

    pub fn listens_on(self, socket: &Path) -> Self {
        self.then(format!("listen-unix={}", encode(&socket.to_string_lossy())))
    }

    /// Writes a growing number into the file. Without end.
    pub fn counts(self, file: &Path) -> Self {
        self.then(format!("count={}", encode(&file.to_string_lossy())))
    }

    /// Becomes a new process every so many milliseconds. Without end.
    pub fn hops(self, milliseconds: u32) -> Self {
        self.then(format!("hop={milliseconds}"))
    }

    /// Forks, and the forked ones fork, until there are so many.
    pub fn bombs(self, cap: usize) -> Self {
        self.then(format!("bomb={cap}"))
    }

    /// Two processes, each of which replaces the other.
    pub fn watchdogs(self) -> Self {
        self.then("watchdogs")
    }

    /// Becomes another program, `/path:argument:argument`.
    pub fn execs(self, program: &str) -> Self {
        self.then(format!("exec={program}"))
    }

    pub fn exits(self, code: u8) -> Self {
        self.then(format!("exit={code}"))
    }

    /// Ends by this signal of its own.
    pub fn dies(self, signal: &str) -> Self {
        self.then(format!("die={signal}"))
    }

    /// The words, for a process of that role.
    pub fn words(&self, role: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut children = 0;
        for word in &self.words {
            match word {
                Word::Plain(word) => words.push(word.clone()),
                Word::Block(how, child) => {
                    children += 1;
                    let role = format!("{role}/{children}");
                    words.extend([(*how).to_owned(), "begin".to_owned(), role.clone()]);
                    words.extend(child.words(&role));
                    words.push("end".to_owned());
                }
            }
        }
        words
    }

    /// The roles of all its processes: `web`, its children `web/1`, `web/2`,
    /// theirs `web/1/1`.
    pub fn roles(&self, role: &str) -> Vec<String> {
        let blocks = self.words.iter().filter_map(|word| match word {
            Word::Block(_, child) => Some(child),
            Word::Plain(_) => None,
        });
        let below = blocks.zip(1..).flat_map(|(child, at)| child.roles(&format!("{role}/{at}")));
        std::iter::once(role.to_owned()).chain(below).collect()
    }
}

/// Anything that a shell or a config file could stumble over, as `%XX`.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-,".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
