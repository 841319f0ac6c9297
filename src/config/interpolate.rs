//! `$V`, `${V:-d}` and their like in values, by compose's rules. Knows neither
//! files nor where variables come from: both are asked for.

/// How deep defaults may stand in defaults.
const DEPTH: usize = 16;

/// More than this is no value any more: `${A}` of `${A}` of … grows fast.
const LENGTH: usize = 1 << 20;

/// A text after interpolation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpolated {
    /// The text.
    pub text: String,
    /// Variables without value or default; they count as empty.
    pub missing: Vec<String>,
}

/// Why a text can't be interpolated, and the piece of it that is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The piece, as it stands in the text.
    pub piece: String,
    /// The way out.
    pub hint: Option<String>,
}

/// Asks for a variable; an empty value is a value.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Replaces every reference in `text`: `$V`, `${V}`, `${V:-d}` and `${V-d}`
/// (default), `${V:?m}` and `${V?m}` (required), `${V:+x}` and `${V+x}`
/// (instead), with `:` counting an empty value as none; `$$` is a dollar. A
/// `$` before anything else stays what it is, so that `^ready$` is a regular
/// expression.
pub fn interpolate(text: &str, lookup: Lookup<'_>) -> Result<Interpolated, Problem> {
    let mut out = Interpolated::default();
    expand(text, lookup, &mut out, 0)?;
    Ok(out)
}

fn expand(
    text: &str,
    lookup: Lookup<'_>,
    out: &mut Interpolated,
    depth: usize,
) -> Result<(), Problem> {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.text.push_str(&rest[..at]);
        rest = reference(&rest[at..], lookup, out, depth)?;
        if out.text.len() > LENGTH {
            return Err(problem("the value grows beyond 1 MiB", text));
        }
    }
    out.text.push_str(rest);
    Ok(())
}

/// Replaces the reference that `text` starts with and returns what follows it.
fn reference<'t>(
    text: &'t str,
    lookup: Lookup<'_>,
    out: &mut Interpolated,
    depth: usize,
) -> Result<&'t str, Problem> {
    let after = &text[1..];
    if let Some(rest) = after.strip_prefix('$') {
        out.text.push('$');
        return Ok(rest);
    }
    if after.starts_with('{') {
        let end = closing(text).ok_or_else(|| {
            problem("`${` is never closed", text).hint("write `$$` for a dollar sign")
        })?;
        braced(&text[..=end], lookup, out, depth)?;
        return Ok(&text[end + 1..]);
    }
    let name = name_at(after);
    if name.is_empty() {
        out.text.push('$');
        return Ok(after);
    }
    match lookup(name) {
        Some(value) => out.text.push_str(&value),
        None => out.missing.push(name.to_owned()),
    }
    Ok(&after[name.len()..])
}

/// The place of the `}` that closes the `${` at the start.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '$' if rest.peek().is_some_and(|(_, next)| *next == '{') => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The longest variable name at the start.
fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = &text[..end];
    if name.starts_with(|c: char| c.is_ascii_digit()) { "" } else { name }
}

/// Replaces `${…}`, given with its braces.
fn braced(
    piece: &str,
    lookup: Lookup<'_>,
    out: &mut Interpolated,
    depth: usize,
) -> Result<(), Problem> {
    let inner = &piece[2..piece.len() - 1];
    let name = name_at(inner);
    let operator = &inner[name.len()..];
    if name.is_empty() {
        return Err(problem(&format!("`{piece}` names no variable"), piece)
            .hint("write `$$` for a dollar sign"));
    }
    if depth >= DEPTH {
        return Err(problem("defaults stand in defaults too deep", piece));
    }
    let (empty_counts, operator) = match operator.strip_prefix(':') {
        Some(operator) => (false, operator),
        None => (true, operator),
    };
    let value = lookup(name).filter(|value| empty_counts || !value.is_empty());
    match (operator.split_at_checked(1), value) {
        (None, value) if empty_counts => match value {
            Some(value) => out.text.push_str(&value),
            None => out.missing.push(name.to_owned()),
        },
        (Some(("-" | "?", _)), Some(value)) => out.text.push_str(&value),
        (Some(("-", default)), None) => expand(default, lookup, out, depth + 1)?,
        (Some(("+", instead)), Some(_)) => expand(instead, lookup, out, depth + 1)?,
        (Some(("+", _)), None) => {}
        (Some(("?", message)), None) => return Err(required(name, message, piece, lookup, depth)),
        _ => {
            return Err(problem(&format!("`{piece}` is no reference to a variable"), piece)
                .hint("known are `${V}`, `${V:-default}`, `${V:?message}` and `${V:+instead}`"));
        }
    }
    Ok(())
}

fn required(name: &str, message: &str, piece: &str, lookup: Lookup<'_>, depth: usize) -> Problem {
    let mut said = Interpolated::default();
    if let Err(problem) = expand(message, lookup, &mut said, depth + 1) {
        return problem;
    }
    let message = match said.text.trim() {
        "" => format!("`{name}` is required and has no value"),
        said => format!("`{name}` is required: {said}"),
    };
    problem(&message, piece).hint(format!("set `{name}` in your shell or in `.env`"))
}

fn problem(message: &str, piece: &str) -> Problem {
    Problem { message: message.to_owned(), piece: piece.to_owned(), hint: None }
}

impl Problem {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variables(name: &str) -> Option<String> {
        match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    fn text(input: &str) -> Result<String, String> {
        interpolate(input, &variables).map(|out| out.text).map_err(|problem| problem.message)
    }

    #[test]
    fn every_form_is_replaced() {
        for (input, expected) in [
            ("$SET-${SET}", "value-value"),
            ("$SETX|$NONE|${NONE}", "||"),
            ("${SET:-d}${SET-d}", "valuevalue"),
            ("${EMPTY:-d}|${EMPTY-d}", "d|"),
            ("${NONE:-d}|${NONE-d}|${NONE:-}", "d|d|"),
            ("${SET:+x}${SET+x}", "xx"),
            ("${EMPTY:+x}|${EMPTY+x}", "|x"),
            ("${NONE:+x}${NONE+x}", ""),
            ("${NONE:-${EMPTY:-$SET}}!", "value!"),
            ("${SET:?m}${EMPTY?m}", "value"),
            ("$$SET $$ ${NONE:-$$}", "$SET $ $"),
            ("^a$", "^a$"),
            ("$1 $- $é", "$1 $- $é"),
            ("${NONE:-a}b}", "ab}"),
        ] {
            assert_eq!(text(input), Ok(expected.to_owned()), "{input}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_said() {
        for (input, expected) in [
            ("${", "`${` is never closed"),
            ("${SET", "`${` is never closed"),
            ("${}", "`${}` names no variable"),
            ("${1A}", "`${1A}` names no variable"),
            ("${SET!x}", "`${SET!x}` is no reference to a variable"),
            ("${SET:}", "`${SET:}` is no reference to a variable"),
            ("${NONE:?}", "`NONE` is required and has no value"),
            ("${NONE?ask $SET}", "`NONE` is required: ask value"),
            ("${EMPTY:?ask}", "`EMPTY` is required: ask"),
        ] {
            assert_eq!(text(input), Err(expected.to_owned()), "{input}");
        }
    }

    #[test]
    fn missing_variables_are_named() {
        let out = interpolate("$A ${B} ${C:-d} $SET", &variables);
        assert_eq!(out.map(|out| out.missing), Ok(vec!["A".to_owned(), "B".to_owned()]));
    }

    #[test]
    fn deep_defaults_end() {
        let deep = format!("{}{}", "${A:-".repeat(5000), "}".repeat(5000));
        assert_eq!(text(&deep), Err("defaults stand in defaults too deep".to_owned()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(input in r"([$]|[$][{]|[}:?+-]|[A-Z]{1,2}|é|.){0,20}") {
            let _ = interpolate(&input, &variables);
        }
    }
}
