//! A kill that is aimed: at a process, a service, a tag, a project. Those
//! meant are frozen until a look finds no more of them, then killed, children
//! before parents, and waited for. Bounded in time; what was frozen and not
//! killed is thawed on every way out.
//!
//! Each is held by a handle and judged again under it before any signal.

use super::census::Census;
use super::place::Place;
use crate::model::{
    Ended, Kind, Missed, Pid, Plan, Process, Reach, Reason, Signal, Target, Untouched,
};
use crate::os::process::{Handle, Identity, Sent};
use crate::os::table;
use crate::shutdown::{Facts, Role, Table, Whose, grip, wait_for};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant};

/// How long all of it may take.
const HUNT_TIME: Duration = Duration::from_secs(5);
/// How long those killed may take to be gone.
const DEATH_TIME: Duration = Duration::from_secs(2);
/// Most handles that are held at a time.
const MOST_HANDLES: usize = 256;

/// Whom it would hit, and whom not. Signals nobody.
pub fn plan(place: &Place, reach: &Reach, signal: Signal) -> io::Result<Plan> {
    let census = Census::take(place)?;
    Ok(Aim { census: &census, reach, signal }.plan(place))
}

/// Does it. The plan is what was meant when it was over.
pub fn carry_out(place: &Place, reach: &Reach, signal: Signal) -> io::Result<Ended> {
    let census = Census::take(place)?;
    let aim = Aim { census: &census, reach, signal };
    let mut ended = Ended { failed: aim.refused(), killed: aim.gone() };
    if signal == Signal::Kill {
        Hunt::new(place, reach).run(census, &mut ended)?;
    } else {
        for target in aim.targets() {
            let sent = hit(place, &census, &target, signal).map(drop);
            book(&mut ended, target.pid, sent);
        }
    }
    Ok(ended)
}

/// Who is meant, by one look.
struct Aim<'a> {
    census: &'a Census<'a>,
    reach: &'a Reach,
    signal: Signal,
}

impl Aim<'_> {
    fn plan(&self, place: &Place) -> Plan {
        let targets = self.targets();
        let hit: BTreeSet<Pid> = targets.iter().map(|target| target.pid).collect();
        let mut spared: Vec<Untouched> = self
            .census
            .ours()
            .iter()
            .filter(|one| !hit.contains(&one.pid))
            .map(|one| untouched(one, spared_words(one, self.reach)))
            .collect();
        let strangers = self.census.strangers(place.root());
        let reason = |one: &Process| one.reason.clone().unwrap_or_default();
        let strangers = strangers.iter().filter(|one| one.kind != Kind::Devsup);
        spared.extend(strangers.map(|one| untouched(one, reason(one))));
        Plan { signal: self.signal, targets, spared, refused: self.refused() }
    }

    /// Descendants first.
    fn targets(&self) -> Vec<Target> {
        let mut meant = self.meant();
        let table = &self.census.table;
        meant.sort_by_cached_key(|one| std::cmp::Reverse(table.depth(one.pid.raw())));
        meant.iter().map(Target::from).collect()
    }

    fn meant(&self) -> Vec<Process> {
        let ours: Vec<Process> =
            self.census.ours().into_iter().filter(|one| one.reason.is_none()).collect();
        let named = |one: &&Process| self.reach.wants(one);
        let mut wanted: BTreeSet<i32> =
            ours.iter().filter(named).map(|one| one.pid.raw()).collect();
        match (self.reach, self.signal) {
            (Reach::Single { .. }, Signal::Kill) => {
                add_descendants(&self.census.table, &mut wanted)
            }
            (Reach::Single { .. }, _) | (_, Signal::Kill) => {}
            // Any other signal is a message to the service, not to whatever it
            // has started: it goes to the process group, as from a terminal.
            _ => wanted.retain(|pid| self.is_in_leaders_group(*pid, &ours)),
        }
        ours.into_iter().filter(|one| wanted.contains(&one.pid.raw())).collect()
    }

    fn is_in_leaders_group(&self, pid: i32, ours: &[Process]) -> bool {
        let Some(facts) = self.census.table.get(pid) else { return false };
        ours.iter().any(|one| one.leader && one.pid.raw() == facts.stat.group)
    }

    /// The process that was named and is not there any more.
    fn gone(&self) -> Vec<Pid> {
        match self.reach {
            Reach::Single { pid, start } if self.named(*pid, *start).is_none() => vec![*pid],
            _ => Vec::new(),
        }
    }

    /// The process that was named, if it is not ours to kill.
    fn refused(&self) -> Vec<Missed> {
        let Reach::Single { pid, start } = self.reach else { return Vec::new() };
        let Some(facts) = self.named(*pid, *start) else { return Vec::new() };
        let missed = |reason, words: String| vec![Missed { pid: *pid, reason, words }];
        match self.census.judge(facts) {
            Whose::Ours { role: Role::Member, .. } => Vec::new(),
            Whose::Ours { role: Role::Guard, .. } => missed(
                Reason::NotOurs,
                "it is devsup's own and ends with what it guards".to_owned(),
            ),
            Whose::Spared { mercy, .. } => missed(Reason::KillFailed, mercy.words().to_owned()),
            Whose::Nobodys => missed(Reason::NotOurs, self.census.why_not(facts)),
        }
    }

    fn named(&self, pid: Pid, start: Option<u64>) -> Option<&Facts> {
        let facts = self.census.table.get(pid.raw()).filter(|facts| facts.alive)?;
        start.is_none_or(|start| start == facts.identity.start).then_some(facts)
    }
}

fn add_descendants(table: &Table, wanted: &mut BTreeSet<i32>) {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for facts in table.iter() {
        children.entry(facts.stat.parent).or_default().push(facts.pid().raw());
    }
    let mut open: Vec<i32> = wanted.iter().copied().collect();
    while let Some(pid) = open.pop() {
        let below = children.get(&pid).into_iter().flatten();
        open.extend(below.filter(|child| wanted.insert(**child)));
    }
}

fn untouched(one: &Process, reason: String) -> Untouched {
    Untouched { pid: one.pid, command: one.command.clone(), reason }
}

fn spared_words(one: &Process, reach: &Reach) -> String {
    let owner = one.instance.as_ref().or(one.job.as_ref());
    match (owner, &one.reason) {
        (_, Some(reason)) => reason.clone(),
        (Some(name), None) if *reach == Reach::AllExceptServices && one.kind == Kind::Service => {
            format!("it belongs to the declared service `{name}`")
        }
        (Some(name), None) => format!("it belongs to `{name}`, and is not meant"),
        (None, None) => "it is not meant".to_owned(),
    }
}

/// Signals a process that was just seen, if it is still ours; `None`: it is
/// gone, or somebody else by now.
fn hit(
    place: &Place,
    census: &Census<'_>,
    target: &Target,
    signal: Signal,
) -> io::Result<Option<Handle>> {
    let identity = Identity { pid: target.pid, start: target.start, inode: None };
    let Some(held) = grip(&identity, &census.company, &place.scope)? else { return Ok(None) };
    if held.role == Role::Guard {
        return Ok(None);
    }
    let sent = held.handle.signal(signal)?;
    Ok((sent == Sent::Delivered).then_some(held.handle))
}

/// Keeps what became of one of them. Whoever is gone was killed, by whomever.
fn book(ended: &mut Ended, pid: Pid, done: io::Result<()>) {
    let known = ended.killed.contains(&pid) || ended.failed.iter().any(|missed| missed.pid == pid);
    match done {
        _ if known => {}
        Ok(()) => ended.killed.push(pid),
        Err(error) => ended.failed.push(missed(pid, &error)),
    }
}

fn missed(pid: Pid, error: &io::Error) -> Missed {
    let denied = error.kind() == io::ErrorKind::PermissionDenied;
    let reason = if denied { Reason::PermissionDenied } else { Reason::SystemError };
    Missed { pid, reason, words: error.to_string() }
}

struct Hunt<'a> {
    place: &'a Place,
    reach: &'a Reach,
    deadline: Instant,
    /// Stopped and not yet killed, with how deep each stands.
    frozen: Vec<(usize, Target)>,
    /// Who was met, by pid and start.
    met: BTreeSet<(i32, u64)>,
}

impl<'a> Hunt<'a> {
    fn new(place: &'a Place, reach: &'a Reach) -> Self {
        let deadline = Instant::now() + HUNT_TIME;
        Self { place, reach, deadline, frozen: Vec::new(), met: BTreeSet::new() }
    }

    /// Until a look finds nobody who was not met before.
    fn run(mut self, first: Census<'_>, ended: &mut Ended) -> io::Result<()> {
        let mut census = first;
        loop {
            let fresh = self.freeze(&census, ended);
            let late = Instant::now() >= self.deadline;
            if fresh && !late {
                census = Census::take(self.place)?;
                continue;
            }
            if self.frozen.is_empty() {
                return Ok(());
            }
            self.kill(&census, ended);
            if late {
                return Ok(());
            }
            census = Census::take(self.place)?;
        }
    }

    /// Stops all that are meant, parents first so that no child is born behind
    /// us; whether there was one who was not met before.
    fn freeze(&mut self, census: &Census<'_>, ended: &mut Ended) -> bool {
        let aim = Aim { census, reach: self.reach, signal: Signal::Kill };
        let mut fresh = false;
        for target in aim.targets().into_iter().rev() {
            if !self.met.insert((target.pid.raw(), target.start)) {
                continue;
            }
            fresh = true;
            let depth = census.table.depth(target.pid.raw());
            match hit(self.place, census, &target, Signal::Stop) {
                Ok(Some(_)) => self.frozen.push((depth, target)),
                Ok(None) => book(ended, target.pid, Ok(())),
                Err(error) => book(ended, target.pid, Err(error)),
            }
        }
        fresh
    }

    fn kill(&mut self, census: &Census<'_>, ended: &mut Ended) {
        let mut frozen = std::mem::take(&mut self.frozen);
        frozen.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
        for some in frozen.chunks(MOST_HANDLES) {
            let mut dying = Vec::new();
            for (_, target) in some {
                match hit(self.place, census, target, Signal::Kill) {
                    Ok(handle) => dying.extend(handle),
                    Err(error) => {
                        thaw(target);
                        book(ended, target.pid, Err(error));
                        continue;
                    }
                }
                self.place.note(target, Signal::Kill);
            }
            for handle in wait_for(dying, Instant::now() + DEATH_TIME) {
                ended.failed.push(still_there(handle.pid()));
            }
            some.iter().for_each(|(_, target)| book(ended, target.pid, Ok(())));
        }
    }
}

fn still_there(pid: Pid) -> Missed {
    let blocked = table::stat(pid).ok().flatten().is_some_and(|stat| stat.state == 'D');
    let words = if blocked { "it waits inside the kernel" } else { "it is still there" };
    Missed { pid, reason: Reason::KillFailed, words: words.to_owned() }
}

impl Drop for Hunt<'_> {
    fn drop(&mut self) {
        self.frozen.iter().for_each(|(_, target)| thaw(target));
    }
}

/// Lets a frozen process go on; only ever the very one that we stopped.
fn thaw(target: &Target) {
    let identity = Identity { pid: target.pid, start: target.start, inode: None };
    if let Ok(Some(handle)) = Handle::open(&identity) {
        // Gone or out of reach: then there is nothing to thaw.
        let _best = handle.signal(Signal::Cont);
    }
}
