//! The same in a terminal that people use: tmux, where there is one.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet, skip};
use std::process::Command;

/// Whether there is one; if not, the test is skipped.
fn is_here() -> bool {
    let found = Command::new("tmux").arg("-V").output();
    let here = found.is_ok_and(|said| said.status.success());
    if !here {
        skip("tmux", "`tmux` can't be executed");
    }
    here
}

/// A server with one window, in which a shell runs.
struct Tmux {
    checkout: Checkout,
}

impl Tmux {
    fn open(checkout: &Checkout) -> Self {
        let tmux = Self { checkout: checkout.clone() };
        let new = "-f /dev/null new-session -d -x 80 -y 24 -s it -e PS1=shell> sh";
        tmux.call(&new.split(' ').collect::<Vec<_>>());
        tmux.sees("shell>")
    }

    fn call(&self, arguments: &[&str]) -> String {
        let mut tmux = self.checkout.program("tmux");
        // Otherwise it asks for the user's own shell, which may refuse everybody.
        tmux.env("SHELL", "/bin/sh")
            .args(["-S", &self.checkout.beside("tmux").to_string_lossy()])
            .args(arguments);
        let done = tmux.output().expect("it can be called");
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "tmux {arguments:?}: {words}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// The screen as it looks, with colours as escape sequences if wanted.
    fn screen(&self, colours: bool) -> String {
        let mut arguments = vec!["capture-pane", "-p", "-S", "-200"];
        arguments.extend(colours.then_some("-e"));
        self.call(&arguments)
    }

    fn sees(self, text: &str) -> Self {
        until_so(&format!("`{text}` is on the screen"), || self.screen(false).contains(text));
        self
    }

    /// Waits until the shell reads what is typed: what comes before belongs to
    /// whoever has the terminal then.
    fn prompts(self) -> Self {
        until_so("the shell prompts", || self.screen(false).trim_end().ends_with("shell>"));
        self
    }

    fn presses(self, keys: &[&str]) -> Self {
        self.call(&[&["send-keys"], keys].concat());
        self
    }

    fn types(self, line: &str) -> Self {
        self.call(&["send-keys", "-l", line]);
        self.presses(&["Enter"])
    }

    /// Closes the window, and with it the server.
    fn closes(self) {
        self.call(&["kill-server"]);
    }
}

fn checkout() -> Checkout {
    let web = puppet().says("\x1b[31mred").says("building 1%\rbuilding 100%").prints_sizes();
    Project::new().service("web", web).service("other", puppet().forks(2)).check_out()
}

fn is_over(checkout: &Checkout) {
    until_so("the run is over", || !checkout.ledger("run.json").exists());
    checkout.wait_until_empty();
}

#[test]
fn the_stream_looks_right_and_ctrl_c_leaves_nothing() {
    if !is_here() {
        return;
    }
    fenced(|| {
        let checkout = checkout();
        let tmux = Tmux::open(&checkout).types("devsup up").sees(" up in ").sees("terminal 24x72");
        checkout.wait_until_settled();
        let plain = tmux.screen(false);
        for line in ["web   | red", "web   | building 100%", "✓ shop: 2 services are up"] {
            assert!(plain.lines().any(|one| one.starts_with(line)), "`{line}`:\n{plain}");
        }
        assert!(!plain.contains("building 1%"), "{plain}");
        let coloured = tmux.screen(true);
        assert!(coloured.contains("\x1b[31mred"), "{coloured:?}");
        tmux.call(&["resize-window", "-x", "100", "-y", "30"]);
        let tmux = tmux.sees("terminal 30x92").presses(&["C-c"]).sees("0 containers left");
        is_over(&checkout);
        tmux.prompts().types("echo status $?").sees("status 0").closes();
        checkout.leaves_nothing();
    });
}

#[test]
fn ctrl_z_and_fg() {
    if !is_here() {
        return;
    }
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let web = puppet().says("first").awaits(&go).floods(100).says("last");
        let checkout = Project::new().service("web", web).check_out();
        let tmux = Tmux::open(&checkout).types("devsup up").sees("web | first").sees(" up in ");
        let tmux = tmux.presses(&["C-z"]).prompts().types("echo the shell is $((6 * 7))");
        let tmux = tmux.sees("the shell is 42");
        std::fs::write(&go, "").expect("it can be written");
        until_so("all is in the log", || checkout.ledger_text("logs/web.log").contains(" F last"));
        let tmux = tmux.types("fg").sees("101 lines skipped here");
        let tmux = tmux.presses(&["C-c"]).sees("0 containers left");
        is_over(&checkout);
        tmux.closes();
        checkout.leaves_nothing();
    });
}

#[test]
fn a_closed_window_brings_everything_down() {
    if !is_here() {
        return;
    }
    fenced(|| {
        let checkout = checkout();
        let tmux = Tmux::open(&checkout).types("devsup up").sees(" up in ");
        checkout.wait_until_settled();
        tmux.closes();
        is_over(&checkout);
        checkout.leaves_nothing();
    });
}

#[test]
fn logs_and_ps_are_watched_until_ctrl_c() {
    if !is_here() {
        return;
    }
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let web = puppet().says("first").awaits(&go).says("second");
        let checkout = Project::new().service("web", web).check_out();
        let tmux = Tmux::open(&checkout).types("devsup up -d").sees("1 service is up");
        let tmux = tmux.prompts().types("devsup logs -f").sees("web | first");
        std::fs::write(&go, "").expect("it can be written");
        let tmux = tmux.sees("web | second").presses(&["C-c"]).prompts();
        let tmux = tmux.types("clear; devsup ps --watch").sees("running");
        let _ = checkout.call(&["stop", "web"]);
        let tmux = tmux.sees("stopped");
        assert!(!tmux.screen(false).contains("running"), "{}", tmux.screen(false));
        let tmux = tmux.presses(&["C-c"]).prompts().types("devsup up").sees("web  started");
        let tmux = tmux.presses(&["C-c"]).sees("left; the services go on").prompts();
        let _ = checkout.call(&["down"]);
        tmux.closes();
        checkout.leaves_nothing();
    });
}

/// Two terminals of the same service: both see it, and each can leave it.
#[test]
fn a_service_is_attached_to_from_two_windows() {
    if !is_here() {
        return;
    }
    fenced(|| {
        let shell = "PS1='inner> ' exec sh -i";
        let project = Project::new().command("console", shell).with("console", "tty: true");
        let checkout = project.check_out();
        let _ = checkout.call(&["up", "-d"]);
        let tmux = Tmux::open(&checkout).types("devsup attach console").sees("Ctrl-] detaches");
        let tmux = tmux.types("stty size").sees("24 80").types("echo $((6 * 7))").sees("42");
        tmux.call(&["resize-window", "-x", "100", "-y", "30"]);
        let tmux = tmux.types("clear; stty size").sees("30 100");
        let mut second = checkout.program("devsup");
        second.args(["attach", "console"]);
        let second = checkout.run_in_terminal(second).sees("attached to console");
        let second = second.types("echo $((7 * 11))").sees("77");
        let tmux = tmux.sees("77").presses(&["C-]"]).sees("detached; console goes on").prompts();
        let _ = second.types("exit 9").ends_with(Exit::Code(9));
        // Its own terminal is as it was.
        let mode = "echo mode $(stty -a | grep -o -w -e '-*icanon')";
        tmux.types(mode).sees("mode icanon").closes();
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        checkout.leaves_nothing();
    });
}
