//! The table as a JSON Schema, for editors. It lets everything pass that
//! devsup reads, references to variables included, and not much more.

use super::super::tree::Tree;
use super::{Default, Key, PROJECT, Section, Shape, Tool};

/// Where editors find it.
pub const SCHEMA_URL: &str =
    concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/completions/devsup.schema.json");

/// The schema, draft 2020-12.
pub fn schema() -> Tree {
    let mut definitions = Tree::map();
    for section in Section::all().into_iter().skip(1) {
        definitions.put(section.id, body(section), Vec::new());
    }
    Tree::map()
        .with("$schema", "https://json-schema.org/draft/2020-12/schema")
        .with("$id", SCHEMA_URL)
        .with("title", "devsup.yaml")
        .with("description", "The services of a project, as devsup starts and stops them")
        .with("type", "object")
        .with("properties", properties(&PROJECT))
        .with("patternProperties", extensions())
        .with("additionalProperties", false)
        .with("$defs", definitions)
}

fn body(section: &Section) -> Tree {
    let about = section.about;
    let mut tree = Tree::map()
        .with("description", about)
        .with("type", either(&["object", "null"]))
        .with("properties", properties(section));
    let required = section.keys.iter().filter(|key| key.default == Default::Required);
    // A service's command may stand in another file, which is laid under.
    let required = required.filter(|_| section.id != "service").map(|key| key.name);
    let required: Vec<Tree> = required.map(Tree::from).collect();
    if !required.is_empty() {
        tree = tree.with("required", required);
    }
    tree.with("patternProperties", extensions()).with("additionalProperties", false)
}

/// `x-…` is everybody's.
fn extensions() -> Tree {
    Tree::map().with("^x-", true)
}

fn properties(section: &Section) -> Tree {
    let mut properties = Tree::map();
    for key in section.keys {
        properties.put(key.name, property(key), Vec::new());
        for &alias in key.aliases {
            let about = format!("The same as `{}`", key.name);
            let same = key.shape.schema().with("description", about);
            properties.put(alias, same, Vec::new());
        }
    }
    properties
}

fn property(key: &Key) -> Tree {
    let mut about = key.about.to_owned();
    if let Default::Words(words) = key.default {
        about = format!("{about}. Default: {words}");
    }
    if key.word_of == Tool::ProcessCompose {
        about = format!("{about} (process-compose)");
    }
    let tree = key.shape.schema().with("description", about);
    match key.default {
        Default::Value("[0]") => tree.with("default", vec![Tree::Number(0)]),
        Default::Value("true") => tree.with("default", true),
        Default::Value("false") => tree.with("default", false),
        Default::Value(value) => match value.parse::<u64>() {
            Ok(number) => tree.with("default", number),
            Err(_) => tree.with("default", value),
        },
        _ => tree,
    }
}

fn either(types: &[&str]) -> Tree {
    Tree::texts(types)
}

fn kind(name: &str) -> Tree {
    Tree::map().with("type", name)
}

/// A text that has to look like this; a reference to a variable always may
/// stand in it.
fn like(pattern: &str) -> Tree {
    kind("string").with("pattern", format!("{pattern}|\\$"))
}

/// What any scalar is read as.
fn scalar() -> Tree {
    Tree::map().with("type", either(&["string", "number", "boolean"]))
}

fn any_of(shapes: Vec<Tree>) -> Tree {
    Tree::map().with("anyOf", shapes)
}

fn reference(section: &Section) -> Tree {
    Tree::map().with("$ref", format!("#/$defs/{}", section.id))
}

/// Which names services and variables may have is for devsup to say in words.
fn map_to(value: Tree) -> Tree {
    Tree::map().with("type", either(&["object", "null"])).with("additionalProperties", value)
}

fn list_of(item: Tree) -> Tree {
    Tree::map().with("type", either(&["array", "null"])).with("items", item)
}

fn whole(least: u32, most: u32) -> Tree {
    let number = kind("integer").with("minimum", least).with("maximum", most);
    any_of(vec![number, like("^[0-9]+$")])
}

impl Shape {
    fn schema(&self) -> Tree {
        match self {
            Self::Text | Self::Path | Self::ShellLine | Self::Pattern => scalar(),
            Self::Command | Self::Test => any_of(vec![scalar(), list_of(scalar())]),
            Self::Switch => any_of(vec![
                kind("boolean"),
                like("^([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)$"),
            ]),
            Self::Whole(least, most) => whole(*least, *most),
            Self::Factor => any_of(vec![
                kind("number").with("minimum", 1_u32).with("maximum", 100_u32),
                like("^[0-9.]+$"),
            ]),
            Self::Duration => any_of(vec![
                kind("number").with("minimum", 0_u32),
                like("^[0-9. ]+[a-zµ].*$|^[0-9.]+$"),
            ]),
            Self::Size => any_of(vec![
                kind("integer").with("minimum", 1_u32),
                like("^[0-9]+ ?([kKmMgG]([iI]?[bB])?|[bB])?$"),
            ]),
            Self::Port => whole(1, u16::MAX.into()),
            Self::Address => any_of(vec![whole(1, u16::MAX.into()), like("^.*:?[0-9]+$")]),
            Self::Url => like("^http://[^/]"),
            Self::Signal => any_of(vec![
                kind("integer"),
                like("^ *((SIG)?[A-Z0-9]+|(sig)?[a-z0-9]+) *$").with("examples", signals()),
            ]),
            Self::Policy => policy(),
            other => other.composed(),
        }
    }

    /// Shapes that are made of others.
    fn composed(&self) -> Tree {
        match self {
            Self::Words(words) => any_of(vec![
                Tree::map().with("enum", Tree::texts(*words)),
                kind("string").with("pattern", "\\$"),
            ]),
            Self::Either(shapes) => any_of(shapes.iter().map(Self::schema).collect()),
            Self::List(shape) => any_of(vec![shape.schema(), list_of(shape.schema())]),
            Self::Map(section) => reference(section),
            Self::Named(section) => map_to(reference(section)),
            Self::Dependencies(section) => {
                any_of(vec![scalar(), list_of(scalar()), map_to(reference(section))])
            }
            Self::Pairs => map_to(scalar()),
            Self::Variables(section) => {
                let value = vec![scalar(), kind("null"), reference(section)];
                any_of(vec![map_to(any_of(value)), list_of(scalar())])
            }
            _ => Tree::map(),
        }
    }
}

fn policy() -> Tree {
    let words = ["no", "always", "on-failure", "on-failure:3", "unless-stopped"];
    let pattern = "^([Nn]o|[Oo]ff|[Nn]ever|[Ff]alse|[Aa]lways|[Oo]n[-_][Ff]ailure(:[0-9]+)?|[Uu]nless[-_][Ss]topped)$";
    // A reader of old YAML takes an unquoted `no` for false.
    let no = Tree::map().with("const", false);
    any_of(vec![like(pattern).with("examples", Tree::texts(words)), no])
}

fn signals() -> Tree {
    Tree::texts(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL"])
}
