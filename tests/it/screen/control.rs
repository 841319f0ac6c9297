//! Ctrl-Z and the window's end, with a shell between as people have it.

use crate::harness::wait::{until, until_so};
use crate::harness::{CTRL_C, CTRL_Z, Checkout, ENTER, Exit, Project, Running, fenced, puppet};
use std::path::Path;

fn number_in(file: &Path) -> u64 {
    until("there is a number", || std::fs::read_to_string(file).ok()?.parse().ok())
}

/// The number in the file grows, by so much that it was no leftover.
fn it_counts(file: &Path) {
    let before = number_in(file);
    until_so("it counts", || number_in(file) > before + 20);
}

/// `devsup up` below an interactive shell.
fn below_a_shell(checkout: &Checkout) -> Running {
    let shell = checkout.shell().types("devsup up").sees(" up in ");
    checkout.wait_until_settled();
    shell
}

/// Stopped by Ctrl-C, and then the shell, by its own word.
fn stop(shell: Running) {
    let before = prompts(&shell);
    let shell = shell.presses(CTRL_C).sees("0 processes, 0 ports, 0 containers left");
    // What is typed before belongs to whoever reads the terminal then.
    until_so("the shell has its terminal again", || prompts(&shell) > before);
    shell.types("exit 7").ends_with(Exit::Code(7)).leaves_nothing();
}

fn prompts(shell: &Running) -> usize {
    shell.text().matches("shell> ").count()
}

fn suspend(shell: Running) -> Running {
    let before = prompts(&shell);
    let shell = shell.presses(CTRL_Z);
    until_so("the shell has its terminal again", || prompts(&shell) > before);
    shell
}

/// `fg`, until the screen is surely ours again: it answers to Enter.
fn resume(shell: Running) -> Running {
    let count = |shell: &Running, what: &str| shell.text().matches(what).count();
    let [commands, separators] = ["devsup up", "──── "].map(|what| count(&shell, what));
    let shell = shell.types("fg");
    until_so("the shell gives its terminal away", || count(&shell, "devsup up") > commands);
    let shell = shell.presses(ENTER);
    until_so("it answers", || count(&shell, "──── ") > separators);
    shell
}

#[test]
fn ctrl_z_stops_the_screen_and_nothing_else() {
    fenced(|| {
        let [number, go] = ["number", "go"].map(|name| std::env::temp_dir().join(name));
        let checkout = Project::new()
            .service("clock", puppet().counts(&number))
            .service("web", puppet().says("first").awaits(&go).floods(1_000).says("last"))
            .check_out();
        let shell = checkout.shell().types("devsup up").sees("web   | first").sees(" up in ");
        until_so("the clock runs", || number.exists());
        let shell = suspend(shell);
        it_counts(&number);
        std::fs::write(&go, "").expect("it can be written");
        until_so("all is in the log", || {
            checkout.ledger_text("logs/web.log").ends_with(" F last\r\n")
                || checkout.ledger_text("logs/web.log").ends_with(" F last\n")
        });
        let shell = shell.types("echo the shell is $((6 * 7))").sees("the shell is 42");
        assert!(!shell.text().contains("flood web"), "the screen was not ours");
        let shell = shell.types("fg").sees("1001 lines skipped here; the logs have them all");
        it_counts(&number);
        assert!(!shell.text().contains("flood web"));
        stop(shell);
    });
}

/// And again; and what comes behind `fg` is shown.
#[test]
fn twice_and_the_stream_goes_on() {
    fenced(|| {
        let [one, two] = ["one", "two"].map(|name| std::env::temp_dir().join(name));
        let web = puppet().awaits(&one).says("first").awaits(&two).says("second");
        let checkout = Project::new().service("web", web).check_out();
        let shell = checkout.shell().types("devsup up").sees(" up in ");
        let shell = resume(suspend(shell));
        std::fs::write(&one, "").expect("it can be written");
        let shell = resume(suspend(shell.sees("web | first")));
        std::fs::write(&two, "").expect("it can be written");
        let shell = shell.sees("web | second");
        assert!(!shell.text().contains("skipped"), "there was nothing to skip");
        stop(shell);
    });
}

#[test]
fn ctrl_c_behind_fg_still_stops_everything() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().forks(2)).check_out();
        stop(resume(suspend(below_a_shell(&checkout))));
    });
}

/// Stopped in the background, it can be brought down from the same shell.
#[test]
fn down_while_the_screen_is_stopped() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().forks(2)).check_out();
        let shell = suspend(below_a_shell(&checkout)).types("devsup down; echo status $?");
        let shell = shell.sees("status 0");
        checkout.wait_until_empty();
        let shell = shell.types("fg; exit 7");
        shell.ends_with(Exit::Code(7)).leaves_nothing();
    });
}

#[test]
fn in_the_background_of_a_shell() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().says("hello")).check_out();
        let shell = checkout.shell().types("devsup up &").sees("web | hello").sees(" up in ");
        checkout.wait_until_settled();
        let shell = shell.types("echo the shell is $((6 * 7))").sees("the shell is 42");
        stop(resume(shell));
    });
}

#[test]
fn a_closed_window_brings_everything_down() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().forks(2)).check_out();
        let shell = below_a_shell(&checkout).closes_terminal();
        let _ = shell.finish();
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        checkout.wait_until_empty().leaves_nothing();
    });
}

#[test]
fn a_window_closed_while_the_screen_is_stopped() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().forks(2)).check_out();
        let shell = suspend(below_a_shell(&checkout)).closes_terminal();
        let _ = shell.finish();
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        checkout.wait_until_empty().leaves_nothing();
    });
}
