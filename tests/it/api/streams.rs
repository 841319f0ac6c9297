//! Logs and events over the API, to their end.

use super::socket::{Records, ends, events_behind, get};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use serde_json::Value;
use std::fs;

/// Writes 500 numbered lines when there is a file `go`, and then rests.
const COUNTER: &str = "sh -c 'echo ready; until [ -e go ]; do sleep 0.01; done; i=0; \
     while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; echo done; exec sleep 1000'";

fn up(project: Project) -> Checkout {
    let checkout = project.check_out();
    let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
    checkout
}

fn go(checkout: &Checkout) {
    fs::write(checkout.root().join("go"), "").expect("a file");
}

fn text(record: &Value) -> String {
    record["line"].as_str().expect("a line").to_owned()
}

#[test]
fn lines_are_followed_over_rotations() {
    fenced(|| {
        let project = Project::new().command("web", COUNTER).with("web", "log: {max_size: 8KB}");
        let checkout = up(project);
        let lines = Records::of("/v1/logs?follow=true&name=web");
        go(&checkout);
        let lines: Vec<String> = lines.map(|one| text(&one)).take(502).collect();
        let numbered = (1..=500).map(|number| format!("line {number}"));
        let expected: Vec<String> =
            ["ready".into()].into_iter().chain(numbered).chain(["done".into()]).collect();
        assert_eq!(lines, expected);
        ends(&checkout);
    });
}

#[test]
fn a_cursor_goes_on_where_it_was_left() {
    fenced(|| {
        let project = Project::new().command("web", COUNTER).with("web", "log: {max_size: 8KB}");
        let checkout = up(project);
        go(&checkout);
        until_so("all is written", || checkout.ledger_text("logs/web.log").contains(" F done"));
        let all: Vec<Value> = Records::of("/v1/logs").collect();
        assert_eq!(all.len(), 502);
        for at in [0, 1, 77, 250, 499, 501] {
            let cursor = all[at]["cursor"].as_str().expect("a cursor");
            let rest: Vec<String> =
                Records::of(&format!("/v1/logs?cursor={cursor}")).map(|one| text(&one)).collect();
            let expected: Vec<String> = all[at + 1..].iter().map(text).collect();
            assert_eq!(rest, expected, "after {at}");
        }
        let lost = get("/v1/logs?cursor=web@1.1");
        assert!(lost.body.contains("rotated away unread"), "{}", lost.body);
        ends(&checkout);
    });
}

/// As a browser follows: it names the last event that it has had by itself.
#[test]
fn server_sent_events_go_on_behind_the_last_one() {
    fenced(|| {
        let checkout = up(Project::new().command("web", COUNTER));
        go(&checkout);
        until_so("all is written", || checkout.ledger_text("logs/web.log").contains(" F done"));
        let all = events_behind("", "/v1/logs");
        assert_eq!(all.len(), 502);
        let rest = events_behind(&all[77].0, "/v1/logs");
        assert_eq!(rest, all[78..]);
        let happened = events_behind("", "/v1/events?follow=false");
        assert_eq!(happened[0].1["event"], "service");
        let since = events_behind(&happened[0].0, "/v1/events?follow=false");
        assert_eq!(since, happened[1..]);
        ends(&checkout);
    });
}

#[test]
fn the_end_of_a_run_is_the_end_of_its_streams() {
    fenced(|| {
        let checkout = up(Project::new().command(
            "web",
            "sh -c 'trap \"echo bye; exit\" TERM; echo hi; while :; do sleep 0.01; done'",
        ));
        let mut lines = Records::of("/v1/logs?follow=true");
        let mut events = Records::of("/v1/events");
        assert_eq!(text(&lines.next().expect("a line")), "hi");
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        assert_eq!(lines.map(|one| text(&one)).last().as_deref(), Some("bye"));
        let last = events.by_ref().last().expect("an event");
        assert_eq!((&last["event"], &last["clean"]), (&"stopped".into(), &true.into()));
        checkout.leaves_nothing();
    });
}

/// Two hundred follow while a service writes: it is not held up, all of them
/// get every line, and the supervisor does not grow with them.
#[test]
fn two_hundred_follow_at_once() {
    fenced(|| {
        let checkout = up(Project::new().command("web", COUNTER));
        let followers: Vec<Records> =
            (0..200).map(|_| Records::of("/v1/logs?follow=true")).collect();
        go(&checkout);
        for follower in followers {
            let last = follower.map(|one| text(&one)).find(|line| line == "done");
            assert!(last.is_some());
        }
        ends(&checkout);
    });
}

#[test]
fn a_client_that_stops_reading_is_dropped_with_a_notice() {
    fenced(|| {
        let checkout = up(Project::new().service("web", puppet().floods(20_000)));
        checkout.wait_until_settled();
        let stuck = Records::of("/v1/logs?follow=true");
        until_so("it is dropped", || {
            checkout.ledger_text("logs/.devsup.log").contains("read nothing for 10 s was dropped")
        });
        let _ = checkout.call(&["ps"]).ends_with(Exit::Ok);
        drop(stuck);
        ends(&checkout);
    });
}

/// A flood goes to the files and leaves no trace in the supervisor's memory.
#[test]
fn a_flood_costs_no_memory() {
    fenced(|| {
        let flood = "sh -c 'echo ready; until [ -e go ]; do sleep 0.01; done; \
             yes some words that are written again and again | head -c 200000000; echo; echo done; \
             exec sleep 1000'";
        let checkout = up(Project::new().command("web", flood));
        let mut lines = Records::of("/v1/logs?follow=true&grep=^done");
        let run: Value = serde_json::from_str(&checkout.ledger_text("run.json")).expect("JSON");
        let status = format!("/proc/{}/status", run["supervisor"]["pid"]);
        let peak = || {
            let status = fs::read_to_string(&status).expect("it lives");
            let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
            let kilobytes = line.split_whitespace().nth(1).expect("a number");
            kilobytes.parse::<u64>().expect("a number")
        };
        let before = peak();
        go(&checkout);
        // Who reads more slowly than is written misses what was rotated away, is
        // told so, and goes on.
        let last = lines.find(|one| one["stream"] != "devsup").expect("a line");
        assert_eq!(text(&last), "done");
        let grown = peak() - before;
        assert!(grown < 12_000, "{grown} kB more than {before} kB");
        ends(&checkout);
    });
}
