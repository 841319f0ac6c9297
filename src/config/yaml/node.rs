//! The tree itself. Knows no library and no keys.

use super::super::diagnostic::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands; for a block collection or an absent value, its key.
    pub span: Span,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`, unquoted.
    Null,
    /// Something that was refused and reported already.
    Refused,
    /// Any other scalar, as it was written.
    Scalar(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in file order, without duplicates, merge keys followed.
    Map(Vec<Entry>),
}

impl Value {
    /// What to call it in a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null | Self::Refused => "nothing",
            Self::Scalar(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// How many nodes it has, itself included, and how deep it is.
    pub fn measure(&self) -> (usize, usize) {
        let children: Vec<(usize, usize)> = match &self.value {
            Value::Null | Value::Refused | Value::Scalar(_) => Vec::new(),
            Value::List(items) => items.iter().map(Self::measure).collect(),
            Value::Map(entries) => entries.iter().map(|entry| entry.value.measure()).collect(),
        };
        let count = 1 + children.iter().map(|child| child.0).sum::<usize>();
        let depth = children.iter().map(|child| child.1).max().map_or(0, |deepest| deepest + 1);
        (count, depth)
    }
}
