//! Console blocks of a page, as text. Runs nothing.

/// Lines between the fences of a console block, and what stands above it.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// The example it is typed in, from `<!-- in: shop -->` above; nothing: the
    /// one of the block before.
    pub place: Option<String>,
    pub steps: Vec<Step>,
}

/// What is typed, and what is said to it.
#[derive(Debug, PartialEq)]
pub struct Step {
    pub typed: String,
    pub said: Vec<String>,
}

/// Marks of blocks that another test types as they stand, whole.
const TYPED_ELSEWHERE: [&str; 2] = ["<!-- walk ", "<!-- api -->"];

/// The console blocks of a page. In a block without a prompt every line is
/// typed.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut place = None;
    let mut elsewhere = false;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(named) = line.strip_prefix("<!-- in: ") {
            place = Some(named.trim_end_matches(" -->").to_owned());
        }
        elsewhere |= TYPED_ELSEWHERE.iter().any(|mark| line.starts_with(mark));
        if line == "```console" {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if std::mem::take(&mut elsewhere) {
                continue;
            }
            blocks.push(Block { place: place.take(), steps: steps(&inside) });
        }
    }
    blocks
}

fn steps(lines: &[&str]) -> Vec<Step> {
    let prompts = lines.iter().any(|line| line.starts_with("$ "));
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        let typed = if prompts { line.strip_prefix("$ ") } else { Some(*line) };
        match (typed, steps.last_mut()) {
            (Some(typed), _) => steps.push(Step { typed: typed.to_owned(), said: Vec::new() }),
            (None, Some(step)) if !matches!(*line, "" | "...") => {
                step.said.push((*line).to_owned());
            }
            (None, _) => {}
        }
    }
    steps
}

/// Whether a line says what a page says, in which `[..]` stands for anything.
pub fn matches(line: &str, expected: &str) -> bool {
    let mut rest = line.trim();
    for (at, piece) in expected.trim().split("[..]").enumerate() {
        let Some(found) = rest.find(piece) else { return false };
        if at == 0 && found > 0 {
            return false;
        }
        rest = &rest[found + piece.len()..];
    }
    rest.is_empty() || expected.trim_end().ends_with("[..]")
}

#[test]
fn pages_are_understood() {
    let page = "<!-- in: shop -->\n```console\n$ devsup up\nweb | hello\n...\n$ devsup down\n```\ntext\n<!-- walk a -->\n```console\nc\n```\n```console\na\nb\n```\n";
    let found = blocks(page);
    let step = |typed: &str, said: &[&str]| Step {
        typed: typed.to_owned(),
        said: said.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(found[0].place.as_deref(), Some("shop"));
    assert_eq!(found[0].steps, [step("devsup up", &["web | hello"]), step("devsup down", &[])]);
    assert_eq!(found[1].steps, [step("a", &[]), step("b", &[])]);
    assert_eq!(found.len(), 2);
    assert!(matches("up in 12 ms, all", "up in [..] ms, [..]") && matches("a", "a"));
    assert!(!matches("ab", "a") && !matches("b", "[..]a") && !matches("xa", "a"));
}
