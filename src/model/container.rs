//! What a stop did to containers, networks and volumes: the words that the
//! supervisor, `down` and `--json` share. It knows no engine.

use super::RunId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What kind of thing an engine keeps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum ThingKind {
    Container,
    Network,
    Volume,
}

impl fmt::Display for ThingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Container => "container",
            Self::Network => "network",
            Self::Volume => "volume",
        })
    }
}

/// A container, network or volume, named so that a person finds it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Thing {
    /// Which of the three.
    pub kind: ThingKind,
    /// The engine's id; of a volume its name.
    pub id: String,
    /// Its name, without the engine's leading slash.
    pub name: String,
    /// The compose project its labels name.
    pub project: Option<String>,
    /// The compose service its labels name.
    pub service: Option<String>,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

/// Why a container, network or volume counts as ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// Its label `devsup.run` names one of our runs.
    Run(RunId),
    /// Compose started it in the project's directory.
    Directory,
    /// Compose started it from the configured compose file.
    File,
    /// It belongs to the compose project of containers that are ours.
    Project,
    /// It carries our compose project's name, and no container says otherwise.
    Name,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Run(_) => "run label",
            Self::Directory => "project directory",
            Self::File => "compose file",
            Self::Project => "compose project",
            Self::Name => "compose project name",
        })
    }
}

/// How something came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It ran, was asked to stop, and is removed.
    Stopped,
    /// It ran, was killed because somebody was in a hurry, and is removed.
    Killed,
    /// It did not run, and is removed. Networks and volumes end like this.
    Removed,
}

/// Something of ours that is gone (or, in a dry run, would be).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Gone {
    /// What.
    pub thing: Thing,
    /// Why it was ours.
    pub claim: Claim,
    /// How it ended.
    pub ending: Ending,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
}

/// Something of ours that is still there: exit status 6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Left {
    /// What.
    pub thing: Thing,
    /// Why it is ours.
    pub claim: Claim,
    /// Why it could not be ended, in words.
    pub reason: String,
}

/// Which containers of a project a stop is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// All of them: somebody asked for the whole project to go down.
    #[default]
    Project,
    /// Those of these compose services, which this run has started.
    Run(BTreeSet<String>),
}

/// Why something was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum WhySpared {
    /// It carries our project's name, but compose started it elsewhere.
    SameName {
        /// The directory its labels name.
        directory: String,
    },
    /// It is another project's.
    OtherProject {
        /// The directory its labels name.
        directory: String,
    },
    /// Its compose project is known, but not where that one lives.
    NoDirectory,
    /// Compose did not start it, and no label names a run of ours.
    NotCompose,
    /// We run inside of it, so that its end would be ours.
    Inside,
    /// It is ours, but others need it.
    InUse {
        /// The names of the containers that do.
        by: Vec<String>,
    },
    /// A volume of ours, and nobody asked for volumes to be removed.
    Kept,
    /// It is the project's, but it ran before this run began, or was started
    /// beside it.
    Before,
    /// It has our directory's usual project name, which is no proof here.
    Unsure,
}

impl WhySpared {
    /// Whether it has to do with this project: worth a line even where
    /// strangers are not listed.
    pub fn is_near(&self) -> bool {
        !matches!(self, Self::OtherProject { .. } | Self::NotCompose)
    }
}

impl fmt::Display for WhySpared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName { directory } => {
                write!(f, "same project name, but started in `{directory}`")
            }
            Self::OtherProject { directory } => write!(f, "another project's, of `{directory}`"),
            Self::NoDirectory => f.write_str("no label says which directory it belongs to"),
            Self::NotCompose => f.write_str("not started by compose"),
            Self::Inside => f.write_str("devsup itself runs in it"),
            Self::InUse { by } => write!(f, "in use by {}", listed(by)),
            Self::Kept => f.write_str("volumes are kept unless `--volumes` is given"),
            Self::Before => f.write_str("this run did not start it; `devsup down` takes it too"),
            Self::Unsure => {
                f.write_str("no container proves whose it is; name it as `compose.project`")
            }
        }
    }
}

/// Something that was looked at and left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SparedThing {
    /// What.
    pub thing: Thing,
    /// Why.
    #[serde(flatten)]
    pub why: WhySpared,
}

/// Why a container is killed rather than waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Haste {
    /// Somebody asked for it.
    Asked,
    /// The time for all containers is up.
    Deadline,
    /// The engine did not say that it stopped.
    Unanswered,
}

impl fmt::Display for Haste {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Asked => "forced",
            Self::Deadline => "the time for all containers is up",
            Self::Unanswered => "the engine did not confirm its stop",
        })
    }
}

/// One step of the containers' end, as it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum ContainerStep {
    /// A container is asked to stop.
    Stopping {
        /// Which.
        thing: Thing,
        /// How long it may take, in seconds; `None`: as long as it likes.
        patience: Option<u64>,
    },
    /// These have been asked and still run; said once a second.
    Waiting {
        /// Which.
        things: Vec<Thing>,
        /// For how long, in seconds.
        waited: u64,
    },
    /// A container is killed.
    Killing {
        /// Which.
        thing: Thing,
        /// Why.
        haste: Haste,
    },
    /// Something is gone.
    Gone(Gone),
    /// Something could not be ended.
    Left(Left),
}

impl ContainerStep {
    /// The step as one line, without colours.
    pub fn words(&self) -> String {
        match self {
            Self::Stopping { thing, patience } => match patience {
                Some(0) => format!("{thing}: stopping at once"),
                Some(seconds) => format!("{thing}: stopping (up to {seconds} s)"),
                None => format!("{thing}: stopping (it may take as long as it likes)"),
            },
            Self::Waiting { things, waited } => {
                if things.is_empty() {
                    return format!("waiting for the engine since {waited} s");
                }
                let names: Vec<String> = things.iter().map(|thing| thing.name.clone()).collect();
                format!("waiting for {} since {waited} s", listed(&names))
            }
            Self::Killing { thing, haste } => format!("{thing}: killing, {haste}"),
            Self::Gone(gone) => gone.words(),
            Self::Left(left) => left.words(),
        }
    }
}

impl Gone {
    /// The end as one line, without colours.
    pub fn words(&self) -> String {
        let how = match self.ending {
            Ending::Stopped => "stopped and removed",
            Ending::Killed => "killed and removed",
            Ending::Removed => "removed",
        };
        match self.took_ms {
            0..1000 => format!("{}: {how}", self.thing),
            took => format!("{}: {how} after {}.{} s", self.thing, took / 1000, took % 1000 / 100),
        }
    }
}

impl Left {
    /// What is left and why as one line, without colours.
    pub fn words(&self) -> String {
        format!("{}: still there, {}", self.thing, self.reason)
    }
}

impl SparedThing {
    /// What was spared and why as one line, without colours.
    pub fn words(&self) -> String {
        format!("{}: spared, {}", self.thing, self.why)
    }
}

/// What became of all containers, networks and volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[must_use]
pub struct Teardown {
    /// The engines that answered, by the address they were asked at.
    pub engines: Vec<String>,
    /// Nothing was done, only looked.
    pub dry_run: bool,
    /// What is gone (in a dry run: would be).
    pub gone: Vec<Gone>,
    /// What is ours and still there.
    pub left: Vec<Left>,
    /// What was looked at and left alone.
    pub spared: Vec<SparedThing>,
    /// Things worth a sentence.
    pub notes: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Teardown {
    /// Whether there was nothing of ours.
    pub fn is_nothing(&self) -> bool {
        self.gone.is_empty() && self.left.is_empty()
    }

    /// Whether containers of ours go on, because nobody meant them.
    pub fn leaves_some(&self) -> bool {
        self.spared.iter().any(|spared| spared.why == WhySpared::Before)
    }

    /// Adds what a later stop did.
    pub fn add(&mut self, later: Self) {
        for engine in later.engines {
            if !self.engines.contains(&engine) {
                self.engines.push(engine);
            }
        }
        self.gone.extend(later.gone);
        self.left.extend(later.left);
        self.notes.extend(later.notes);
        self.took_ms += later.took_ms;
        self.spare(later.spared);
    }

    /// Adds what a further look spared. What was spared before stays on the
    /// list: with our containers gone, nothing tells any more that a volume
    /// belongs to them.
    pub fn spare(&mut self, further: Vec<SparedThing>) {
        for spared in further {
            if !self.spared.iter().any(|known| known.thing.id == spared.thing.id) {
                self.spared.push(spared);
            }
        }
        let gone = &self.gone;
        self.spared.retain(|spared| !gone.iter().any(|gone| gone.thing.id == spared.thing.id));
    }

    /// All of it as one line: what is gone, and what of ours was kept.
    pub fn words(&self) -> String {
        let kinds = [ThingKind::Container, ThingKind::Network, ThingKind::Volume];
        let counted = kinds.into_iter().filter_map(|kind| match self.count(kind) {
            0 => None,
            1 => Some(format!("1 {kind}")),
            more => Some(format!("{more} {kind}s")),
        });
        let counted: Vec<String> = counted.collect();
        let gone = match (counted.is_empty(), self.left.is_empty()) {
            (false, _) => format!("{} removed", counted.join(", ")),
            (true, true) => "none of ours".to_owned(),
            (true, false) => "none removed".to_owned(),
        };
        let left = match self.left.len() {
            0 => String::new(),
            left => format!("; {left} still there"),
        };
        let count = |kind, why| {
            let is = |spared: &&SparedThing| spared.thing.kind == kind && spared.why == why;
            self.spared.iter().filter(is).count()
        };
        let kept = match count(ThingKind::Volume, WhySpared::Kept) {
            0 => String::new(),
            1 => "; 1 volume kept (`--volumes` removes it)".to_owned(),
            kept => format!("; {kept} volumes kept (`--volumes` removes them)"),
        };
        let before = match count(ThingKind::Container, WhySpared::Before) {
            0 => String::new(),
            1 => "; 1 container left as it was (`devsup down` removes it)".to_owned(),
            left => format!("; {left} containers left as they were (`devsup down` removes them)"),
        };
        gone + &left + &kept + &before
    }

    /// How many things of a kind are gone.
    pub fn count(&self, kind: ThingKind) -> usize {
        self.gone.iter().filter(|gone| gone.thing.kind == kind).count()
    }
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Thing {
        Thing {
            kind: ThingKind::Network,
            id: "1f".to_owned(),
            name: "shop_default".to_owned(),
            project: Some("shop".to_owned()),
            service: None,
        }
    }

    #[test]
    fn a_teardown_survives_the_round_trip() {
        let claim = Claim::Run(RunId::from_bits(7));
        let left = Left { thing: network(), claim, reason: "why".to_owned() };
        let spare = |why| SparedThing { thing: network(), why };
        let whole = Teardown {
            left: vec![left.clone()],
            spared: vec![
                spare(WhySpared::Kept),
                spare(WhySpared::InUse { by: vec!["web".to_owned()] }),
            ],
            ..Teardown::default()
        };
        let text = serde_json::to_string(&whole).expect("it can be written");
        assert_eq!(serde_json::from_str::<Teardown>(&text).expect("it can be read"), whole);
        let step = ContainerStep::Left(left);
        let text = serde_json::to_string(&step).expect("it can be written");
        assert_eq!(serde_json::from_str::<ContainerStep>(&text).expect("it can be read"), step);
    }

    #[test]
    fn a_further_look_adds_and_what_is_gone_leaves_the_list() {
        let spared = |id: &str| SparedThing {
            thing: Thing { id: id.to_owned(), ..network() },
            why: WhySpared::Kept,
        };
        let mut torn = Teardown { spared: vec![spared("a"), spared("b")], ..Teardown::default() };
        let thing = Thing { id: "b".to_owned(), ..network() };
        let (claim, ending) = (Claim::Name, Ending::Removed);
        torn.gone.push(Gone { thing, claim, ending, took_ms: 0 });
        torn.spare(vec![spared("a"), spared("c")]);
        assert_eq!(torn.spared, [spared("a"), spared("c")]);
    }
}
