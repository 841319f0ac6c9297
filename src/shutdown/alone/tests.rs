use super::*;
use crate::ledger::{self, Location};
use crate::model::{Evidence, Pid, Progress, RunId, Verdict};
use crate::os::lock;
use crate::os::marker::{Marker, ProjectKey, dress};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

struct Project {
    dir: tempfile::TempDir,
    /// A run of its own: tests run side by side and must not find each other.
    run: RunId,
    children: Vec<Child>,
}

impl Project {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Location::prepare(dir.path()).unwrap();
        let inode = u128::from(dir.path().metadata().unwrap().ino());
        let run = RunId::from_bits(inode << 64 | u128::from(std::process::id()));
        Self { dir, run, children: Vec::new() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    fn scope(&self) -> Scope {
        let location = Location::find(self.dir.path()).unwrap().unwrap();
        Scope::of_project(&self.path(), None, ledger::locks_in(&location)).unwrap()
    }

    /// A marked process of this instance, there once its `ready` file is.
    fn start(&mut self, instance: &str, script: &str) -> Pid {
        let marker = Marker::new(ProjectKey::of(self.dir.path()).unwrap(), self.run);
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.dir.path());
        command.env("DEVSUP_INSTANCE", instance).env("DEVSUP_RUN_ID", self.run.to_string());
        dress(&mut command, marker);
        let child = command.spawn().unwrap();
        let pid = Pid::new(child.id().cast_signed()).unwrap();
        self.children.push(child);
        pid
    }

    fn wait_for(&self, file: &str) {
        while !self.dir.path().join(file).exists() {
            std::thread::yield_now();
        }
    }

    fn stop(&self, options: Options) -> (Report, Vec<Progress>) {
        let mut said = Vec::new();
        let wish = Wish { options, hurried: &|| false, containers: &Errand::Nothing };
        let report = stop(&self.scope(), None, &wish, &mut |step| said.push(step));
        (report, said)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[test]
fn where_nothing_runs_nothing_is_said() {
    let project = Project::new();
    let (report, said) = project.stop(Options::default());
    assert_eq!((report.verdict, said), (Verdict::Nothing, vec![]));
}

#[test]
fn without_any_record_a_service_is_asked_before_it_is_told() {
    let mut project = Project::new();
    let polite = "trap 'echo > bye; exit' TERM; echo > ready; while :; do sleep 0.01; done";
    let pid = project.start("web", polite);
    project.wait_for("ready");
    let (report, said) = project.stop(Options::default());
    assert_eq!(report.verdict, Verdict::Clean, "{report:?}");
    assert!(exists(&project.path().join("bye")), "{report:?} {said:?}");
    let asked = said.iter().any(|step| {
        matches!(step, Progress::Asked { who, .. } if who.service == "web" && who.pid == pid)
    });
    assert!(asked, "{said:?}");
    let hit = report.hits.iter().find(|hit| hit.pid == pid).unwrap();
    assert_eq!((hit.phase, hit.service.as_deref()), (1, Some("web")));
    assert!(hit.evidence.contains(&Evidence::Rlimit));
}

#[test]
fn force_asks_nobody() {
    let mut project = Project::new();
    let polite = "trap 'echo > bye; exit' TERM; echo > ready; while :; do sleep 0.01; done";
    project.start("web", polite);
    project.wait_for("ready");
    let (report, said) = project.stop(Options { force: true, ..Options::default() });
    assert_eq!(report.verdict, Verdict::Clean);
    assert!(!exists(&project.path().join("bye")));
    let killed =
        said.iter().any(|step| matches!(step, Progress::Forced { killed } if killed.len() == 1));
    assert!(killed, "{said:?}");
}

#[test]
fn who_has_nothing_but_our_lock_file_is_ours() {
    let mut project = Project::new();
    let path = project.path().join(".pids/web.lock");
    // Held by a child and never by us: what other tests fork would inherit it.
    let script = "exec 9> .pids/web.lock; echo > ready; exec sleep 1000";
    let mut command = Command::new("env");
    command.args(["-i", "/bin/sh", "-c", script]).current_dir(project.path());
    project.children.push(command.spawn().unwrap());
    project.wait_for("ready");
    let (report, _) = project.stop(Options::default());
    assert_eq!(report.verdict, Verdict::Clean, "{report:?}");
    let evidence: Vec<&[Evidence]> = report.hits.iter().map(|hit| &*hit.evidence).collect();
    assert_eq!(evidence, [[Evidence::Lock]]);
    assert!(!lock::is_held(&path).unwrap());
}
