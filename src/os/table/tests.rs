use super::*;

const LINE: &[u8] = b"77 (a) b (c) S 5 77 70 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1000 3 18446744073709551615 1";

#[test]
fn a_name_with_brackets_is_read_whole() {
    let stat = parse_stat(LINE, 1000);
    let expected = Stat {
        name: "a) b (c".to_owned(),
        state: 'S',
        parent: 5,
        group: 77,
        session: 70,
        terminal: 0,
        kernel: false,
        start: 4242,
        memory: 3 * page_size(),
        ticks: 5 + 6,
        threads: 1,
        owner: 1000,
    };
    assert_eq!(stat, Some(expected));
}

#[test]
fn half_a_line_is_no_process() {
    for end in 0..LINE.len() - 30 {
        assert_eq!(parse_stat(&LINE[..end], 0), None, "{end}");
    }
}

#[test]
fn we_see_ourselves() -> io::Result<()> {
    let own = super::super::process::own_pid().ok_or_else(|| io::Error::other("pid 1"))?;
    assert!(pids()?.contains(&own));
    let stat = stat(own)?.ok_or_else(|| io::Error::other("no stat"))?;
    assert!(can_run(own, &stat) && !stat.kernel && stat.memory > 0);
    let status = status(own)?.ok_or_else(|| io::Error::other("no status"))?;
    assert_eq!(status.leader, own.raw());
    assert_eq!(status.uids[0], super::super::peer::own_uid());
    assert!(!ignores(own, Signal::Kill));
    Ok(())
}

#[test]
fn a_child_is_seen_with_its_variables_and_is_gone_after_it() -> io::Result<()> {
    let mut child = std::process::Command::new("sleep")
        .arg("1000")
        .env("DEVSUP_TEST_A", "one")
        .env_remove("DEVSUP_TEST_B")
        .spawn()?;
    let pid = Pid::new(child.id().cast_signed()).ok_or_else(|| io::Error::other("pid"))?;
    // Spawn returns while the exec is still at work: for a moment the process
    // has no environment at all.
    let names = ["DEVSUP_TEST_B", "DEVSUP_TEST_A"];
    let values = loop {
        let values = variables(pid, names)?;
        if values[1].is_some() {
            break values;
        }
        std::thread::yield_now();
    };
    assert_eq!(values, [None, Some("one".to_owned())]);
    assert_eq!(command(pid, "x"), "sleep 1000");
    child.kill()?;
    // Before it is reaped it is a zombie: there, but nothing of it can run.
    let handle = super::super::process::Handle::of_pid(pid)?;
    let ended =
        handle.map(|handle| handle.wait(std::time::Instant::now() + Duration::from_secs(30)));
    assert!(matches!(ended, Some(Ok(true))));
    let zombie = stat(pid)?.ok_or_else(|| io::Error::other("reaped too early"))?;
    assert!(!can_run(pid, &zombie));
    child.wait()?;
    assert_eq!(stat(pid)?, None);
    Ok(())
}
