//! The threads that write to the outputs, so that nobody else ever waits for
//! them. They must not know what they write, only that lines end by newlines.
//!
//! Standard output and standard error have a thread each, so that a reader of
//! the one who stands still does not keep back the other. Where both lead to
//! the same place there is one thread, and the order is exact.

mod drain;

use crate::log::Waker;
use crate::os::descriptor;
use drain::Drain;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Words that may wait behind everything else; more are lost, and counted.
const WORDS_QUEUE: usize = 1024 * 1024;
/// Buffers that are kept to be used again, and their largest size.
const SPARE: (usize, usize) = (4, 4 << 20);

/// Where data and words go.
pub(super) struct Outputs {
    pub out: File,
    pub err: File,
}

impl Outputs {
    /// The two of this process. Files of their own: the buffers of the
    /// standard library would cut what is written into pieces.
    pub fn of_process() -> io::Result<Self> {
        Ok(Self {
            out: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            err: File::from(io::stderr().as_fd().try_clone_to_owned()?),
        })
    }
}

/// The way to the threads. They end with it.
pub(super) struct Writer {
    out: Outlet,
    /// `None` where words go the way of the lines.
    err: Option<Outlet>,
    lost_words: u64,
}

impl Writer {
    /// Starts the threads; `waker` is woken when there is the room that was
    /// waited for, and when something went wrong. At most `most` bytes are let
    /// wait, and fewer where they are written slowly.
    pub fn start(outputs: Outputs, waker: &Waker, most: usize) -> io::Result<Self> {
        let together = descriptor::same_file(&outputs.out, &outputs.err);
        let out = Outlet::start("writer", outputs.out, waker.clone(), most)?;
        let err = if together {
            None
        } else {
            Some(Outlet::start("words", outputs.err, waker.clone(), WORDS_QUEUE)?)
        };
        Ok(Self { out, err, lost_words: 0 })
    }

    /// Whether `more` bytes are too many to wait behind those that wait.
    pub fn is_full(&self, more: usize) -> bool {
        self.out.shared.is_full(more)
    }

    /// The same; if so, the waker is woken as soon as half of it is gone.
    pub fn is_full_until_woken(&self, more: usize) -> bool {
        self.is_full(more) && {
            self.out.shared.ask_for_room();
            self.is_full(more)
        }
    }

    /// Whether half of what may wait has room; if not, the waker is woken as
    /// soon as it has.
    pub fn has_half(&self) -> bool {
        self.out.shared.has_half() || {
            self.out.shared.ask_for_room();
            self.out.shared.has_half()
        }
    }

    /// Whether nobody reads standard output any more.
    pub fn is_gone(&self) -> bool {
        self.out.shared.gone.load(Ordering::Acquire)
    }

    /// What else went wrong since it was last asked.
    pub fn error(&self) -> Option<io::Error> {
        lock(&self.out.shared.failure).take()
    }

    /// Throws away what waits and what comes, or no longer.
    pub fn pause(&self, on: bool) {
        self.out.shared.paused.store(on, Ordering::Release);
    }

    /// How many lines were thrown away since it was last asked.
    pub fn thrown_away(&self) -> u64 {
        self.out.shared.thrown_away.swap(0, Ordering::AcqRel)
    }

    /// An empty buffer, used before if there is one.
    pub fn buffer(&self) -> Vec<u8> {
        lock(&self.out.shared.spare).pop().unwrap_or_default()
    }

    /// Hands lines over.
    pub fn lines(&self, bytes: Vec<u8>) {
        self.out.write(bytes);
    }

    /// Hands words over, whole lines. If the queue is far too long they are
    /// only counted, and the next ones begin with their number.
    pub fn words(&mut self, mut words: String) {
        let outlet = self.err.as_ref().unwrap_or(&self.out);
        if outlet.shared.is_far_too_full() {
            self.lost_words += words.lines().count() as u64;
            return;
        }
        if self.lost_words > 0 {
            let lost = std::mem::take(&mut self.lost_words);
            words.insert_str(0, &format!("devsup: {} of its own skipped here\n", lines(lost)));
        }
        outlet.write(words.into_bytes());
    }

    /// Has these lines, and no others, stand below all others. The words must
    /// go to a terminal.
    pub fn foot(&self, lines: Vec<String>) {
        let outlet = self.err.as_ref().unwrap_or(&self.out);
        let _ = outlet.jobs.send(Job::Foot(lines));
    }

    /// Drops `done` once everything before it is written.
    pub fn flush(&self, done: Sender<()>) {
        if let Some(err) = &self.err {
            err.flush(done.clone());
        }
        self.out.flush(done);
    }
}

/// "1 line", "2 lines".
pub(super) fn lines(count: u64) -> String {
    format!("{count} {}", if count == 1 { "line" } else { "lines" })
}

enum Job {
    Write(Vec<u8>),
    /// Lines that stand below all others until others do.
    Foot(Vec<String>),
    Flush(Sender<()>),
}

/// One output and the queue before it.
struct Outlet {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
}

impl Outlet {
    fn start(name: &str, file: File, waker: Waker, most: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let shared = Arc::new(Shared {
            queued: AtomicUsize::new(0),
            limit: AtomicUsize::new(most),
            awaited: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            thrown_away: AtomicU64::new(0),
            failure: Mutex::new(None),
            spare: Mutex::new(Vec::new()),
            waker,
        });
        let drain = Drain::new(file, Arc::clone(&shared), most);
        std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(128 * 1024)
            .spawn(move || drain.run(&queue))?;
        Ok(Self { jobs, shared })
    }

    fn write(&self, bytes: Vec<u8>) {
        self.shared.queued.fetch_add(bytes.len(), Ordering::SeqCst);
        let _ = self.jobs.send(Job::Write(bytes));
    }

    fn flush(&self, done: Sender<()>) {
        let _ = self.jobs.send(Job::Flush(done));
    }
}

/// What is known of an output without asking it.
struct Shared {
    queued: AtomicUsize,
    /// How many bytes may wait; follows the speed of the output.
    limit: AtomicUsize,
    /// The waker is wanted when half of the limit has room.
    awaited: AtomicBool,
    gone: AtomicBool,
    paused: AtomicBool,
    thrown_away: AtomicU64,
    failure: Mutex<Option<io::Error>>,
    spare: Mutex<Vec<Vec<u8>>>,
    waker: Waker,
}

impl Shared {
    fn is_full(&self, more: usize) -> bool {
        self.queued.load(Ordering::SeqCst) + more >= self.limit.load(Ordering::SeqCst)
    }

    fn is_far_too_full(&self) -> bool {
        self.queued.load(Ordering::SeqCst)
            >= self.limit.load(Ordering::SeqCst).saturating_add(WORDS_QUEUE)
    }

    fn has_half(&self) -> bool {
        self.queued.load(Ordering::SeqCst) <= self.limit.load(Ordering::SeqCst) / 2
    }

    /// Whoever asks has to look again afterwards: either there is room by then,
    /// or the thread sees the wish.
    fn ask_for_room(&self) {
        self.awaited.store(true, Ordering::SeqCst);
    }

    /// So many bytes no longer wait.
    fn done(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::SeqCst);
        if self.has_half() && self.awaited.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }

    fn keep(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut spare = lock(&self.spare);
        if spare.len() < SPARE.0 && buffer.capacity() <= SPARE.1 {
            spare.push(buffer);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
