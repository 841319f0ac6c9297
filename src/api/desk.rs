//! What lies between the server, in its own thread, and the loop that knows
//! the answers: questions one way, what the loop has published the other. It
//! must not know HTTP, nor what a question leads to.

use super::ring::Ring;
use super::{Fault, Greeting, News, Reply, Services, StopWish};
use crate::model::{RunId, Signal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot, watch};

/// Where the answer to one question goes.
pub type Answer<T> = oneshot::Sender<Result<T, Fault>>;

/// What is asked of the loop.
#[derive(Debug)]
pub enum Ask {
    /// Say who you are.
    Hello(Answer<Greeting>),
    /// Somebody looks: publish the services, now and whenever they change.
    Look,
    /// Stop everything.
    Down(StopWish, UnboundedSender<Reply>),
    /// Act on all instances of this name.
    Act {
        /// A service or an instance.
        name: String,
        /// What to do to them.
        verb: Act,
        /// They as they are then.
        answer: Answer<Arc<Services>>,
    },
    /// Something that the server has to tell the user.
    Note(String),
}

/// What can be done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Have it run.
    Start,
    /// Have it not run.
    Stop,
    /// Have it run anew.
    Restart,
    /// Send its process group a signal.
    Signal(Signal),
}

/// The server's side.
#[derive(Clone)]
pub struct Desk {
    asks: UnboundedSender<Ask>,
    looked_at: Arc<AtomicBool>,
    board: watch::Receiver<Option<Arc<Services>>>,
    ring: Arc<Ring>,
    logged: Arc<Notify>,
}

/// The loop's side.
pub struct Publisher {
    looked_at: Arc<AtomicBool>,
    board: watch::Sender<Option<Arc<Services>>>,
    ring: Arc<Ring>,
    /// What was published last is no longer so.
    pub outdated: bool,
}

/// A desk and its other side, and what is asked. `logged` is notified when
/// something was written to a log.
pub fn open(run: RunId, logged: Arc<Notify>) -> (Desk, Publisher, UnboundedReceiver<Ask>) {
    let (asks, asked) = unbounded_channel();
    let (publish, board) = watch::channel(None);
    let looked_at = Arc::new(AtomicBool::new(false));
    let ring = Arc::new(Ring::new(run));
    let desk =
        Desk { asks, looked_at: Arc::clone(&looked_at), board, ring: Arc::clone(&ring), logged };
    (desk, Publisher { looked_at, board: publish, ring, outdated: true }, asked)
}

impl Publisher {
    /// Whether something has changed for those who look; until somebody does,
    /// there is nothing to publish.
    pub fn is_due(&mut self) -> bool {
        self.looked_at.load(Ordering::Acquire) && std::mem::take(&mut self.outdated)
    }

    /// Replaces what can be seen.
    pub fn publish(&self, services: Arc<Services>) {
        self.board.send_replace(Some(services));
    }

    /// Says what happened.
    pub fn tell(&self, news: News) {
        self.ring.push(news);
    }
}

impl Desk {
    /// Puts a question to the loop; `false`: it is gone.
    pub fn ask(&self, ask: Ask) -> bool {
        self.asks.send(ask).is_ok()
    }

    /// What the loop has published, which is waited for the first time. `None`:
    /// the loop is gone.
    pub async fn services(&self) -> Option<Arc<Services>> {
        let mut board = self.look();
        let seen = board.wait_for(Option::is_some).await.ok()?;
        seen.clone()
    }

    /// The same, to be waited on for changes.
    pub fn look(&self) -> watch::Receiver<Option<Arc<Services>>> {
        if !self.looked_at.swap(true, Ordering::AcqRel) {
            self.ask(Ask::Look);
        }
        self.board.clone()
    }

    /// The events of the run.
    pub(super) fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// Told when something was written to a log.
    pub(super) fn logged(&self) -> &Arc<Notify> {
        &self.logged
    }
}
