//! What becomes of the lines of programs that think they have the terminal to
//! themselves.

use crate::harness::{ENTER, Exit, Project, Puppet, Running, fenced, puppet};
use nix::sys::signal::Signal;
use regex::Regex;

fn up(web: Puppet) -> Running {
    Project::new().service("web", web).check_out().launch_in_terminal()
}

fn stop(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

/// A prompt is shown with a mark, and again as a line once it is one. Nobody
/// else's line gets into it.
#[test]
fn a_partial_line_is_shown_with_a_mark() {
    fenced(|| {
        let answered = std::env::temp_dir().join("answered");
        let web = puppet().writes("Password: ").awaits(&answered).writes("thanks\n");
        let up = up(web).sees("web | Password:  …\r\n");
        std::fs::write(&answered, "").expect("it can be written");
        stop(up.sees("web | Password: thanks\r\n"));
    });
}

#[test]
fn a_partial_line_is_not_mixed_with_anothers() {
    fenced(|| {
        let [shown, answered] = ["shown", "answered"].map(|name| std::env::temp_dir().join(name));
        let web = puppet().writes("half").awaits(&answered).writes(" whole\n");
        let project = Project::new().service("web", web);
        let up = project
            .service("api", puppet().awaits(&shown).says("a line"))
            .check_out()
            .launch_in_terminal()
            .sees("web | half …\r\n");
        std::fs::write(&shown, "").expect("it can be written");
        let up = up.sees("api | a line\r\n");
        std::fs::write(&answered, "").expect("it can be written");
        stop(up.sees("web | half whole\r\n"));
    });
}

#[test]
fn progress_collapses_to_its_last_state() {
    fenced(|| {
        let bar = (0..=100).fold(puppet(), |web, at| web.writes(&format!("\rbuilding {at}%")));
        let web = bar.writes("\n").says("\x1b[1Ghello\x1b[2K\x1b[1Gdone").says("abc\x08\x08X");
        let up = up(web).sees("web | done").sees("aX");
        let said = up.text();
        assert!(said.contains("web | building 100%\r\n"), "{said:?}");
        assert_eq!(said.matches("building").count(), 1, "{said:?}");
        assert!(!said.contains("hello"), "{said:?}");
        stop(up);
    });
}

/// Moving about the screen, clearing it, titles: they are the service's
/// business, not the screen's that all share.
#[test]
fn nothing_moves_about_the_screen() {
    fenced(|| {
        let web = puppet()
            .says("\x1b[2J\x1b[H\x1b[10;10Hcleared")
            .says("\x1b]0;title\x07\x1b[?1049h\x1b[?25lfull\x1b[?25h")
            .says("\x1b[5Aup");
        let up = up(web).sees("web | up").sees(" up in ");
        let raw = up.raw();
        let colours = Regex::new("\x1b\\[[0-9;]*m").expect("the pattern is sound");
        let rest = colours.replace_all(&raw, "");
        assert!(!rest.contains('\x1b') && !rest.contains('\x07'), "{rest:?}");
        stop(up.sees("web | full"));
    });
}

/// What could steer the terminal in disguise, or is no text.
#[test]
fn bytes_that_are_no_text_are_replaced() {
    fenced(|| {
        let project = Project::new().command("web", "cat bytes");
        let checkout = project.service("other", puppet()).check_out();
        let bytes = b"latin caf\xe9 \xc2\x9b31m\x01 end\n\xe2\x9c\x93 fine\n";
        std::fs::write(checkout.root().join("bytes"), bytes).expect("it can be written");
        let up = checkout.launch_in_terminal().sees("✓ fine").sees(" up in ");
        let said = up.text();
        let line = said.lines().find(|line| line.contains("latin")).expect("it was said");
        assert!(line.contains("latin caf\u{fffd} \u{fffd}31m^A end"), "{line:?}");
        stop(up);
    });
}

/// Enter draws a line with the time, to tell before from after.
#[test]
fn enter_separates() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let web = puppet().says("before").awaits(&go).says("behind");
        let up = up(web).sees("web | before").sees(" up in ").presses(ENTER).sees("──── ");
        std::fs::write(&go, "").expect("it can be written");
        let up = up.sees("web | behind");
        let pattern = r"(?s)before.*──── \d\d:\d\d:\d\d ─+\r\n.*behind";
        let pattern = Regex::new(pattern).expect("the pattern is sound");
        assert!(pattern.is_match(&up.text()), "{:?}", up.text());
        stop(up);
    });
}

#[test]
fn a_giant_line_is_cut_on_the_screen_and_whole_in_the_log() {
    fenced(|| {
        let checkout = Project::new().command("web", "cat long; echo; echo short").check_out();
        checkout.write("long", &"x".repeat(20_000));
        let up = checkout.launch_in_terminal().sees("web | short");
        let up = up.sees("bytes more)");
        assert!(up.raw().matches('x').count() < 10_000);
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(checkout.ledger_text("logs/web.log").matches('x').count(), 20_000);
    });
}
