//! The table of figures: printed, saved, and compared with the saved one.

use std::fmt::Write as _;
use std::path::PathBuf;

/// How much of a figure may be noise.
const NOISE: f64 = 0.3;

/// Which way is better.
#[derive(Clone, Copy)]
pub enum Better {
    More,
    Less,
}

/// One figure.
pub struct Row {
    what: String,
    ours: f64,
    unit: &'static str,
    /// The same of whatever does no more than the work itself, and what that is.
    bare: Option<(f64, &'static str)>,
    /// Ours to it, taken within each round.
    ratio: Option<f64>,
    better: Better,
    aim: &'static str,
}

/// All figures of this run.
#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    /// A figure beside its equal; `rounds` are ours and the equal's.
    pub fn beside(
        &mut self,
        what: impl Into<String>,
        rounds: &[(f64, f64)],
        (unit, better): (&'static str, Better),
        (equal, aim): (&'static str, &'static str),
    ) {
        let ours = median(rounds.iter().map(|round| round.0));
        let bare = median(rounds.iter().map(|round| round.1));
        let ratio = Some(median(rounds.iter().map(|round| round.0 / round.1)));
        let row =
            Row { what: what.into(), ours, unit, bare: Some((bare, equal)), ratio, better, aim };
        self.add(row);
    }

    /// A figure that has no equal; less is better.
    pub fn alone(
        &mut self,
        what: impl Into<String>,
        rounds: &[f64],
        unit: &'static str,
        aim: &'static str,
    ) {
        let ours = median(rounds.iter().copied());
        let better = Better::Less;
        self.add(Row { what: what.into(), ours, unit, bare: None, ratio: None, better, aim });
    }

    fn add(&mut self, row: Row) {
        eprintln!("{}", row.text());
        self.0.push(row);
    }

    /// As Markdown.
    pub fn text(&self) -> String {
        let mut text = "| what | devsup | bare | ratio | aim |\n".to_owned();
        text.push_str("| --- | ---: | ---: | ---: | ---: |\n");
        for row in &self.0 {
            let _ = writeln!(text, "{}", row.text());
        }
        text
    }

    /// Writes the table down.
    pub fn save(&self) {
        std::fs::write(saved(), self.text()).unwrap();
    }

    /// Says what has moved; whether anything is worse.
    pub fn compare(&self) -> bool {
        let before = std::fs::read_to_string(saved()).unwrap_or_default();
        let mut worse = false;
        for row in &self.0 {
            let known = before.lines().find_map(|line| row.read(line));
            let Some(was) = known else {
                println!("new: {}", row.what);
                continue;
            };
            let is = row.compared();
            let moved = (is - was) / was.max(f64::MIN_POSITIVE);
            if moved.abs() > NOISE && (is - was).abs() > 0.05 {
                let gain = matches!(row.better, Better::More) == (moved > 0.0);
                worse |= !gain;
                let word = if gain { "better" } else { "WORSE" };
                println!("{word}: {}: {was:.2} before, {is:.2} now", row.what);
            }
        }
        if !worse {
            println!("nothing is worse by more than {:.0} %", NOISE * 100.0);
        }
        worse
    }
}

impl Row {
    fn text(&self) -> String {
        let Self { what, ours, unit, bare, ratio, aim, .. } = self;
        let bare = bare
            .map_or_else(String::new, |(bare, equal)| format!("{} ({equal})", figure(bare, unit)));
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        format!("| {what} | {} | {bare} | {ratio} | {aim} |", figure(*ours, unit))
    }

    /// What is compared: the ratio, where there is one.
    fn compared(&self) -> f64 {
        self.ratio.unwrap_or(self.ours)
    }

    /// The same of a saved line, if it is this row's.
    fn read(&self, line: &str) -> Option<f64> {
        // A pipe in a name is written `\|`.
        let line = line.strip_prefix("| ")?.strip_prefix(&self.what)?.strip_prefix(" | ")?;
        let cells: Vec<&str> = line.split(" | ").collect();
        let cell = if self.ratio.is_some() { cells.get(2) } else { cells.first() };
        cell?.split_ascii_whitespace().next()?.parse().ok()
    }
}

fn figure(value: f64, unit: &str) -> String {
    let text = match value {
        0.0 => "0".to_owned(),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    };
    format!("{text} {unit}").trim_end().to_owned()
}

fn saved() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/figures.md")
}

/// The middle one.
pub fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
