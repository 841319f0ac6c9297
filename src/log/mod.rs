//! The stream: bytes of many services to whole lines, in one thread, to files
//! and to a sink. It must not know prefixes, colours or what a line looks like
//! on a screen.
//!
//! The thread (the hub) waits for all streams at once, reads each ready one in
//! turn, and hands on what became whole. It never waits for the sink: where
//! the sink is full and may not drop anything, the hub stops reading, so that
//! the services are slowed, and still does what it is asked.

pub mod ansi;
mod file;
mod hub;
mod journal;
mod lines;
mod query;
pub mod read;
mod rotate;
mod tail;

pub use crate::os::poll::Waker;
pub use journal::Journal;
pub use lines::LINE_CAP;
pub use query::{Logs, Query, ReadError, plain};
pub use rotate::Rotation;

use hub::{Message, Mover};
use jiff::Timestamp;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;
use tokio::sync::Notify;

/// A number the supervisor gives to whatever has output: an instance, a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// What a stream is to its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The standard output, a pipe.
    Out,
    /// The standard error, a pipe.
    Err,
    /// Both, through a terminal of its own.
    Terminal,
}

/// One stream of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamId {
    /// Whose it is.
    pub source: SourceId,
    /// Which of its streams.
    pub channel: Channel,
}

/// Something with output.
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// Its name in the stream.
    pub name: String,
    /// Its log, if it is to have one.
    pub file: Option<PathBuf>,
    /// How large the log may become.
    pub rotation: Rotation,
    /// Sees every line of it until it answers that it has seen enough.
    pub watcher: Option<Watcher>,
    /// The read ends of its pipes, or the master of its terminal. They are made
    /// non-blocking.
    pub streams: Vec<(Channel, OwnedFd)>,
}

/// Looks at a line, without its end; `false` when no more are wanted. Called
/// from the hub's thread.
pub type Watcher = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// What the hub can't settle by itself. Told from the hub's thread.
#[derive(Debug)]
pub enum HubEvent {
    /// Nobody reads the standard output any more. The streams are still read,
    /// so that nobody hangs in a write while the run is stopped.
    ReaderGone,
    /// A log, or the file that the standard output is, can't be written. Told
    /// once each time; it is tried again by and by, and what is missing is
    /// counted and said in its place.
    FileFailed {
        /// The source, or `stdout`.
        name: String,
        /// Why.
        error: io::Error,
    },
}

/// Where the lines go. Everything is called from the hub's thread, and nothing
/// may block.
pub trait Sink: Send {
    /// Starts what the sink needs. `waker` is to be woken when the sink is no
    /// longer full, or has trouble to tell.
    fn start(&mut self, waker: Waker) -> io::Result<()>;
    /// What comes next was read at this time.
    fn turn(&mut self, at: Timestamp);
    /// There is a new source, or a source begins anew.
    fn add(&mut self, id: SourceId, name: &str);
    /// Whole lines, each with its newline, none over [`LINE_CAP`]. The first
    /// may be the end of a line whose parts came before.
    fn lines(&mut self, from: StreamId, bytes: &[u8]);
    /// [`LINE_CAP`] bytes of a line that goes on.
    fn part(&mut self, from: StreamId, bytes: &[u8]);
    /// The start of a line whose rest keeps people waiting. It comes again as
    /// soon as the line is whole.
    fn partial(&mut self, from: StreamId, bytes: &[u8]);
    /// devsup's own words.
    fn say(&mut self, words: &str);
    /// A line to tell before from after.
    fn separator(&mut self);
    /// The terminal is ours, or somebody else's.
    fn screen(&mut self, on: bool);
    /// The terminal has another width.
    fn resize(&mut self, columns: u16);
    /// Lets go of the caller's terminal for ever; where there is nothing else
    /// to print to, nothing.
    fn detach(&mut self) {}
    /// Lets go of everything that was taken so far.
    fn push(&mut self);
    /// Whether nothing more should be read. Answering yes promises to wake the
    /// waker later.
    fn is_full(&mut self) -> bool;
    /// What went wrong since it was last asked.
    fn trouble(&mut self) -> Option<HubEvent>;
    /// Drops `done` when everything taken so far is out.
    fn flush(&mut self, done: Sender<()>);
    /// How long the rest of a line may take before its start is shown.
    fn patience(&self) -> Duration;
}

/// What makes the last words of a source from its last lines.
pub type LastWords = Box<dyn FnOnce(&[String]) -> String + Send>;

/// The way to tell the hub something. None of its functions waits, except
/// [`Hub::flush`]. The thread ends with the last of its handles.
#[derive(Clone)]
pub struct Hub {
    handle: Arc<Handle>,
}

struct Handle {
    mailbox: Sender<Message>,
    waker: Waker,
    logged: Arc<Notify>,
}

impl Hub {
    /// Starts the thread. `events` is called from it and must not block.
    pub fn start(
        mut sink: Box<dyn Sink>,
        events: Box<dyn Fn(HubEvent) + Send>,
    ) -> io::Result<Self> {
        let waker = Waker::new()?;
        sink.start(waker.clone())?;
        let (mailbox, messages) = mpsc::channel();
        let logged = Arc::new(Notify::new());
        let mover = Mover::new(sink, events, messages, waker.clone(), Arc::clone(&logged))?;
        std::thread::Builder::new().name("stream".to_owned()).spawn(move || mover.run())?;
        Ok(Self { handle: Arc::new(Handle { mailbox, waker, logged }) })
    }

    /// Notified when something was written to a log; costs next to nothing while
    /// nobody waits for it.
    pub fn logged(&self) -> Arc<Notify> {
        Arc::clone(&self.handle.logged)
    }

    /// Begins to read a source; also one that was there before and has ended,
    /// which keeps its file.
    pub fn add(&self, source: Source) {
        self.handle.tell(Message::Add(source));
    }

    /// Ends a source whose writers are all dead: what is left in its streams
    /// is read and shown, even an unfinished last line, and then what `words`
    /// makes of the last lines (at most 20, plain text). Does not wait for the
    /// end of the streams, which a stranger may hold open.
    pub fn finish(&self, id: SourceId, words: LastWords) {
        self.handle.tell(Message::Finish(id, words));
    }

    /// Prints devsup's own words, whole lines, after everything that is
    /// already in the stream.
    pub fn say(&self, words: String) {
        self.handle.tell(Message::Say(words));
    }

    /// Prints a line with the time, to tell before from after.
    pub fn separator(&self) {
        self.handle.tell(Message::Separator);
    }

    /// Leaves the terminal alone, or takes it back and says what was skipped.
    pub fn screen(&self, on: bool) {
        self.handle.tell(Message::Screen(on));
    }

    /// Lets go of the caller's terminal for ever, if this sink can do without.
    pub fn detach(&self) {
        self.handle.tell(Message::Detach);
    }

    /// The terminal has another width.
    pub fn resize(&self, columns: u16) {
        self.handle.tell(Message::Resize(columns));
    }

    /// Waits until everything handed over so far was taken, and what it brings
    /// is in the files; `false` if that took too long.
    pub fn catch_up(&self, deadline: Duration) -> bool {
        let (done, taken) = mpsc::channel();
        let told = self.handle.tell(Message::Taken(done));
        told && taken.recv_timeout(deadline) == Err(RecvTimeoutError::Disconnected)
    }

    /// Waits until everything handed over so far is printed and in the files;
    /// `false` if that took too long.
    pub fn flush(&self, deadline: Duration) -> bool {
        let (done, printed) = mpsc::channel();
        if !self.handle.tell(Message::Flush(done)) {
            return false;
        }
        printed.recv_timeout(deadline) == Err(RecvTimeoutError::Disconnected)
    }
}

impl Handle {
    fn tell(&self, message: Message) -> bool {
        let told = self.mailbox.send(message).is_ok();
        self.waker.wake();
        told
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.tell(Message::End);
    }
}
