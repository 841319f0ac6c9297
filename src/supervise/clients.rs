//! The control socket's server half: one task a connection, one request each,
//! answers as lines of JSON.

use super::input::{Input, Inputs};
use crate::api;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// The longest request.
const MOST_BYTES: u64 = 64 * 1024;

/// How long a connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the last answers may take to get out.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Connections at once; more are turned away.
const MOST_CLIENTS: usize = 64;

/// A request and where its answers go.
#[derive(Debug)]
pub(super) struct Request {
    pub what: api::Request,
    pub answers: UnboundedSender<api::Reply>,
}

thread_local! {
    /// How many connections are open.
    static OPEN: watch::Sender<usize> = watch::Sender::new(0);
}

/// Accepts connections for as long as the supervisor lives.
pub(super) fn listen(listener: std::os::unix::net::UnixListener, inputs: Inputs) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = UnixListener::from_std(listener)?;
    tokio::task::spawn_local(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) if OPEN.with(|open| *open.borrow() < MOST_CLIENTS) => {
                    tokio::task::spawn_local(serve(stream, inputs.clone()));
                }
                Ok(_) => {}
                // Out of descriptors: wait for some to come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
    Ok(())
}

async fn serve(stream: UnixStream, inputs: Inputs) {
    OPEN.with(|open| open.send_modify(|count| *count += 1));
    let _ = converse(stream, &inputs).await;
    OPEN.with(|open| open.send_modify(|count| *count -= 1));
}

async fn converse(stream: UnixStream, inputs: &Inputs) -> io::Result<()> {
    if !crate::os::peer::is_trusted(&stream).unwrap_or(false) {
        return Ok(());
    }
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(MOST_BYTES));
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let (answers, mut waiting) = unbounded_channel();
    match serde_json::from_str::<api::Request>(&line) {
        Ok(what) => {
            let _ = inputs.send(Input::Client(Request { what, answers }));
        }
        Err(error) => {
            let _ = answers.send(api::Reply::Error(format!("not understood: {error}")));
            drop(answers);
        }
    }
    pass_on(&mut waiting, &mut write).await
}

async fn pass_on(
    waiting: &mut UnboundedReceiver<api::Reply>,
    write: &mut tokio::net::unix::OwnedWriteHalf,
) -> io::Result<()> {
    while let Some(answer) = waiting.recv().await {
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        write.write_all(&line).await?;
    }
    Ok(())
}

/// Waits until the last answers are out; a client that does not read is not
/// waited for.
pub(super) async fn let_go() {
    let mut open = OPEN.with(watch::Sender::subscribe);
    let quiet = open.wait_for(|count| *count == 0);
    let _ = tokio::time::timeout(LAST_WORDS, quiet).await;
}
