//! One thread that empties one queue into one output. It must not know who
//! fills the queue.

use super::{Job, Shared, lines, lock};
use crate::os::{descriptor, poll};
use crate::ui::footer::Footer;
use memchr::memchr_iter;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How long a line may take from the queue's end to its front: a slow reader
/// must not make a quiet service's line late by a flood's.
const QUEUE_TIME: Duration = Duration::from_millis(50);
/// Less than this is never worth a wait.
const LEAST: usize = 64 * 1024;
/// What a pipe holds whose reader is fast, so that both change places less
/// often.
const GROWN: i32 = 1024 * 1024;
/// How many chunks in a row show that it is.
const FAST: u32 = 64;

pub(super) struct Drain {
    file: File,
    shared: Arc<Shared>,
    pace: Pace,
    /// What was written ends inside a line.
    torn: bool,
    failing: bool,
    /// Lines that could not be written and were not told of.
    missing: u64,
    /// What stands below everything else, while that is a terminal.
    foot: Vec<String>,
    footer: Footer,
}

impl Drain {
    pub fn new(file: File, shared: Arc<Shared>, most: usize) -> Self {
        let pace = Pace { most, bytes: 0.0, seconds: 0.0, fast: 0 };
        let (foot, footer) = (Vec::new(), Footer::default());
        Self { file, shared, pace, torn: false, failing: false, missing: 0, foot, footer }
    }

    pub fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            match job {
                Job::Write(bytes) => self.put(bytes),
                Job::Foot(lines) => self.stand(lines),
                Job::Flush(done) => drop(done),
            }
        }
    }

    /// Other lines stand at the foot from now on.
    fn stand(&mut self, lines: Vec<String>) {
        self.foot = lines;
        let paused = self.shared.paused.load(Ordering::Acquire);
        if !paused && !self.shared.gone.load(Ordering::Acquire) {
            self.write(&[]);
        }
    }

    fn put(&mut self, bytes: Vec<u8>) {
        if self.shared.paused.load(Ordering::Acquire) {
            // Whoever has the terminal now writes over them.
            self.footer.forget();
            self.shared.thrown_away.fetch_add(count_lines(&bytes), Ordering::AcqRel);
        } else if !self.shared.gone.load(Ordering::Acquire) {
            let began = Instant::now();
            self.write(&bytes);
            self.keep_pace(bytes.len(), began.elapsed());
        }
        self.shared.done(bytes.len());
        self.shared.keep(bytes);
    }

    fn keep_pace(&mut self, bytes: usize, took: Duration) {
        self.shared.limit.store(self.pace.limit_after(bytes, took), Ordering::SeqCst);
        if self.pace.fast == FAST {
            descriptor::grow_pipe(&self.file, GROWN);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        let written = self
            .write_text(|footer, _| footer.wipe())
            .and_then(|()| self.note_gap())
            .and_then(|()| self.write_all(&mut left))
            .and_then(|()| self.write_text(Footer::draw));
        match written {
            Ok(()) => self.failing = false,
            Err(error) => self.fail(error, left),
        }
    }

    /// A broken pipe and a hung-up terminal are the end of the output.
    /// Anything else may pass, is told once, and leaves a gap.
    fn fail(&mut self, error: io::Error, left: &[u8]) {
        if error.kind() == io::ErrorKind::BrokenPipe || descriptor::is_hung_up(&error) {
            self.shared.gone.store(true, Ordering::Release);
            self.shared.waker.wake();
            return;
        }
        self.missing += count_lines(left);
        if !std::mem::replace(&mut self.failing, true) {
            *lock(&self.shared.failure) = Some(error);
            self.shared.waker.wake();
        }
    }

    fn write_text(&mut self, text: impl Fn(&mut Footer, &[String]) -> String) -> io::Result<()> {
        let text = text(&mut self.footer, &self.foot);
        // Whether a line is unfinished is a matter of what stands above.
        let torn = self.torn;
        let written = self.write_all(&mut text.as_bytes());
        self.torn = torn;
        written
    }

    /// Says in the output itself what is missing from it.
    fn note_gap(&mut self) -> io::Result<()> {
        if self.torn {
            self.write_all(&mut b"\n".as_slice())?;
        }
        if self.missing > 0 {
            let note = format!("devsup: {} missing here\n", lines(self.missing));
            self.write_all(&mut note.as_bytes())?;
            self.missing = 0;
        }
        Ok(())
    }

    /// Writes all of it, also where somebody else made the descriptor
    /// non-blocking; what could not be written is left in `bytes`.
    fn write_all(&mut self, bytes: &mut &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.torn = bytes[count - 1] != b'\n';
                    *bytes = &bytes[count..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    poll::writable(&self.file)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// How fast the output takes what it gets, the last chunks counting most.
struct Pace {
    most: usize,
    bytes: f64,
    seconds: f64,
    /// How many chunks in a row were taken as fast as matters.
    fast: u32,
}

impl Pace {
    /// How many bytes may wait, now that so many took so long.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rough figure, and never negative"
    )]
    fn limit_after(&mut self, bytes: usize, took: Duration) -> usize {
        self.bytes = self.bytes / 2.0 + bytes as f64;
        self.seconds = self.seconds / 2.0 + took.as_secs_f64();
        let wanted = self.bytes / self.seconds.max(1e-9) * QUEUE_TIME.as_secs_f64();
        let limit = (wanted as usize).clamp(LEAST.min(self.most), self.most);
        let fast = limit == self.most && bytes >= LEAST;
        self.fast = if fast { self.fast.saturating_add(1) } else { 0 };
        limit
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outlet;
    use super::*;
    use crate::log::Waker;

    #[test]
    fn a_gap_is_told_in_its_place_and_never_inside_a_line() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("out");
        let spare = File::create(place.path().join("spare")).expect("a file");
        let outlet = Outlet::start("spare", spare, Waker::new().expect("a waker"), 1 << 20);
        let shared = Arc::clone(&outlet.expect("an outlet").shared);
        let full = File::options().write(true).open("/dev/full").expect("a full device");
        let mut drain = Drain::new(full, Arc::clone(&shared), 1 << 20);
        drain.torn = true;
        drain.write(b"one\ntwo\n");
        drain.write(b"three\n");
        let told = lock(&shared.failure).take().map(|error| error.kind());
        assert_eq!(told, Some(io::ErrorKind::StorageFull));
        drain.file = File::create(&path).expect("a file");
        drain.write(b"four\n");
        drain.write(b"five\n");
        let text = std::fs::read_to_string(path).expect("a file");
        assert_eq!(text, "\ndevsup: 3 lines missing here\nfour\nfive\n");
    }

    #[test]
    fn lines_at_the_foot_stay_there_and_leave_nothing_behind() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("out");
        let file = || File::create(&path).expect("a file");
        let outlet = Outlet::start("spare", file(), Waker::new().expect("a waker"), 1 << 20);
        let shared = Arc::clone(&outlet.expect("an outlet").shared);
        let mut drain = Drain::new(file(), shared, 1 << 20);
        drain.write(b"one\n");
        drain.stand(vec!["waits".to_owned()]);
        drain.write(b"two\n");
        drain.stand(Vec::new());
        drain.write(b"three\n");
        let text = std::fs::read_to_string(&path).expect("a file");
        assert_eq!(text, "one\nwaits\n\r\x1b[1A\x1b[Jtwo\nwaits\n\r\x1b[1A\x1b[Jthree\n");
    }

    #[test]
    fn the_queue_shrinks_with_the_speed_of_the_output_and_recovers() {
        let most = 1024 * 1024;
        let mut pace = Pace { most, bytes: 0.0, seconds: 0.0, fast: 0 };
        let chunk = 64 * 1024;
        for _ in 0..4 {
            assert_eq!(pace.limit_after(chunk, Duration::from_micros(100)), most);
        }
        assert_eq!(pace.limit_after(chunk, Duration::from_secs(1)), LEAST);
        let limits: Vec<usize> =
            (0..20).map(|_| pace.limit_after(chunk, Duration::from_micros(100))).collect();
        assert!(limits.is_sorted());
        assert_eq!(limits.last(), Some(&most));
    }
}
