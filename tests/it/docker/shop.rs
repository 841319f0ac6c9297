//! A project with a compose file, in a fence, beside the engine outside.

use super::engine::{ENGINE, Engine, filled_in};
use crate::harness::{Checkout, Project, Running, tell};

/// Whether there is an engine; then fences know where.
pub fn engine_for_fences() -> bool {
    let Some(engine) = Engine::shared() else { return false };
    tell(ENGINE, engine.directory().to_str().expect("text"));
    true
}

/// A checkout whose compose project has a name that nobody else has, since all
/// tests share the engine.
pub struct Shop {
    pub checkout: Checkout,
    pub name: String,
    engine: &'static Engine,
}

impl Shop {
    /// The project with this compose file beside it (see [`filled_in`]).
    pub fn new(project: Project, compose: &str) -> Self {
        let engine = Engine::shared().expect("the fence was told");
        let checkout = project.env("DOCKER_HOST", &engine.host()).check_out();
        let directory = checkout.beside("");
        let unique = directory.file_name().and_then(|name| name.to_str()).expect("text");
        let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("shop{}", unique.to_lowercase());
        checkout.write(".env", &format!("COMPOSE_PROJECT_NAME={name}\n"));
        checkout.write("docker-compose.yml", &filled_in(compose));
        Self { checkout, name, engine }
    }

    /// `docker-compose ARGUMENTS`, by somebody who does not know devsup.
    pub fn compose(&self, arguments: &[&str]) {
        let mut compose = self.checkout.program("docker-compose");
        let output = compose.args(arguments).output().expect("it is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The same containers, started by hand before devsup.
    pub fn started_by_hand(self) -> Self {
        self.compose(&["up", "-d"]);
        self
    }

    /// The name compose gives a service's container.
    pub fn container(&self, service: &str) -> String {
        format!("{}_{service}_1", self.name)
    }

    /// Names of the project's containers that run now, sorted.
    pub fn running(&self) -> Vec<String> {
        self.listed(&["ps"])
    }

    /// What of these kinds carries the project's name.
    fn listed(&self, what: &[&str]) -> Vec<String> {
        let filter = format!("name={}", self.name);
        let mut all = what.to_vec();
        all.extend(["--filter", &filter, "--format", "{{.Names}}"]);
        let mut names: Vec<String> = self.engine.docker(&all).lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.engine.has(kind, name)
    }

    /// Fails unless neither a container nor a network of it is left.
    pub fn has_no_container(&self) -> &Self {
        assert_eq!(self.listed(&["ps", "--all"]), [""; 0]);
        assert!(!self.has("network", &format!("{}_default", self.name)), "its network is left");
        self
    }

    pub fn docker(&self, arguments: &[&str]) -> String {
        self.engine.docker(arguments)
    }

    pub fn up(&self) -> Running {
        self.checkout.up()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let mut down = self.checkout.program("docker-compose");
        let _ = down.args(["down", "--volumes", "--timeout", "0"]).output();
    }
}
