//! Hands a request on to a supervisor's unix socket, and its answer back.

use crate::api::{Code, Fault};
use crate::os::peer;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::io;
use std::path::Path;
use tokio::net::UnixStream;

/// Headers that go on; the token does not, and nothing else matters.
const PASSED: [&str; 3] = ["accept", "content-type", "last-event-id"];
/// Headers that come back.
const RETURNED: [&str; 2] = ["content-type", "cache-control"];

/// What is asked of a supervisor.
pub(super) struct Question {
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Asks. A stream is handed on as it comes, as fast as it is read.
pub(super) async fn ask(socket: &Path, question: Question) -> Result<Response<Body>, Fault> {
    let stream = connect(socket).await.map_err(|error| absent(&error))?;
    let broken = |error: hyper::Error| {
        Fault::new(Code::Silent, format!("the supervisor does not answer: {error}"))
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the answer, or when nobody reads that any more.
    tokio::spawn(connection);
    let answer = sender.send_request(request(question)?).await.map_err(broken)?;
    let (parts, body) = answer.into_parts();
    let mut back = Response::new(Body::new(body));
    *back.status_mut() = parts.status;
    copy(&RETURNED, &parts.headers, back.headers_mut());
    Ok(back)
}

async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(socket).await?;
    let foreign = || io::Error::other("another user listens there");
    peer::is_trusted(&stream)?.then_some(stream).ok_or_else(foreign)
}

fn request(question: Question) -> Result<Request<Body>, Fault> {
    let Question { method, target, headers, body } = question;
    let bad = |error: axum::http::Error| Fault::new(Code::BadRequest, error.to_string());
    let request = Request::builder().method(method).uri(target).header(header::HOST, "devsup");
    let mut request = request.body(Body::from(body)).map_err(bad)?;
    copy(&PASSED, &headers, request.headers_mut());
    Ok(request)
}

fn copy(names: &[&'static str], from: &HeaderMap, to: &mut HeaderMap) {
    for name in names {
        if let Some(value) = from.get(*name) {
            to.insert(*name, value.clone());
        }
    }
}

/// Nobody listens.
pub(super) fn absent(error: &io::Error) -> Fault {
    let gone = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused);
    let words = if gone {
        "nothing runs here".to_owned()
    } else {
        format!("the supervisor can't be asked: {error}")
    };
    Fault::new(Code::NotRunning, words).with_hint("`devsup up` starts it")
}
