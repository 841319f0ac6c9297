use super::super::engine::State;
use super::*;
use std::path::PathBuf;

const HERE: &str = "/nowhere/here";
const THERE: &str = "/nowhere/there";

fn ground() -> Ground {
    Ground {
        root: PathBuf::from(HERE),
        usual_name: Some("shop".to_owned()),
        surroundings: format!("/var/lib/docker/containers/{}/hostname", "5e1f".repeat(16)),
        ..Ground::default()
    }
}

fn container(id: &str, project: &str, directory: &str, networks: &[&str]) -> Container {
    let labels = [(PROJECT, project), ("com.docker.compose.project.working_dir", directory)];
    Container {
        id: id.to_owned(),
        name: format!("name-of-{id}"),
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        state: State::Running,
        networks: networks.iter().map(|name| (*name).to_owned()).collect(),
        volumes: Vec::new(),
    }
}

fn shared(name: &str, project: &str) -> Shared {
    let labels = [(PROJECT.to_owned(), project.to_owned())];
    Shared { id: format!("id-of-{name}"), name: name.to_owned(), labels: labels.into() }
}

fn look(containers: Vec<Container>) -> Look {
    let networks = vec![shared("shop_default", "shop"), shared("other_default", "other")];
    Look { containers, networks, volumes: vec![shared("shop_data", "shop")] }
}

fn why(plan: &Plan, name: &str) -> Option<WhySpared> {
    let found = plan.spared.iter().find(|spared| spared.thing.name == name);
    found.map(|spared| spared.why.clone())
}

#[test]
fn networks_and_volumes_follow_their_containers() {
    let plan = plan(look(vec![container("a", "shop", HERE, &[])]), &ground(), true);
    assert_eq!(plan.networks.len(), 1);
    assert_eq!(plan.networks[0].1, Claim::Project);
    assert_eq!(plan.volumes.len(), 1);
    assert!(why(&plan, "other_default").is_none(), "others' networks are not our business");
}

#[test]
fn a_usual_name_is_enough_for_a_network_and_not_for_a_volume() {
    let wanted = plan(look(Vec::new()), &ground(), true);
    assert_eq!(wanted.networks[0].1, Claim::Name);
    assert!(wanted.volumes.is_empty());
    assert_eq!(why(&wanted, "shop_data"), Some(WhySpared::Unsure));
    let unwanted = plan(look(Vec::new()), &ground(), false);
    assert_eq!(why(&unwanted, "shop_data"), None);
}

#[test]
fn another_project_of_the_name_keeps_them_though_it_uses_neither() {
    let ours = container("a", "shop", HERE, &["shop_default"]);
    let theirs = container("b", "shop", THERE, &[]);
    let plan = plan(look(vec![ours, theirs]), &ground(), true);
    assert_eq!(plan.containers.len(), 1);
    assert!(plan.networks.is_empty() && plan.volumes.is_empty());
    let by = WhySpared::InUse { by: vec!["name-of-b".to_owned()] };
    assert_eq!(why(&plan, "shop_default"), Some(by.clone()));
    assert_eq!(why(&plan, "shop_data"), Some(by));
}

#[test]
fn a_configured_name_replaces_the_usual_one() {
    let ground = Ground { project: Some("other".to_owned()), ..ground() };
    let plan = plan(look(Vec::new()), &ground, true);
    let names: Vec<&str> = plan.networks.iter().map(|(thing, _)| thing.name.as_str()).collect();
    assert_eq!(names, ["other_default"]);
    assert!(why(&plan, "shop_data").is_none());
}

#[test]
fn the_container_we_run_in_is_spared_with_what_it_needs() {
    let inside = container(&"5e1f".repeat(16), "shop", HERE, &["shop_default"]);
    let beside = container("c0de", "shop", HERE, &["shop_default"]);
    let plan = plan(look(vec![inside, beside]), &ground(), true);
    assert_eq!(plan.containers.len(), 1);
    assert_eq!(plan.containers[0].thing.id, "c0de");
    assert!(plan.spared.iter().any(|spared| spared.why == WhySpared::Inside));
    assert!(plan.networks.is_empty());
}

#[test]
fn what_only_those_use_that_stay_stays_without_a_word() {
    let ground = Ground { reach: Reach::Run([].into()), ..ground() };
    let plan = plan(look(vec![container("a", "shop", HERE, &["shop_default"])]), &ground, true);
    assert!(plan.containers.is_empty() && plan.networks.is_empty() && plan.volumes.is_empty());
    assert_eq!(why(&plan, "shop_default"), Some(WhySpared::Before));
    assert_eq!(why(&plan, "shop_data"), Some(WhySpared::Before));
}
