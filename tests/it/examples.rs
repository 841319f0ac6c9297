//! Every example runs as its README says, and is gone afterwards.

use crate::harness::wait::until;
use crate::harness::{Checkout, Exit, Project, Running, fenced, free_port, skip};
use nix::sys::signal::Signal;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A copy of an example, where `up` has these flags and all of devsup these
/// variables.
pub fn example(name: &str, flags: &[&str], variables: &[(&str, &str)]) -> Checkout {
    let project = flags.iter().fold(Project::new(), |project, flag| project.flag(flag));
    let project = variables.iter().fold(project, |project, (name, value)| project.env(name, value));
    let checkout = project.check_out();
    let root = checkout.root();
    fs::remove_file(root.join("devsup.yaml")).expect("a file");
    copy(&examples(&checkout).join(name), &root);
    checkout
}

/// Where the examples are, seen from inside a fence.
fn examples(checkout: &Checkout) -> PathBuf {
    let devsup = checkout.devsup(&[]);
    let copied = Path::new(devsup.get_program()).with_file_name("examples");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    if copied.join("shop").is_dir() { copied } else { own }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            fs::create_dir_all(&target).expect("a directory");
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).expect("a file");
        }
    }
}

/// Waits until a server answers, and returns what it said.
fn answer(port: u16, path: &str) -> String {
    until(&format!("port {port} answers"), || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut said = String::new();
        stream.read_to_string(&mut said).ok()?;
        Some(said).filter(|said| said.contains("200 OK"))
    })
}

/// Ctrl-C, and what must be true then.
fn ends_clean(up: Running) {
    up.signal(Signal::SIGINT)
        .ends_with(Exit::Ok)
        .says("0 processes, 0 ports, 0 containers left")
        .leaves_nothing();
}

/// The shop, with a socket in this fence's own directory.
fn shop(flags: &[&str], port: u16) -> (Checkout, PathBuf) {
    let socket = std::env::temp_dir().join("shop.sock");
    let path = socket.to_string_lossy().into_owned();
    let variables = [("SHOP_PORT", &*port.to_string()), ("SHOP_SOCKET", &path)];
    (example("shop", flags, &variables), socket)
}

#[test]
fn the_shop_with_its_order() {
    fenced(|| {
        let port = free_port();
        let (shop, socket) = shop(&[], port);
        let up = shop.launch().sees("worker: order 2 done");
        assert!(answer(port, "/").contains("hello from the shop"));
        assert!(answer(port, "/health").contains("\"schema\": \"3\""));
        let _ = up
            .signal(Signal::SIGINT)
            .ends_with(Exit::Ok)
            .says_in_order(&["the schema is at version 3", "worker: waiting for orders"])
            .says("migrate completed: exit 0")
            .says("0 processes, 0 ports, 0 containers left")
            .leaves_nothing();
        assert!(!socket.exists(), "the database was asked, not killed");
    });
}

#[test]
fn the_shop_from_its_procfile() {
    fenced(|| {
        let port = free_port();
        // The API is the second entry.
        let base = (port - 100).to_string();
        let (shop, _) = shop(&["-f", "Procfile", "-p", &base], port);
        let up = shop.launch().sees("order 2 done");
        assert!(answer(port, "/orders").contains("orders"));
        let _ = shop.down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_procfile_as_it_is() {
    fenced(|| {
        let port = free_port();
        let up = example("procfile", &["-p", &port.to_string()], &[]).launch();
        let up = up.sees("worker | worker.1 works off letters").sees("clock  | ");
        assert!(answer(port, "/").contains("Served by a process of a Procfile"));
        ends_clean(up);
    });
}

#[test]
fn a_monorepo_also_from_one_of_its_directories() {
    fenced(|| {
        let (web, api) = (free_port().to_string(), free_port().to_string());
        let checkout = example("monorepo", &[], &[("WEB_PORT", &web), ("API_PORT", &api)]);
        // Configs are looked for upward to the repository's root.
        fs::create_dir(checkout.root().join(".git")).expect("a directory");
        let up = checkout.launch();
        let said = answer(web.parse().expect("a port"), "/");
        assert!(said.contains("the API of the monorepo") && said.contains("grace"), "{said}");
        let down = checkout.call(&["-C", "web", "down"]).ends_with(Exit::Ok);
        let _ = down.says("0 processes, 0 ports, 0 containers left");
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_mess_however_it_ends() {
    fenced(|| {
        for supervisor_dies in [false, true] {
            let checkout = example("messy", &[], &[("GRACE", "200ms")]);
            let up = checkout.launch();
            let up = up.sees("asking me is no use").sees("three sleepers in the background");
            let up = up.sees("in a session of my own").waits_until("the daemon is one", || {
                let plan = checkout.down(&["--dry-run"]).ends_with(Exit::Ok).out();
                plan.contains("  daemon      `sleep 1000`")
            });
            let plan = checkout.down(&["--dry-run"]).ends_with(Exit::Ok);
            let _ = plan.says("9 processes");
            if supervisor_dies {
                let up = up.kills_supervisor();
                let _ = checkout.down(&[]).ends_with(Exit::Ok);
                up.finish().leaves_nothing();
            } else {
                ends_clean(up);
            }
        }
    });
}

/// Whether npm has what the example needs, for as long as its lock is the same.
pub fn npm_packages() -> Result<PathBuf, String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/node");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    let is_current = |name: &str| {
        let text = |directory: &Path| fs::read(directory.join(name)).ok();
        text(&kept).is_some() && text(&kept) == text(&project)
    };
    if is_current("package-lock.json") && kept.join("complete").exists() {
        return Ok(kept);
    }
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(&kept).map_err(|error| error.to_string())?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(project.join(name), kept.join(name)).map_err(|error| error.to_string())?;
    }
    install(&kept)?;
    fs::write(kept.join("complete"), "").map_err(|error| error.to_string())?;
    Ok(kept)
}

fn install(directory: &Path) -> Result<(), String> {
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let done = Command::new("npm").args(arguments).current_dir(directory).output();
    let done = done.map_err(|error| format!("npm can't be run: {error}"))?;
    let words = || String::from_utf8_lossy(&done.stderr).trim().to_owned();
    if done.status.success() { Ok(()) } else { Err(words()) }
}

#[test]
fn watchers_of_node_with_all_their_helpers() {
    let outside = std::env::var_os("DEVSUP_TEST_BINARIES").is_none();
    if outside && let Err(why) = npm_packages() {
        return skip("node", &why);
    }
    fenced(|| {
        let port = free_port();
        let checkout = example("node", &[], &[("API_PORT", &port.to_string())]);
        let root = checkout.root();
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node/node_modules");
        if fs::read_dir(&kept).is_ok() {
            let done = Command::new("cp").arg("-R").args([&kept, &root]).status();
            assert!(done.expect("cp").success());
        } else {
            install(&root).expect("it worked outside");
        }
        let up = checkout.launch();
        let up = up.sees("page | [watch] build finished").sees("1 passed");
        assert!(answer(port, "/").contains("12.50 €"));
        let price = fs::read_to_string(root.join("src/price.ts")).expect("a file");
        fs::write(root.join("src/price.ts"), price.replace('€', "EUR")).expect("a file");
        let up = up.sees("page | [watch] build started").sees("1 failed");
        until("the API is the new one", || answer(port, "/").contains("EUR").then_some(()));
        let plan = checkout.down(&["--dry-run"]).ends_with(Exit::Ok).out();
        let helpers = plan.matches("esbuild").count();
        assert!(helpers >= 3, "the helpers of the watchers are found: {plan}");
        ends_clean(up);
    });
}
