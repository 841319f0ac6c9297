use super::*;
use std::process::{Child, Command};

fn sleeper() -> io::Result<(Child, Pid)> {
    let child = Command::new("sleep").arg("1000").spawn()?;
    let pid = Pid::new(child.id().cast_signed()).ok_or_else(|| io::Error::other("pid"))?;
    Ok((child, pid))
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

#[test]
fn a_signal_reaches_the_process_of_the_handle() -> io::Result<()> {
    let (mut child, pid) = sleeper()?;
    let identity = Identity::read(pid)?.ok_or_else(|| io::Error::other("gone"))?;
    let handle = Handle::open(&identity)?.ok_or_else(|| io::Error::other("gone"))?;
    assert!(!handle.has_ended()?);
    assert_eq!(handle.signal(Signal::Term)?, Sent::Delivered);
    assert!(handle.wait(far())?);
    child.wait()?;
    assert_eq!(handle.signal(Signal::Term)?, Sent::Gone);
    assert_eq!(Identity::read(pid)?, None);
    Ok(())
}

#[test]
fn another_start_time_or_inode_is_another_process() -> io::Result<()> {
    let (mut child, pid) = sleeper()?;
    let identity = Identity::read(pid)?.ok_or_else(|| io::Error::other("gone"))?;
    let later = Identity { start: identity.start + 1, ..identity };
    let other = Identity { inode: identity.inode.map(|inode| inode + 1), ..identity };
    let unknown = Identity { inode: None, ..identity };
    assert!(Handle::open(&later)?.is_none());
    assert_eq!(Handle::open(&other)?.is_none(), identity.inode.is_some());
    assert!(Handle::open(&unknown)?.is_some());
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[test]
fn waiting_says_who_ended() -> io::Result<()> {
    let (mut one, first) = sleeper()?;
    let (mut two, second) = sleeper()?;
    let handles = [first, second].map(Handle::of_pid);
    let [Ok(Some(first)), Ok(Some(second))] = &handles else {
        return Err(io::Error::other("gone"));
    };
    assert!(wait_any(&[first, second], Some(Duration::ZERO))?.is_empty());
    second.signal(Signal::Kill)?;
    assert_eq!(wait_any(&[first, second], Some(Duration::from_secs(30)))?, [1]);
    first.signal(Signal::Kill)?;
    one.wait()?;
    two.wait()?;
    Ok(())
}
