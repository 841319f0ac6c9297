use super::*;
use tempfile::TempDir;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn compose(project: &str, directory: &Path, files: &str) -> Labels {
    let directory = directory.to_str().expect("text");
    labels(&[(PROJECT, project), (WORKING_DIR, directory), (CONFIG_FILES, files)])
}

fn directory() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let real = resolved(directory.path());
    (directory, real)
}

fn ground(root: &Path) -> Ground {
    Ground { root: root.to_owned(), usual_name: Some("shop".to_owned()), ..Ground::default() }
}

#[test]
fn the_directory_decides_and_the_name_does_not() {
    let (_keep, root) = directory();
    let (_other, elsewhere) = directory();
    let ground = ground(&root);
    assert_eq!(ground.judge(&compose("any", &root, "")), Ok(Claim::Directory));
    let why = ground.judge(&compose("shop", &elsewhere, ""));
    assert!(matches!(why, Err(WhySpared::SameName { .. })), "{why:?}");
    let why = ground.judge(&compose("any", &elsewhere, ""));
    assert!(matches!(why, Err(WhySpared::OtherProject { .. })), "{why:?}");
    let below = root.join("below");
    assert!(ground.judge(&compose("shop", &below, "")).is_err());
}

#[test]
fn a_symlinked_directory_is_the_same_one() {
    let (_keep, root) = directory();
    let (_other, elsewhere) = directory();
    let link = elsewhere.join("link");
    std::os::unix::fs::symlink(&root, &link).expect("a link");
    assert_eq!(ground(&root).judge(&compose("any", &link, "")), Ok(Claim::Directory));
}

#[test]
fn containers_without_the_labels_are_nobodys() {
    let (_keep, root) = directory();
    let ground = ground(&root);
    assert_eq!(ground.judge(&labels(&[])), Err(WhySpared::NotCompose));
    assert_eq!(ground.judge(&labels(&[(PROJECT, "shop")])), Err(WhySpared::NoDirectory));
}

#[test]
fn a_configured_file_outside_of_the_root_counts() {
    let (_keep, root) = directory();
    let (_other, elsewhere) = directory();
    let file = elsewhere.join("docker-compose.yml");
    fs::write(&file, "").expect("a file");
    let ground = Ground { file: Some(file.clone()), ..ground(&root) };
    let absolute = file.to_str().expect("text");
    assert_eq!(ground.judge(&compose("x", &elsewhere, absolute)), Ok(Claim::File));
    let with_second = format!("/tmp/other.yml,{absolute}");
    assert_eq!(ground.judge(&compose("x", &elsewhere, &with_second)), Ok(Claim::File));
    let relative = compose("x", &elsewhere, "../docker-compose.yml");
    assert_eq!(ground.judge(&relative), Ok(Claim::File));
    assert!(ground.judge(&compose("x", &elsewhere, "other.yml")).is_err());
    assert!(ground.judge(&compose("x", &elsewhere, "/tmp/docker-compose.yml")).is_err());
}

#[test]
fn relative_files_are_not_looked_up_from_the_wrong_place() {
    let (_keep, root) = directory();
    let file = root.join("docker-compose.yml");
    let below = root.join("below");
    fs::create_dir(&below).expect("a directory");
    fs::write(&file, "").expect("a file");
    let (_other, elsewhere) = directory();
    let ground = Ground { file: Some(file), ..ground(&elsewhere) };
    let why = ground.judge(&compose("x", &below, "../docker-compose.yml"));
    assert!(why.is_err(), "{why:?}");
}

#[test]
fn a_configured_name_tells_two_projects_of_one_file_apart() {
    let (_keep, root) = directory();
    let (_other, elsewhere) = directory();
    let file = elsewhere.join("compose.yaml");
    let text = file.to_str().expect("text").to_owned();
    let ground = Ground { file: Some(file), project: Some("mine".to_owned()), ..ground(&root) };
    assert_eq!(ground.judge(&compose("mine", &elsewhere, &text)), Ok(Claim::File));
    assert!(ground.judge(&compose("yours", &elsewhere, &text)).is_err());
}

#[test]
fn run_labels_count_even_inside_a_chain() {
    let (_keep, root) = directory();
    let run = RunId::from_bits(7);
    let ground = Ground { runs: vec![run], ..ground(&root) };
    let inner = RunId::from_bits(8);
    let value = run.to_string();
    assert_eq!(ground.judge(&labels(&[(RUN, &value)])), Ok(Claim::Run(run)));
    assert_eq!(ground.judge(&labels(&[(RUN, &format!("{run}/{inner}"))])), Ok(Claim::Run(run)));
    let stranger = inner.to_string();
    assert_eq!(ground.judge(&labels(&[(RUN, &stranger)])), Err(WhySpared::NotCompose));
}

#[test]
fn dependencies_are_read_in_every_form() {
    let read = |text: &str| depends_on(&labels(&[(DEPENDS_ON, text)]));
    assert_eq!(read("db:service_healthy:false,cache:service_started:true"), ["db", "cache"]);
    assert_eq!(read("db:service_started"), ["db"]);
    assert_eq!(read("db"), ["db"]);
    assert!(read("").is_empty());
    assert!(read(",:,").is_empty());
}

#[test]
fn a_container_is_known_from_inside_and_not_from_outside() {
    let id = "5e1f".repeat(16);
    let inside = format!(
        "612 600 254:0 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/vda rw"
    );
    let outside = format!(
        "98 25 0:45 / /var/lib/docker/containers/{id}/mounts/shm rw shared:1 - tmpfs shm rw"
    );
    let knows = |mounts: &str, groups: &str| {
        Ground { surroundings: traces(mounts, groups), ..Ground::default() }.is_inside(&id)
    };
    assert!(knows(&inside, "0::/\n"));
    assert!(knows("", &format!("12:pids:/docker/{id}\n")));
    assert!(!knows(&outside, "0::/user.slice\n"));
    assert!(!Ground::default().is_inside(""));
}
