//! A container engine that belongs to this test run: data, sockets, processes,
//! mounts and networks of its own, so that it meets nobody else's containers
//! and leaves nothing behind. It runs in namespaces that end with it, and it
//! ends when the pipe to it closes, even if the test run is killed.

use devsup::docker::{Outcome, Wish, tear_down_blocking};
use devsup::model::{Compose, ContainerStep, Teardown};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use tempfile::TempDir;

/// Handles SIGTERM, so that it stops at once.
pub const POLITE: &str = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";
/// The first process of a container does not hear a signal it has no handler
/// for.
pub const DEAF: &str = "while :; do sleep 1; done";

const IMAGE: &str = "devsup-test";
const APPLETS: [&str; 4] = ["sh", "sleep", "true", "touch"];
/// Starts the engine in its namespaces, and clears up behind it.
const AROUND: &str = r#"
    unshare --mount --pid --net --fork --kill-child --mount-proc sh -c "$2" sh "$1"
    # The kernel takes mounts and groups apart a little later than processes.
    for try in $(seq 100); do
        find /sys/fs/cgroup -depth -type d -path "*/${1##*/}*" -exec rmdir {} + 2>/dev/null &&
            rm -rf "$1" 2>/dev/null && break
        sleep 0.1
    done
"#;
/// Runs inside, as the namespace's first process: everything else there is
/// killed when it ends, which it does when its standard input closes.
const INSIDE: &str = r#"
    dockerd --config-file "$1/config.json" --data-root "$1/data" --exec-root "$1/exec" \
        --pidfile "$1/pid" --host "unix://$1/socket" --cgroup-parent "/${1##*/}" \
        --log-level error >"$1/log" 2>&1 &
    until docker --host "unix://$1/socket" version >/dev/null 2>&1; do
        kill -0 $! 2>/dev/null || { tail -n 3 "$1/log"; exit 1; }
        sleep 0.05
    done
    # Scenarios that run as an ordinary user ask it too.
    chmod 711 "$1" && chmod 666 "$1/socket"
    echo ready
    cat >/dev/null
"#;

/// Set inside a fence, to the directory of the engine outside.
pub const ENGINE: &str = "DEVSUP_TEST_ENGINE";

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A running engine.
pub struct Engine {
    directory: PathBuf,
    life: Mutex<Option<(Child, ChildStdin)>>,
}

impl Engine {
    /// The engine all tests share. Without one the test says why, and fails
    /// where `DEVSUP_TEST_REQUIRE` asks for `docker`.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Engine, String>> = OnceLock::new();
        SHARED.get_or_init(Self::outside).as_ref().map_err(|why| skip(why)).ok()
    }

    /// An engine of the test's own, to be broken.
    pub fn own() -> Option<Self> {
        Self::shared()?;
        Some(Self::start().expect("a second engine"))
    }

    /// The engine that was started outside of the fence, or else a new one.
    fn outside() -> Result<Self, String> {
        match std::env::var_os(ENGINE) {
            Some(directory) => Ok(Self { directory: directory.into(), life: Mutex::new(None) }),
            None => Self::start(),
        }
    }

    /// Where its socket is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn start() -> Result<Self, String> {
        for tool in ["dockerd", "docker", "docker-compose", "busybox", "unshare", "tar"] {
            which(tool).ok_or_else(|| format!("`{tool}` is not installed"))?;
        }
        // It outlives this process by a moment, and removes itself then.
        let directory = tempfile::Builder::new().prefix("devsup-engine-").tempdir();
        let directory = directory.map_err(|error| error.to_string())?.keep();
        fs::write(directory.join("config.json"), "{}").map_err(|error| error.to_string())?;
        let mut child = Command::new("sh")
            .args(["-c", AROUND, "sh"])
            .arg(&directory)
            .arg(INSIDE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let stdin = child.stdin.take().expect("a pipe");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        if first != "ready" {
            return Err(format!("the engine does not start: {first}"));
        }
        let engine = Self { directory, life: Mutex::new(Some((child, stdin))) };
        engine.import();
        Ok(engine)
    }

    fn import(&self) {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir(root.path().join("bin")).expect("a directory");
        fs::copy(which("busybox").expect("it was found"), root.path().join("bin/busybox"))
            .expect("a copy");
        for applet in APPLETS {
            std::os::unix::fs::symlink("busybox", root.path().join("bin").join(applet))
                .expect("a link");
        }
        let archive = self.directory.join("image.tar");
        run(Command::new("tar").arg("-C").arg(root.path()).arg("-cf").arg(&archive).arg("."));
        self.docker(&["import", archive.to_str().expect("text"), IMAGE]);
    }

    /// Its address, as `DOCKER_HOST` has it.
    pub fn host(&self) -> String {
        format!("unix://{}/socket", self.directory.display())
    }

    /// Kills the engine and all its containers on the spot.
    pub fn kill(&self) {
        if let Some((mut child, stdin)) = self.life.lock().expect("no panic").take() {
            drop(stdin);
            child.wait().expect("it is our child");
        }
    }

    /// What `docker ARGUMENTS` prints; it must succeed.
    pub fn docker(&self, arguments: &[&str]) -> String {
        run(Command::new("docker").env("DOCKER_HOST", self.host()).args(arguments))
    }

    /// Whether `docker inspect` finds it.
    pub fn has(&self, kind: &str, name: &str) -> bool {
        let mut inspect = Command::new("docker");
        inspect.env("DOCKER_HOST", self.host()).args([kind, "inspect", name]);
        inspect.output().expect("docker runs").status.success()
    }

    /// A new directory with a compose project of a name nobody else has.
    pub fn checkout(&self) -> Checkout<'_> {
        let directory =
            tempfile::Builder::new().prefix("shop").rand_bytes(8).tempdir().expect("a directory");
        let root = fs::canonicalize(directory.path()).expect("it exists");
        let project = root.file_name().and_then(|name| name.to_str()).expect("text").to_lowercase();
        Checkout { engine: self, root, project, _directory: directory }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A directory and the compose project in it.
pub struct Checkout<'a> {
    engine: &'a Engine,
    pub root: PathBuf,
    pub project: String,
    _directory: TempDir,
}

impl Checkout<'_> {
    /// Writes the compose file, with `IMAGE`, `POLITE` and `DEAF` filled in.
    pub fn compose(self, text: &str) -> Self {
        fs::write(self.root.join("docker-compose.yml"), filled_in(text)).expect("a file");
        self
    }

    /// `docker-compose ARGUMENTS` from a directory.
    pub fn docker_compose(&self, directory: &Path, arguments: &[&str]) {
        run(Command::new("docker-compose")
            .env("DOCKER_HOST", self.engine.host())
            .current_dir(directory)
            .args(arguments));
    }

    pub fn up(self) -> Self {
        self.docker_compose(&self.root, &["up", "-d"]);
        self
    }

    /// Another directory that claims the same project name.
    pub fn twin(&self) -> Self {
        let mut twin = self.engine.checkout();
        twin.project.clone_from(&self.project);
        twin
    }

    /// Runs a container with the labels that compose's second version sets, as
    /// `PROJECT-SERVICE-1`, and gives its name.
    pub fn container(&self, service: &str, script: &str, options: &[&str]) -> String {
        let name = self.name(service);
        let labels = [
            format!("com.docker.compose.project={}", self.project),
            format!("com.docker.compose.service={service}"),
            format!("com.docker.compose.project.working_dir={}", self.root.display()),
            format!(
                "com.docker.compose.project.config_files={}",
                self.root.join("compose.yaml").display()
            ),
        ];
        let mut arguments = vec!["run", "--detach", "--name", &name];
        arguments.extend(labels.iter().flat_map(|label| ["--label", label]));
        arguments.extend(options);
        arguments.extend([IMAGE, "sh", "-c", script]);
        self.engine.docker(&arguments);
        name
    }

    /// Runs a container that compose has nothing to do with.
    pub fn plain(&self, service: &str, options: &[&str]) -> String {
        let name = self.name(service);
        let mut arguments = vec!["run", "--detach", "--name", &name];
        arguments.extend(options);
        arguments.extend([IMAGE, "sh", "-c", POLITE]);
        self.engine.docker(&arguments);
        name
    }

    fn name(&self, service: &str) -> String {
        let root = self.root.file_name().and_then(|name| name.to_str()).expect("text");
        format!("{root}-{service}-1")
    }

    /// A network or volume that belongs to the compose project.
    pub fn create(&self, kind: &str, name: &str) -> String {
        let name = format!("{}_{name}", self.project);
        let label = format!("com.docker.compose.project={}", self.project);
        self.engine.docker(&[kind, "create", "--label", &label, &name]);
        name
    }

    /// What a plain `down` would wish for here.
    pub fn wish(&self) -> Wish {
        let host = ("DOCKER_HOST".to_owned(), self.engine.host());
        Wish::new(self.root.clone(), vec![host])
    }

    /// The `compose:` section that names this project and its file.
    pub fn named(&self) -> Compose {
        Compose {
            file: self.root.join("docker-compose.yml"),
            project: Some(self.project.clone()),
            profiles: Vec::new(),
            start: false,
            down_volumes: false,
        }
    }

    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.engine.has(kind, name)
    }
}

impl Drop for Checkout<'_> {
    /// What the test left on the shared engine would only be in the way.
    fn drop(&mut self) {
        let root = self.root.file_name().and_then(|name| name.to_str()).expect("text");
        let filter = format!("name={root}");
        let mut list = Command::new("docker");
        list.env("DOCKER_HOST", self.engine.host());
        let Ok(found) = list.args(["ps", "--all", "--quiet", "--filter", &filter]).output() else {
            return;
        };
        let ids = String::from_utf8_lossy(&found.stdout).into_owned();
        let mut remove = Command::new("docker");
        remove.env("DOCKER_HOST", self.engine.host()).args(["rm", "--force", "--volumes"]);
        let _ = remove.args(ids.split_whitespace()).output();
    }
}

/// Tears down and gives what was done; something must have been there to do.
pub fn done(wish: &Wish) -> Teardown {
    match tear_down_blocking(wish, &mut |_| ()) {
        Outcome::Done(torn) => torn,
        other => panic!("nothing was done: {other:?}"),
    }
}

/// The same, with every step and what `at` does when it happens.
pub fn done_with(
    wish: &Wish,
    mut at: impl FnMut(&ContainerStep),
) -> (Teardown, Vec<ContainerStep>) {
    let mut steps = Vec::new();
    let outcome = tear_down_blocking(wish, &mut |step| {
        at(&step);
        steps.push(step);
    });
    match outcome {
        Outcome::Done(torn) => (torn, steps),
        other => panic!("nothing was done: {other:?}"),
    }
}

/// The names of what is gone, sorted.
pub fn gone(torn: &Teardown) -> Vec<&str> {
    let mut names: Vec<&str> = torn.gone.iter().map(|gone| gone.thing.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// The names that should be gone, in the order of `gone`.
pub fn these<const N: usize>(mut names: [&str; N]) -> [&str; N] {
    names.sort_unstable();
    names
}

/// Why the thing of that name was spared, in words.
pub fn spared(torn: &Teardown, name: &str) -> String {
    let found = torn.spared.iter().find(|spared| spared.thing.name == name);
    found.unwrap_or_else(|| panic!("`{name}` was not spared: {torn:?}")).why.to_string()
}

/// A compose file with `IMAGE`, `POLITE` and `DEAF` filled in.
pub fn filled_in(text: &str) -> String {
    text.replace("IMAGE", &format!("image: {IMAGE}"))
        .replace("POLITE", &format!("command: [sh, -c, \"{}\"]", POLITE.replace('$', "$$")))
        .replace("DEAF", &format!("command: [sh, -c, \"{DEAF}\"]"))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn which(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut found = std::env::split_paths(&path).map(|directory| directory.join(tool));
    found.find(|candidate| candidate.is_file())
}

/// Says why a test could not run here and counts it; fails where
/// `DEVSUP_TEST_REQUIRE` names `docker`.
fn skip(why: &str) {
    let required = std::env::var("DEVSUP_TEST_REQUIRE").unwrap_or_default();
    let wanted = required.split(',').any(|word| word.trim() == "docker");
    assert!(!wanted, "no docker here: {why}");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let line = format!("skipped for want of a docker engine ({count} so far): {why}\n");
    // Past the test runner's capture, which would swallow it.
    std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written");
}
