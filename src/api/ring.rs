//! The last events of a run, numbered, for whoever asks later what happened.
//! Bounded: the oldest go, and whoever missed some is told.

use super::{Event, News, VERSION};
use crate::model::RunId;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How many are kept.
const KEPT: usize = 4096;

/// The ring. Its lock is held for no longer than a copy takes.
pub struct Ring {
    run: RunId,
    kept: Mutex<VecDeque<Event>>,
    /// The number of the next event.
    next: watch::Sender<u64>,
}

/// Which events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Those from this number on.
    Number(u64),
    /// All that are kept, of which the asker knows none.
    Another,
}

impl Ring {
    /// An empty ring.
    pub fn new(run: RunId) -> Self {
        Self { run, kept: Mutex::new(VecDeque::new()), next: watch::Sender::new(0) }
    }

    /// Adds what just happened.
    pub fn push(&self, news: News) {
        let mut kept = self.lock();
        let number = *self.next.borrow();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        let time = Timestamp::now();
        kept.push_back(Event { version: VERSION, cursor: self.cursor(number), time, news });
        drop(kept);
        self.next.send_replace(number + 1);
    }

    /// Reads a cursor: one behind the event that has it.
    pub fn read_cursor(&self, text: &str) -> Option<From> {
        let (run, number) = text.split_once('.')?;
        let (run, number) = (RunId::parse(run)?, number.parse::<u64>().ok()?);
        Some(if run == self.run { From::Number(number + 1) } else { From::Another })
    }

    /// The number of the next event.
    pub fn next(&self) -> u64 {
        *self.next.borrow()
    }

    /// At most `most` events from `from` on, and the number behind them.
    pub fn since(&self, from: From, most: usize) -> (Vec<Event>, u64) {
        let kept = self.lock();
        let next = *self.next.borrow();
        let oldest = next - kept.len() as u64;
        let (start, missed) = match from {
            From::Number(number) if number < oldest => (oldest, Some(Some(oldest - number))),
            From::Number(number) => (number.min(next), None),
            From::Another => (oldest, Some((oldest > 0).then_some(oldest))),
        };
        let skip = usize::try_from(start - oldest).unwrap_or(usize::MAX);
        let events: Vec<Event> = kept.iter().skip(skip).take(most).cloned().collect();
        let behind = start + events.len() as u64;
        let gap = missed.map(|missed| self.gap(start, missed));
        (gap.into_iter().chain(events).collect(), behind)
    }

    /// Tells when there is an event with this number.
    pub async fn reaches(&self, number: u64) {
        // The sender lives as long as the ring.
        let _ = self.next.subscribe().wait_for(|&next| next > number).await;
    }

    fn gap(&self, start: u64, missed: Option<u64>) -> Event {
        let cursor = match start.checked_sub(1) {
            Some(before) => self.cursor(before),
            None => String::new(),
        };
        Event { version: VERSION, cursor, time: Timestamp::now(), news: News::Gap { missed } }
    }

    fn cursor(&self, number: u64) -> String {
        format!("{}.{number}", self.run)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(count: usize) -> Ring {
        let ring = Ring::new(RunId::from_bits(7));
        (0..count).for_each(|number| ring.push(News::Said { words: number.to_string() }));
        ring
    }

    fn words(events: &[Event]) -> Vec<String> {
        let word = |event: &Event| match &event.news {
            News::Said { words } => words.clone(),
            News::Gap { missed } => format!("gap {missed:?}"),
            other => panic!("{other:?}"),
        };
        events.iter().map(word).collect()
    }

    #[test]
    fn a_cursor_leads_to_what_came_after_it() {
        let ring = ring(3);
        let (all, behind) = ring.since(From::Number(0), 10);
        assert_eq!((words(&all), behind), (vec!["0".into(), "1".into(), "2".into()], 3));
        let from = ring.read_cursor(&all[1].cursor).unwrap();
        assert_eq!(words(&ring.since(from, 10).0), ["2"]);
        assert_eq!(ring.since(From::Number(0), 1).1, 1);
        assert_eq!(ring.read_cursor("x"), None);
    }

    #[test]
    fn who_missed_some_is_told() {
        let ring = ring(KEPT + 5);
        let (events, behind) = ring.since(From::Number(2), 1);
        assert_eq!((words(&events), behind), (vec!["gap Some(3)".into(), "5".into()], 6));
        let other = format!("{}.9", RunId::from_bits(8));
        assert_eq!(ring.read_cursor(&other), Some(From::Another));
        assert_eq!(words(&ring.since(From::Another, 1).0), ["gap Some(5)", "5"]);
    }
}
