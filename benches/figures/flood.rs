//! How fast the stream is, and what it costs. The producers are this program
//! again; they write lines of 100 bytes in blocks of 64 KiB, which end in the
//! middle of a line.
//!
//! Two things are measured: the built `devsup up`, which always writes its log
//! files, and the stream of the library alone, which can be had without them.

use super::machine::{Place, cpu, own_processes, peak, sum, wait_until};
use super::table::{Better, Table, median};
use devsup::log::{Channel, Hub, Rotation, Source, SourceId};
use devsup::os::pty::{Pty, Size};
use devsup::ui::style::Look;
use devsup::ui::{Stream, StreamOptions};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LINE: usize = 100;
const BLOCK: usize = 64 * 1024;
const ROUNDS: usize = 3;
const SIZE: Size = Size { rows: 24, columns: 120 };
/// Lines of all producers of a run together.
const LINES: usize = 4_000_000;

/// Whether this process is one of the parts that the flood is made of, which it
/// then has been.
pub fn is_part(words: &[&str]) -> bool {
    match words {
        ["producer", lines, mark] => produce(lines.parse().unwrap(), Some(Path::new(mark))),
        ["producer", lines] => produce(lines.parse().unwrap(), None),
        ["library", producers] => library(producers.parse().unwrap()),
        _ => return false,
    }
    true
}

type Measure = fn(usize) -> Figures;

/// What is measured beside what, and the least ratio that is good.
const PAIRS: [(&str, Measure, &str, Measure, &str); 3] = [
    ("prefixed lines into a pipe", library_alone, "`cat`", cat, "ratio 0.5"),
    ("the same with log files, by `devsup up`", devsup_into_pipe, "`tee FILE`", tee, "ratio 0.33"),
    (
        "services on a terminal, which do not wait for it",
        devsup_on_terminal,
        "the terminal",
        terminal,
        "ratio 0.5",
    ),
];

pub fn measure(table: &mut Table) {
    for producers in [1, 8] {
        let many = if producers == 1 { "1 producer" } else { "8 producers" };
        for (what, ours, equal, bare, aim) in PAIRS {
            let rounds: Vec<(Figures, Figures)> =
                (0..ROUNDS).map(|_| (ours(producers), bare(producers))).collect();
            let rates: Vec<(f64, f64)> =
                rounds.iter().map(|(ours, bare)| (ours.rate, bare.rate)).collect();
            let more = ("MB/s", Better::More);
            table.beside(format!("{what}, {many}"), &rates, more, (equal, aim));
            let spent = median(rounds.iter().map(|(ours, _)| ours.cpu));
            let used = median(rounds.iter().map(|(ours, _)| ours.memory));
            table.alone(format!("{what}, {many}: CPU"), &[spent], "s/GB", "1.5");
            table.alone(format!("{what}, {many}: memory at the peak"), &[used], "MB", "20");
        }
    }
}

/// What one run came to: payload MB/s, and of what stands between producers
/// and reader the CPU seconds a GB of payload and the MB of memory at the peak.
struct Figures {
    rate: f64,
    cpu: f64,
    memory: f64,
}

fn payload() -> f64 {
    (LINES * LINE) as f64 / 1e6
}

fn produce(lines: usize, mark: Option<&Path>) {
    let mut line = vec![b'x'; LINE];
    line[LINE - 1] = b'\n';
    let mut block = Vec::with_capacity(BLOCK + LINE);
    let mut out =
        File::from(std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned().unwrap());
    for _ in 0..lines {
        block.extend_from_slice(&line);
        if block.len() >= BLOCK {
            out.write_all(&block[..BLOCK]).unwrap();
            block.drain(..BLOCK);
        }
    }
    out.write_all(&block).unwrap();
    if let Some(mark) = mark {
        fs::write(mark, "").unwrap();
        // A service stays, so that what its supervisor cost can be read.
        let _ = std::io::stdin().read(&mut [0]);
    }
}

/// Reads until that many lines have come; the time is that between the first
/// byte and the last line.
fn read_lines(from: &mut impl Read, lines: usize) -> Duration {
    let mut buffer = vec![0; 256 * 1024];
    let mut seen = 0;
    let mut began = None;
    while seen < lines {
        let count = from.read(&mut buffer).unwrap();
        assert!(count > 0, "{seen} of {lines} lines came");
        began.get_or_insert_with(Instant::now);
        seen += memchr::memchr_iter(b'\n', &buffer[..count]).count();
    }
    began.map_or(Duration::ZERO, |began: Instant| began.elapsed())
}

fn cat(producers: usize) -> Figures {
    through(producers, &mut Command::new("cat"))
}

fn tee(producers: usize) -> Figures {
    let place = Place::new("tee");
    through(producers, Command::new("tee").arg(place.0.join("log")))
}

/// All producers write into one pipe, which `middle` reads.
fn through(producers: usize, middle: &mut Command) -> Figures {
    let (read, write) = std::io::pipe().unwrap();
    let mut children = producing(producers, || write.try_clone().unwrap().into());
    drop(write);
    let mut middle = middle.stdin(read).stdout(Stdio::piped()).spawn().unwrap();
    let took = read_lines(middle.stdout.as_mut().unwrap(), LINES);
    let figures = figures(took, &[middle.id()]);
    children.push(middle);
    children.into_iter().for_each(wait);
    figures
}

fn producing(producers: usize, out: impl Fn() -> Stdio) -> Vec<Child> {
    let lines = (LINES / producers).to_string();
    let one = |_| {
        let mut producer = Command::new(std::env::current_exe().unwrap());
        producer.args(["producer", &lines]).stdin(Stdio::null()).stdout(out()).spawn().unwrap()
    };
    (0..producers).map(one).collect()
}

fn wait(mut child: Child) {
    child.wait().unwrap();
}

/// The stream of the library in a process of its own, with real producers.
fn library_alone(producers: usize) -> Figures {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["library", &producers.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let took = read_lines(child.stdout.as_mut().unwrap(), LINES);
    let figures = figures(took, &[child.id()]);
    drop(child.stdin.take());
    child.wait().unwrap();
    figures
}

fn library(producers: usize) {
    let names: Vec<String> = (0..producers).map(|at| format!("p{at}")).collect();
    let stream = Stream::new(StreamOptions {
        look: Look::default(),
        terminal: false,
        timestamps: false,
        prefix: true,
        names: names.clone(),
        columns: None,
    });
    let hub = Hub::start(Box::new(stream), Box::new(|_| {})).unwrap();
    let mut children = Vec::new();
    for (id, name) in (0..).zip(names) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["producer", &(LINES / producers).to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let streams = vec![(Channel::Out, child.stdout.take().unwrap().into())];
        hub.add(Source {
            id: SourceId(id),
            name,
            file: None,
            rotation: Rotation::NEVER,
            watcher: None,
            streams,
        });
        children.push(child);
    }
    let _ = std::io::stdin().read(&mut [0]);
    for mut child in children {
        child.wait().unwrap();
    }
}

fn devsup_into_pipe(producers: usize) -> Figures {
    let place = Project::new("pipe", producers);
    let (mut read, write) = std::io::pipe().unwrap();
    let up = place.place.up(write.into());
    let took = read_lines(&mut read, LINES);
    finish(&place, up, took)
}

/// Somebody reads the terminal as fast as it goes. What counts is when the
/// services have written everything: they never wait for a screen.
fn devsup_on_terminal(producers: usize) -> Figures {
    let place = Project::new("terminal", producers);
    let Pty { master, slave } = Pty::open(SIZE).unwrap();
    let up = place.place.up(slave.into());
    let mut master = File::from(master);
    let mut buffer = vec![0; 64 * 1024];
    assert!(master.read(&mut buffer).unwrap() > 0);
    let began = Instant::now();
    std::thread::spawn(move || while master.read(&mut buffer).is_ok_and(|count| count > 0) {});
    wait_until(|| place.is_done(producers));
    finish(&place, up, began.elapsed())
}

/// The same terminal, written to by the producers themselves.
fn terminal(producers: usize) -> Figures {
    let Pty { master, slave } = Pty::open(SIZE).unwrap();
    let children = producing(producers, || slave.try_clone().unwrap().into());
    drop(slave);
    let took = read_lines(&mut File::from(master), LINES);
    children.into_iter().for_each(wait);
    figures(took, &[])
}

fn finish(place: &Project, up: Child, took: Duration) -> Figures {
    let figures = figures(took, &own_processes(up.id()));
    place.place.down(up);
    figures
}

fn figures(took: Duration, own: &[u32]) -> Figures {
    Figures {
        rate: payload() / took.as_secs_f64(),
        cpu: sum(own, cpu) / payload() * 1000.0,
        memory: own.iter().map(|pid| peak(*pid)).fold(0.0, f64::max),
    }
}

/// A project whose services are the producers.
struct Project {
    place: Place,
}

impl Project {
    fn new(name: &str, producers: usize) -> Self {
        let place = Place::new(name);
        let mut services = String::new();
        let program = std::env::current_exe().unwrap();
        for at in 0..producers {
            let lines = LINES / producers;
            let mark = place.0.join(format!("done{at}"));
            let (program, mark) = (program.display(), mark.display());
            let _ = writeln!(
                services,
                "  p{at}: {{command: [{program}, producer, \"{lines}\", {mark}], tty: false}}"
            );
        }
        place.configure(&services);
        Self { place }
    }

    fn is_done(&self, producers: usize) -> bool {
        (0..producers).all(|at| self.place.0.join(format!("done{at}")).exists())
    }
}
