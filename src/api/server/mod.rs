//! The answering end: one thread with a runtime of its own, started before any
//! service, so that no stop has to start one. It knows nothing by itself; it
//! puts questions to the loop and hands on what the loop has published. Idle
//! it costs nothing, and whatever a client does is that client's misfortune:
//! requests are small, headers and bodies come soon or not at all, who stops
//! reading is dropped, and who is one too many is turned away.

mod events;
mod extract;
mod failure;
mod impatient;
mod logs;
mod processes;
mod routes;
mod run;
mod services;
mod stream;

pub use routes::document;
pub use services::{KillWish, unknown};

use super::desk::Desk;
use crate::os::peer;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use impatient::Impatient;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// Connections at once; more are turned away.
const MOST_CLIENTS: usize = 256;
/// How long a connection may take to say what it wants, the first time and
/// between two requests.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// Bytes of a request's head, and of what waits to be written.
const BUFFER: usize = 64 * 1024;
const MOST_HEADERS: usize = 64;
/// How long the last answers may take to get out.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Threads that read logs, made when somebody asks for lines and gone soon
/// after: who looks through many files must not keep the others waiting.
const READERS: usize = 2;
/// How long accepting rests when there are no descriptors.
const REST: Duration = Duration::from_millis(100);
/// What one too many is told.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\nconnection: close\r\n\r\n\
    {\"version\":1,\"error\":{\"code\":\"too_many\",\"words\":\"too many ask at once\"}}\n";

/// A server that runs.
pub struct Server {
    close: watch::Sender<bool>,
    over: oneshot::Receiver<()>,
}

/// What every handler works with.
#[derive(Clone)]
struct Shared {
    desk: Desk,
    /// Whether the run is over, so that streams end.
    closing: watch::Receiver<bool>,
    /// How many follow the logs.
    followers: Arc<AtomicUsize>,
    looker: processes::Looker,
}

impl Server {
    /// Starts the thread.
    pub fn start(listener: std::os::unix::net::UnixListener, desk: Desk) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(READERS)
            .enable_all()
            .build()?;
        let (close, closing) = watch::channel(false);
        let (done, over) = oneshot::channel();
        let shared = Shared { desk, closing, followers: Arc::default(), looker: Arc::default() };
        std::thread::Builder::new().name("api".to_owned()).spawn(move || {
            // Without a listener nobody is answered, and `down` takes over.
            let _unheard = runtime.block_on(serve(listener, shared));
            drop(runtime);
            let _nobody_waits = done.send(());
        })?;
        Ok(Self { close, over })
    }

    /// Turns everybody away from now on, and waits until the last answers are
    /// out; a client that does not read is not waited for.
    pub async fn close(self) {
        self.close.send_replace(true);
        let _late = tokio::time::timeout(LAST_WORDS * 2, self.over).await;
    }
}

/// Waits for the end of the run.
async fn over(closing: &mut watch::Receiver<bool>) {
    // Without a sender it is over, too.
    drop(closing.wait_for(|closing| *closing).await);
}

async fn serve(listener: std::os::unix::net::UnixListener, shared: Shared) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    let mut closing = shared.closing.clone();
    let router = routes::router().with_state(shared.clone());
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => welcome(stream, &router, &shared, &mut clients),
                // Out of descriptors: wait for some to come back.
                Err(_) => tokio::time::sleep(REST).await,
            },
            Some(_) = clients.join_next() => {}
            () = over(&mut closing) => break,
        }
    }
    drop(listener);
    let all = async { while clients.join_next().await.is_some() {} };
    let _late = tokio::time::timeout(LAST_WORDS, all).await;
    Ok(())
}

fn welcome(stream: UnixStream, router: &Router, shared: &Shared, clients: &mut JoinSet<()>) {
    // Whoever gets through the directory and the socket's own mode is told
    // nothing, not even that.
    if !peer::is_trusted(&stream).unwrap_or(false) {
        return;
    }
    if clients.len() >= MOST_CLIENTS {
        let _as_much_as_fits = stream.try_write(TURNED_AWAY);
        return;
    }
    clients.spawn(converse(stream, router.clone(), shared.clone()));
}

async fn converse(stream: UnixStream, router: Router, shared: Shared) {
    let Shared { desk, mut closing, .. } = shared;
    let io = TokioIo::new(Impatient::new(stream, desk));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(MOST_HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(io, TowerToHyperService::new(router));
    tokio::pin!(connection);
    // Errors are the client's: it has gone, or speaks something else.
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = over(&mut closing) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ended = connection.await;
}
