//! Whether a service that ended, or is unhealthy, is started again, and when.

use super::{Restart, RestartPolicy};
use std::time::Duration;

/// A growing pause ends growing here, unless it was longer to begin with.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How a service came to need a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It ended with a success code.
    Well,
    /// It ended in any other way.
    Badly,
    /// It runs, and is not healthy.
    Unhealthy,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It is left as it is; the policy does not concern it.
    Stay,
    /// It is started again.
    Again {
        /// After this pause.
        after: Duration,
        /// How often in a row that is, this time included.
        tries: u32,
    },
    /// It was started again too often: it has failed.
    GiveUp,
}

/// Decides by the rule, by how often it was started again in a row before, and
/// by how long it ran this time.
pub fn decide(rule: &Restart, tries: u32, ran: Duration, how: How) -> Decision {
    let concerned = match rule.policy {
        RestartPolicy::No => false,
        RestartPolicy::OnFailure => how != How::Well,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
    };
    if !concerned || rule.max == Some(0) {
        return Decision::Stay;
    }
    let before = if ran >= rule.window { 0 } else { tries };
    if rule.max.is_some_and(|max| before >= max) {
        return Decision::GiveUp;
    }
    Decision::Again { after: pause(rule, before), tries: before.saturating_add(1) }
}

/// The pause before a restart that had `before` others in front of it.
fn pause(rule: &Restart, before: u32) -> Duration {
    let longest = LONGEST_PAUSE.max(rule.delay);
    let factor = rule.backoff.powi(i32::try_from(before).unwrap_or(i32::MAX));
    let seconds = rule.delay.as_secs_f64() * factor;
    Duration::try_from_secs_f64(seconds).map_or(longest, |pause| pause.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(1);

    fn rule(policy: RestartPolicy, max: Option<u32>) -> Restart {
        Restart {
            policy,
            max,
            delay: Duration::from_secs(5),
            backoff: 1.0,
            window: Duration::from_secs(60),
        }
    }

    fn again(seconds: u64, tries: u32) -> Decision {
        let after = Duration::from_secs(seconds);
        Decision::Again { after, tries }
    }

    #[test]
    fn each_policy_concerns_its_own_ends() {
        use RestartPolicy::{Always, No, OnFailure, UnlessStopped};
        let table = [
            (No, [false, false, false]),
            (OnFailure, [false, true, true]),
            (Always, [true, true, true]),
            (UnlessStopped, [true, true, true]),
        ];
        for (policy, expected) in table {
            for (how, expected) in [How::Well, How::Badly, How::Unhealthy].into_iter().zip(expected)
            {
                let decision = decide(&rule(policy, None), 0, SHORT, how);
                assert_eq!(decision != Decision::Stay, expected, "{policy:?} {how:?}");
            }
        }
    }

    #[test]
    fn a_crash_loop_ends_after_so_many_restarts() {
        let rule = rule(RestartPolicy::OnFailure, Some(3));
        assert_eq!(decide(&rule, 0, SHORT, How::Badly), again(5, 1));
        assert_eq!(decide(&rule, 2, SHORT, How::Badly), again(5, 3));
        assert_eq!(decide(&rule, 3, SHORT, How::Badly), Decision::GiveUp);
    }

    #[test]
    fn a_long_run_forgives_earlier_ones() {
        let rule = rule(RestartPolicy::OnFailure, Some(3));
        assert_eq!(decide(&rule, 3, rule.window, How::Badly), again(5, 1));
    }

    #[test]
    fn no_restarts_at_all_is_no_crash_loop() {
        let rule = rule(RestartPolicy::Always, Some(0));
        assert_eq!(decide(&rule, 0, SHORT, How::Well), Decision::Stay);
    }

    #[test]
    fn pauses_grow_by_their_factor_and_not_without_end() {
        let mut rule = rule(RestartPolicy::Always, None);
        rule.backoff = 2.0;
        let pauses = [0, 1, 2, 3].map(|tries| decide(&rule, tries, SHORT, How::Well));
        assert_eq!(pauses, [again(5, 1), again(10, 2), again(20, 3), again(40, 4)]);
        assert_eq!(decide(&rule, 5000, SHORT, How::Well), again(300, 5001));
        rule.delay = Duration::from_secs(400);
        assert_eq!(decide(&rule, 9, SHORT, How::Well), again(400, 10));
        (rule.delay, rule.backoff) = (Duration::ZERO, f64::INFINITY);
        assert_eq!(decide(&rule, 1, SHORT, How::Well), again(300, 2));
    }
}
