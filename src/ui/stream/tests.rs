use super::*;
use crate::log::Rotation;
use crate::log::{Channel, Hub, Source};
use crate::os::pty::{Pty, Size};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Longer than any test: what waits for it never comes.
const NEVER: Duration = Duration::from_secs(3600);
/// A limit for what does come, so that a failure is not a hang.
const SOON: Duration = Duration::from_secs(60);

fn options(names: &[&str]) -> StreamOptions {
    StreamOptions {
        look: Look::default(),
        terminal: false,
        timestamps: false,
        prefix: true,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        columns: None,
    }
}

fn start(
    options: StreamOptions,
    outputs: Outputs,
    patience: Duration,
) -> (Hub, Receiver<HubEvent>) {
    let (tell, events) = channel();
    let stream = Stream::onto(options, outputs, patience);
    let hub = Hub::start(Box::new(stream), Box::new(move |event| drop(tell.send(event))));
    (hub.expect("a hub"), events)
}

/// A stream into a pipe that lines and words share, and its reader.
fn into_pipe(options: StreamOptions) -> (Hub, PipeReader) {
    let (reader, writer) = pipe().expect("a pipe");
    let err = File::from(std::os::fd::OwnedFd::from(writer.try_clone().expect("a copy")));
    let out = File::from(std::os::fd::OwnedFd::from(writer));
    (start(options, Outputs { out, err }, NEVER).0, reader)
}

/// A stream on a terminal, and what is on the other side of it.
fn on_terminal(options: StreamOptions, patience: Duration) -> (Hub, File) {
    let Pty { master, slave } = Pty::open(Size { rows: 24, columns: 80 }).expect("a terminal");
    let err = File::from(slave.try_clone().expect("a copy"));
    let options = StreamOptions { terminal: true, ..options };
    let (hub, _) = start(options, Outputs { out: slave.into(), err }, patience);
    (hub, master.into())
}

/// A service that writes into a pipe.
fn service(hub: &Hub, id: u32, name: &str, file: Option<PathBuf>) -> PipeWriter {
    let (reader, writer) = pipe().expect("a pipe");
    let streams = vec![(Channel::Out, reader.into())];
    hub.add(Source {
        id: SourceId(id),
        name: name.to_owned(),
        file,
        rotation: Rotation::NEVER,
        watcher: None,
        streams,
    });
    writer
}

fn finish(hub: &Hub, id: u32, words: &'static str) {
    hub.finish(SourceId(id), Box::new(move |_| words.to_owned()));
}

/// What one service that writes this looks like in the end.
fn shown(options: StreamOptions, text: &[u8]) -> String {
    let (hub, reader) = into_pipe(options);
    let mut writer = service(&hub, 0, "web", None);
    let text = text.to_owned();
    let writing = thread::spawn(move || writer.write_all(&text));
    let reading = thread::spawn(move || all(reader));
    writing.join().expect("a writer").expect("a write");
    finish(&hub, 0, "");
    drop(hub);
    reading.join().expect("a reader")
}

fn all(mut reader: impl Read) -> String {
    let mut text = Vec::new();
    reader.read_to_end(&mut text).expect("a read");
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn names_are_padded_and_come_before_each_line() {
    assert_eq!(
        shown(options(&["web", "worker"]), b"a\n\nb"),
        "web    | a\nweb    | \nweb    | b\n"
    );
    let without = StreamOptions { prefix: false, ..options(&["web"]) };
    assert_eq!(shown(without, b"a\n"), "a\n");
}

#[test]
fn the_colour_is_on_the_name_alone_and_the_same_in_every_run() {
    let look = Look { colour: true, unicode: true };
    let coloured =
        |names: &[&str]| shown(StreamOptions { look, ..options(names) }, b"\x1b[31ma\nb\n");
    let colour = colours_of(&["web".to_owned()])[0];
    let head = format!("\x1b[{colour}mweb |\x1b[0m ");
    let wanted = format!("{head}\x1b[31ma\x1b[0m\n{head}\x1b[31mb\x1b[0m\n");
    assert_eq!(coloured(&["web"]), wanted);
    assert_eq!(coloured(&["web", "db"]).lines().count(), 2);
    assert_eq!(coloured(&["web", "db"]), coloured(&["web", "db"]));
}

#[test]
fn without_colours_nothing_but_text_is_left() {
    let text = shown(options(&["web"]), b"\x1b[31mred\x1b[0m\n10%\r100%\n\x1b]0;t\x07x\r\n");
    assert_eq!(text, "web | red\nweb | 100%\nweb | x\n");
}

#[test]
fn the_time_comes_first() {
    let text = shown(StreamOptions { timestamps: true, ..options(&["web"]) }, b"a\n");
    let (time, rest) = text.split_at(8);
    assert!(time.chars().all(|c| c.is_ascii_digit() || c == ':'), "{time}");
    assert_eq!(rest, " web | a\n");
}

#[test]
fn a_line_over_the_cap_comes_in_parts_that_say_so() {
    let mut line = vec![b'x'; 2 * LINE_CAP + 5];
    line.extend_from_slice(b"\nshort\n");
    let x = |count| "x".repeat(count);
    let wanted = format!(
        "web | {}...\nweb | ...{}...\nweb | ...{}\nweb | short\n",
        x(LINE_CAP),
        x(LINE_CAP),
        x(5)
    );
    assert!(shown(options(&["web"]), &line) == wanted);
}

#[test]
fn the_last_lines_come_before_the_notice_of_an_end() {
    let (hub, reader) = into_pipe(options(&["web"]));
    let mut writer = service(&hub, 0, "web", None);
    hub.say("up".to_owned());
    writer.write_all(b"last\nunfinished").expect("a write");
    hub.finish(
        SourceId(0),
        Box::new(|lines| format!("web has ended after {}", lines.join(" and "))),
    );
    drop(hub);
    let text = "up\nweb | last\nweb | unfinished\nweb has ended after last and unfinished\n";
    assert_eq!(all(reader), text);
}

#[test]
fn a_stranger_who_holds_the_pipe_open_is_not_waited_for() {
    let (hub, reader) = into_pipe(options(&["web"]));
    let mut writer = service(&hub, 0, "web", None);
    let _stranger = writer.try_clone().expect("a copy");
    writer.write_all(b"last\n").expect("a write");
    finish(&hub, 0, "ended");
    drop(hub);
    assert_eq!(all(reader), "web | last\nended\n");
}

#[test]
fn a_second_life_has_the_same_name_and_file_and_no_colours_of_the_first() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("web.log");
    let look = Look { colour: true, unicode: true };
    let (hub, reader) = into_pipe(StreamOptions { look, prefix: false, ..options(&["web"]) });
    for text in ["\x1b[31mone\n", "two\n"] {
        service(&hub, 0, "web", Some(path.clone())).write_all(text.as_bytes()).expect("a write");
        finish(&hub, 0, "");
    }
    drop(hub);
    assert_eq!(all(reader), "\x1b[31mone\x1b[0m\ntwo\n");
    let log = std::fs::read_to_string(path).expect("a log");
    let entries: Vec<&str> = log.lines().map(|line| &line[31..]).collect();
    assert_eq!(entries, ["stdout F \x1b[31mone", "stdout F two"]);
}

#[test]
fn an_unfinished_line_is_shown_with_a_mark_and_again_when_it_is_whole() {
    let (hub, master) = on_terminal(options(&["web"]), Duration::ZERO);
    let mut writer = service(&hub, 0, "web", None);
    let mut lines = BufReader::new(master).lines();
    let mut next = || lines.next().expect("a line").expect("a read");
    writer.write_all(b"name? ").expect("a write");
    assert_eq!(next(), "web | name?  ...");
    hub.say("others go on".to_owned());
    assert_eq!(next(), "others go on");
    writer.write_all(b"Ada\n").expect("a write");
    assert_eq!(next(), "web | name? Ada");
}

#[test]
fn a_prompt_is_shown_again_when_the_screen_is_back() {
    let (hub, master) = on_terminal(options(&["web"]), Duration::ZERO);
    let mut writer = service(&hub, 0, "web", None);
    let (tell, lines) = channel();
    thread::spawn(move || BufReader::new(master).lines().try_for_each(|line| tell.send(line)));
    let next = || lines.recv_timeout(SOON).expect("in time").expect("a line");
    writer.write_all(b"name? ").expect("a write");
    assert_eq!(next(), "web | name?  ...");
    hub.screen(false);
    hub.screen(true);
    assert_eq!(next(), "web | name?  ...");
}

#[test]
fn a_terminal_sees_a_long_line_up_to_its_cap_and_how_much_is_left_out() {
    let (hub, master) = on_terminal(options(&["web"]), NEVER);
    let mut writer = service(&hub, 0, "web", None);
    let more = 70_000 - SCREEN_CAP;
    thread::spawn(move || {
        writer.write_all(&b"x".repeat(70_000))?;
        writer.write_all(b"\nshort\r\n")
    });
    let mut lines = BufReader::new(master).lines();
    let mut next = || lines.next().expect("a line").expect("a read");
    assert!(next() == format!("web | {} ... ({more} bytes more)", "x".repeat(SCREEN_CAP)));
    assert_eq!(next(), "web | short");
}

#[test]
fn the_screen_says_what_it_skipped_while_it_was_somebody_else_s() {
    let (hub, master) = on_terminal(options(&["web"]), NEVER);
    let mut writer = service(&hub, 0, "web", None);
    hub.screen(false);
    assert!(hub.flush(SOON));
    writer.write_all(b"1\n2\n3\n").expect("a write");
    finish(&hub, 0, "web has ended");
    hub.screen(true);
    hub.say("here again".to_owned());
    let mut lines = BufReader::new(master).lines();
    let mut next = || lines.next().expect("a line").expect("a read");
    assert_eq!(next(), "... 4 lines skipped here; the logs have them all");
    assert_eq!(next(), "here again");
}

#[test]
fn a_terminal_that_nobody_reads_holds_up_no_service_and_says_how_much_it_skipped() {
    const LINES: usize = 100_000;
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("web.log");
    let (hub, master) = on_terminal(options(&["web"]), NEVER);
    let mut writer = service(&hub, 0, "web", Some(path.clone()));
    for number in 0..LINES {
        writeln!(writer, "line {number}").expect("a write");
    }
    finish(&hub, 0, "");
    let mut accounted = 0;
    let mut skipped = 0;
    for line in BufReader::new(master).lines() {
        let line = line.expect("a read");
        if let Some(number) = line.strip_prefix("web | line ") {
            assert_eq!(number.parse(), Ok(accounted), "in order, the gaps told in their places");
            accounted += 1;
        } else {
            let count = line.strip_prefix("... ").and_then(|line| line.split(' ').next());
            let count: usize = count.and_then(|count| count.parse().ok()).expect("a number");
            accounted += count;
            skipped += count;
        }
        if accounted == LINES {
            break;
        }
    }
    assert!(skipped > 0);
    assert!(hub.flush(SOON));
    let log = std::fs::read_to_string(path).expect("a log");
    assert!(log.lines().enumerate().all(|(at, line)| line.ends_with(&format!("F line {at}"))));
    assert_eq!(log.lines().count(), LINES);
}

#[test]
fn a_slow_reader_of_a_pipe_holds_the_service_and_gets_everything() {
    const LINES: usize = 200_000;
    // The two pipes, one of them grown, both twice; the queue, and a turn.
    const AHEAD: usize = 2 * (2 << 20) + PIPE_QUEUE + CHUNK;
    let (hub, reader) = into_pipe(options(&["web"]));
    let mut writer = service(&hub, 0, "web", None);
    let written = Arc::new(AtomicUsize::new(0));
    let ours = Arc::clone(&written);
    let text: Vec<u8> = (0..LINES).flat_map(|n| format!("{n:0>99}\n").into_bytes()).collect();
    let writing = thread::spawn(move || {
        for block in text.chunks(4096) {
            writer.write_all(block).expect("a write");
            ours.fetch_add(block.len(), Ordering::SeqCst);
        }
    });
    let mut read = 0;
    for (number, line) in BufReader::with_capacity(4096, reader).lines().take(LINES).enumerate() {
        read += 100;
        let ahead = written.load(Ordering::SeqCst).saturating_sub(read);
        assert!(ahead <= AHEAD, "{ahead} bytes ahead of the reader");
        assert_eq!(line.expect("a read"), format!("web | {number:0>99}"));
    }
    writing.join().expect("a writer");
}

/// A line that can be told from all others.
fn record(name: &str, number: usize) -> String {
    format!("{name} {number} {}", "x".repeat(number % 150))
}

#[test]
fn eight_services_at_once_tear_lose_and_merge_nothing() {
    const LINES: usize = 5_000;
    let names = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
    let (hub, reader) = into_pipe(options(&names));
    let mut writing = Vec::new();
    for (id, name) in (0..).zip(names) {
        let mut writer = service(&hub, id, name, None);
        writing.push(thread::spawn(move || {
            let text: String =
                (0..LINES).flat_map(|n| [record(name, n), "\n".to_owned()]).collect();
            // Blocks that end inside of lines.
            for block in text.as_bytes().chunks(4093) {
                writer.write_all(block).expect("a write");
            }
        }));
    }
    let reading = thread::spawn(move || all(reader));
    for writer in writing {
        writer.join().expect("a writer");
    }
    for id in 0..8 {
        finish(&hub, id, "");
    }
    drop(hub);
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for line in reading.join().expect("a reader").lines() {
        let (prefix, text) = line.split_once(" | ").expect("a prefix");
        let number = next.entry(prefix.to_owned()).or_default();
        assert_eq!(text, record(prefix, *number));
        *number += 1;
    }
    assert!(next.len() == 8 && next.values().all(|count| *count == LINES));
}

#[test]
fn when_the_reader_is_gone_it_is_told_once_and_services_still_come_to_their_end() {
    let (reader, writer) = pipe().expect("a pipe");
    let (err_reader, err) = pipe().expect("a pipe");
    let outputs = Outputs {
        out: std::os::fd::OwnedFd::from(writer).into(),
        err: std::os::fd::OwnedFd::from(err).into(),
    };
    let (hub, events) = start(options(&["web"]), outputs, NEVER);
    drop(reader);
    let mut writer = service(&hub, 0, "web", None);
    writer.write_all(b"nobody reads this\n").expect("a write");
    assert!(matches!(events.recv_timeout(SOON), Ok(HubEvent::ReaderGone)));
    for _ in 0..64 {
        writer.write_all(&b"\n".repeat(64 * 1024)).expect("a write");
    }
    finish(&hub, 0, "web has ended");
    drop(hub);
    assert_eq!(all(err_reader), "web has ended\n");
    assert!(events.try_iter().next().is_none());
}

#[test]
fn a_full_disk_under_standard_output_is_told_once() {
    let (err_reader, err) = pipe().expect("a pipe");
    let out = File::options().write(true).open("/dev/full").expect("a full device");
    let outputs = Outputs { out, err: std::os::fd::OwnedFd::from(err).into() };
    let (hub, events) = start(options(&["web"]), outputs, NEVER);
    let mut writer = service(&hub, 0, "web", None);
    for _ in 0..20 {
        writer.write_all(b"lost\n").expect("a write");
        assert!(hub.flush(SOON));
    }
    finish(&hub, 0, "");
    drop(hub);
    assert_eq!(all(err_reader), "");
    let told: Vec<HubEvent> = events.iter().collect();
    assert!(matches!(told.as_slice(), [HubEvent::FileFailed { name, .. }] if name == "stdout"));
}

#[test]
fn a_stuck_reader_of_words_keeps_back_no_lines() {
    let (reader, writer) = pipe().expect("a pipe");
    let (_stuck, err) = pipe().expect("a pipe");
    let outputs = Outputs {
        out: std::os::fd::OwnedFd::from(writer).into(),
        err: std::os::fd::OwnedFd::from(err).into(),
    };
    let (hub, _) = start(options(&["web"]), outputs, NEVER);
    for _ in 0..4 {
        hub.say("w".repeat(64 * 1024));
    }
    let mut writer = service(&hub, 0, "web", None);
    writer.write_all(b"line\n").expect("a write");
    let (tell, line) = channel();
    thread::spawn(move || tell.send(BufReader::new(reader).lines().next()));
    let line = line.recv_timeout(SOON).expect("in time").expect("a line").expect("a read");
    assert_eq!(line, "web | line");
    assert!(!hub.flush(Duration::ZERO), "the words are not out");
}

#[test]
fn words_for_a_stuck_reader_are_bounded_and_their_loss_is_told() {
    let (mut reader, err) = pipe().expect("a pipe");
    let (_out_reader, out) = pipe().expect("a pipe");
    let outputs = Outputs {
        out: std::os::fd::OwnedFd::from(out).into(),
        err: std::os::fd::OwnedFd::from(err).into(),
    };
    let (hub, _) = start(options(&["web"]), outputs, NEVER);
    let line = "w".repeat(1023);
    for _ in 0..4096 {
        hub.say(line.clone());
    }
    // Once the hub has answered, it has looked at all of them.
    let (answer, asked) = channel();
    hub.finish(
        SourceId(9),
        Box::new(move |_| {
            let _ = answer.send(());
            String::new()
        }),
    );
    asked.recv_timeout(SOON).expect("an answer");
    let reading = thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    assert!(hub.flush(SOON));
    hub.say("here again".to_owned());
    drop(hub);
    let text = reading.join().expect("a reader").expect("a read");
    let whole = text.lines().filter(|text| *text == line).count();
    // More than once, where there was room in between.
    let told = text.lines().filter_map(|text| text.strip_prefix("devsup: "));
    let lost: usize = told
        .map(|told| told.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0_usize))
        .sum();
    assert!(lost > 0);
    assert_eq!(whole + lost, 4096);
    assert!(text.ends_with("here again\n"));
}

#[test]
fn a_separator_has_the_time_and_fits_the_width() {
    let (hub, reader) = into_pipe(StreamOptions { columns: Some(40), ..options(&["web"]) });
    hub.separator();
    drop(hub);
    let line = all(reader);
    assert_eq!(line.trim_end().len(), 40);
    assert!(line.starts_with("---- ") && line.matches(':').count() == 2, "{line}");
}
