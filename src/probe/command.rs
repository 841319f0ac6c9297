//! A command that ends with 0. It is run by whoever made the watch; here is
//! only what is asked of them, and what the end means.

use super::Answer;
use crate::model::{Command, Outcome};
use std::convert::Infallible;
use tokio::sync::oneshot;

/// A command to be run as the service is: in its directory and environment,
/// below a guard of its own, its output shown to nobody.
#[derive(Debug)]
pub struct Order {
    /// What is run.
    pub command: Command,
    /// Ends, with an error, when nobody wants the answer any more. The whole
    /// tree is then killed.
    pub given_up: oneshot::Receiver<Infallible>,
    /// Told once, when nothing of the tree is left.
    pub ended: oneshot::Sender<Ended>,
}

/// The end of such a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended, or why it could not be started, in words.
    pub outcome: Result<Outcome, String>,
    /// The last line it printed, if that is known.
    pub said: Option<String>,
}

/// A command that may still run. Dropped, it is given up.
#[derive(Debug)]
pub(super) struct Running {
    wanted: Option<oneshot::Sender<Infallible>>,
    ended: oneshot::Receiver<Ended>,
}

impl Running {
    pub(super) fn begin(command: &Command, order: &impl Fn(Order)) -> Self {
        let (wanted, given_up) = oneshot::channel();
        let (told, ended) = oneshot::channel();
        order(Order { command: command.clone(), given_up, ended: told });
        let wanted = Some(wanted);
        Self { wanted, ended }
    }

    /// Its answer is no longer wanted. Its end still is: it is over only when
    /// nothing of it is left.
    pub(super) fn give_up(&mut self) {
        self.wanted = None;
    }

    pub(super) async fn end(&mut self) -> Answer {
        match (&mut self.ended).await {
            Ok(ended) => judge(ended),
            Err(_) => Answer::bad("it was not run"),
        }
    }
}

fn judge(ended: Ended) -> Answer {
    match ended.outcome {
        Ok(Outcome::Exited(0)) => Answer::good("exit 0"),
        Ok(outcome) => Answer::bad(match ended.said {
            Some(said) => format!("{outcome}: {said}"),
            None => outcome.to_string(),
        }),
        Err(why) => Answer::bad(format!("can't be started: {why}")),
    }
}
