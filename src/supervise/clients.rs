//! What is asked over the API, answered by the loop; and what the loop
//! publishes for those who only look.

use super::fleet::Fleet;
use super::input::{Input, Inputs};
use super::{board, notices};
use crate::api::desk::{Act, Answer, Ask};
use crate::api::{Code, Fault, Greeting, News, Reply, Services, StopWish, VERSION, unknown};
use crate::model::{Event, State};
use crate::os::guard::Order;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Hands questions on to the loop.
pub(super) async fn hear_clients(mut asked: UnboundedReceiver<Ask>, inputs: Inputs) {
    while let Some(ask) = asked.recv().await {
        let _ = inputs.send(Input::Client(ask));
    }
}

impl Fleet {
    /// Somebody asks over the API. An answer that nobody waits for any more is
    /// no trouble.
    pub(super) fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Hello(answer) => drop(answer.send(Ok(self.greeting()))),
            Ask::Look => self.desk.outdated = true,
            Ask::Down(wish, answers) => self.asked_down(wish, answers),
            Ask::Act { name, verb, answer } => self.asked_to_act(&name, verb, answer),
            Ask::Note(words) => self.say(notices::note(&words, self.look)),
        }
    }

    fn greeting(&self) -> Greeting {
        let header = self.ledger.header();
        Greeting {
            version: VERSION,
            devsup: env!("CARGO_PKG_VERSION").to_owned(),
            project: header.project.clone(),
            root: header.root.clone(),
            run: header.run,
            pid: header.supervisor.pid,
            started_at: header.started_at,
            detached: self.options.detach.is_some(),
        }
    }

    fn asked_down(&mut self, wish: StopWish, asker: UnboundedSender<Reply>) {
        self.askers.push(asker);
        if self.stopping.is_on() {
            if wish.force {
                self.hurry();
            }
            return;
        }
        let grace = wish.grace_ms.map(Duration::from_millis);
        self.begin_stop_as(&super::stop::Why::Asked, grace.or(self.options.grace), wish.force);
    }

    fn asked_to_act(&mut self, name: &str, verb: Act, answer: Answer<Arc<Services>>) {
        let done = self.act_on(name, verb);
        self.publish();
        let services = Arc::new(self.board());
        let _ = answer.send(done.map(|which| Arc::new(board::only(&services, &which))));
    }

    /// Does it to all instances of this name; which they are.
    fn act_on(&mut self, name: &str, verb: Act) -> Result<Vec<usize>, Fault> {
        if self.stopping.is_on() {
            return Err(Fault::new(Code::Stopping, "everything is being stopped"));
        }
        let which: Vec<usize> =
            (0..self.units.len()).filter(|&at| self.is_called(at, name)).collect();
        if which.is_empty() {
            return Err(unknown(&self.board(), name));
        }
        for &at in &which {
            match verb {
                Act::Start => self.apply(at, Event::Start),
                Act::Stop => self.apply(at, Event::Stop),
                Act::Restart => self.apply(at, Event::Restart),
                Act::Signal(signal) => self.send_signal(at, signal)?,
            }
        }
        Ok(which)
    }

    fn is_called(&self, at: usize, name: &str) -> bool {
        let unit = &self.units[at];
        unit.instance.as_str() == name || self.project.services[unit.service].name.as_str() == name
    }

    fn send_signal(&mut self, at: usize, signal: crate::model::Signal) -> Result<(), Fault> {
        let unit = &self.units[at];
        let State::Running { pid, .. } = unit.state else {
            let words = format!("`{}` does not run", unit.instance);
            return Err(Fault::new(Code::Conflict, words));
        };
        unit.wake_guard();
        unit.order(Order::Signal(signal));
        let instance = unit.instance.to_string();
        self.desk.tell(News::Signal { instance, pid, signal: signal.to_string() });
        Ok(())
    }
}
