//! Where the container engine is: what the user said, or where engines usually
//! listen. It reads Docker's own settings and talks to nobody.

use serde::Deserialize;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// `tcp://host:port`, without TLS.
    Tcp(String),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(host) => f.write_str(host),
        }
    }
}

/// Why no engine could be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// None of the usual sockets is there, nor did anybody name another.
    #[error("no container engine")]
    Absent,
    /// The socket that was named is not there.
    #[error("no container engine at `{at}`")]
    Missing {
        /// The address.
        at: String,
    },
    /// The socket is there, but nobody listens.
    #[error("the container engine at `{at}` does not run")]
    NotRunning {
        /// The address.
        at: String,
    },
    /// This user may not talk to it.
    #[error("the container engine at `{at}` refuses us: permission denied")]
    Permission {
        /// The address.
        at: String,
    },
    /// It took the connection and did not answer in time.
    #[error("the container engine at `{at}` did not answer within {seconds} s")]
    Silent {
        /// The address.
        at: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It answered with an error, or with something that is no answer.
    #[error("the container engine at `{at}` can't be used: {why}")]
    Broken {
        /// The address.
        at: String,
        /// In words.
        why: String,
    },
    /// An address of a kind that is not spoken here.
    #[error("the container engine at `{at}` can't be asked: {what} is not supported")]
    Unsupported {
        /// The address.
        at: String,
        /// The part of it.
        what: &'static str,
    },
    /// The docker context that was named does not exist.
    #[error("there is no docker context `{name}`")]
    NoContext {
        /// Its name.
        name: String,
    },
}

impl Unreachable {
    /// The way out, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Absent => None,
            Self::Missing { .. } => Some("`DOCKER_HOST` or the docker context names it"),
            Self::NotRunning { .. } => Some("start the engine, then run `devsup down` again"),
            Self::Permission { .. } => Some("is this user in the group `docker`?"),
            Self::Silent { .. } => Some("restart the engine, then run `devsup down` again"),
            Self::Broken { .. } => Some("does `docker ps` work?"),
            Self::Unsupported { .. } => Some(
                "only unix sockets and `tcp://` without TLS are spoken; run `docker compose down`",
            ),
            Self::NoContext { .. } => Some("`docker context ls` lists them"),
        }
    }

    /// Whether it is no trouble at all, only an engine that is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent | Self::NotRunning { .. })
    }
}

/// Where to ask: one address if somebody named it, else every usual socket that
/// exists. The environment is the user's, given as pairs.
pub(super) fn addresses(environment: &[(String, String)]) -> Result<Vec<Address>, Unreachable> {
    let settings = Settings { environment };
    if let Some(host) = settings.get("DOCKER_HOST") {
        let tls = settings.get("DOCKER_TLS_VERIFY").or(settings.get("DOCKER_TLS"));
        return parse(host, tls.is_some()).map(|address| vec![address]);
    }
    match settings.context() {
        Some(name) if name != "default" => settings.of_context(&name).map(|address| vec![address]),
        _ => Ok(settings.usual()),
    }
}

fn parse(host: &str, tls: bool) -> Result<Address, Unreachable> {
    let unsupported = |what| Unreachable::Unsupported { at: host.to_owned(), what };
    match host.split_once("://") {
        Some(("unix", path)) => Ok(Address::Unix(PathBuf::from(path))),
        Some(("tcp" | "http", _)) if tls => Err(unsupported("TLS")),
        Some(("tcp" | "http", rest)) => Ok(Address::Tcp(format!("tcp://{rest}"))),
        Some(("https", _)) => Err(unsupported("TLS")),
        Some(("ssh", _)) => Err(unsupported("`ssh://`")),
        _ => Err(unsupported("this kind of address")),
    }
}

struct Settings<'a> {
    environment: &'a [(String, String)],
}

#[derive(Deserialize)]
struct ClientConfig {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct ContextMeta {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

impl Settings<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.environment.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn directory(&self) -> Option<PathBuf> {
        let named = self.get("DOCKER_CONFIG").map(PathBuf::from);
        named.or_else(|| self.get("HOME").map(|home| Path::new(home).join(".docker")))
    }

    /// The context's name. A client config that can't be read counts as none,
    /// as it does for Docker's own client.
    fn context(&self) -> Option<String> {
        if let Some(name) = self.get("DOCKER_CONTEXT") {
            return Some(name.to_owned());
        }
        let text = fs::read(self.directory()?.join("config.json")).ok()?;
        let config: ClientConfig = serde_json::from_slice(&text).ok()?;
        config.current_context.filter(|name| !name.is_empty())
    }

    /// Contexts lie in directories named by a hash; the name inside is what
    /// counts, so that no hash has to be computed.
    fn of_context(&self, name: &str) -> Result<Address, Unreachable> {
        let missing = || Unreachable::NoContext { name: name.to_owned() };
        let contexts = self.directory().ok_or_else(missing)?.join("contexts");
        let entries = fs::read_dir(contexts.join("meta")).map_err(|_| missing())?;
        for entry in entries.flatten() {
            let Some(meta) = read_meta(&entry.path()) else {
                continue;
            };
            if meta.name == name {
                let tls = contexts.join("tls").join(entry.file_name()).exists();
                let host = meta.endpoints.docker.and_then(|endpoint| endpoint.host);
                return parse(&host.ok_or_else(missing)?, tls);
            }
        }
        Err(missing())
    }

    /// The usual sockets that exist. Docker and Podman may both be there, and
    /// compose may have spoken to either, so all of them are asked.
    fn usual(&self) -> Vec<Address> {
        let runtime = self.get("XDG_RUNTIME_DIR").map(PathBuf::from).or_else(own_runtime_dir);
        let mut candidates = vec![PathBuf::from("/var/run/docker.sock")];
        if let Some(runtime) = runtime {
            candidates.push(runtime.join("docker.sock"));
            candidates.push(runtime.join("podman/podman.sock"));
        }
        candidates.push(PathBuf::from("/run/podman/podman.sock"));
        let mut seen: Vec<PathBuf> = Vec::new();
        candidates.retain(|path| match fs::canonicalize(path) {
            Ok(real) if seen.contains(&real) => false,
            Ok(real) => {
                seen.push(real);
                true
            }
            Err(_) => false,
        });
        candidates.into_iter().map(Address::Unix).collect()
    }
}

fn read_meta(directory: &Path) -> Option<ContextMeta> {
    let text = fs::read(directory.join("meta.json")).ok()?;
    serde_json::from_slice(&text).ok()
}

/// `/run/user/UID`, where the session did not say.
fn own_runtime_dir() -> Option<PathBuf> {
    let uid = fs::metadata("/proc/self").ok()?.uid();
    Some(PathBuf::from(format!("/run/user/{uid}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Vec<Address>, Unreachable> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        addresses(&pairs)
    }

    #[test]
    fn docker_host_wins() {
        let unix = Address::Unix(PathBuf::from("/a/b.sock"));
        assert_eq!(
            with(&[("DOCKER_HOST", "unix:///a/b.sock"), ("DOCKER_CONTEXT", "x")]),
            Ok(vec![unix])
        );
        let tcp = Address::Tcp("tcp://127.0.0.1:2375".to_owned());
        assert_eq!(with(&[("DOCKER_HOST", "tcp://127.0.0.1:2375")]), Ok(vec![tcp]));
    }

    #[test]
    fn what_is_not_spoken_is_named() {
        let ssh = with(&[("DOCKER_HOST", "ssh://me@there")]).expect_err("unsupported");
        assert_eq!(
            ssh.to_string(),
            "the container engine at `ssh://me@there` can't be asked: `ssh://` is not supported"
        );
        let tls = with(&[("DOCKER_HOST", "tcp://there:2376"), ("DOCKER_TLS_VERIFY", "1")]);
        assert!(matches!(tls, Err(Unreachable::Unsupported { what: "TLS", .. })));
        let bare = with(&[("DOCKER_HOST", "/var/run/docker.sock")]);
        assert!(matches!(bare, Err(Unreachable::Unsupported { .. })));
    }

    #[test]
    fn contexts_are_found_by_name() {
        let home = tempfile::tempdir().expect("a directory");
        let config = home.path().join(".docker");
        let meta = config.join("contexts/meta/8f3a");
        fs::create_dir_all(&meta).expect("a directory");
        fs::write(config.join("config.json"), r#"{"auths":{},"currentContext":"rootless"}"#)
            .expect("a file");
        fs::write(
            meta.join("meta.json"),
            r#"{"Name":"rootless","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///x.sock","SkipTLSVerify":false}}}"#,
        )
        .expect("a file");
        let home = home.path().to_str().expect("text");
        let expected = Ok(vec![Address::Unix(PathBuf::from("/x.sock"))]);
        assert_eq!(with(&[("HOME", home)]), expected);
        let other = with(&[("HOME", home), ("DOCKER_CONTEXT", "other")]);
        assert_eq!(other, Err(Unreachable::NoContext { name: "other".to_owned() }));
        let usual = with(&[("HOME", home), ("DOCKER_CONTEXT", "default")]);
        assert!(usual.is_ok_and(|found| !found.contains(&Address::Unix(PathBuf::from("/x.sock")))));
    }

    #[test]
    fn usual_sockets_are_asked_once_each() {
        let runtime = tempfile::tempdir().expect("a directory");
        let socket = runtime.path().join("docker.sock");
        fs::write(&socket, "").expect("a file");
        fs::create_dir(runtime.path().join("podman")).expect("a directory");
        std::os::unix::fs::symlink(&socket, runtime.path().join("podman/podman.sock"))
            .expect("a link");
        let found = with(&[("XDG_RUNTIME_DIR", runtime.path().to_str().expect("text"))]);
        let inside = |address: &&Address| matches!(address, Address::Unix(path) if path.starts_with(runtime.path()));
        let found = found.expect("addresses");
        assert_eq!(found.iter().filter(inside).count(), 1);
    }
}
