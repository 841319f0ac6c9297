//! `stop_command`: run instead of the stop signal, as an errand of its service.
//! Where it can't be run, or fails, the signal has to do.

use super::fleet::Fleet;
use super::input::Input;
use super::notices;
use crate::model::{Command, Outcome};
use crate::os::forker::MOST_UNDER_WAY;
use crate::os::guard::Order;
use crate::probe;
use tokio::sync::oneshot;

impl Fleet {
    /// Asks a unit to stop: by its command, if it has one, else by its signal.
    pub(super) fn ask(&mut self, at: usize) {
        let command = self.project.services[self.units[at].service].stop.command.clone();
        match command {
            Some(line) if self.under_way < MOST_UNDER_WAY => self.run_stop_command(at, line),
            _ => self.ask_by_signal(at),
        }
    }

    fn ask_by_signal(&mut self, at: usize) {
        self.units[at].wake_guard();
        self.units[at].order(Order::Ask);
    }

    fn run_stop_command(&mut self, at: usize, line: String) {
        let (wanted, given_up) = oneshot::channel();
        let (ended, told) = oneshot::channel();
        let (start, inputs) = (self.units[at].starts, self.inputs.clone());
        self.units[at].stop_command = Some(wanted);
        tokio::task::spawn_local(async move {
            let ended = told.await.map_err(|_| "it was given up".to_owned());
            let outcome = ended.and_then(|ended: probe::Ended| ended.outcome);
            let _ = inputs.send(Input::StopCommand(at, start, outcome));
        });
        self.send_errand(at, probe::Order { command: Command::Shell(line), given_up, ended });
    }

    /// A stop command is over. One that did well is trusted to have told the
    /// service, which still has its patience.
    pub(super) fn stop_command_over(
        &mut self,
        at: usize,
        start: u32,
        outcome: Result<Outcome, String>,
    ) {
        let unit = &mut self.units[at];
        if unit.starts != start || unit.live.is_none() || unit.stop_command.take().is_none() {
            return;
        }
        let why = match outcome {
            Ok(Outcome::Exited(0)) => return,
            Ok(outcome) => outcome.to_string(),
            Err(why) => why,
        };
        let words =
            format!("the stop command of {} failed ({why}); it gets its signal", unit.instance);
        self.say(notices::note(&words, self.look));
        self.ask_by_signal(at);
    }
}
