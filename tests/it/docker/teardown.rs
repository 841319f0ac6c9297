//! What is ours goes, in order, in time, and with what belongs to it.

use super::engine::{DEAF, Engine, POLITE, done, done_with, gone, spared, these};
use devsup::docker::{Outcome, tear_down_blocking};
use devsup::model::{Claim, ContainerStep, Ending, Haste, RunId, ThingKind};
use std::os::unix::fs::symlink;
use std::time::Duration;

const SHOP: &str = "
version: '3.5'
services:
  db: {IMAGE, POLITE, volumes: ['data:/data', '/anonymous']}
  web: {IMAGE, POLITE, depends_on: [db]}
volumes: {data: {}}
";

#[test]
fn a_compose_project_goes_and_its_volumes_stay() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout().compose(SHOP).up();
    let (db, web) = (format!("{}_db_1", shop.project), format!("{}_web_1", shop.project));
    let (network, data) = (format!("{}_default", shop.project), format!("{}_data", shop.project));
    let anonymous = engine.docker(&[
        "inspect",
        "--format",
        "{{range .Mounts}}{{if eq .Destination \"/anonymous\"}}{{.Name}}{{end}}{{end}}",
        &db,
    ]);

    let torn = done(&shop.wish());

    assert_eq!(gone(&torn), these([&*db, &*network, &*web]));
    assert!(torn.left.is_empty(), "{torn:?}");
    assert!(torn.gone.iter().all(|gone| gone.thing.kind != ThingKind::Volume));
    assert!(!shop.has("container", &db) && !shop.has("container", &web));
    assert!(!shop.has("network", &network));
    assert_eq!(spared(&torn, &data), "volumes are kept unless `--volumes` is given");
    assert!(shop.has("volume", &data));
    assert!(shop.has("volume", &anonymous), "an anonymous volume is a volume");
    engine.docker(&["volume", "rm", &data, &anonymous]);
}

#[test]
fn volumes_go_when_asked_for_and_external_ones_never() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let (outer_network, outer_volume) =
        (format!("net-{}", shop.project), format!("vol-{}", shop.project));
    engine.docker(&["network", "create", &outer_network]);
    engine.docker(&["volume", "create", &outer_volume]);
    let shop = shop
        .compose(&format!(
            "
version: '3.5'
services:
  db: {{IMAGE, POLITE, volumes: ['data:/data', '/anonymous', 'outer:/outer'], networks: [default, outer]}}
volumes: {{data: {{}}, outer: {{external: true, name: {outer_volume}}}}}
networks: {{outer: {{external: true, name: {outer_network}}}}}
"
        ))
        .up();
    let before = engine.docker(&["volume", "ls", "--quiet", "--filter", "dangling=false"]);
    assert!(before.lines().count() >= 3, "{before}");
    let mut wish = shop.wish();
    wish.volumes = true;

    let torn = done(&wish);

    let data = format!("{}_data", shop.project);
    assert!(gone(&torn).contains(&&*data), "{torn:?}");
    assert!(!shop.has("volume", &data));
    for volume in before.lines().filter(|name| name.len() == 64) {
        assert!(!shop.has("volume", volume), "an anonymous volume stayed");
    }
    assert!(shop.has("volume", &outer_volume) && shop.has("network", &outer_network));
    engine.docker(&["network", "rm", &outer_network]);
    engine.docker(&["volume", "rm", &outer_volume]);
}

#[test]
fn a_volume_without_containers_goes_only_by_a_configured_name() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout().compose(SHOP);
    let data = shop.create("volume", "data");
    let network = shop.create("network", "default");
    let mut wish = shop.wish();
    wish.volumes = true;

    let torn = done(&wish);
    assert_eq!(gone(&torn), [&*network]);
    assert!(spared(&torn, &data).contains("compose.project"), "{torn:?}");
    assert!(shop.has("volume", &data));

    wish.compose = Some(shop.named());
    let torn = done(&wish);
    assert_eq!(gone(&torn), [&*data]);
    assert_eq!(torn.gone[0].claim, Claim::Name);
    assert!(!shop.has("volume", &data));
}

#[test]
fn dependents_stop_first() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let on =
        |service: &str| format!("com.docker.compose.depends_on={service}:service_started:false");
    let db = shop.container("db", POLITE, &[]);
    let api = shop.container("api", POLITE, &["--label", &on("db")]);
    let web = shop.container("web", POLITE, &["--label", &on("api")]);

    let (torn, steps) = done_with(&shop.wish(), |_| ());

    assert_eq!(gone(&torn).len(), 3);
    let story: Vec<(bool, &str)> = steps
        .iter()
        .filter_map(|step| match step {
            ContainerStep::Stopping { thing, .. } => Some((false, thing.name.as_str())),
            ContainerStep::Gone(gone) => Some((true, gone.thing.name.as_str())),
            _ => None,
        })
        .collect();
    let expected = [&web, &api, &db].map(|name| [(false, name.as_str()), (true, name.as_str())]);
    assert_eq!(story, expected.concat());
}

#[test]
fn a_deaf_container_ends_by_its_own_patience() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let name = shop.container("db", DEAF, &["--stop-timeout", "1"]);
    let (torn, steps) = done_with(&shop.wish(), |_| ());
    assert_eq!(gone(&torn), [&*name]);
    assert_eq!(torn.gone[0].ending, Ending::Stopped);
    let patience = steps.iter().find_map(|step| match step {
        ContainerStep::Stopping { patience, .. } => *patience,
        _ => None,
    });
    assert_eq!(patience, Some(1));
}

#[test]
fn who_loses_patience_is_heard() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let on = "com.docker.compose.depends_on=db:service_started:false";
    let db = shop.container("db", POLITE, &[]);
    let web = shop.container("web", DEAF, &["--stop-timeout", "300", "--label", on]);
    let mut wish = shop.wish();
    wish.deadline = Duration::from_secs(400);
    let hurry = wish.hurry.clone();
    let (torn, steps) = done_with(&wish, |step| {
        if matches!(step, ContainerStep::Stopping { .. }) {
            hurry.ask();
        }
    });
    assert_eq!(gone(&torn), these([&*db, &*web]));
    assert!(torn.gone.iter().all(|gone| gone.ending == Ending::Killed), "{torn:?}");
    let asked =
        |step: &&ContainerStep| matches!(step, ContainerStep::Killing { haste: Haste::Asked, .. });
    assert_eq!(steps.iter().filter(asked).count(), 2);
    assert!(!shop.has("container", &db) && !shop.has("container", &web));
}

#[test]
fn force_asks_nobody() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let name = shop.container("db", DEAF, &["--stop-timeout", "300"]);
    let mut wish = shop.wish();
    wish.force = true;
    wish.deadline = Duration::from_secs(400);
    let (torn, steps) = done_with(&wish, |_| ());
    assert_eq!(gone(&torn), [&*name]);
    assert_eq!(torn.gone[0].ending, Ending::Killed);
    assert!(!steps.iter().any(|step| matches!(step, ContainerStep::Stopping { .. })));
}

#[test]
fn the_time_for_all_cuts_a_long_patience_short() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let name = shop.container("db", DEAF, &["--stop-timeout", "300"]);
    let mut wish = shop.wish();
    wish.deadline = Duration::from_secs(8);
    let (torn, steps) = done_with(&wish, |_| ());
    assert_eq!(gone(&torn), [&*name]);
    let late = |step: &ContainerStep| {
        matches!(step, ContainerStep::Killing { haste: Haste::Deadline, .. })
    };
    assert!(steps.iter().any(late), "{steps:?}");
    let waited = |step: &ContainerStep| matches!(step, ContainerStep::Waiting { things, .. } if things[0].name == name);
    assert!(steps.iter().any(waited), "nobody was told who is waited for: {steps:?}");
}

#[test]
fn containers_in_every_state_go() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let paused = shop.container("paused", POLITE, &["--stop-timeout", "300"]);
    engine.docker(&["pause", &paused]);
    let ended = shop.container("ended", "true", &[]);
    engine.docker(&["wait", &ended]);
    let restarting = shop.container("restarting", "exit 1", &["--restart", "always"]);
    let kept = shop.container("kept", POLITE, &["--restart", "always"]);
    let oneoff = shop.container("oneoff", POLITE, &["--label", "com.docker.compose.oneoff=True"]);
    let passing = shop.container("passing", POLITE, &["--rm"]);
    let all = [&paused, &ended, &restarting, &kept, &oneoff, &passing];

    let torn = done(&shop.wish());

    assert_eq!(torn.count(ThingKind::Container), all.len(), "{torn:?}");
    assert!(torn.left.is_empty(), "{torn:?}");
    for name in all {
        assert!(!shop.has("container", name), "{name} is still there");
    }
    let ending =
        |name: &str| torn.gone.iter().find(|gone| gone.thing.name == name).map(|gone| gone.ending);
    assert_eq!(ending(&ended), Some(Ending::Removed));
    assert_eq!(ending(&paused), Some(Ending::Stopped));
    assert_eq!(ending(&kept), Some(Ending::Stopped));
}

#[test]
fn containers_that_a_run_labelled_go() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let (ours, theirs) = (RunId::from_bits(0xabc), RunId::from_bits(0xdef));
    let mine = shop.plain("mine", &["--label", &format!("devsup.run={ours}")]);
    let other = shop.plain("other", &["--label", &format!("devsup.run={theirs}")]);
    let mut wish = shop.wish();
    wish.runs = vec![ours];
    let torn = done(&wish);
    assert_eq!(gone(&torn), [&*mine]);
    assert_eq!(torn.gone[0].claim, Claim::Run(ours));
    assert!(shop.has("container", &other));
}

#[test]
fn a_directory_is_itself_through_every_door() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout().compose(SHOP);
    let below = shop.root.join("below");
    std::fs::create_dir(&below).expect("a directory");
    shop.docker_compose(&below, &["--file", "../docker-compose.yml", "up", "-d"]);
    let link = shop.root.join("link");
    symlink(&shop.root, &link).expect("a link");
    let mut wish = shop.wish();
    wish.root = link;
    assert_eq!(done(&wish).count(ThingKind::Container), 2);
}

#[test]
fn a_compose_file_outside_of_the_project_counts_where_it_is_configured() {
    let Some(engine) = Engine::shared() else { return };
    let elsewhere = engine.checkout().compose(SHOP).up();
    let project = engine.checkout();
    let mut wish = project.wish();
    let outcome = tear_down_blocking(&wish, &mut |_| ());
    assert!(matches!(outcome, Outcome::NothingToDo(_)), "{outcome:?}");
    wish.compose = Some(elsewhere.named());
    let torn = done(&wish);
    assert_eq!(torn.count(ThingKind::Container), 2);
    assert_eq!(torn.gone[0].claim, Claim::File);
    engine.docker(&["volume", "rm", &format!("{}_data", elsewhere.project)]);
}

#[test]
fn a_dry_run_tells_and_does_nothing() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let network = shop.create("network", "default");
    let name = shop.container("db", POLITE, &["--network", &network]);
    let mut wish = shop.wish();
    wish.dry_run = true;
    let (torn, steps) = done_with(&wish, |_| ());
    assert!(torn.dry_run && steps.is_empty());
    assert_eq!(gone(&torn), these([&*name, &*network]));
    let running = engine.docker(&["inspect", "--format", "{{.State.Running}}", &name]);
    assert_eq!(running, "true");
    assert_eq!(done(&shop.wish()).gone.len(), 2);
    assert!(!shop.has("network", &network));
}

#[test]
fn what_starts_meanwhile_goes_too() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let first = shop.container("first", POLITE, &[]);
    let mut late = None;
    let (torn, _) = done_with(&shop.wish(), |step| {
        if matches!(step, ContainerStep::Stopping { .. }) && late.is_none() {
            late = Some(shop.container("late", POLITE, &[]));
        }
    });
    let late = late.expect("it was started");
    assert_eq!(gone(&torn), these([&*first, &*late]));
    assert!(!shop.has("container", &late));
}
