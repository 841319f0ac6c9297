//! How fast the stream is, and what it costs: `cargo bench --bench stream`.
//!
//! Every figure stands beside one of the same work done by `cat` or `tee`,
//! measured in the same round, since only the ratio means something on another
//! machine. The producers are this program again; they write lines of 100
//! bytes in blocks of 64 KiB, which end in the middle of a line.
//!
//! Two things are measured: the built `devsup up`, which always writes its log
//! files, and the stream of the library alone, which can be had without them.
//! Ends only what it started.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use devsup::log::{Channel, Hub, Rotation, Source, SourceId};
use devsup::os::pty::{Pty, Size};
use devsup::ui::style::Look;
use devsup::ui::{Stream, StreamOptions};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");
const LINE: usize = 100;
const BLOCK: usize = 64 * 1024;
const ROUNDS: usize = 3;
/// Lines of all producers of a run together.
const LINES: usize = 4_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["producer", lines, mark] => produce(lines.parse().unwrap(), Some(Path::new(mark))),
        ["producer", lines] => produce(lines.parse().unwrap(), None),
        ["library", producers] => library(producers.parse().unwrap()),
        words if words.contains(&"--test") => {}
        _ => compare(),
    }
}

fn compare() {
    println!("| producers | what | MB/s | of its equal | CPU s/GB | peak RSS |");
    println!("| ---: | --- | ---: | ---: | ---: | ---: |");
    for producers in [1, 8] {
        let mut rows = [const { Vec::new() }; 5];
        for _ in 0..ROUNDS {
            let measures: [fn(usize) -> Figures; 5] =
                [cat, library_alone, tee, devsup_into_pipe, devsup_on_terminal];
            for (row, measure) in rows.iter_mut().zip(measures) {
                row.push(measure(producers));
            }
        }
        let names = [
            "`producer \\| cat \\| reader`",
            "stream without files into a pipe",
            "`producer \\| tee FILE \\| reader`",
            "`devsup up` into a pipe",
            "`devsup up` on a terminal",
        ];
        for (at, name) in names.into_iter().enumerate() {
            let equal = if at < 2 { 0 } else { 2 };
            row(producers, name, &rows[at], (at != equal).then_some(&rows[equal]));
        }
    }
}

/// One row: the medians of all rounds, the ratio taken within each round.
fn row(producers: usize, name: &str, own: &[Figures], equal: Option<&Vec<Figures>>) {
    let rate = median(own.iter().map(|figures| figures.rate));
    let ratio = equal.map_or_else(
        || "1".to_owned(),
        |equal| {
            let ratios = own.iter().zip(equal).map(|(own, equal)| own.rate / equal.rate);
            format!("{:.2}", median(ratios))
        },
    );
    let cpu = median(own.iter().map(|figures| figures.cpu));
    let memory = median(own.iter().map(|figures| figures.memory));
    let cost = if memory > 0.0 { format!("{cpu:.2} | {memory:.1} MB") } else { "| ".to_owned() };
    println!("| {producers} | {name} | {rate:.0} | {ratio} | {cost} |");
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
    let mut children: Vec<Child> = (0..producers)
        .map(|_| {
            let mut producer = Command::new(std::env::current_exe().unwrap());
            producer.args(["producer", &(LINES / producers).to_string()]);
            producer.stdin(Stdio::null()).stdout(write.try_clone().unwrap()).spawn().unwrap()
        })
        .collect();
    drop(write);
    let mut middle = middle.stdin(read).stdout(Stdio::piped()).spawn().unwrap();
    let took = read_lines(middle.stdout.as_mut().unwrap(), LINES);
    let figures = figures(took, &[middle.id()]);
    children.push(middle);
    for mut child in children {
        child.wait().unwrap();
    }
    figures
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
    let up = place.up(write.into());
    let took = read_lines(&mut read, LINES);
    finish(&place, up, took)
}

/// Somebody reads the terminal as fast as it goes. What counts is when the
/// services have written everything: they never wait for a screen.
fn devsup_on_terminal(producers: usize) -> Figures {
    let place = Project::new("terminal", producers);
    let Pty { master, slave } = Pty::open(Size { rows: 24, columns: 120 }).unwrap();
    let up = place.up(slave.into());
    let mut master = File::from(master);
    let mut buffer = vec![0; 64 * 1024];
    let count = master.read(&mut buffer).unwrap();
    assert!(count > 0);
    let began = Instant::now();
    std::thread::spawn(move || while master.read(&mut buffer).is_ok_and(|count| count > 0) {});
    while !place.is_done(producers) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    finish(&place, up, took)
}

fn finish(place: &Project, mut up: Child, took: Duration) -> Figures {
    let own: Vec<u32> =
        tree(up.id()).into_iter().filter(|pid| comm(*pid).starts_with("devsup")).collect();
    let figures = figures(took, &own);
    let mut down = Command::new(DEVSUP);
    down.args(["down", "-q"]).current_dir(&place.place.0).status().unwrap();
    up.wait().unwrap();
    figures
}

fn figures(took: Duration, own: &[u32]) -> Figures {
    let cpu: f64 = own.iter().map(|pid| cpu_seconds(*pid)).sum();
    let peak = own.iter().map(|pid| peak_kb(*pid)).max().unwrap_or(0);
    Figures {
        rate: payload() / took.as_secs_f64(),
        cpu: cpu / payload() * 1000.0,
        memory: peak as f64 / 1024.0,
    }
}

/// A project whose services are the producers.
struct Project {
    place: Place,
}

impl Project {
    fn new(name: &str, producers: usize) -> Self {
        let place = Place::new(name);
        let mut yaml = "name: bench\nservices:\n".to_owned();
        let program = std::env::current_exe().unwrap();
        for at in 0..producers {
            let lines = LINES / producers;
            let mark = place.0.join(format!("done{at}"));
            let _ = writeln!(
                yaml,
                "  p{at}: {{command: [{}, producer, \"{lines}\", {}], tty: false}}",
                program.display(),
                mark.display(),
            );
        }
        fs::write(place.0.join("devsup.yaml"), yaml).unwrap();
        Self { place }
    }

    fn up(&self, out: Stdio) -> Child {
        let mut up = Command::new(DEVSUP);
        up.arg("up").current_dir(&self.place.0);
        up.stdin(Stdio::null()).stdout(out).stderr(Stdio::null()).spawn().unwrap()
    }

    fn is_done(&self, producers: usize) -> bool {
        (0..producers).all(|at| self.place.0.join(format!("done{at}")).exists())
    }
}

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("devsup-bench-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// A process and all below it.
fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        for task in
            fs::read_dir(format!("/proc/{}/task", found[at])).into_iter().flatten().flatten()
        {
            let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        at += 1;
    }
    found
}

fn comm(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
}

/// From the scheduler's own sum, which is in nanoseconds; the usual one counts
/// in hundredths of a second.
fn cpu_seconds(pid: u32) -> f64 {
    let mut sum = 0.0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let first = text.split_ascii_whitespace().next().and_then(|first| first.parse().ok());
        sum += first.unwrap_or(0.0_f64) / 1e9;
    }
    sum
}

fn peak_kb(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
