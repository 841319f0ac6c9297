//! ARCHITECTURE.md says which room may import which. This reads its table and
//! holds the sources to it, so that the map cannot lie.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A room and those it may import, as the table has them.
type Rooms = BTreeMap<String, Vec<String>>;

#[test]
fn rooms_import_only_what_the_map_allows() {
    let rooms = rooms();
    assert!(rooms.len() >= 10, "the table of ARCHITECTURE.md was not found");
    let mut wrong = Vec::new();
    for file in sources() {
        let inside = file.strip_prefix(source_root()).expect("it was found below");
        let room = room_of(inside);
        // The crate's root, the binary and the exits are not in any room.
        let Some(allowed) = rooms.get(&room) else {
            continue;
        };
        let text = code(&fs::read_to_string(&file).expect("a source can be read"));
        for import in imports(&text, &room, inside) {
            if rooms.contains_key(&import) && import != room && !allowed.contains(&import) {
                wrong.push(format!("{}: `{room}` may not import `{import}`", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let rooms = rooms();
    let missing: Vec<String> = sources()
        .iter()
        .filter_map(|file| file.strip_prefix(source_root()).ok().map(room_of))
        .filter(|room| !["lib", "main"].contains(&room.as_str()) && !rooms.contains_key(room))
        .collect();
    assert!(missing.is_empty(), "not in the table of ARCHITECTURE.md: {missing:?}");
}

#[test]
fn only_one_room_speaks_to_the_system() {
    let words = regex::Regex::new(r"\b(nix|libc)::|\bunsafe\b").expect("the pattern is sound");
    let mut wrong = Vec::new();
    for file in sources() {
        let inside = file.strip_prefix(source_root()).expect("it was found below");
        let text = code(&fs::read_to_string(&file).expect("a source can be read"));
        if room_of(inside) != "os" && words.is_match(&text) {
            wrong.push(inside.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "nix, libc and unsafe belong in `os`: {wrong:?}");
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source of the library and the main binary.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![source_root()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("bin") {
                directories.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// `os/guard/drain.rs` is in room `os`, `exit.rs` in `exit`.
fn room_of(inside: &Path) -> String {
    let first = inside.iter().next().unwrap_or_default().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn rooms() -> Rooms {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let map = fs::read_to_string(map).expect("the map is there");
    let rows = map.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [room, _, allowed] = cells[..] else {
            return None;
        };
        let room = room.strip_prefix('`')?.strip_suffix('`')?;
        let allowed = allowed.split(',').map(|name| name.trim().to_owned()).collect();
        Some((room.to_owned(), allowed))
    });
    rows.collect()
}

/// A source without its comments, which may speak of any room.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names behind every `crate::`, and behind every chain of `super::`
/// that leaves the room.
fn imports(code: &str, room: &str, inside: &Path) -> Vec<String> {
    let paths = regex::Regex::new(r"\b(crate::|(?:super::)+)(\{[^;]*\}|\w+)");
    let names = regex::Regex::new(r"(?:^\{?|,)\s*(\w+)").expect("the pattern is sound");
    let mut found = Vec::new();
    for path in paths.expect("the pattern is sound").captures_iter(code) {
        let ups = path[1].matches("super::").count();
        // A module file is its directory; any other file is one deeper.
        let depth = inside.iter().count() - usize::from(inside.ends_with("mod.rs"));
        let inner_module = usize::from(code.contains("mod tests {"));
        if &path[1] != "crate::" && ups < depth + inner_module {
            continue;
        }
        found.extend(names.captures_iter(&top_level(&path[2])).map(|name| name[1].to_owned()));
    }
    found.retain(|name| name != room);
    found
}

/// `{a::{b, c}, d}` without what stands in inner braces: `{a::, d}`.
fn top_level(group: &str) -> String {
    let mut depth = 0;
    let mut text = String::new();
    for c in group.chars() {
        depth += i32::from(c == '{');
        if depth <= 1 && !(c == '}' && depth == 1) {
            text.push(c);
        }
        depth -= i32::from(c == '}');
    }
    text
}

#[test]
fn imports_are_read_as_they_are_written() {
    let at = Path::new("log/file.rs");
    let read = |code: &str| imports(code, "log", at);
    assert_eq!(read("use crate::os::lock;"), ["os"]);
    assert_eq!(read("use crate::{model::{Pid, Name}, os};"), ["model", "os"]);
    assert_eq!(read("let x = crate::ui::word();"), ["ui"]);
    assert_eq!(read("use super::super::ledger::Entry;"), ["ledger"]);
    assert!(read("use super::line; use crate::log::Line;").is_empty());
}
