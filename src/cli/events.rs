//! `devsup events`: what happened in the run, and what happens.

use super::{Common, args, running};
use crate::api::Event;
use crate::api::client::{Client, ClientError, PATIENCE, escaped};
use crate::exit::Status;
use crate::ui::{self, style::Look};
use std::time::Instant;

/// Prints events.
pub(super) fn run(common: &Common, typed: &args::Events) -> Status {
    let client = match running::find(common, &typed.file) {
        Ok((_, client)) => client,
        Err(status) => return status,
    };
    match show(&client, typed, Look::of_stdout(common.colour)) {
        // The end of the run is the end of its events.
        Ok(()) | Err(ClientError::Ended) => Status::Ok,
        Err(error) => running::refused(&error),
    }
}

fn show(client: &Client, typed: &args::Events, look: Look) -> Result<(), ClientError> {
    let since = typed.since.as_deref().unwrap_or("start");
    let target = format!("/v1/events?since={}&follow={}", escaped(since), typed.follow);
    let mut events = client.follow(&target)?;
    loop {
        let event = match events.next::<serde_json::Value>(Instant::now() + PATIENCE) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            Err(ClientError::Silent) if typed.follow => continue,
            Err(error) => return Err(error),
        };
        let text = if typed.json { Some(event.to_string()) } else { line(event, look) };
        if let Some(text) = text
            && let Err(error) = ui::line(&text)
        {
            // A reader that has gone has read enough.
            let gone = error.kind() == std::io::ErrorKind::BrokenPipe;
            return if gone { Ok(()) } else { Err(ClientError::Io(error)) };
        }
    }
}

fn line(event: serde_json::Value, look: Look) -> Option<String> {
    let event: Event = serde_json::from_value(event).ok()?;
    ui::services::event(&event, look)
}
