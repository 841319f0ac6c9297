//! Every key of a `devsup.yaml`: its other names, what it may hold, what holds
//! where it is absent, what it means. The readers are held to it (a section
//! that is read by other keys than these fails in a debug build), and schema
//! and manual are made of it. Knows no value and no file.

mod process_compose;
mod schema;
mod table;

pub use schema::{SCHEMA_URL, schema};
pub use table::{
    COMPOSE, COMPOSE_DOWN, DEPENDENCY, ENV_FILE, HEALTHCHECK, HTTP, LOG, PORT, PROJECT, RESTART,
    SERVICE, SHUTDOWN, VARIABLE,
};

pub(super) use process_compose::{AVAILABILITY, EXEC, HTTP_GET, PROBE, SERVICE_SHUTDOWN};

/// A map with keys of its own.
#[derive(Debug, PartialEq)]
pub struct Section {
    /// What the schema and the manual call it; one word, unique.
    pub id: &'static str,
    /// What it is, in a sentence without its full stop.
    pub about: &'static str,
    /// Its keys, in the order in which one writes them.
    pub keys: &'static [Key],
}

/// A key of a section.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Other names of the same.
    pub aliases: &'static [&'static str],
    /// What it may hold.
    pub shape: Shape,
    /// What holds where it is absent.
    pub default: Default,
    /// What it means, in sentences without the last full stop.
    pub about: &'static str,
    /// Whose word it is.
    pub word_of: Tool,
}

/// What holds where a key is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// It has to be there.
    Required,
    /// Nothing.
    None,
    /// This value, as one would write it.
    Value(&'static str),
    /// What these words say.
    Words(&'static str),
}

/// Whose word a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// devsup's own, most of them compose's too.
    Devsup,
    /// Only process-compose's, understood so that its files can be read.
    ProcessCompose,
}

/// What a key may hold.
#[derive(Debug, PartialEq)]
pub enum Shape {
    /// Any text.
    Text,
    /// A path, relative to the file that says it.
    Path,
    /// A line for the shell, or program and arguments.
    Command,
    /// A line for the shell.
    ShellLine,
    /// Compose's test: a line for the shell, or `[CMD, …]`.
    Test,
    /// True or false.
    Switch,
    /// A whole number in these bounds.
    Whole(u32, u32),
    /// A number from 1 to 100.
    Factor,
    /// `1m30s`, `500ms`, or a number of seconds.
    Duration,
    /// `10MB`, `512k`, or a number of bytes.
    Size,
    /// A port's number.
    Port,
    /// `host:port`, or a port.
    Address,
    /// `http://…`.
    Url,
    /// A regular expression.
    Pattern,
    /// A signal by name or number.
    Signal,
    /// A restart policy.
    Policy,
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of these shapes.
    Either(&'static [Shape]),
    /// A list, or one of it.
    List(&'static Shape),
    /// A map with these keys.
    Map(&'static Section),
    /// A map from names to maps with these keys.
    Named(&'static Section),
    /// A list of names, or a map from names to maps with these keys.
    Dependencies(&'static Section),
    /// A map from names to texts.
    Pairs,
    /// Variables: a map, or a list of `NAME=VALUE`.
    Variables(&'static Section),
    /// Whatever it is, it is passed over.
    Ignored,
}

impl Section {
    /// All sections, each once, in the order in which they are first named.
    pub fn all() -> Vec<&'static Self> {
        let mut found = vec![&PROJECT];
        let mut at = 0;
        while let Some(section) = found.get(at).copied() {
            for key in section.keys {
                key.shape.sections(&mut found);
            }
            at += 1;
        }
        found
    }

    /// Every name that is read in it.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().flat_map(|key| [key.name].into_iter().chain(key.aliases.iter().copied()))
    }
}

impl Shape {
    fn sections(&self, found: &mut Vec<&'static Section>) {
        match self {
            Self::Map(section)
            | Self::Named(section)
            | Self::Dependencies(section)
            | Self::Variables(section)
                if !found.contains(section) =>
            {
                found.push(section);
            }
            Self::Either(shapes) => shapes.iter().for_each(|shape| shape.sections(found)),
            Self::List(shape) => shape.sections(found),
            _ => {}
        }
    }

    /// What to call it in a manual.
    pub fn words(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Command => "text for the shell, or a list of program and arguments".to_owned(),
            Self::ShellLine => "text for the shell".to_owned(),
            Self::Test => "text for the shell, or a list".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Whole(least, most) => format!("whole number from {least} to {most}"),
            Self::Factor => "number from 1 to 100".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::Size => "size".to_owned(),
            Self::Port => "port".to_owned(),
            Self::Address => "`host:port`, or a port".to_owned(),
            Self::Url => "`http://` URL".to_owned(),
            Self::Pattern => "regular expression".to_owned(),
            Self::Signal => "signal".to_owned(),
            Self::Policy => "restart policy".to_owned(),
            Self::Words(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                one_of(&words)
            }
            Self::Either(shapes) => one_of(&shapes.iter().map(Self::words).collect::<Vec<_>>()),
            Self::List(shape) => format!("{}, or a list of such", shape.words()),
            Self::Map(section) => format!("map, see `{}`", section.id),
            Self::Named(section) => format!("map from names to `{}`", section.id),
            Self::Dependencies(section) => {
                format!("list of names, or a map from names to `{}`", section.id)
            }
            Self::Pairs => "map from names to text".to_owned(),
            Self::Variables(section) => {
                format!("map from names to text or `{}`, or a list of `NAME=VALUE`", section.id)
            }
            Self::Ignored => "anything".to_owned(),
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn one_of(words: &[String]) -> String {
    match words.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests;
