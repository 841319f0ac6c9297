//! The listener, and where each request goes.

use super::door::{self, Token};
use super::projects::{Home, socket_of};
use super::proxy::{self, Question};
use super::{alone, assets};
use crate::api::{Code, Fault};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures_util::stream;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once; more wait.
const MOST_CLIENTS: usize = 64;
/// How long a connection may take to say what it wants.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(10);
/// Bytes of a body.
const MOST_BYTES: usize = 64 * 1024;
/// Bytes of a request's head.
const BUFFER: usize = 16 * 1024;
/// How long accepting rests when there are no descriptors.
const REST: Duration = Duration::from_millis(100);

/// What the page may load: its own files and nothing else.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Headers of every answer.
const SHIELDS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cache-control", "no-store"),
];

/// What `serve` was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The project that is served from.
    pub root: PathBuf,
    /// Where to listen.
    pub address: IpAddr,
    /// On which port; any free one if this is taken and was not asked for.
    pub port: u16,
    /// Whether another port will not do.
    pub exactly: bool,
    /// Others than this machine may connect.
    pub exposed: bool,
}

/// Why it can't be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Whoever reaches that address could try the token.
    #[error("`{0}` can be reached from other machines, and what is sent is not encrypted")]
    Exposed(IpAddr),
    /// The port can't be had.
    #[error("can't listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The project can't be looked at.
    #[error("the project can't be looked at: {0}")]
    Root(#[source] io::Error),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] super::TokenError),
}

impl WebError {
    /// The way out, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exposed(_) => Some(
                "an ssh tunnel (`ssh -L 7171:127.0.0.1:7171 HOST`) is safe; `--i-know` listens there",
            ),
            Self::Listen(..) => Some("`--port 0` takes any free port"),
            Self::Root(_) | Self::Token(_) => None,
        }
    }
}

/// A listener with its token, and nobody served yet.
pub struct Ready {
    listener: std::net::TcpListener,
    address: SocketAddr,
    token: Token,
    home: Home,
}

/// Opens the port.
pub fn open(options: &Options) -> Result<Ready, WebError> {
    if !options.address.is_loopback() && !options.exposed {
        return Err(WebError::Exposed(options.address));
    }
    let home = Home::of(&options.root).map_err(WebError::Root)?;
    let wanted = SocketAddr::new(options.address, options.port);
    let bound = match std::net::TcpListener::bind(wanted) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && !options.exactly => {
            std::net::TcpListener::bind((options.address, 0))
        }
        bound => bound,
    };
    let opened = bound.and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok((listener.local_addr()?, listener))
    });
    let (address, listener) = opened.map_err(|error| WebError::Listen(wanted, error))?;
    Ok(Ready { listener, address, token: Token::draw()?, home })
}

impl Ready {
    /// Where the page is, with what lets one in behind the `#`, which a browser
    /// sends to nobody.
    pub fn url(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token.reveal())
    }

    /// Serves until the process ends.
    pub fn serve(self) -> io::Result<Infallible> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.accept())
    }

    async fn accept(self) -> io::Result<Infallible> {
        let listener = TcpListener::from_std(self.listener)?;
        let shared =
            Arc::new(Shared { port: self.address.port(), token: self.token, home: self.home });
        let router = Router::new().fallback(answer).with_state(shared);
        let places = Arc::new(Semaphore::new(MOST_CLIENTS));
        loop {
            // Never closed, so a place always comes free.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { continue };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let router = router.clone();
                    tokio::spawn(async move {
                        converse(stream, router).await;
                        drop(place);
                    });
                }
                // Out of descriptors: wait for some to come back.
                Err(_) => tokio::time::sleep(REST).await,
            }
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Errors are the client's: it has gone, or speaks something else.
    let _ended = connection.await;
}

struct Shared {
    port: u16,
    token: Token,
    home: Home,
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let mut response = match shared.lead(request).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
    for (name, value) in SHIELDS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Shared {
    async fn lead(&self, request: Request) -> Result<Response, Fault> {
        door::knows_us(request.headers(), self.port)?;
        let path = request.uri().path();
        if request.method() == Method::GET
            && let Some(file) = assets::find(path)
        {
            return Ok(file);
        }
        door::may_ask(request.method(), request.headers(), &self.token)?;
        if path == "/v1/projects" {
            return self.projects().await;
        }
        let (key, rest) = split(path)
            .map_or((self.home.key.clone(), path.to_owned()), |(key, rest)| {
                (key.to_owned(), rest.to_owned())
            });
        if !["/v1/", "/api/", "/openapi.json"].iter().any(|known| rest.starts_with(known)) {
            return Err(Fault::new(Code::NotFound, format!("there is no `{path}`")));
        }
        self.hand_on(&key, rest, request).await
    }

    async fn projects(&self) -> Result<Response, Fault> {
        let home = self.home.clone();
        let list = tokio::task::spawn_blocking(move || home.list()).await;
        let lost = |_| Fault::new(Code::Other, "the projects can't be listed");
        list.map(|list| Json(list).into_response()).map_err(lost)
    }

    async fn hand_on(&self, key: &str, path: String, request: Request) -> Result<Response, Fault> {
        let (parts, body) = request.into_parts();
        let body = tokio::time::timeout(BODY_TIME, to_bytes(body, MOST_BYTES)).await;
        let body =
            body.map_err(|_| Fault::new(Code::BadRequest, "the body did not come in time"))?;
        let body = body.map_err(|_| Fault::new(Code::TooLarge, "the body is too large"))?;
        let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let question = Question {
            method: parts.method.clone(),
            target: format!("{path}{query}"),
            headers: parts.headers.clone(),
            body: body.clone(),
        };
        let asked = match socket_of(key) {
            Some(socket) => proxy::ask(&socket, question).await,
            None => Err(proxy::absent(&io::ErrorKind::NotFound.into())),
        };
        match asked {
            Err(fault) if fault.code == Code::NotRunning && key == self.home.key => {
                self.alone(&parts.method, &path, &parts.headers, body).await.unwrap_or(Err(fault))
            }
            answered => answered,
        }
    }

    /// What can be answered without a supervisor.
    async fn alone(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: axum::body::Bytes,
    ) -> Option<Result<Response, Fault>> {
        let root = self.home.root.clone();
        match (method, path) {
            (&Method::GET, "/v1/processes") if wants_events(headers) => Some(Ok(watch(root))),
            (&Method::GET, "/v1/processes") => {
                Some(alone::processes(root).await.map(|all| Json(all).into_response()))
            }
            (&Method::POST, "/v1/processes/kill") => Some(alone::kill(root, body).await),
            _ => None,
        }
    }
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Shows what is left again and again, until somebody listens again.
fn watch(root: PathBuf) -> Response {
    let looks = stream::unfold((root, true), |(root, first)| async move {
        if !first {
            tokio::time::sleep(alone::TICK).await;
        }
        let key = Home::of(&root).ok()?.key;
        let starts = !first
            && socket_of(&key)
                .is_some_and(|path| std::os::unix::net::UnixStream::connect(path).is_ok());
        if starts {
            return None;
        }
        let all = alone::processes(root.clone()).await.ok()?;
        let text = format!("data: {}\n\n", serde_json::to_string(&all).ok()?);
        Some((Ok::<_, Infallible>(text), (root, false)))
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::from_stream(looks)).into_response()
}

/// `/p/KEY/v1/...`.
fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/p/")?;
    let at = rest.find('/')?;
    Some(rest.split_at(at))
}
