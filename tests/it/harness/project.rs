//! A project as a test declares it.

use super::{Checkout, Puppet, Running};
use std::fmt::Write;
use std::path::PathBuf;

/// A project that is not written down yet. Without further words it is a
/// `devsup.yaml`.
#[derive(Default)]
pub struct Project {
    pub(super) services: Vec<Service>,
    pub(super) procfile: bool,
    pub(super) top: String,
    pub(super) flags: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// Who calls devsup, where it is not whoever runs the test.
    pub(super) user: Option<u32>,
}

pub(super) struct Service {
    pub name: String,
    pub command: Command,
    /// Further lines of its entry, as in the file.
    pub keys: Vec<String>,
    /// The command of its health check, and the times.
    pub probe: Option<(Puppet, String)>,
}

pub(super) enum Command {
    Puppet(Puppet),
    /// As it stands behind `command:`, or behind the name in a Procfile.
    Literal(String),
}

impl Project {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn service(mut self, name: &str, puppet: Puppet) -> Self {
        let command = Command::Puppet(puppet);
        self.services.push(Service {
            name: name.to_owned(),
            command,
            keys: Vec::new(),
            probe: None,
        });
        self
    }

    /// A service that is no puppet; it is not waited for.
    pub fn command(mut self, name: &str, command: &str) -> Self {
        let command = Command::Literal(command.to_owned());
        self.services.push(Service {
            name: name.to_owned(),
            command,
            keys: Vec::new(),
            probe: None,
        });
        self
    }

    /// A further line for the entry of a service, such as `tty: true`.
    pub fn with(mut self, name: &str, line: &str) -> Self {
        self.declared(name).keys.push(line.to_owned());
        self
    }

    /// A health check whose command is a puppet with the role `NAME~probe`;
    /// `times` are further keys, such as `interval: 1s`.
    pub fn probed_by(mut self, name: &str, puppet: Puppet, times: &str) -> Self {
        self.declared(name).probe = Some((puppet, times.to_owned()));
        self
    }

    fn declared(&mut self, name: &str) -> &mut Service {
        let service = self.services.iter_mut().find(|service| service.name == name);
        service.expect("the service is declared")
    }

    /// `web` needs `db` in this condition.
    pub fn depends_when(self, name: &str, on: &str, condition: &str) -> Self {
        self.with(name, &format!("depends_on: {{{on}: {{condition: {condition}}}}}"))
    }

    /// `web` needs `db` to have started.
    pub fn depends(self, name: &str, on: &str) -> Self {
        self.with(name, &format!("depends_on: [{on}]"))
    }

    /// `web` needs `migrate` to have completed well.
    pub fn depends_on_end(self, name: &str, on: &str) -> Self {
        let condition = "{condition: service_completed_successfully}";
        self.with(name, &format!("depends_on: {{{on}: {condition}}}"))
    }

    /// A line at the top of the file.
    pub fn line(mut self, line: &str) -> Self {
        self.top.push_str(line);
        self.top.push('\n');
        self
    }

    /// How long services may take to stop when they are asked.
    pub fn grace_ms(self, milliseconds: u32) -> Self {
        self.line(&format!("shutdown: {{grace: {milliseconds}ms}}"))
    }

    /// Written as a Procfile, in which one exit stops all.
    pub fn procfile(mut self) -> Self {
        self.procfile = true;
        self
    }

    /// A flag for `up`.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.extend(flag.split(' ').map(str::to_owned));
        self
    }

    /// Everything of it belongs to this user, who alone calls devsup.
    pub fn of_user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// A variable in the environment of everything that is called here.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes it into a directory of its own, with bystanders in it.
    pub fn check_out(self) -> Checkout {
        Checkout::new(self)
    }

    /// Brings it up in pipes and waits until all of it runs.
    pub fn up(self) -> Running {
        self.check_out().up()
    }

    /// Brings it up in a terminal and waits until all of it runs.
    pub fn up_in_terminal(self) -> Running {
        self.check_out().up_in_terminal()
    }

    /// Brings it up and waits for nothing.
    pub fn launch(self) -> Running {
        self.check_out().launch()
    }

    /// The file's name and text. `start` tells the words in front of a
    /// puppet's own, for its role.
    pub(super) fn file(&self, start: impl Fn(&str) -> Vec<String>) -> (PathBuf, String) {
        let mut text = self.top.clone();
        if !self.procfile {
            text.push_str("services:\n");
        }
        for service in &self.services {
            let Service { name, command, keys, probe } = service;
            let words = match command {
                Command::Puppet(puppet) => [start(name), puppet.words(name)].concat(),
                Command::Literal(literal) => vec![literal.clone()],
            };
            let line = words.join(" ");
            let written = match (self.procfile, command) {
                (true, _) => writeln!(text, "{name}: {line}"),
                (false, Command::Literal(_)) => writeln!(text, "  {name}:\n    command: {line}"),
                (false, Command::Puppet(_)) => writeln!(text, "  {name}:\n    command: {words:?}"),
            };
            written.expect("a string takes everything");
            for key in keys {
                text.push_str(&format!("    {key}\n"));
            }
            if let Some((puppet, times)) = probe {
                let role = probe_of(name);
                let words = [vec!["CMD".to_owned()], start(&role), puppet.words(&role)].concat();
                text.push_str(&format!("    healthcheck: {{test: {words:?}, {times}}}\n"));
            }
        }
        (PathBuf::from(if self.procfile { "Procfile" } else { "devsup.yaml" }), text)
    }
}

/// The role of the command of a health check.
pub fn probe_of(service: &str) -> String {
    format!("{service}~probe")
}
