//! A real terminal to a service: the connection becomes a talk in
//! [`Piece`]s. What is typed goes to the service's own terminal or pipe as it
//! is; what it writes comes as it was read.

use super::extract::Named;
use super::services::ask;
use super::{LAST_WORDS, Shared, over};
use crate::api::desk::{Ask, Attachment};
use crate::api::types::{ATTACH, Piece};
use crate::api::{Attached, Code, Failure, Fault};
use crate::model::Outcome;
use crate::os::pty::{Size, resize};
use crate::os::ready::watch;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How many may be attached at once.
pub(super) const MOST_ATTACHED: u32 = 64;
/// What is read of a client at a time.
const READ: usize = 4096;

/// Attaches to one instance: an upgrade to `devsup-attach`.
#[utoipa::path(get, path = "/v1/services/{name}/attach",
    params(("name" = String, Path)), responses(
    (status = 101, description = "pieces in both directions: a byte for the kind, two for \
        the length, and the payload", body = Attached),
    (status = 400, body = Failure), (status = 404, body = Failure),
    (status = 409, body = Failure), (status = 503, body = Failure)))]
pub(super) async fn attach(
    State(shared): State<Shared>,
    Named(name): Named,
    request: Request,
) -> Result<Response, Fault> {
    let wanted = request.headers().get(header::UPGRADE).is_some_and(|wanted| wanted == ATTACH);
    if !wanted {
        let words = format!("this path needs an upgrade to `{ATTACH}`");
        return Err(Fault::new(Code::BadRequest, words));
    }
    let many = |_| Fault::new(Code::TooMany, "too many are attached at once");
    let place = Arc::clone(&shared.attached).try_acquire_owned().map_err(many)?;
    let attachment = ask(&shared.desk, |answer| Ask::Attach(name, answer)).await?;
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let _its_own_misfortune = carry(TokioIo::new(upgraded), attachment, shared).await;
        }
        drop(place);
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, header::HeaderValue::from_static(ATTACH));
    Ok(response)
}

async fn carry(
    client: impl AsyncRead + AsyncWrite,
    mut attachment: Attachment,
    shared: Shared,
) -> io::Result<()> {
    let (from, to) = tokio::io::split(client);
    let input = attachment.input.take().map(watch).transpose()?;
    let Shared { mut closing, .. } = shared;
    let telling = tell(to, attachment);
    tokio::pin!(telling);
    tokio::select! {
        told = &mut telling => return told,
        heard = hear(from, input) => return heard,
        () = over(&mut closing) => {}
    }
    tokio::time::timeout(LAST_WORDS, telling).await.unwrap_or(Ok(()))
}

/// Hands on what the service writes, and how it ended.
async fn tell(mut to: impl AsyncWrite + Unpin, attachment: Attachment) -> io::Result<()> {
    let Attachment { whom, mut output, too_slow, exit, .. } = attachment;
    send(&mut to, &Piece::Attached(whom)).await?;
    while let Some(bytes) = output.recv().await {
        send(&mut to, &Piece::Bytes(bytes)).await?;
    }
    let last = if too_slow.load(Ordering::Acquire) {
        Piece::TooSlow
    } else {
        Piece::Exit(exit.await.map_or(1, code))
    };
    send(&mut to, &last).await?;
    to.shutdown().await
}

async fn send(to: &mut (impl AsyncWrite + Unpin), piece: &Piece) -> io::Result<()> {
    let mut bytes = Vec::new();
    piece.put(&mut bytes);
    to.write_all(&bytes).await?;
    to.flush().await
}

fn code(outcome: Outcome) -> i32 {
    match outcome {
        Outcome::Exited(code) => code,
        Outcome::Signaled(number) => 128 + number,
        Outcome::Unknown => 1,
    }
}

/// Hands on what the client types, and its size, until it is gone.
async fn hear(
    mut from: impl AsyncRead + Unpin,
    mut input: Option<AsyncFd<OwnedFd>>,
) -> io::Result<()> {
    let (mut buffer, mut heard) = (vec![0; READ], Vec::new());
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        heard.extend_from_slice(&buffer[..count]);
        while let Some(piece) = Piece::take(&mut heard) {
            let Some(open) = &input else { continue };
            match piece {
                Piece::Bytes(bytes) => {
                    // Nobody reads it any more; how it ended is still wanted.
                    if type_into(open, &bytes).await.is_err() {
                        input = None;
                    }
                }
                Piece::Size(rows, columns) => resize(open.get_ref(), Size { rows, columns }),
                Piece::Attached(_) | Piece::Exit(_) | Piece::TooSlow => {}
            }
        }
    }
}

/// Waits for a service that does not read; its client has to, too.
async fn type_into(input: &AsyncFd<OwnedFd>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let mut ready = input.writable().await?;
        match ready.try_io(|input| crate::os::descriptor::write(input, bytes)) {
            Ok(count) => bytes = &bytes[count?..],
            Err(_would_block) => {}
        }
    }
    Ok(())
}
