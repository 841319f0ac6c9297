//! An HTTP request: status, headers, and if asked for the body.

use super::check::{BadCheck, compile};
use super::tcp::{self, Names};
use super::{Answer, words};
use crate::model::HttpCheck;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::http::uri::Scheme;
use hyper::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use regex::bytes::Regex;
use std::error::Error;
use std::io;
use std::pin::pin;

/// Bytes of a body that are looked at; one that is longer does not match.
const LONGEST_BODY: usize = 1024 * 1024;

/// A request that can be sent again and again.
#[derive(Debug, Clone)]
pub(super) struct Http {
    url: String,
    uri: Uri,
    host: String,
    port: u16,
    headers: HeaderMap,
    status: Vec<u16>,
    body: Option<Regex>,
}

impl Http {
    pub(super) fn new(check: &HttpCheck) -> Result<Self, BadCheck> {
        let url = check.url.clone();
        let bad = |why: &str| BadCheck::Url { url: url.clone(), why: why.to_owned() };
        let uri: Uri = url.parse().map_err(|error| bad(&format!("{error}")))?;
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => {}
            Some(scheme) if *scheme == Scheme::HTTPS => return Err(BadCheck::Tls(url)),
            _ => return Err(bad("it has to start with `http://`")),
        }
        let authority = uri.authority().ok_or_else(|| bad("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("a name and password go into `headers`"));
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str() == authority.host() => 80,
            None => return Err(bad("what follows the `:` is no port")),
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(bad("it has no host"));
        }
        let headers = headers(check, authority.as_str())?;
        let body = check.body.as_deref().map(compile).transpose()?;
        Ok(Self {
            uri: path_of(&uri),
            url,
            host,
            port,
            headers,
            status: check.status.clone(),
            body,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) async fn ask(&self, names: &mut Names) -> Answer {
        let stream = match tcp::connect(&self.host, self.port, names).await {
            Ok(stream) => stream,
            Err(words) => return Answer::bad(words),
        };
        let io = TokioIo::new(stream);
        let spoken = hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(io).await;
        let (mut sender, connection) = match spoken {
            Ok(spoken) => spoken,
            Err(error) => return Answer::bad(no_answer(&error)),
        };
        let mut connection = pin!(connection);
        let mut talk = pin!(async {
            match sender.send_request(self.request()).await {
                Ok(response) => self.judge(response).await,
                Err(error) => Answer::bad(no_answer(&error)),
            }
        });
        // The connection moves the bytes. Its end does not end the talk: what
        // it has read is still to be taken.
        tokio::select! {
            answer = &mut talk => answer,
            _ = &mut connection => talk.await,
        }
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    async fn judge(&self, response: Response<Incoming>) -> Answer {
        let status = response.status();
        let said = format!("HTTP {}", status.as_u16());
        if !self.is_wanted(status) {
            return Answer::bad(said);
        }
        let Some(pattern) = &self.body else {
            return Answer::good(said);
        };
        let body = Limited::new(response.into_body(), LONGEST_BODY);
        let Ok(body) = body.collect().await else {
            return Answer::bad(format!("{said}, but its body could not be read"));
        };
        if pattern.is_match(&body.to_bytes()) {
            Answer::good(said)
        } else {
            Answer::bad(format!("{said}, but its body does not match `{pattern}`"))
        }
    }

    fn is_wanted(&self, status: StatusCode) -> bool {
        if self.status.is_empty() {
            status.is_success() || status.is_redirection()
        } else {
            self.status.contains(&status.as_u16())
        }
    }
}

/// Ours first, so that those declared can say otherwise.
fn headers(check: &HttpCheck, authority: &str) -> Result<HeaderMap, BadCheck> {
    let mut headers = HeaderMap::new();
    let host = HeaderValue::from_str(authority);
    headers.insert(HOST, host.map_err(|_| BadCheck::Header(authority.to_owned()))?);
    headers.insert(USER_AGENT, HeaderValue::from_static("devsup"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let mut declared = HeaderMap::new();
    for (name, value) in &check.headers {
        let bad = || BadCheck::Header(format!("{name}: {value}"));
        let key = HeaderName::try_from(name).map_err(|_| bad())?;
        let value = HeaderValue::try_from(value).map_err(|_| bad())?;
        declared.append(key, value);
    }
    // The first of each name replaces ours, the others of it are added.
    headers.extend(declared);
    Ok(headers)
}

fn path_of(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    path.map_or_else(|| Uri::from_static("/"), Uri::from)
}

/// Why there was no answer: the system's reason if there is one, else what was
/// wrong with what came.
fn no_answer(error: &hyper::Error) -> String {
    if let Some(system) = error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        return words::of_error(system);
    }
    if error.is_parse() {
        return "not an HTTP answer".to_owned();
    }
    "closed without an answer".to_owned()
}

#[cfg(test)]
mod tests;
