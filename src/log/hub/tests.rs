use crate::log::Rotation;
use crate::log::{Channel, Hub, HubEvent, Sink, Source, SourceId, StreamId, Waker};
use crate::os::descriptor;
use jiff::Timestamp;
use std::io::{self, PipeReader, PipeWriter, Write, pipe};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// A sink that has room for one read at a time, and tells whose it was.
struct Narrow {
    seen: Sender<(StreamId, usize)>,
    waker: Option<Waker>,
    full: bool,
}

impl Sink for Narrow {
    fn start(&mut self, waker: Waker) -> io::Result<()> {
        self.waker = Some(waker);
        Ok(())
    }
    fn turn(&mut self, _: Timestamp) {
        self.full = false;
    }
    fn add(&mut self, _: SourceId, _: &str) {}
    fn lines(&mut self, from: StreamId, bytes: &[u8]) {
        let _ = self.seen.send((from, bytes.len()));
        self.full = true;
    }
    fn part(&mut self, _: StreamId, _: &[u8]) {}
    fn partial(&mut self, from: StreamId, _: &[u8]) {
        let _ = self.seen.send((from, 0));
    }
    fn say(&mut self, _: &str) {}
    fn separator(&mut self) {}
    fn screen(&mut self, _: bool) {}
    fn resize(&mut self, _: u16) {}
    fn push(&mut self) {}
    fn is_full(&mut self) -> bool {
        if self.full
            && let Some(waker) = &self.waker
        {
            waker.wake();
        }
        self.full
    }
    fn trouble(&mut self) -> Option<HubEvent> {
        None
    }
    fn flush(&mut self, _: Sender<()>) {}
    fn patience(&self) -> Duration {
        Duration::ZERO
    }
}

fn narrow() -> (Hub, Receiver<(StreamId, usize)>) {
    let (seen, shown) = channel();
    let sink = Narrow { seen, waker: None, full: false };
    (Hub::start(Box::new(sink), Box::new(drop)).expect("a hub"), shown)
}

/// A pipe into which this was written before anybody read.
fn full_pipe(text: &[u8]) -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().expect("a pipe");
    descriptor::grow_pipe(&reader, 1 << 20);
    writer.write_all(text).expect("a write");
    (reader, writer)
}

/// A service that has written this before anybody reads.
fn add(hub: &Hub, text: &[u8]) -> PipeWriter {
    let (reader, writer) = full_pipe(text);
    let streams = vec![(Channel::Out, reader.into())];
    hub.add(Source {
        id: SourceId(0),
        name: "web".to_owned(),
        file: None,
        rotation: Rotation::NEVER,
        watcher: None,
        streams,
    });
    writer
}

#[test]
fn a_full_sink_does_not_make_the_first_streams_the_only_ones() {
    let (hub, shown) = narrow();
    let text = [[b'x'; 63].as_slice(), b"\n"].concat().repeat(4 * 1024);
    let (mut streams, mut writers) = (Vec::new(), Vec::new());
    for channel in [Channel::Out, Channel::Err, Channel::Terminal] {
        let (reader, writer) = full_pipe(&text);
        streams.push((channel, reader.into()));
        writers.push(writer);
    }
    hub.add(Source {
        id: SourceId(0),
        name: "busy".to_owned(),
        file: None,
        rotation: Rotation::NEVER,
        watcher: None,
        streams,
    });
    let mut turns = Vec::new();
    for _ in 0..4 {
        let mut round: Vec<Channel> =
            (0..3).map(|_| shown.recv_timeout(SOON).expect("a read").0.channel).collect();
        turns.extend(round.clone());
        round.dedup();
        assert_eq!(round.len(), 3, "one had two turns: {turns:?}");
    }
    assert!((3..12).all(|at| turns[at] == turns[at - 3]), "{turns:?}");
}

#[test]
fn a_line_that_is_only_waiting_to_be_read_is_not_shown_as_unfinished() {
    let (hub, shown) = narrow();
    // The first read ends inside a line, whose rest is already there.
    let text = [[b'x'; 99].as_slice(), b"\n"].concat().repeat(2000);
    let _writer = add(&hub, &text);
    let mut sum = 0;
    while sum < text.len() {
        let (_, bytes) = shown.recv_timeout(SOON).expect("a read");
        assert!(bytes > 0, "shown as unfinished");
        sum += bytes;
    }
}

#[test]
fn the_thread_ends_with_the_last_handle() {
    let (hub, shown) = narrow();
    let second = hub.clone();
    drop(hub);
    let _writer = add(&second, b"still there\n");
    assert_eq!(shown.recv_timeout(SOON).map(|seen| seen.1), Ok(12));
    drop(second);
    assert!(
        shown
            .recv_timeout(SOON)
            .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Disconnected)
    );
}
