use super::*;
use crate::model::Probe;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn declared() -> Healthcheck {
    Healthcheck {
        probe: Probe::Unix("/s".into()),
        interval: seconds(30),
        timeout: seconds(5),
        retries: 3,
        start_period: Duration::ZERO,
        start_interval: milliseconds(250),
    }
}

fn schedule(declared: &Healthcheck) -> Schedule {
    Schedule::new(Timing::new(declared, seconds(30)))
}

/// Answers at once, as often as said; gives the time of each question.
fn answer(schedule: &mut Schedule, ok: bool, times: usize) -> Vec<Duration> {
    let asked = (0..times).map(|_| match schedule.turn() {
        Turn::Ask { at, .. } => {
            schedule.answered(at, ok);
            at
        }
        Turn::Late { at } => panic!("late at {at:?}"),
    });
    asked.collect()
}

#[test]
fn it_asks_fast_until_healthy_and_slowly_from_then_on() {
    let mut schedule = schedule(&declared());
    let asked = answer(&mut schedule, false, 7);
    let expected = [25, 75, 175, 375, 625, 875, 1125].map(milliseconds);
    assert_eq!(asked, expected);
    assert_eq!(schedule.health(), Health::Starting);
    let asked = answer(&mut schedule, true, 3);
    let healthy = milliseconds(1375);
    assert_eq!(asked, [healthy, healthy + seconds(30), healthy + seconds(60)]);
    assert_eq!(schedule.healthy_for(), seconds(60));
}

#[test]
fn failures_in_a_row_make_it_unhealthy_and_one_good_answer_heals() {
    let mut schedule = schedule(&declared());
    answer(&mut schedule, true, 1);
    answer(&mut schedule, false, 2);
    assert_eq!((schedule.health(), schedule.failed_in_a_row()), (Health::Healthy, 2));
    answer(&mut schedule, true, 1);
    answer(&mut schedule, false, 2);
    assert_eq!(schedule.health(), Health::Healthy);
    assert!(schedule.answered(seconds(200), false), "the third changes it");
    assert_eq!(schedule.health(), Health::Unhealthy);
    assert!(!schedule.answered(seconds(230), false), "that is no news");
    assert_eq!(schedule.healthy_for(), seconds(90));
    assert!(schedule.answered(seconds(260), true));
    assert_eq!((schedule.health(), schedule.healthy_for()), (Health::Healthy, Duration::ZERO));
}

#[test]
fn it_is_late_at_its_deadline_and_a_question_does_not_outlast_it() {
    let mut declared = declared();
    declared.start_interval = seconds(20);
    let mut schedule = schedule(&declared);
    answer(&mut schedule, false, 2);
    let limit = seconds(5);
    assert_eq!(schedule.turn(), Turn::Ask { at: seconds(14), limit });
    schedule.answered(seconds(14), false);
    assert_eq!(schedule.turn(), Turn::Late { at: seconds(30) });
    schedule.late(seconds(30));
    assert_eq!(schedule.health(), Health::Unhealthy);
    assert_eq!(schedule.turn(), Turn::Ask { at: seconds(60), limit });

    declared.start_interval = seconds(280);
    let mut schedule = self::schedule(&declared);
    let (at, limit) = (seconds(28), seconds(2));
    assert_eq!(schedule.turn(), Turn::Ask { at, limit });
    assert!(schedule.is_cut(limit));
    assert!(schedule.answered(seconds(29), true));
}

#[test]
fn a_long_start_period_moves_the_deadline() {
    let mut declared = declared();
    declared.start_period = seconds(60);
    assert_eq!(Timing::new(&declared, seconds(30)).deadline, seconds(60));
    declared.start_period = seconds(10);
    assert_eq!(Timing::new(&declared, seconds(30)).deadline, seconds(30));
}

#[test]
fn nothing_declared_makes_it_spin() {
    let zero = Duration::ZERO;
    let declared = Healthcheck {
        interval: zero,
        timeout: zero,
        retries: 0,
        start_interval: zero,
        ..declared()
    };
    let mut schedule = schedule(&declared);
    let asked = answer(&mut schedule, false, 5);
    for pair in asked.windows(2) {
        assert!(pair[1] >= pair[0] + SHORTEST, "{asked:?}");
    }
    let asked = answer(&mut schedule, true, 2);
    assert_eq!(asked[1], asked[0] + SHORTEST);
    assert!(schedule.answered(seconds(1), false), "no retries are one");
}
