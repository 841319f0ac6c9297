//! Every console block of README and of the pages beside the examples does what
//! it says. What is typed goes to a shell, line by line, in a copy of the
//! example that `<!-- in: shop -->` names.

mod block;

use crate::examples::{example, npm_packages};
use crate::harness::{Checkout, Exit, Running, fenced, free_port, skip};
use crate::words::repository;
use block::{Block, Step, blocks, matches};
use nix::sys::signal::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each page, and the example its first block is typed in.
const PAGES: [(&str, &str, &str); 8] = [
    ("README.md", "shop", include_str!("../../README.md")),
    ("client", "shop", include_str!("../../examples/client/README.md")),
    ("coming-from.md", "procfile", include_str!("../../examples/coming-from.md")),
    ("messy", "messy", include_str!("../../examples/messy/README.md")),
    ("monorepo", "monorepo", include_str!("../../examples/monorepo/README.md")),
    ("node", "node", include_str!("../../examples/node/README.md")),
    ("procfile", "procfile", include_str!("../../examples/procfile/README.md")),
    ("shop", "shop", include_str!("../../examples/shop/README.md")),
];

/// What a test can't do as it is written: build devsup once more, run all tests
/// from within one of them, take a port that others have, run tests where the
/// example has none.
const INSTEAD: [(&str, &str); 9] = [
    ("cargo run --release -- up -C examples/shop", "devsup up"),
    ("cargo install --path .", "devsup --version"),
    ("cargo test", "devsup --version"),
    ("cargo bench", "devsup --version #"),
    ("npm ci", "[ -d node_modules ]"),
    ("npm test", "true"),
    ("pytest", "true"),
    ("8765", "$API_PORT"),
    ("devsup hook install", "devsup hook print npm"),
];

/// A page being read.
struct Reader {
    checkout: Checkout,
    /// What has no end by itself, and the words it has said already.
    running: Option<Running>,
}

fn read(name: &str) {
    let (_, place, text) = PAGES.iter().find(|page| page.0 == name).expect("a page");
    let mut reader = Reader { checkout: copy(place), running: None };
    for block in blocks(text) {
        reader.block(&block);
    }
    reader.stop();
}

/// A copy of an example that gets in nobody's way.
fn copy(place: &str) -> Checkout {
    let ports: Vec<String> = (0..3).map(|_| free_port().to_string()).collect();
    let socket = std::env::temp_dir().join("shop.sock").to_string_lossy().into_owned();
    let variables = [
        ("SHOP_PORT", &*ports[0]),
        ("API_PORT", &*ports[0]),
        ("WEB_PORT", &*ports[1]),
        ("PORT", &*ports[2]),
        ("SHOP_SOCKET", &*socket),
        ("GRACE", "200ms"),
    ];
    let checkout = example(place, &[], &variables);
    fs::create_dir(checkout.root().join(".git")).expect("a directory");
    for name in ["devsup.mjs", "watch.mjs"] {
        let client = checkout.beside("client");
        fs::create_dir_all(&client).expect("a directory");
        fs::write(client.join(name), client_file(name)).expect("a file");
    }
    if place == "node" {
        let mut copying = Command::new("cp");
        let done = copying.arg("-R").arg(packages()).arg(checkout.root()).status();
        assert!(done.expect("cp").success());
    }
    checkout
}

fn client_file(name: &str) -> &'static str {
    match name {
        "devsup.mjs" => include_str!("../../examples/client/devsup.mjs"),
        _ => include_str!("../../examples/client/watch.mjs"),
    }
}

fn packages() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("node/node_modules")
}

impl Reader {
    fn block(&mut self, block: &Block) {
        if let Some(place) = &block.place {
            self.stop();
            self.checkout = copy(place);
        }
        for step in &block.steps {
            crate::harness::say(&format!("$ {}", step.typed));
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        let typed =
            INSTEAD.iter().fold(step.typed.clone(), |typed, (from, to)| typed.replace(from, to));
        let stays = typed.starts_with("devsup up")
            && !typed.contains("--dry-run")
            && typed != "devsup up -d";
        if stays || typed.contains("logs -f") {
            return self.stays(&typed, &step.said);
        }
        let ended = self.checkout.script(&typed).ends_with(Exit::Ok);
        let said = ended.text();
        let mut lines = said.lines();
        for expected in &step.said {
            let found = lines.any(|line| matches(line, expected));
            assert!(
                found,
                "`{}` does not say `{expected}` (any more, or there), but\n{said}",
                step.typed
            );
        }
    }

    /// What goes on until Ctrl-C, which a page writes as `^C`.
    fn stays(&mut self, typed: &str, said: &[String]) {
        let follows = typed.contains("logs -f");
        if !follows {
            self.stop();
        }
        let mut up = self.checkout.script(&format!("exec {typed} 2>&1"));
        for expected in said {
            up = match expected.as_str() {
                "^C" => up.signal(Signal::SIGINT),
                _ => up.hears(expected, matches),
            };
        }
        if said.is_empty() {
            up = up.sees(if follows { " | " } else { " up in " });
        }
        if follows {
            let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        } else {
            self.running = Some(up);
        }
    }

    /// Ends what goes on, if anything does, and proves it.
    fn stop(&mut self) {
        let Some(up) = self.running.take() else { return };
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    }
}

#[test]
fn the_front_page() {
    fenced(|| read("README.md"));
}

#[test]
fn coming_from_another_tool() {
    fenced(|| read("coming-from.md"));
}

#[test]
fn of_the_examples() {
    fenced(|| ["messy", "monorepo", "procfile", "shop"].into_iter().for_each(read));
}

#[test]
fn of_the_client() {
    if Command::new("node").arg("--version").output().is_err() {
        return skip("node", "`node` can't be executed");
    }
    fenced(|| read("client"));
}

#[test]
fn of_the_node_example() {
    let outside = std::env::var_os("DEVSUP_TEST_BINARIES").is_none();
    if outside && let Err(why) = npm_packages() {
        return skip("node", &why);
    }
    fenced(|| read("node"));
}

/// No page is left out, and none names a file that is not there.
#[test]
fn all_are_read_and_their_links_lead_somewhere() {
    let links = regex::Regex::new(r"\]\(([^)#:]+)\)|src(?:set)?=.([^\x22:]+).").expect("a pattern");
    let mut found = vec![repository().join("README.md")];
    let mut directories = vec![repository().join("examples")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            match path.extension().is_some_and(|end| end == "md") {
                true => found.push(path),
                false if path.is_dir() && !path.ends_with("node_modules") => directories.push(path),
                false => {}
            }
        }
    }
    assert_eq!(found.len(), PAGES.len(), "{found:?}");
    for page in found {
        let text = fs::read_to_string(&page).expect("a page");
        for link in links.captures_iter(&text) {
            let to = link.get(1).or(link.get(2)).expect("one of both").as_str();
            let there = page.with_file_name(to).exists();
            assert!(there, "{} leads to {to}, which is not there", page.display());
        }
    }
}
