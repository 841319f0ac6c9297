//! What changes, as people know it from `diff -u`.

use std::fmt::Write as _;

/// Unchanged lines shown round a change.
const AROUND: usize = 3;
/// Above this many lines of difference no common lines are looked for.
const MOST_LINES: usize = 2000;

/// A line of the way from one text to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'t> {
    Keep(&'t str),
    Drop(&'t str),
    Add(&'t str),
}

/// The difference between two texts of a file; `None`: there is no such file.
/// Empty where nothing changes.
pub fn diff(file: &str, old: Option<&str>, new: Option<&str>) -> String {
    if old == new {
        return String::new();
    }
    let name = |text: Option<&str>, side: &str| match text {
        Some(_) => format!("{side}/{file}"),
        None => "/dev/null".to_owned(),
    };
    let mut text = format!("--- {}\n+++ {}\n", name(old, "a"), name(new, "b"));
    let steps = steps(old.unwrap_or_default(), new.unwrap_or_default());
    for hunk in hunks(&steps) {
        put(&mut text, &steps, hunk);
    }
    text
}

fn steps<'t>(old: &'t str, new: &'t str) -> Vec<Step<'t>> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let same = |(one, two): &(&&str, &&str)| one == two;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
    let mut steps: Vec<Step<'t>> = old[..head].iter().map(|line| Step::Keep(line)).collect();
    between(&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail], &mut steps);
    steps.extend(old[old.len() - tail..].iter().map(|line| Step::Keep(line)));
    steps
}

/// By the longest common subsequence: the files are small.
fn between<'t>(old: &[&'t str], new: &[&'t str], steps: &mut Vec<Step<'t>>) {
    let common = if old.len().max(new.len()) > MOST_LINES { Vec::new() } else { lengths(old, new) };
    let length = |i: usize, j: usize| {
        common.get(i).and_then(|row: &Vec<usize>| row.get(j)).copied().unwrap_or(0)
    };
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] && !common.is_empty() {
            steps.push(Step::Keep(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || length(i + 1, j) >= length(i, j + 1)) {
            steps.push(Step::Drop(old[i]));
            i += 1;
        } else {
            steps.push(Step::Add(new[j]));
            j += 1;
        }
    }
}

/// How many lines two ends of the texts have in common, by where they begin.
fn lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = if old[i] == new[j] {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    table
}

/// Ranges of steps that are shown.
fn hunks(steps: &[Step<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    let changed = steps.iter().enumerate().filter(|(_, step)| !matches!(step, Step::Keep(_)));
    for (at, _) in changed {
        let (start, end) = (at.saturating_sub(AROUND), (at + 1 + AROUND).min(steps.len()));
        match hunks.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => hunks.push(start..end),
        }
    }
    hunks
}

fn is_add(step: &Step<'_>) -> bool {
    matches!(step, Step::Add(_))
}

fn is_drop(step: &Step<'_>) -> bool {
    matches!(step, Step::Drop(_))
}

/// Where a side's lines of a hunk begin, and how many they are.
fn range(before: &[Step<'_>], inside: &[Step<'_>], but: fn(&Step<'_>) -> bool) -> String {
    let count = |steps: &[Step<'_>]| steps.iter().filter(|step| !but(step)).count();
    let (start, length) = (count(before), count(inside));
    format!("{},{length}", if length == 0 { start } else { start + 1 })
}

fn put(text: &mut String, steps: &[Step<'_>], hunk: std::ops::Range<usize>) {
    let (before, inside) = (&steps[..hunk.start], &steps[hunk]);
    let (old, new) = (range(before, inside, is_add), range(before, inside, is_drop));
    let _ = writeln!(text, "@@ -{old} +{new} @@");
    for step in inside {
        let (sign, line) = match step {
            Step::Keep(line) => (' ', line),
            Step::Drop(line) => ('-', line),
            Step::Add(line) => ('+', line),
        };
        let _ = write!(text, "{sign}{line}");
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}
