//! A fence round each scenario: an ordinary user in a user, pid and mount
//! namespace of its own, under a limit of processes. Whatever a scenario
//! leaves behind ends with it, and its process table holds nothing else, so
//! that the oracle can look at all of it.
//!
//! The test binary runs itself again inside, for the one test. This file knows
//! nothing of projects and puppets but where their binaries are.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Set inside a fence, to the directory of `devsup` and `puppet`.
const BINARIES: &str = "DEVSUP_TEST_BINARIES";

/// Whom a scenario runs as where the tests are run by root.
const NOBODY: u32 = 65534;

/// The file that a scenario leaves its text in.
const TEXT: &str = "text";

/// Enough for a swarm, too few to trouble the machine.
const PROCESSES: &str = "2000";

/// After this a scenario has failed, whatever it waits for.
const PATIENCE: Duration = Duration::from_secs(240);

/// The same where many more rounds were asked for.
const LONG_PATIENCE: Duration = Duration::from_secs(6 * 3600);

/// Found out once: whether fences can be had, and if not, why.
static POSSIBLE: OnceLock<Result<(), String>> = OnceLock::new();
/// What else is told to those inside, as variables.
static TOLD: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());
static SKIPPED: AtomicUsize = AtomicUsize::new(0);
static FENCES: AtomicUsize = AtomicUsize::new(0);

/// Runs a scenario in a fence of its own. Called in the first line of a test
/// with all of the test as a closure, from whose type it reads the test's name.
pub fn fenced<F: FnOnce()>(scenario: F) {
    fenced_as(Who::Nobody, scenario);
}

/// The same as somebody who may do everything inside the fence, and outside no
/// more than before: may say which pid comes next, and mount.
pub fn fenced_as_root<F: FnOnce()>(scenario: F) {
    fenced_as(Who::Root, scenario);
}

/// The same as root among three users: 0, who is root, 1 and 2. Only where the
/// tests are run by the machine's root.
pub fn fenced_with_users<F: FnOnce()>(scenario: F) {
    fenced_as(Who::Several, scenario);
}

/// As an ordinary user, in a cgroup of version 2 that is this user's own.
pub fn fenced_in_cgroup<F: FnOnce()>(scenario: F) {
    fenced_as(Who::Grouped, scenario);
}

/// How often something is done that hits another moment each time: so often in
/// a usual run, or as often as this variable says.
pub fn rounds(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Who one is inside a fence.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    Root,
    Several,
    Grouped,
}

impl Who {
    /// What is missing here for that, and why.
    fn missing(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Several if !is_root() => Some(("root", "only root can make several users")),
            Self::Grouped if Delegated::new().is_none() => {
                Some(("cgroup2", "no cgroup of version 2 can be made"))
            }
            _ => None,
        }
    }
}

fn fenced_as<F: FnOnce()>(who: Who, scenario: F) {
    if std::env::var_os(BINARIES).is_some() {
        return scenario();
    }
    match POSSIBLE.get_or_init(|| Fence::new(Who::Nobody).and_then(|fence| fence.probe())) {
        Ok(()) => match (who.missing(), Fence::new(who)) {
            (None, Ok(fence)) => fence.run(&test_name::<F>()),
            (Some((what, why)), _) => skip(what, why),
            (None, Err(why)) => panic!("{why}"),
        },
        Err(why) => skip("fence", why),
    }
}

/// Gives all fences from now on a variable, such as where something is that
/// they share.
pub fn tell(name: &'static str, value: &str) {
    let mut told = TOLD.lock().expect("nobody panics with it");
    if told.iter().all(|(known, _)| *known != name) {
        told.push((name, value.to_owned()));
    }
}

/// Runs a scenario in a fence and brings out the text it made, to be compared
/// where the source is. `None`: inside, or where no fence can be had.
pub fn fenced_text<F: FnOnce() -> String>(scenario: F) -> Option<String> {
    if std::env::var_os(BINARIES).is_some() {
        let home = PathBuf::from(std::env::var_os("HOME").expect("a fence has one"));
        fs::write(home.join(TEXT), scenario()).expect("its home can be written");
        return None;
    }
    if let Err(why) =
        POSSIBLE.get_or_init(|| Fence::new(Who::Nobody).and_then(|fence| fence.probe()))
    {
        skip("fence", why);
        return None;
    }
    let fence = Fence::new(Who::Nobody).unwrap_or_else(|why| panic!("{why}"));
    fence.run(&test_name::<F>());
    let text = fs::read_to_string(fence.directory.path().join("home").join(TEXT));
    Some(text.expect("the scenario wrote it"))
}

/// Where `devsup` and `puppet` are, seen from inside.
pub fn binary(name: &str) -> PathBuf {
    let directory = std::env::var_os(BINARIES);
    PathBuf::from(directory.expect("only a fenced test may start devsup")).join(name)
}

/// Says why a test could not run here and counts it; fails where
/// `DEVSUP_TEST_REQUIRE` names what is missing.
pub fn skip(what: &str, why: &str) {
    let required = std::env::var("DEVSUP_TEST_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|word| word.trim() == what), "no {what} here: {why}");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let line = format!("skipped for want of a {what} ({count} so far): {why}\n");
    // Past the test runner's capture, which would swallow it.
    std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written");
}

/// `it::stop::plain_tree::{{closure}}` is the test `stop::plain_tree`.
fn test_name<F>() -> String {
    let path = std::any::type_name::<F>();
    let path = path.split_once("::").map_or(path, |parts| parts.1);
    path.trim_end_matches("::{{closure}}").to_owned()
}

struct Fence {
    directory: TempDir,
    binaries: PathBuf,
    itself: PathBuf,
    cgroup: Option<PathBuf>,
    delegated: Option<Delegated>,
    who: Who,
}

impl Fence {
    fn new(who: Who) -> Result<Self, String> {
        let directory = TempDir::new().map_err(|error| error.to_string())?;
        let itself = std::env::current_exe().map_err(|error| error.to_string())?;
        let devsup = Path::new(env!("CARGO_BIN_EXE_devsup"));
        let binaries = devsup.parent().unwrap_or(devsup).to_owned();
        let delegated = matches!(who, Who::Grouped).then(Delegated::new).flatten();
        let cgroup = new_cgroup();
        let mut fence = Self { directory, binaries, itself, cgroup, delegated, who };
        fence.furnish().map_err(|error| format!("cannot prepare a fence: {error}"))?;
        Ok(fence)
    }

    /// Makes the directories, and brings the binaries where an ordinary user
    /// can read them.
    fn furnish(&mut self) -> std::io::Result<()> {
        let root = self.directory.path().to_owned();
        if !(for_everybody(&self.itself) && for_everybody(&self.binaries.join("puppet"))) {
            let copies = root.join("bin");
            fs::create_dir(&copies)?;
            for name in ["devsup", "puppet"] {
                fs::copy(self.binaries.join(name), copies.join(name))?;
            }
            fs::copy(&self.itself, copies.join("it"))?;
            let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
            Command::new("cp").arg("-R").args([&examples, &copies]).status()?;
            self.itself = copies.join("it");
            self.binaries = copies;
        }
        for name in ["home", "tmp", "run"] {
            fs::create_dir(root.join(name))?;
        }
        if is_root() {
            for name in ["", "home", "tmp", "run"] {
                chown(root.join(name), Some(NOBODY), Some(NOBODY))?;
            }
        }
        if let Who::Several = self.who {
            for name in ["", "tmp"] {
                fs::set_permissions(root.join(name), Permissions::from_mode(0o755))?;
            }
        }
        Ok(())
    }

    fn probe(&self) -> Result<(), String> {
        let done = self.command("true", &[]).output().map_err(|error| error.to_string())?;
        let words = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        if done.status.success() { Ok(()) } else { Err(words) }
    }

    fn run(&self, test: &str) {
        let itself = self.itself.to_string_lossy().into_owned();
        let mut inside = self
            .command(&itself, &["--exact", test, "--nocapture", "--test-threads=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("what worked for the probe works again");
        let heard = [listen(inside.stdout.take()), listen(inside.stderr.take())];
        let (well, how) = wait(&mut inside);
        let [out, err] = heard.map(|thread| thread.join().unwrap_or_default());
        assert!(well && out.contains("1 passed"), "inside the fence ({how}):\n{out}\n{err}");
    }

    /// The program inside: limited, without privileges, behind namespaces, and
    /// below an init that reaps.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "for g in $0; do echo $$ > $g/cgroup.procs; done; exec \"$@\""]);
        let groups = self.cgroup.iter().chain(self.delegated.iter().map(|group| &group.0));
        command.arg(groups.map(|group| group.to_string_lossy()).collect::<Vec<_>>().join(" "));
        if let Who::Several = self.who {
            command.arg(self.binaries.join("puppet")).args(["--several", program]).args(arguments);
            self.environment(&mut command);
            return command;
        }
        if is_root() {
            let nobody = NOBODY.to_string();
            command.args(["setpriv", "--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        let map = match self.who {
            Who::Nobody | Who::Grouped => "--map-current-user",
            Who::Root | Who::Several => "--map-root-user",
        };
        command.args(["unshare", "--user", map, "--pid", "--fork"]);
        command.args(["--kill-child", "--mount-proc"]);
        command.arg(self.binaries.join("puppet")).args(["--init", program]).args(arguments);
        self.environment(&mut command);
        command
    }

    fn environment(&self, command: &mut Command) {
        let root = self.directory.path();
        command.env_clear().current_dir(root).stdin(Stdio::null());
        let counts = ["DEVSUP_TEST_ROUNDS", "DEVSUP_TEST_CRASHES", "DEVSUP_TEST_SEED"];
        for name in ["PATH", "RUST_BACKTRACE", "LD_LIBRARY_PATH"].iter().chain(&counts) {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("HOME", root.join("home")).env("TMPDIR", root.join("tmp"));
        command.env("XDG_RUNTIME_DIR", root.join("run")).env(BINARIES, &self.binaries);
        for (name, value) in TOLD.lock().expect("nobody panics with it").iter() {
            command.env(name, value);
        }
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        if let Some(group) = &self.cgroup {
            // A process that is still on its way out keeps the group for a
            // moment; the group then stays, empty and harmless.
            let _ = fs::remove_dir(group);
        }
    }
}

/// A group that limits the number of processes, where one can be had.
fn new_cgroup() -> Option<PathBuf> {
    let number = FENCES.fetch_add(1, Ordering::Relaxed);
    let name = format!("devsup-test-{}-{number}", std::process::id());
    let group = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"]
        .map(|parent| Path::new(parent).join(&name))
        .into_iter()
        .find(|group| fs::create_dir(group).is_ok())?;
    if fs::write(group.join("pids.max"), PROCESSES).is_err() {
        let _ = fs::remove_dir(&group);
        return None;
    }
    Some(group)
}

/// A group of version 2 that belongs to whom scenarios run as.
struct Delegated(PathBuf);

impl Delegated {
    fn new() -> Option<Self> {
        let number = FENCES.fetch_add(1, Ordering::Relaxed);
        let name = format!("devsup-test-{}-{number}", std::process::id());
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let version_2 = |line: &&str| line.contains(" - cgroup2 ");
        let point = mounts.lines().find(version_2)?.split(' ').nth(4)?;
        let group = Path::new(point).join(name);
        fs::create_dir(&group).ok()?;
        let made = Self(group);
        let owned = ["", "cgroup.procs", "cgroup.kill"]
            .iter()
            .all(|file| chown(made.0.join(file), Some(NOBODY), Some(NOBODY)).is_ok());
        owned.then_some(made)
    }
}

impl Drop for Delegated {
    fn drop(&mut self) {
        remove_groups(&self.0);
    }
}

/// What was left in it is ended with the fence, and may be on its way out for a
/// moment yet; then an empty group stays.
fn remove_groups(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            remove_groups(&entry.path());
        }
    }
    let _ = fs::remove_dir(group);
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether a user who is nobody special can execute this file.
fn for_everybody(file: &Path) -> bool {
    !is_root()
        || file
            .ancestors()
            .filter(|part| !part.as_os_str().is_empty())
            .all(|part| part.metadata().is_ok_and(|about| about.mode() & 0o001 != 0))
}

fn listen(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whether it ended well, and how in words; it is killed, and all of the fence with it, when it
/// takes too long.
fn wait(inside: &mut Child) -> (bool, String) {
    let long = ["DEVSUP_TEST_ROUNDS", "DEVSUP_TEST_CRASHES"];
    let is_long = long.into_iter().any(|name| std::env::var_os(name).is_some());
    let deadline = Instant::now() + if is_long { LONG_PATIENCE } else { PATIENCE };
    loop {
        if let Ok(Some(status)) = inside.try_wait() {
            return (status.success(), status.to_string());
        }
        if Instant::now() > deadline {
            let _ = inside.kill();
            let _ = inside.wait();
            return (false, "it took too long".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
