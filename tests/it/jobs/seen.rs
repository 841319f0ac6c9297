//! Jobs beside the services of their project: in the tree, and as aims of a
//! kill.

use super::{bare, process, start, status};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use serde_json::Value;

/// What the tree shows, as (kind, job, whether it is the job's own process).
fn tree(checkout: &Checkout, arguments: &[&str]) -> Vec<(String, Option<String>, bool)> {
    let ended = checkout.call(&[&["tree", "--json"], arguments].concat()).ends_with(Exit::Ok);
    let all: Value = serde_json::from_str(&ended.out()).expect("an object");
    let one = |one: &Value| {
        let text = |name: &str| one[name].as_str().map(str::to_owned);
        (text("kind").expect("a kind"), text("job"), one["leader"] == true)
    };
    all["processes"].as_array().expect("a list").iter().map(one).collect()
}

fn of_job(id: &str, leader: bool) -> (String, Option<String>, bool) {
    ("job".to_owned(), Some(id.to_owned()), leader)
}

/// With a supervisor that is asked, and without one.
#[test]
fn the_tree_has_them_behind_the_services() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let id = start(&checkout, &["--tag", "watch", "--", "sh", "-c", "sleep 1000; true"]);
        let both = [of_job(&id, true), of_job(&id, false)];
        until_so("the job has a child", || tree(&checkout, &[]).len() == 2);
        let _ = checkout.call(&["ps"]).ends_with(Exit::Ok).says(&id);
        assert_eq!(tree(&checkout, &[]), both);
        let up = checkout.up();
        let all = tree(&checkout, &[]);
        assert_eq!((all[0].0.as_str(), &all[1..]), ("service", &both[..]));
        assert_eq!(tree(&checkout, &["--job", &id, "--leaders-only"]), both[..1]);
        assert_eq!(tree(&checkout, &["--tag", "watch"]), both);
        let shown = checkout.call(&["tree"]).ends_with(Exit::Ok);
        let _ = shown.says_in_order(&["web", &format!("job {id}"), "sh -c", "sleep 1000"]);
        let ps = checkout.call(&["ps"]).ends_with(Exit::Ok);
        let _ = ps.says_in_order(&["web", "running", &id, "sleep 1000"]);
        let everywhere = checkout.call(&["ps", "--all"]).ends_with(Exit::Ok);
        let _ = everywhere.says_in_order(&["shop", "web", &id]).never_says("/jobs/");
        let json = checkout.call(&["ps", "--all", "--json"]).ends_with(Exit::Ok).out();
        let json: Value = serde_json::from_str(&json).expect("an object");
        assert_eq!(
            (&json["jobs"][0]["id"], &json["projects"][1]),
            (&id.clone().into(), &Value::Null)
        );
        let _ = checkout.call(&["ps", "--here"]).ends_with(Exit::Ok).says(&format!("job {id}"));
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = up.ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn each_scope_of_a_kill_reaches_the_jobs_it_names() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let job =
            |arguments: &[&str]| start(&checkout, &[arguments, &["--", "sleep", "1000"]].concat());
        let (named, tagged, rest) = (job(&[]), job(&["--tag", "watch"]), job(&[]));
        let global = job(&["--scope", "global"]);
        let up = checkout.up();
        let kill = |arguments: &[&str]| {
            let _ = checkout.call(&[&["kill"], arguments].concat()).ends_with(Exit::Ok);
        };
        let over = |id: &str| until_so("the job is over", || status(&checkout, id) != "running");
        let plan = checkout.call(&["kill", "--tag", "watch", "--dry-run"]).ends_with(Exit::Ok);
        let _ = plan.says_in_order(&["1 process would", &tagged, "spared:", &named]);
        kill(&["--job", &named]);
        over(&named);
        kill(&["--tag", "watch"]);
        over(&tagged);
        assert_eq!(status(&checkout, &rest), "running");
        kill(&["--all-except-services"]);
        over(&rest);
        for id in [&named, &tagged, &rest] {
            assert_eq!(status(&checkout, id), "cancelled", "somebody asked for it");
        }
        let up = up.is_well();
        kill(&["--project"]);
        assert_eq!(status(&checkout, &global), "running", "it outlives its project");
        kill(&["--all"]);
        over(&global);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = up.finish();
        checkout.leaves_nothing();
    });
}

/// A single process of a job, by its pid and from anywhere.
#[test]
fn a_process_of_a_job_is_ours_to_kill() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let command = process(&checkout, &id);
        let pid = super::show(&checkout, &id)["pid"].to_string();
        let _ = checkout.call(&["kill", "--pid", &pid]).ends_with(Exit::Ok);
        until_so("the job is over", || status(&checkout, &id) == "failed");
        assert!(!command.lives());
        let unknown = checkout.call(&["kill", "--job", "nobody"]).ends_with(Exit::Usage);
        let _ = unknown.says("there is no job `nobody`");
        checkout.leaves_nothing();
    });
}
