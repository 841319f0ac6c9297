//! The thread that moves the stream. It must not know what lines look like
//! when they are shown.
//!
//! What makes it fast: nothing is done a line that can be done a read, reads
//! stay in the cache, and the writing is another thread's. A stream alone is
//! read several times in a turn, and pipes that are always full are grown, also
//! that of a fast reader, so that threads and processes change places less
//! often; all of that together took almost half of what the writing thread
//! cost. What is left is mostly the kernel's copying: into a log file goes half
//! as much again as a service wrote, and that costs about what it costs `tee`.
//! Looking at two neighbouring bytes at once, to find lone carriage returns in
//! the pass that finds control characters, cost more than it saved.
//! `cargo bench --bench stream` measures it.

mod hand;
mod partial;

use super::file::LogFile;
use super::lines::{Piece, Splitter};
use super::tail::Tail;
use super::{HubEvent, LastWords, Sink, Source, SourceId, StreamId, Watcher};
use crate::os::descriptor;
use crate::os::poll::{Poller, Waker};
use hand::Hand;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How much is read from a stream before the next one has its turn.
const READ: usize = 64 * 1024;
/// How often a stream is read in one turn while no other is ready, so that
/// what follows a turn is done less often.
const READS_ALONE: usize = 4;
/// What a pipe holds that was found full again and again.
const GROWN: i32 = 1024 * 1024;
/// How many full reads make a flood.
const FLOOD: u8 = 8;
const MAIL: u64 = u64::MAX;

/// What the handles say.
pub(super) enum Message {
    Add(Source),
    Finish(SourceId, LastWords),
    Say(String),
    Separator,
    Screen(bool),
    Resize(u16),
    Detach,
    Flush(Sender<()>),
    Taken(Sender<()>),
    End,
}

/// The state of the thread.
pub(super) struct Mover {
    sink: Box<dyn Sink>,
    events: Box<dyn Fn(HubEvent) + Send>,
    messages: Receiver<Message>,
    waker: Waker,
    logged: Arc<Notify>,
    /// Whether a log was written to in this turn.
    wrote: bool,
    poller: Poller,
    /// Streams that have something to read, those first that had no turn
    /// before the sink was full.
    ready: Vec<u64>,
    /// What the last wait found.
    found: Vec<u64>,
    sources: HashMap<SourceId, Entry>,
    pipes: Vec<Option<Pipe>>,
    /// Which pipes may hold an unfinished line that was not shown yet.
    waiting: Vec<usize>,
    buffer: Vec<u8>,
    entries: Vec<u8>,
    clock: Clock,
    ended: bool,
}

/// A source, apart from its streams.
struct Entry {
    name: String,
    log: Option<LogFile>,
    tail: Tail,
    watcher: Option<Watcher>,
    pipes: Vec<usize>,
}

/// One stream that is open.
struct Pipe {
    id: StreamId,
    file: File,
    splitter: Splitter,
    /// When the unfinished line is to be shown; `None`: nothing new to show.
    show: Option<Instant>,
    patience: Duration,
    /// How many reads in a row came back full.
    full: u8,
}

/// The time of a turn, looked at once.
struct Clock {
    now: Instant,
    at: Timestamp,
    stamp: String,
}

impl Clock {
    fn look() -> Self {
        let at = Timestamp::now();
        Self { now: Instant::now(), at, stamp: format!("{at:.9}") }
    }
}

impl Mover {
    pub(super) fn new(
        sink: Box<dyn Sink>,
        events: Box<dyn Fn(HubEvent) + Send>,
        messages: Receiver<Message>,
        waker: Waker,
        logged: Arc<Notify>,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        poller.add(&waker, MAIL)?;
        Ok(Self {
            sink,
            events,
            messages,
            waker,
            logged,
            wrote: false,
            poller,
            ready: Vec::new(),
            found: Vec::new(),
            sources: HashMap::new(),
            pipes: Vec::new(),
            waiting: Vec::new(),
            buffer: vec![0; READ],
            entries: Vec::new(),
            clock: Clock::look(),
            ended: false,
        })
    }

    pub(super) fn run(mut self) {
        while !self.ended {
            self.wait();
            self.turn();
        }
    }

    /// Waits for streams and mail, or for mail alone while the sink is full:
    /// it is the one that makes a slow reader slow the services.
    fn wait(&mut self) {
        let waited = if self.sink.is_full() {
            self.waker.wait()
        } else {
            let late = !self.ready.is_empty();
            let timeout = if late { Some(Duration::ZERO) } else { self.next_partial() };
            let waited = self.poller.wait(timeout, &mut self.found);
            let new = self.found.iter().filter(|&&token| token != MAIL);
            let new: Vec<u64> = new.filter(|token| !self.ready.contains(token)).copied().collect();
            self.ready.extend(new);
            waited
        };
        debug_assert!(waited.is_ok(), "waiting for descriptors can't fail: {waited:?}");
    }

    fn turn(&mut self) {
        self.clock = Clock::look();
        self.sink.turn(self.clock.at);
        self.waker.clear();
        while let Ok(message) = self.messages.try_recv() {
            self.obey(message);
        }
        self.read_ready();
        self.show_partials();
        self.sink.push();
        if std::mem::take(&mut self.wrote) {
            self.logged.notify_waiters();
        }
        while let Some(trouble) = self.sink.trouble() {
            (self.events)(trouble);
        }
    }

    fn read_ready(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        let times = if ready.len() == 1 { READS_ALONE } else { 1 };
        let mut served = 0;
        while served < ready.len() && !self.sink.is_full() {
            self.read(usize::try_from(ready[served]).unwrap_or(usize::MAX), times);
            served += 1;
        }
        self.ready = ready;
        self.ready.drain(..served);
    }

    fn obey(&mut self, message: Message) {
        match message {
            Message::Add(source) => self.add(source),
            Message::Finish(id, words) => self.finish(id, words),
            Message::Say(words) => self.sink.say(&words),
            Message::Separator => self.sink.separator(),
            Message::Screen(on) => self.screen(on),
            Message::Resize(columns) => self.sink.resize(columns),
            Message::Detach => self.sink.detach(),
            Message::Flush(done) => self.sink.flush(done),
            Message::Taken(done) => drop(done),
            Message::End => self.ended = true,
        }
    }

    fn add(&mut self, source: Source) {
        let Source { id, name, file, rotation, watcher, streams } = source;
        // Streams of an earlier life that were never finished end here.
        self.drain(id);
        self.sink.add(id, &name);
        let entry = self.sources.entry(id).or_insert_with(|| Entry {
            name: String::new(),
            log: None,
            tail: Tail::default(),
            watcher: None,
            pipes: Vec::new(),
        });
        entry.name = name;
        entry.tail = Tail::default();
        entry.watcher = watcher;
        match (&entry.log, file) {
            (_, None) => entry.log = None,
            (Some(log), Some(path)) if log.path() == path => {}
            (_, Some(path)) => entry.log = Some(LogFile::new(path, rotation)),
        }
        for (channel, fd) in streams {
            if let Err(error) = self.open(StreamId { source: id, channel }, fd.into()) {
                let name = self.sources[&id].name.clone();
                (self.events)(HubEvent::FileFailed { name, error });
            }
        }
    }

    fn open(&mut self, id: StreamId, file: File) -> io::Result<()> {
        descriptor::set_nonblocking(&file)?;
        let free = self.pipes.iter().position(Option::is_none);
        let at = free.unwrap_or(self.pipes.len());
        self.poller.add(&file, at as u64)?;
        let patience = self.sink.patience();
        let splitter = Splitter::default();
        let pipe = Pipe { id, file, splitter, show: None, patience, full: 0 };
        if free.is_none() {
            self.pipes.push(None);
        }
        self.pipes[at] = Some(pipe);
        if let Some(entry) = self.sources.get_mut(&id.source) {
            entry.pipes.push(at);
        }
        Ok(())
    }

    fn finish(&mut self, id: SourceId, words: LastWords) {
        self.drain(id);
        let mut tail = Vec::new();
        if let Some(entry) = self.sources.get_mut(&id) {
            tail = entry.tail.drain();
            if let Some(log) = &mut entry.log {
                log.rest();
            }
        }
        let words = words(&tail);
        if !words.is_empty() {
            self.sink.say(&words);
        }
    }

    /// Reads what is left in the streams of a source and closes them. A
    /// stranger who holds one open and writes on is not waited for: no more
    /// is read than the pipe could hold.
    fn drain(&mut self, id: SourceId) {
        let Some(entry) = self.sources.get_mut(&id) else { return };
        for at in std::mem::take(&mut entry.pipes) {
            let size = self.pipes[at].as_ref().and_then(|pipe| descriptor::pipe_size(&pipe.file));
            let mut left = size.unwrap_or(READ) + READ;
            while left > 0 {
                let count = self.read(at, 1);
                left = left.saturating_sub(if count == 0 { left } else { count });
            }
            self.close(at);
        }
    }

    /// Reads a stream at most so often and hands on what became whole. Returns
    /// how many bytes there were: 0 where there is nothing, now or ever.
    fn read(&mut self, at: usize, times: usize) -> usize {
        let mut sum = 0;
        for _ in 0..times {
            let Some(Some(pipe)) = self.pipes.get_mut(at) else { break };
            match pipe.file.read(&mut self.buffer) {
                Ok(count @ 1..) => {
                    sum += count;
                    let grown = pipe.notice_flood(count);
                    self.feed(at, count);
                    if count < READ || !grown || self.sink.is_full() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A terminal whose last user is gone says so by an error.
                Ok(_) | Err(_) => {
                    self.write_log(at);
                    self.close(at);
                    break;
                }
            }
        }
        self.write_log(at);
        sum
    }

    /// Writes to the log what was collected for it.
    fn write_log(&mut self, at: usize) {
        if self.entries.is_empty() {
            return;
        }
        let source = self.pipes.get(at).and_then(Option::as_ref).map(|pipe| pipe.id.source);
        if let Some(entry) = source.and_then(|id| self.sources.get_mut(&id)) {
            entry.write(&self.entries, &self.clock, &self.events);
            self.wrote = true;
        }
        self.entries.clear();
    }

    fn feed(&mut self, at: usize, count: usize) {
        let Self { pipes, sources, sink, buffer, entries, clock, waiting, .. } = self;
        let Some(pipe) = pipes[at].as_mut() else { return };
        let Some(entry) = sources.get_mut(&pipe.id.source) else { return };
        let mut hand = Hand { id: pipe.id, entry, sink: sink.as_mut(), entries, clock };
        let mut whole = false;
        pipe.splitter.feed(&buffer[..count], |piece| {
            whole |= matches!(piece, Piece::Lines(_));
            hand.on(piece);
        });
        if whole {
            pipe.patience = sink.patience();
        }
        if pipe.splitter.pending().is_empty() {
            pipe.show = None;
        } else {
            pipe.show = Some(clock.now + pipe.patience);
            if !waiting.contains(&at) {
                waiting.push(at);
            }
        }
    }

    /// Ends a stream; an unfinished last line is a line now.
    fn close(&mut self, at: usize) {
        let Some(mut pipe) = self.pipes.get_mut(at).and_then(Option::take) else { return };
        self.poller.remove(&pipe.file);
        let Some(entry) = self.sources.get_mut(&pipe.id.source) else { return };
        entry.pipes.retain(|&other| other != at);
        let Self { sink, entries, clock, .. } = self;
        let mut hand = Hand { id: pipe.id, entry, sink: sink.as_mut(), entries, clock };
        pipe.splitter.end(|piece| hand.on(piece));
        entry.write(entries, clock, &self.events);
        self.wrote = true;
        entries.clear();
    }
}

impl Pipe {
    /// A pipe that is full each time it is read gets more room, so that
    /// writer and reader change places less often. Not every pipe: the kernel
    /// gives each user only so much.
    /// Says whether it is such a one.
    fn notice_flood(&mut self, count: usize) -> bool {
        if self.full < FLOOD {
            self.full = if count < READ { 0 } else { self.full + 1 };
            if self.full == FLOOD {
                descriptor::grow_pipe(&self.file, GROWN);
            }
        }
        self.full == FLOOD
    }
}

impl Entry {
    fn write(&mut self, entries: &[u8], clock: &Clock, events: &dyn Fn(HubEvent)) {
        if let Some(log) = &mut self.log
            && !entries.is_empty()
            && let Err(error) = log.append(entries, &clock.stamp, clock.now)
        {
            events(HubEvent::FileFailed { name: self.name.clone(), error });
        }
    }
}

#[cfg(test)]
mod tests;
