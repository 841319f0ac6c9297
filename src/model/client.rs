//! Commands that start containers: what `devsup up` starts there outlives the
//! client that asked for it, unless a label says whose it is. Reads the text
//! only, so it may miss what a script hides and never runs anything.

use super::Command;

/// Programs that ask a container engine.
const CLIENTS: [&str; 5] = ["docker", "docker-compose", "podman", "podman-compose", "nerdctl"];
/// Their words that make a container.
const MAKERS: [&str; 2] = ["run", "create"];
/// The label that says which run a container belongs to.
const LABEL: &str = "devsup.run";

/// What a command has to do with containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Nothing that can be seen.
    None,
    /// It calls a client.
    Calls,
    /// It makes a container that nothing will tell to be ours.
    Unlabelled,
}

impl Client {
    /// What this command does, as far as its text tells.
    pub fn of(command: &Command) -> Self {
        let words: Vec<&str> = match command {
            Command::Exec(words) => words.iter().map(String::as_str).collect(),
            Command::Shell(text) => {
                text.split(is_between).filter(|word| !word.is_empty()).collect()
            }
        };
        let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
        let Some(at) = words.iter().position(|word| CLIENTS.contains(&name(word).as_str())) else {
            return Self::None;
        };
        let rest = &words[at + 1..];
        let labelled = rest.iter().any(|word| word.contains(LABEL));
        if !labelled && !name(words[at]).ends_with("compose") && makes(rest) {
            Self::Unlabelled
        } else {
            Self::Calls
        }
    }
}

/// What separates words, and commands, for a shell; quotes fall away with it.
fn is_between(c: char) -> bool {
    c.is_whitespace() || "\"'`;&|()".contains(c)
}

/// Whether the first word that is no option makes a container. `docker
/// container run` does, `docker compose run` is compose's, which labels.
fn makes(words: &[&str]) -> bool {
    let mut verbs = words.iter().filter(|word| !word.starts_with('-'));
    match verbs.next() {
        Some(&"container") => verbs.next().is_some_and(|word| MAKERS.contains(word)),
        Some(word) => MAKERS.contains(word),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Client {
        Client::of(&Command::Shell(text.to_owned()))
    }

    #[test]
    fn containers_that_nothing_tells_to_be_ours_are_seen() {
        for text in [
            "docker run redis",
            "exec /usr/bin/podman run --rm redis",
            "sleep 1 && docker container create redis",
            "sh -c \"docker run redis\"",
        ] {
            assert_eq!(of(text), Client::Unlabelled, "{text}");
        }
        let words = ["nerdctl", "run", "redis"].map(str::to_owned).to_vec();
        assert_eq!(Client::of(&Command::Exec(words)), Client::Unlabelled);
    }

    #[test]
    fn labelled_ones_and_composes_are_told_by_their_labels() {
        for text in [
            "docker run --label devsup.run=$DEVSUP_RUN_ID redis",
            "docker run --label=devsup.run=\"$DEVSUP_RUN_ID\" redis",
            "docker compose up db",
            "docker compose run db",
            "docker-compose run db",
            "docker logs -f db",
        ] {
            assert_eq!(of(text), Client::Calls, "{text}");
        }
    }

    #[test]
    fn others_have_nothing_to_do_with_it() {
        for text in ["npm run dev", "./docker.sh", "cargo run", "echo dockerd"] {
            assert_eq!(of(text), Client::None, "{text}");
        }
    }
}
