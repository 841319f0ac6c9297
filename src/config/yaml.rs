//! YAML text to a tree in which every key and value knows its place. With
//! `syntax` below, the only place that knows the YAML library. Knows nothing of services: which keys
//! there are and what a scalar means is for the readers to say, so a scalar
//! stays the text that was written (`no`, `08`, `22:22` are just that).

mod node;
mod syntax;

pub use node::{Entry, Node, Value};

use super::diagnostic::{Diagnostic, Span};
use super::source::Source;
use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};
use std::collections::HashMap;
use std::sync::Arc;

/// Nodes a document may have once its aliases are followed. A config file has
/// hundreds; a file of nested aliases has billions.
const NODES: usize = 20_000;

/// How deep lists and maps may nest, aliases followed.
const DEPTH: usize = 64;

/// Reads the one document of a source; `None` if there is nothing in it or its
/// syntax is broken. Every mistake found is added to `diagnostics`.
pub fn parse(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let options = granit_parser::options! {
        block_nesting_limit: DEPTH,
        flow_nesting_limit: DEPTH,
        emit_unresolved_aliases: true,
        disallow_directives: false,
    };
    let mut tree = Tree::new(source, diagnostics);
    for event in Parser::new_from_str_with_options(&source.text, options) {
        let going_on = match event {
            Ok((event, span)) => tree.take(event, span),
            Err(error) => Err(syntax::mistake(source, &error)),
        };
        if let Err(stop) = going_on {
            tree.diagnostics.push(stop);
            return None;
        }
    }
    tree.root.filter(|root| root.value != Value::Null)
}

/// A collection that is not closed yet.
struct Open {
    span: Span,
    block: bool,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Node>, key: Option<Key> },
}

enum Key {
    Text(String, Span),
    /// No key of ours, reported already; its value is dropped.
    Bad,
}

struct Tree<'a> {
    source: &'a Arc<Source>,
    diagnostics: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
}

type Step = Result<(), Diagnostic>;

impl<'a> Tree<'a> {
    fn new(source: &'a Arc<Source>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        let (open, anchors) = (Vec::new(), HashMap::new());
        Self { source, diagnostics, open, anchors, root: None, documents: 0, nodes: 0 }
    }

    fn take(&mut self, event: Event<'_>, place: granit_parser::Span) -> Step {
        let span = Span::new(self.source, place.byte_range().unwrap_or_default());
        match event {
            Event::DocumentStart(..) => self.document(&span)?,
            Event::Scalar(text, style, anchor, tag) => {
                self.check_tag(tag.as_deref(), &place);
                let node = scalar(&text, style, &span);
                self.remember(anchor, &node);
                self.add(node)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), &place);
                self.start(span, style, anchor, Content::List(Vec::new()));
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), &place);
                let (entries, merged) = (Vec::new(), Vec::new());
                self.start(span, style, anchor, Content::Map { entries, merged, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&span)?,
            Event::Alias(id) => self.alias(id, &span)?,
            Event::UnresolvedAlias(name) => {
                let problem = format!("there is no anchor `&{name}` before this");
                self.diagnostics.push(Diagnostic::error(problem).at(&span));
                self.add(Node { value: Value::Refused, span })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn document(&mut self, span: &Span) -> Step {
        self.documents += 1;
        self.anchors.clear();
        if self.documents > 1 {
            return Err(Diagnostic::error("a second document starts here")
                .at(span)
                .hint("a config file is one document; use `-f` for each of several files"));
        }
        Ok(())
    }

    /// Tags of the core schema change nothing here, others would be ignored.
    fn check_tag(&mut self, tag: Option<&Tag>, place: &granit_parser::Span) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            let problem = format!("the tag `{}` means nothing here", tag.original());
            let range = place.tag_span().unwrap_or(*place).byte_range().unwrap_or_default();
            let span = Span::new(self.source, range).first_line();
            self.diagnostics.push(Diagnostic::error(problem).at(&span));
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn start(&mut self, span: Span, style: StructureStyle, anchor: usize, content: Content) {
        let block = style == StructureStyle::Block;
        self.open.push(Open { span, block, anchor, content });
    }

    fn close(&mut self, end: &Span) -> Step {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let range = open.span.range().start..end.range().end;
        let whole = Span::new(self.source, range).first_line();
        let span = if open.block { self.key_span().unwrap_or(whole) } else { whole };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, merged, .. } => Value::Map(self.merge(entries, merged)?),
        };
        let node = Node { value, span };
        self.remember(open.anchor, &node);
        self.add(node)
    }

    fn alias(&mut self, id: usize, span: &Span) -> Step {
        let Some(node) = self.anchors.get(&id).cloned() else {
            let problem = format!("`{}` stands inside what it names", span.text());
            return Err(Diagnostic::error(problem).at(span));
        };
        let (count, depth) = node.measure();
        self.nodes += count;
        if self.nodes > NODES || depth + self.open.len() > DEPTH {
            return Err(Diagnostic::error("the aliases of this file grow without measure")
                .at(span)
                .hint(format!("at most {NODES} values and {DEPTH} levels are read")));
        }
        self.add(node)
    }

    /// The key whose value comes next.
    fn key_span(&self) -> Option<Span> {
        match &self.open.last()?.content {
            Content::Map { key: Some(Key::Text(_, span)), .. } => Some(span.clone()),
            _ => None,
        }
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node) -> Step {
        self.nodes += 1;
        if self.nodes > NODES {
            let problem = format!("the file has more than {NODES} values");
            return Err(Diagnostic::error(problem).at(&node.span));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, merged, key } => match key.take() {
                None => *key = Some(as_key(node, self.diagnostics)),
                Some(Key::Bad) => {}
                Some(Key::Text(text, _)) if text == "<<" => merged.push(node),
                Some(Key::Text(text, span)) => insert(entries, text, span, node, self.diagnostics),
            },
        }
        Ok(())
    }

    /// Adds what `<<` brings in: own keys win, then earlier maps.
    fn merge(
        &mut self,
        mut entries: Vec<Entry>,
        merged: Vec<Node>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let mut maps = Vec::new();
        for node in merged {
            match node.value {
                Value::Map(map) => maps.push(map),
                Value::List(items) => {
                    for item in items {
                        match item.value {
                            Value::Map(map) => maps.push(map),
                            other => self.no_merge(&other, &item.span),
                        }
                    }
                }
                other => self.no_merge(&other, &node.span),
            }
        }
        for entry in maps.into_iter().flatten() {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry);
            }
        }
        if entries.len() > NODES {
            let problem = format!("a map has more than {NODES} keys");
            return Err(Diagnostic::error(problem));
        }
        Ok(entries)
    }

    fn no_merge(&mut self, value: &Value, span: &Span) {
        let problem = format!("`<<` merges maps, and this is {}", value.kind());
        self.diagnostics.push(Diagnostic::error(problem).at(span));
    }
}

fn scalar(text: &str, style: ScalarStyle, span: &Span) -> Node {
    let plain = style == ScalarStyle::Plain;
    let null = plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
    let value = if null { Value::Null } else { Value::Scalar(text.to_owned()) };
    Node { value, span: span.first_line() }
}

fn as_key(node: Node, diagnostics: &mut Vec<Diagnostic>) -> Key {
    match node.value {
        Value::Scalar(text) => Key::Text(text, node.span),
        // An unquoted `null` is a fine name for a variable or a service.
        Value::Null if !node.span.text().is_empty() => {
            Key::Text(node.span.text().to_owned(), node.span)
        }
        other => {
            let problem = format!("a key must be text, and this is {}", other.kind());
            let hint = "if the value starts with `{`, `[`, `*` or `&`, put it in quotes";
            diagnostics.push(Diagnostic::error(problem).at(&node.span).hint(hint));
            Key::Bad
        }
    }
}

fn insert(
    entries: &mut Vec<Entry>,
    key: String,
    span: Span,
    mut value: Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(first) = entries.iter().find(|entry| entry.key == key) {
        let problem = format!(
            "`{key}` stands here twice: in line {} and in line {}",
            first.span.line(),
            span.line()
        );
        diagnostics.push(
            Diagnostic::error(problem).also(&span, "again here").also(&first.span, "first here"),
        );
        return;
    }
    if value.value == Value::Null && value.span.text().is_empty() {
        value.span = span.clone();
    }
    entries.push(Entry { key, span, value });
}
