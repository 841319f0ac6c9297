//! A terminal to a service of a project that runs.

use super::orphaned;
use crate::harness::wait::until_so;
use crate::harness::{CTRL_C, Checkout, Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;

const CTRL_BRACKET: &str = "\x1d";

const SHELL: &str = "\
printf 'prompt> '
while read -r line; do
    case $line in quit) exit 7;; *) echo \"got $line\";; esac
    printf 'prompt> '
done
";

/// Services with terminals: two of them a shell.
fn consoles(flags: &str) -> Checkout {
    let shell = "[sh, ./console.sh]";
    let project = Project::new().command("console", shell).command("second", shell);
    let project = project.with("console", "tty: true").with("second", "tty: true");
    let project = project.service("sizes", puppet().prints_sizes()).with("sizes", "tty: true");
    let checkout = project.flag(flags).check_out();
    checkout.write("console.sh", SHELL);
    checkout
}

fn attached(checkout: &Checkout, name: &str) -> Running {
    let mut command = checkout.program("devsup");
    command.args(["attach", name]);
    checkout.run_in_terminal(command).sees(&format!("attached to {name}"))
}

#[test]
fn keys_sizes_and_the_exit_code_go_through() {
    fenced(|| {
        let checkout = consoles("--timestamps");
        let up = checkout.launch().sees(" up in ").sees("prompt> ");
        let one = attached(&checkout, "console").sees("prompt> ");
        let one = one.types("hello").sees("got hello");
        let two = attached(&checkout, "console").types("both").sees("got both");
        let one = one.sees("got both").presses(CTRL_BRACKET);
        let _ = one.ends_with(Exit::Ok).says("detached; console goes on");
        let _ = two.types("quit").ends_with(Exit::Code(7));
        let three = attached(&checkout, "second").sees("prompt> ").presses(CTRL_C);
        let _ = three.ends_with(Exit::Code(130));
        let four = attached(&checkout, "sizes").sees("50x200");
        let four = four.resizes(31, 99).sees("31x99").presses(CTRL_BRACKET);
        let _ = four.ends_with(Exit::Ok);
        let up = up.sees("console failed").sees("second failed");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn it_goes_on_after_a_reload_and_after_a_death() {
    fenced(|| {
        let checkout = consoles("--on-supervisor-death stay");
        let up = checkout.launch().sees(" up in ").sees("prompt> ");
        let _ = checkout.call(&["reload"]).ends_with(Exit::Ok);
        let one = attached(&checkout, "console").types("hello").sees("got hello");
        let _ = one.presses(CTRL_BRACKET).ends_with(Exit::Ok);
        let checkout = orphaned(up);
        let up = checkout.launch().sees(" go on: taken over").sees(" up in ");
        let two = attached(&checkout, "console").types("again").sees("got again");
        let _ = two.types("quit").ends_with(Exit::Code(7));
        let up = up.sees("console failed").signal(Signal::SIGINT);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_pipe_is_typed_to_where_it_is_open() {
    fenced(|| {
        let project = Project::new()
            .command("worker", "while read -r line; do echo worked $line; done")
            .with("worker", "stdin_open: true")
            .command("deaf", "[sleep, '600']");
        let checkout = project.check_out();
        let up = checkout.launch().sees(" up in ");
        checkout.write("input", "once\ntwice\n");
        let talk = checkout.script("exec devsup attach worker < input");
        let talk = talk.sees("worked once").sees("worked twice");
        let _ = talk.signal(Signal::SIGTERM).ends_with(Exit::Ok);
        let deaf = checkout.start(&["attach", "deaf"]).sees("it hears nothing");
        let _ = deaf.signal(Signal::SIGTERM).ends_with(Exit::Ok);
        let _ = checkout.call(&["attach", "nobody"]).ends_with(Exit::Usage);
        let up = up.signal(Signal::SIGINT);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

/// A client that stops reading is let go, and nobody waits for it.
#[test]
fn who_does_not_read_is_let_go() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let go = directory.path().join("go");
        let up = Project::new().service("web", puppet().awaits(&go).floods(200_000)).launch();
        let up = up.sees(" up in ");
        let slow = up.checkout().start(&["attach", "web"]).sees("attached to web");
        slow.freezes();
        std::fs::write(&go, "").expect("a file");
        until_so("the service has written all", || {
            up.checkout().roles_that("settled").contains(&"web".to_owned())
        });
        // In time for a last word, or too late even for that.
        let _ = slow.signal(Signal::SIGCONT).ends_with(Exit::Error);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
