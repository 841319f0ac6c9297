use super::*;
use crate::ledger::{Course, Ledger, clear};
use crate::model::{Health, Phase, Pid, RunId, Signal};
use crate::os::lock;
use crate::os::process::Identity;
use jiff::Timestamp;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

struct Project {
    dir: tempfile::TempDir,
    ledger: Ledger,
}

fn identity(pid: i32) -> Identity {
    Identity { pid: Pid::new(pid).unwrap(), start: 1000, inode: Some(7) }
}

fn entry(name: &str, pid: i32) -> Entry {
    let service = ServiceName::new(name).unwrap();
    Entry {
        instance: InstanceName::new(&service, 1, 1),
        service,
        guard: identity(pid - 1),
        leader: identity(pid),
        pgid: Pid::new(pid).unwrap(),
        sid: Pid::new(pid).unwrap(),
        level: 0,
        signal: Signal::Term,
        grace: Duration::from_millis(1500),
        port: Some(5000),
        state: Phase::Running,
        lock: Some(LockId { device: 1, inode: 2 }),
        health: Health::None,
        course: Course { starts: 3, restarts: 2, tries: 1 },
    }
}

impl Project {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let location = Location::prepare(dir.path()).unwrap();
        let run = RunId::from_bits(0xABCD);
        let header = Header {
            run,
            project: "shop".to_owned(),
            root: location.root().to_owned(),
            marker: Marker::new(ProjectKey::of(dir.path()).unwrap(), run),
            supervisor: identity(99),
            forker: None,
            socket: Some(PathBuf::from("/run/devsup/key.sock")),
            cgroup: None,
            started_at: Timestamp::UNIX_EPOCH,
            containers: None,
        };
        let mut ledger = Ledger::begin(location, header).unwrap();
        ledger.record(entry("web", 101));
        ledger.record(entry("api", 201));
        ledger.flush().unwrap();
        Self { dir, ledger }
    }

    fn location(&self) -> Location {
        Location::find(self.dir.path()).unwrap().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(".pids").join(name)
    }

    fn read(&self) -> Judged {
        read(&self.location())
    }

    /// Reads the record after a change of its text.
    fn read_changed(&self, from: &str, to: &str) -> Judged {
        let path = self.file("run.json");
        let text = fs::read_to_string(&path).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "`{from}` is not in it");
        fs::write(&path, changed).unwrap();
        let judged = self.read();
        fs::write(&path, text).unwrap();
        judged
    }

    /// Reads something else put in place of the record.
    fn refuses(&self, put: impl Fn(&Path)) -> String {
        let path = self.file("run.json");
        fs::remove_file(&path).unwrap();
        put(&path);
        let judged = self.read();
        assert_eq!(judged.book, None);
        judged.notes.join("\n")
    }
}

#[test]
fn what_was_written_is_believed() {
    let project = Project::new();
    let judged = project.read();
    assert_eq!(judged.notes, [""; 0]);
    let book = judged.book.unwrap();
    assert_eq!(&book.header, project.ledger.header());
    assert_eq!(book.entries, project.ledger.entries());
}

#[test]
fn the_files_for_shell_scripts_have_their_exact_form() {
    let mut project = Project::new();
    let read = |project: &Project, name| fs::read_to_string(project.file(name)).unwrap();
    assert_eq!(read(&project, "services.pids"), "101\n201\n");
    assert_eq!(read(&project, "services.pids.groups"), "PGID:web:101\nPGID:api:201\n");
    assert_eq!(read(&project, "services.pids.services"), "web:101\napi:201\n");
    assert_eq!(read(&project, ".gitignore"), "*\n");
    project.ledger.record(entry("api", 301));
    project.ledger.forget(&InstanceName::new(&ServiceName::new("web").unwrap(), 1, 1));
    project.ledger.flush().unwrap();
    assert_eq!(read(&project, "services.pids.services"), "api:301\n");
    for name in ["run.json", "services.pids"] {
        let mode = project.file(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let mode = project.file("").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn the_end_leaves_history_and_logs() {
    let project = Project::new();
    fs::write(project.file("web.lock"), "").unwrap();
    fs::write(project.file("logs/web.log"), "").unwrap();
    let begun = crate::ledger::HistoryEvent::Begun {
        run: RunId::from_bits(1),
        supervisor: identity(9).pid,
    };
    project.ledger.history(&begun).unwrap();
    project.ledger.end().unwrap();
    let listing = fs::read_dir(project.dir.path().join(".pids")).unwrap();
    let mut left: Vec<_> =
        listing.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".gitignore", "history.jsonl", "logs"]);
}

#[test]
fn two_supervisors_of_one_project_are_one_too_many() {
    let project = Project::new();
    let header = project.ledger.header().clone();
    let second = Ledger::begin(project.location(), header.clone());
    let words = second.map(|_| ()).unwrap_err().to_string();
    assert!(words.contains("supervisor pid 99"), "{words}");
    drop(project.ledger);
    let location = Location::find(project.dir.path()).unwrap().unwrap();
    // The lock is gone with its holder; what it wrote is still there.
    let lock = lock::try_lock(&location.run_lock()).unwrap().unwrap();
    assert!(read(&location).book.is_some());
    clear(&location, lock).unwrap();
    assert_eq!(read(&location), Judged::default());
}

#[test]
fn a_record_from_elsewhere_is_not_believed() {
    let project = Project::new();
    let boot = table::boot_id().unwrap();
    let namespace = table::pid_namespace().unwrap();
    let inode = project.dir.path().metadata().unwrap().ino();
    let uid = peer::own_uid();
    let cases = [
        (boot, "00000000-0000-0000-0000-000000000000".to_owned(), "another boot"),
        (namespace.to_string(), "1".to_owned(), "another pid namespace"),
        (format!("\"uid\": {uid}"), format!("\"uid\": {}", uid + 1), "another user's"),
        (inode.to_string(), "1".to_owned(), "another directory"),
        ("\"version\": 1".to_owned(), "\"version\": 2".to_owned(), "version 2"),
        ("\"marker\": ".to_owned(), "\"marker\": 1".to_owned(), "marker"),
        ("{".to_owned(), "[".to_owned(), "damaged"),
    ];
    for (from, to, why) in cases {
        let judged = project.read_changed(&from, &to);
        assert_eq!(judged.book, None, "{why}");
        assert!(judged.notes[0].contains(why), "{why}: {:?}", judged.notes);
    }
}

#[test]
fn a_damaged_entry_does_not_cost_the_others() {
    let project = Project::new();
    for (from, to) in [
        ("\"pid\": 101", "\"pid\": 1"),
        ("\"pid\": 101", "\"pid\": -1"),
        ("\"pgid\": 101", "\"pgid\": 0"),
        ("\"sid\": 101", "\"sid\": 102"),
        ("\"instance\": \"web\"", "\"instance\": \"../web\""),
        ("\"instance\": \"web\"", "\"instance\": \"other\""),
        ("\"instance\": \"web\"", "\"instance\": \"api\""),
        ("\"signal\": \"SIGTERM\"", "\"signal\": \"SIGBOOM\""),
        ("\"grace_ms\": 1500", "\"grace_ms\": 18446744073709551615"),
        ("\"port\": 5000", "\"port\": 70000"),
    ] {
        let judged = project.read_changed(from, to);
        let entries = judged.book.map(|book| book.entries).unwrap_or_default();
        let names: Vec<&str> = entries.iter().map(|entry| entry.instance.as_str()).collect();
        assert_eq!(names, ["api"], "{to}");
        assert_eq!(judged.notes.len(), 1, "{to}");
    }
}

#[test]
fn what_is_no_plain_file_of_ours_is_not_read() {
    type Put = fn(&Path);
    let cases: [(&str, Put); 5] = [
        ("regular", |path| symlink("/etc/passwd", path).unwrap()),
        ("regular", |path| fs::create_dir(path).unwrap()),
        ("regular", |path| {
            let made = std::process::Command::new("mkfifo").arg(path).status();
            assert!(made.unwrap().success());
        }),
        ("others may write", |path| {
            fs::write(path, "{}").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o622)).unwrap();
        }),
        ("too large", |path| {
            fs::File::create(path).unwrap().set_len(CAP + 1).unwrap();
        }),
    ];
    for (why, put) in cases {
        let said = Project::new().refuses(put);
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn bare_numbers_are_named_and_not_believed() {
    let project = Project::new();
    let said = project.refuses(|_| ());
    assert!(said.contains("2 process groups"), "{said}");
    assert_eq!(group_of("PGID:web:12"), Some(("web", 12)));
    assert_eq!(group_of("12:web:12"), Some(("web", 12)));
    for line in ["PGID:web:1", "PGID:web:0", "PGID:web:-5", "PGID:..:12", "x:web:12", "PGID:web"] {
        assert_eq!(group_of(line), None, "{line}");
    }
}

#[test]
fn a_directory_that_is_a_link_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), dir.path().join(".pids")).unwrap();
    let found = Location::find(dir.path()).unwrap();
    assert!(found.is_none_or(|location| !location.dir().ends_with(".pids")));
}

#[test]
fn only_lock_files_of_instances_are_counted() {
    let project = Project::new();
    fs::write(project.file("web.lock"), "").unwrap();
    fs::write(project.file("-x.lock"), "").unwrap();
    symlink("web.lock", project.file("link.lock")).unwrap();
    let locks = locks_in(&project.location());
    let names: Vec<&str> = locks.iter().map(|lock| lock.instance.as_str()).collect();
    assert_eq!(names, ["web"]);
}

/// Whatever is believed of a text that is not the one we wrote must still be
/// true of this boot, this user and this directory.
fn holds_up(project: &Project, text: &[u8]) -> Result<(), TestCaseError> {
    let mut notes = Vec::new();
    let Ok(book) = judge(&project.location(), text, &mut notes) else {
        return Ok(());
    };
    let written = project.ledger.header();
    prop_assert_eq!(&book.header.root, &written.root);
    prop_assert_eq!(book.header.marker.project(), written.marker.project());
    prop_assert!(book.header.marker.is_of(book.header.run));
    for entry in &book.entries {
        prop_assert_eq!(entry.pgid, entry.leader.pid);
        prop_assert!(entry.leader.pid.raw() > 1 && entry.guard.pid != entry.leader.pid);
        prop_assert!(entry.grace <= LONGEST_GRACE);
    }
    Ok(())
}

#[test]
fn cut_off_anywhere_it_is_not_believed() {
    let project = Project::new();
    let text = fs::read(project.file("run.json")).unwrap();
    for end in 0..text.len() {
        let mut notes = Vec::new();
        assert!(judge(&project.location(), &text[..end], &mut notes).is_err(), "{end}");
    }
}

proptest! {
    #[test]
    fn damage_never_makes_a_lie_believable(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let project = Project::new();
        let mut text = fs::read(project.file("run.json")).unwrap();
        for (at, byte) in changes {
            let at = at.index(text.len());
            text[at] = byte;
        }
        holds_up(&project, &text)?;
    }

    #[test]
    fn noise_is_refused_in_words(text in prop::collection::vec(any::<u8>(), 0..400)) {
        let project = Project::new();
        fs::write(project.file("run.json"), &text).unwrap();
        let judged = project.read();
        prop_assert_eq!(judged.book, None);
        prop_assert_eq!(judged.notes.len(), 1);
    }
}
