//! How much of the shell's grammar one has to know to put `exec` before a
//! command. Knows no file system and runs nothing; whatever it is not sure of
//! it leaves as it is, since a shell that stays in between is only a process
//! too many.

/// Words that mean something to the shell itself, so that `exec` before them
/// would look for a program of that name.
const RESERVED: [&str; 74] = [
    "!", ".", ":", "[", "[[", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd",
    "chdir", "command", "continue", "coproc", "declare", "dirs", "disown", "do", "done", "echo",
    "elif", "else", "enable", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi",
    "for", "function", "getopts", "hash", "help", "history", "if", "in", "jobs", "kill", "let",
    "local", "logout", "popd", "printf", "pushd", "pwd", "read", "readonly", "return", "select",
    "set", "shift", "shopt", "source", "suspend", "test", "then", "time", "times", "trap", "true",
    "type", "ulimit", "umask", "unset", "until", "wait", "while",
];

/// The command with `exec` before its first word, so that no shell stays
/// between us and the program: `A=1 server -p 1 >log` becomes
/// `A=1 exec server -p 1 >log`. Anything but a simple command (one program, no
/// operators, not a builtin, not a keyword) comes back unchanged.
pub fn exec_prefix(command: &str) -> String {
    match simple(command) {
        Some(first) if first.is_program() => {
            let (before, after) = command.split_at(first.start);
            format!("{before}exec {after}")
        }
        _ => command.to_owned(),
    }
}

/// The program a simple command runs, as the shell would look it up: without
/// quotes, assignments and redirections, through a leading `exec`. `None` for
/// everything that only the shell can tell: operators, builtins, expansions.
pub fn first_word(command: &str) -> Option<String> {
    let first = simple(command)?;
    match first.literal.as_deref() {
        Some("exec") => first_word(&command[first.end..]),
        _ if first.is_program() => first.literal,
        _ => None,
    }
}

/// The first word of a simple command.
struct Word {
    start: usize,
    end: usize,
    /// The text after quote removal; `None` if the shell would still change it.
    literal: Option<String>,
    /// It has `$`, a back-tick or a glob, so that nobody knows what it becomes.
    expands: bool,
}

impl Word {
    fn is_program(&self) -> bool {
        let reserved = |text: &str| text.is_empty() || is_reserved(text);
        !self.expands && !self.literal.as_deref().is_some_and(reserved)
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word) || matches!(word, "{" | "}" | "typeset" | "unalias")
}

/// The first word of the command, if the whole of it is one simple command.
fn simple(command: &str) -> Option<Word> {
    let mut scan = Scan { text: command.trim_end(), at: 0 };
    let mut first = None;
    while let Some(next) = scan.next_token() {
        match scan.token(next)? {
            Token::Redirection => {}
            Token::Word(word) if first.is_none() && is_assignment(scan.slice(&word)) => {}
            Token::Word(word) => first = first.or(Some(word)),
        }
    }
    first
}

fn is_assignment(raw: &str) -> bool {
    raw.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

enum Token {
    Word(Word),
    Redirection,
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn slice(&self, word: &Word) -> &str {
        &self.text[word.start..word.end]
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Skips blanks, continued lines and a comment; the character after them.
    fn next_token(&mut self) -> Option<char> {
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with("\\\n") {
                self.at += 2;
            } else if rest.starts_with([' ', '\t']) {
                self.at += 1;
            } else if rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return rest.chars().next();
            }
        }
    }

    /// Reads the token that starts with `next`; `None` ends the hope for a
    /// simple command.
    fn token(&mut self, next: char) -> Option<Token> {
        match next {
            '|' | '&' | ';' | '(' | ')' | '\n' => None,
            '<' | '>' => self.redirection(),
            _ => {
                let word = self.word()?;
                let number = self.slice(&word).chars().all(|c| c.is_ascii_digit());
                if number && matches!(self.peek(), Some('<' | '>')) {
                    return self.redirection();
                }
                Some(Token::Word(word))
            }
        }
    }

    fn redirection(&mut self) -> Option<Token> {
        let rest = &self.text[self.at..];
        let operators = [">>", ">|", ">&", "<&", "<>", ">", "<"];
        if rest.starts_with("<<") {
            return None;
        }
        self.at += operators.iter().find(|op| rest.starts_with(**op))?.len();
        self.next_token()?;
        let target = self.word()?;
        (target.end > target.start).then_some(Token::Redirection)
    }

    fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let mut literal = String::new();
        let mut expands = false;
        let tilde = self.peek() == Some('~');
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '|' | '&' | ';' | '(' | ')' | '<' | '>' => break,
                '\'' => literal.push_str(self.single_quoted()?),
                '"' => expands |= self.double_quoted(&mut literal)?,
                '\\' => self.escape(&mut literal),
                '$' | '`' => {
                    self.expansion()?;
                    expands = true;
                }
                _ => {
                    expands |= matches!(c, '*' | '?' | '[') && self.text[start..] != *"[";
                    literal.push(c);
                    self.bump();
                }
            }
        }
        let literal = (!expands && !tilde).then_some(literal);
        Some(Word { start, end: self.at, literal, expands })
    }

    fn escape(&mut self, literal: &mut String) {
        self.bump();
        match self.bump() {
            Some('\n') | None => {}
            Some(c) => literal.push(c),
        }
    }

    fn single_quoted(&mut self) -> Option<&str> {
        let start = self.at + 1;
        let length = self.text[start..].find('\'')?;
        self.at = start + length + 1;
        Some(&self.text[start..start + length])
    }

    /// Whether anything between the quotes expands.
    fn double_quoted(&mut self, literal: &mut String) -> Option<bool> {
        let mut expands = false;
        self.bump();
        loop {
            match self.peek()? {
                '"' => {
                    self.bump();
                    return Some(expands);
                }
                '\\' => self.escape(literal),
                '$' | '`' => {
                    self.expansion()?;
                    expands = true;
                }
                c => {
                    literal.push(c);
                    self.bump();
                }
            }
        }
    }

    /// Steps over `$name`, `${…}`, `$(…)` and back-ticks.
    fn expansion(&mut self) -> Option<()> {
        if self.bump() == Some('`') {
            return self.until('`');
        }
        match self.peek() {
            Some('(') => self.until(')'),
            Some('{') => self.until('}'),
            _ => Some(()),
        }
    }

    /// Steps over everything up to the matching `close`, its own kind nested
    /// and quotes respected.
    fn until(&mut self, close: char) -> Option<()> {
        let open = self.peek().filter(|_| close != '`');
        let mut depth = usize::from(open.is_none());
        loop {
            match self.peek()? {
                '\\' => {
                    self.bump();
                    self.bump()?;
                }
                '\'' => {
                    self.single_quoted()?;
                }
                '"' if close != '`' => {
                    self.double_quoted(&mut String::new())?;
                }
                c => {
                    self.bump();
                    depth += usize::from(Some(c) == open);
                    depth -= usize::from(c == close);
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
