//! The page, inside the binary: it needs no network and no installed files.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A file of the page: path, kind, content. Nothing else can be asked for, so
/// no path leads anywhere.
type Asset = (&'static str, &'static str, &'static str);

const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: [Asset; 11] = [
    ("/", "text/html; charset=utf-8", include_str!("assets/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
    ("/icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ("/app.js", SCRIPT, include_str!("assets/app.js")),
    ("/api.js", SCRIPT, include_str!("assets/api.js")),
    ("/dom.js", SCRIPT, include_str!("assets/dom.js")),
    ("/services.js", SCRIPT, include_str!("assets/services.js")),
    ("/processes.js", SCRIPT, include_str!("assets/processes.js")),
    ("/kill.js", SCRIPT, include_str!("assets/kill.js")),
    ("/logs.js", SCRIPT, include_str!("assets/logs.js")),
    ("/log-worker.js", SCRIPT, include_str!("assets/log-worker.js")),
];

/// The file of this path.
pub(super) fn find(path: &str) -> Option<Response> {
    let (_, kind, text) = ASSETS.iter().find(|(known, ..)| *known == path)?;
    Some(([(header::CONTENT_TYPE, *kind)], *text).into_response())
}
