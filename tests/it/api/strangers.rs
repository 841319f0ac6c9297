//! Another user, who got hold of the socket all the same: the directory and the
//! mode of a real one would not let him come so far.

use crate::harness::skip;
use devsup::api::desk;
use devsup::api::server::Server;
use devsup::model::RunId;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tokio::sync::Notify;

/// Asks as this user; what was answered.
fn asked_as(user: u32, socket: &Path) -> String {
    let user = user.to_string();
    let asked = Command::new("setpriv")
        .args(["--reuid", &user, "--regid", &user, "--clear-groups", "curl", "-s"])
        .arg("--unix-socket")
        .arg(socket)
        .arg("http://devsup/openapi.json")
        .current_dir("/")
        .output()
        .expect("it can be called");
    String::from_utf8_lossy(&asked.stdout).into_owned()
}

#[test]
fn another_user_is_told_nothing() {
    if !nix::unistd::geteuid().is_root() {
        return skip("second user", "only root can be one");
    }
    for program in ["setpriv", "curl"] {
        if Command::new(program).arg("--version").output().is_err() {
            return skip(program, "it can't be executed");
        }
    }
    let place = tempfile::tempdir().expect("a directory");
    let socket = place.path().join("socket");
    let listener = UnixListener::bind(&socket).expect("a socket");
    for path in [place.path(), &socket] {
        set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
    }
    let (desk, _publisher, _asked) = desk::open(RunId::from_bits(7), Arc::new(Notify::new()));
    let _server = Server::start(listener, desk).expect("a server");
    assert_eq!(asked_as(12_345, &socket), "");
    let own = asked_as(0, &socket);
    assert!(own.contains("\"openapi\""), "{own}");
}
