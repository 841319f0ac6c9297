//! The thread that writes to the outputs, so that nobody else ever waits for
//! them. It must not know what it writes.

use crate::log::Waker;
use crate::os::poll;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a chunk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Out,
    Err,
}

enum Job {
    Write(Output, Vec<u8>),
    Flush(Sender<()>),
}

/// What is known of the outputs without asking them.
struct Shared {
    queued: AtomicUsize,
    /// The most bytes that were ever a reason to wait: below it the waker is
    /// woken.
    resume_below: usize,
    state: AtomicU8,
    error: Mutex<Option<io::Error>>,
    waker: Waker,
    spare: Mutex<Vec<Vec<u8>>>,
}

const FINE: u8 = 0;
const GONE: u8 = 1;

/// The way to the thread. It ends with this handle.
pub(super) struct Writer {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the thread; `waker` is woken when the queue falls below
    /// `resume_below` bytes, and when something went wrong.
    pub fn start(waker: Waker, resume_below: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let shared = Arc::new(Shared {
            queued: AtomicUsize::new(0),
            resume_below,
            state: AtomicU8::new(FINE),
            error: Mutex::new(None),
            waker,
            spare: Mutex::new(Vec::new()),
        });
        let theirs = Arc::clone(&shared);
        // Files of their own: the buffers of the standard library would cut
        // what is written into pieces.
        let outputs = Outputs {
            out: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            err: File::from(io::stderr().as_fd().try_clone_to_owned()?),
        };
        std::thread::Builder::new()
            .name("writer".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || run(&queue, &outputs, &theirs))?;
        Ok(Self { jobs, shared })
    }

    /// Bytes that wait to be written.
    pub fn queued(&self) -> usize {
        self.shared.queued.load(Ordering::Acquire)
    }

    /// Whether nobody reads standard output any more.
    pub fn is_gone(&self) -> bool {
        self.shared.state.load(Ordering::Acquire) == GONE
    }

    /// What else went wrong since it was last asked.
    pub fn error(&self) -> Option<io::Error> {
        self.shared.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// An empty buffer, used before if there is one.
    pub fn buffer(&self) -> Vec<u8> {
        let mut spare = self.shared.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_default()
    }

    /// Hands a chunk over.
    pub fn write(&self, to: Output, bytes: Vec<u8>) {
        self.shared.queued.fetch_add(bytes.len(), Ordering::AcqRel);
        let _ = self.jobs.send(Job::Write(to, bytes));
    }

    /// Drops `done` once everything before it is written.
    pub fn flush(&self, done: Sender<()>) {
        let _ = self.jobs.send(Job::Flush(done));
    }
}

struct Outputs {
    out: File,
    err: File,
}

fn run(queue: &Receiver<Job>, outputs: &Outputs, shared: &Shared) {
    while let Ok(job) = queue.recv() {
        match job {
            Job::Write(to, bytes) => put(to, bytes, outputs, shared),
            Job::Flush(done) => drop(done),
        }
    }
}

fn put(to: Output, mut bytes: Vec<u8>, outputs: &Outputs, shared: &Shared) {
    let written = match to {
        Output::Out if shared.state.load(Ordering::Acquire) == GONE => Ok(()),
        Output::Out => write_all(&outputs.out, &bytes),
        Output::Err => write_all(&outputs.err, &bytes),
    };
    if let Err(error) = written
        && to == Output::Out
    {
        fail(error, shared);
    }
    let before = shared.queued.fetch_sub(bytes.len(), Ordering::AcqRel);
    let now = before - bytes.len();
    if before >= shared.resume_below && now < shared.resume_below {
        shared.waker.wake();
    }
    bytes.clear();
    let mut spare = shared.spare.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.len() < 4 && bytes.capacity() <= 4 << 20 {
        spare.push(bytes);
    }
}

/// A broken pipe and a hung-up terminal are the end of the output; anything
/// else may pass.
fn fail(error: io::Error, shared: &Shared) {
    let hung_up = error.raw_os_error() == Some(5);
    if error.kind() == io::ErrorKind::BrokenPipe || hung_up {
        shared.state.store(GONE, Ordering::Release);
    } else {
        *shared.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
    shared.waker.wake();
}

/// Writes all of it, also where somebody else made the descriptor
/// non-blocking.
fn write_all(mut to: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll::writable(to)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
