//! Nothing of anybody else's is touched, whatever its name.

use super::engine::{Engine, POLITE, done, gone, spared, these};
use devsup::docker::{Outcome, tear_down_blocking};

#[test]
fn another_checkout_of_the_same_name_lives() {
    let Some(engine) = Engine::shared() else { return };
    let ours = engine.checkout();
    let theirs = ours.twin();
    let network = ours.create("network", "default");
    let data = ours.create("volume", "data");
    let attached = ["--network", &*network];
    let mine = ours.container("db", POLITE, &attached);
    let other = theirs.container("db", POLITE, &[]);
    let mut wish = ours.wish();
    wish.compose = Some(ours.named());
    wish.volumes = true;

    let torn = done(&wish);

    assert_eq!(gone(&torn), [&*mine]);
    assert!(torn.left.is_empty(), "{torn:?}");
    let there = format!("same project name, but started in `{}`", theirs.root.display());
    assert_eq!(spared(&torn, &other), there);
    assert_eq!(spared(&torn, &network), format!("in use by `{other}`"));
    assert_eq!(spared(&torn, &data), format!("in use by `{other}`"));
    assert!(ours.has("container", &other) && ours.has("network", &network));
    assert!(ours.has("volume", &data));
    let torn = done(&theirs.wish());
    assert_eq!(gone(&torn), these([&*other, &*network]));
    engine.docker(&["volume", "rm", &data]);
}

#[test]
fn strangers_in_our_network_and_volume_keep_them() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let network = shop.create("network", "default");
    let data = shop.create("volume", "data");
    let mount = format!("{data}:/data");
    let mine = shop.container("db", POLITE, &["--network", &network, "--volume", &mount]);
    let stranger = shop.plain("stranger", &["--network", &network, "--volume", &mount]);
    // The engine itself would let a network go from under a stopped container.
    engine.docker(&["stop", &stranger]);
    let mut wish = shop.wish();
    wish.volumes = true;

    let torn = done(&wish);

    assert_eq!(gone(&torn), [&*mine]);
    assert!(torn.left.is_empty(), "{torn:?}");
    assert_eq!(spared(&torn, &stranger), "not started by compose");
    assert_eq!(spared(&torn, &network), format!("in use by `{stranger}`"));
    assert_eq!(spared(&torn, &data), format!("in use by `{stranger}`"));
    engine.docker(&["start", &stranger]);
    engine.docker(&["rm", "--force", &stranger]);
    engine.docker(&["network", "rm", &network]);
    engine.docker(&["volume", "rm", &data]);
}

#[test]
fn a_project_below_or_beside_ours_lives() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let beside = engine.checkout().compose("version: '3'\nservices: {db: {IMAGE, POLITE}}").up();
    let below = shop.root.join("below");
    std::fs::create_dir(&below).expect("a directory");
    std::fs::copy(beside.root.join("docker-compose.yml"), below.join("docker-compose.yml"))
        .expect("a copy");
    let inner = format!("{}in", shop.project);
    shop.docker_compose(&below, &["--project-name", &inner, "up", "-d"]);

    let outcome = tear_down_blocking(&shop.wish(), &mut |_| ());

    let Outcome::NothingToDo(torn) = outcome else { panic!("{outcome:?}") };
    let (near, far) = (format!("{inner}_db_1"), format!("{}_db_1", beside.project));
    assert_eq!(spared(&torn, &near), format!("another project's, of `{}`", below.display()));
    assert_eq!(spared(&torn, &far), format!("another project's, of `{}`", beside.root.display()));
    assert!(shop.has("container", &near) && shop.has("container", &far));
    shop.docker_compose(&below, &["--project-name", &inner, "down", "--timeout", "0"]);
    assert_eq!(done(&beside.wish()).gone.len(), 2);
}

#[test]
fn a_name_alone_is_no_proof() {
    let Some(engine) = Engine::shared() else { return };
    let shop = engine.checkout();
    let label = format!("com.docker.compose.project={}", shop.project);
    let nameless = shop.plain("nameless", &["--label", &label]);
    let mut wish = shop.wish();
    wish.compose = Some(shop.named());
    let outcome = tear_down_blocking(&wish, &mut |_| ());
    let Outcome::NothingToDo(torn) = outcome else { panic!("{outcome:?}") };
    assert_eq!(spared(&torn, &nameless), "no label says which directory it belongs to");
    assert!(shop.has("container", &nameless));
}
