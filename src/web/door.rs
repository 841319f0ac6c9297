//! Who is let in. A port on the loopback is reachable by every web page that
//! the user opens and by every other program on the machine, so three things
//! are asked of a request, each for its own attack:
//!
//! - `Host` must be an address or `localhost`, with our port: a name that an
//!   attacker's DNS leads to us (rebinding) is refused.
//! - `Origin`, and what the browser says of the fetch, must be ours: no other
//!   page may ask, not even one on another port of this machine.
//! - The token of this run, as `Authorization: Bearer`. Never as a cookie:
//!   cookies know no ports, so every other server on localhost would be sent it.

use crate::api::{Code, Fault};
use axum::http::{HeaderMap, Method, header};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;

/// Bytes of a token before they are written as hexadecimal digits.
const TOKEN_BYTES: usize = 24;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[error("no token can be drawn: {0}")]
pub struct TokenError(#[source] io::Error);

/// What lets somebody in; drawn anew by each `serve`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Draws one.
    pub fn draw() -> Result<Self, TokenError> {
        let mut bytes = [0; TOKEN_BYTES];
        let drawn = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
        drawn.map_err(TokenError)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// It as text, for the one place where it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares all of it, so that the time says nothing.
    fn is(&self, other: &str) -> bool {
        let pairs = self.0.bytes().zip(other.bytes());
        let differs = pairs.fold(0, |sum, (one, two)| sum | (one ^ two));
        self.0.len() == other.len() && differs == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Asks of any request what even the page's files need.
pub(super) fn knows_us(headers: &HeaderMap, port: u16) -> Result<(), Fault> {
    let refused = |words: &str| Err(Fault::new(Code::Forbidden, words));
    let Some(host) = one(headers, header::HOST.as_str()) else {
        return refused("the request names no single host");
    };
    if !is_ours(host, port) {
        return refused("the request is meant for another host");
    }
    match one(headers, header::ORIGIN.as_str()) {
        None if headers.contains_key(header::ORIGIN) => refused("the request names two origins"),
        Some(origin) if origin.strip_prefix("http://") != Some(host) => {
            refused("another page may not ask")
        }
        _ => Ok(()),
    }
}

/// Asks of a request to the API what it needs beyond that.
pub(super) fn may_ask(method: &Method, headers: &HeaderMap, token: &Token) -> Result<(), Fault> {
    let refused = |code, words: &str| Err(Fault::new(code, words));
    let from = one(headers, "sec-fetch-site");
    if from.is_some_and(|from| !matches!(from, "same-origin" | "none")) {
        return refused(Code::Forbidden, "another page may not ask");
    }
    let presented = one(headers, header::AUTHORIZATION.as_str())
        .and_then(|value| value.strip_prefix("Bearer "));
    if !presented.is_some_and(|presented| token.is(presented)) {
        let fault = Fault::new(Code::Unauthorized, "the token is missing or wrong");
        return Err(fault.with_hint("open the address that `devsup serve` has shown"));
    }
    let kind = one(headers, header::CONTENT_TYPE.as_str());
    // A form can't send JSON without asking first, and would be told no.
    let is_json = kind.is_none_or(|kind| kind.starts_with("application/json"));
    if *method == Method::POST && !is_json {
        return refused(Code::BadRequest, "the body must be JSON");
    }
    Ok(())
}

/// A header's value, if it is there once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// `localhost` or an address, with this port. Only a name can be made to lead
/// elsewhere.
fn is_ours(host: &str, port: u16) -> bool {
    let Some((name, asked)) = host.rsplit_once(':') else { return false };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let known = name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok();
    known && asked.parse() == Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, value.parse().expect("a value"));
        }
        map
    }

    #[test]
    fn only_addresses_and_localhost_are_hosts_of_ours() {
        for host in ["127.0.0.1:80", "localhost:80", "LOCALHOST:80", "[::1]:80"] {
            assert!(is_ours(host, 80), "{host}");
        }
        for host in ["127.0.0.1", "127.0.0.1:81", "evil.example:80", "localhost.evil:80", ":80", ""]
        {
            assert!(!is_ours(host, 80), "{host}");
        }
    }

    #[test]
    fn two_of_a_header_are_none() {
        let twice = headers(&[("host", "localhost:80"), ("host", "evil:80")]);
        assert!(knows_us(&twice, 80).is_err());
        let host = ("host", "localhost:80");
        let twice = [host, ("origin", "http://localhost:80"), ("origin", "http://evil")];
        assert!(knows_us(&headers(&twice), 80).is_err());
        assert!(knows_us(&headers(&[host]), 80).is_ok());
        assert!(knows_us(&headers(&[host, ("origin", "http://localhost:80")]), 80).is_ok());
        assert!(knows_us(&headers(&[host, ("origin", "http://localhost:81")]), 80).is_err());
        assert!(knows_us(&headers(&[host, ("origin", "null")]), 80).is_err());
    }

    #[test]
    fn a_token_is_compared_whole_and_never_shown_by_mistake() -> Result<(), TokenError> {
        let token = Token::draw()?;
        assert!(token.is(token.reveal()) && !token.is(&token.reveal()[1..]) && !token.is(""));
        assert_ne!(token, Token::draw()?);
        assert_eq!(format!("{token:?}"), "Token(..)");
        Ok(())
    }
}
