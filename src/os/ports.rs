//! TCP ports: who of ours listens, which are free, and who holds one that is
//! not.

use super::table;
use crate::model::Pid;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// `TCP_LISTEN`, as `/proc/net/tcp` writes it.
const LISTENING: &str = "0A";

/// A port that nobody has at this moment.
pub fn unused() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// The ports on which one of these processes listens.
pub fn listened_by(pids: &[Pid]) -> BTreeSet<u16> {
    let sockets: BTreeMap<u64, u16> =
        listening().into_iter().map(|(port, inode)| (inode, port)).collect();
    if sockets.is_empty() {
        return BTreeSet::new();
    }
    pids.iter().flat_map(|pid| held(*pid, &sockets)).collect()
}

/// The ports of those of these sockets that a process holds.
pub(super) fn held(pid: Pid, sockets: &BTreeMap<u64, u16>) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    // Not readable is not known.
    let _partial = table::descriptors(pid, |_, link| {
        ports.extend(socket_inode(link).and_then(|inode| sockets.get(&inode)));
    });
    ports
}

/// A place where somebody listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A TCP port, on this address.
    Port(SocketAddr),
    /// A unix socket that has a path.
    Socket(PathBuf),
}

/// Where these processes listen, as far as their descriptors may be read.
pub fn places_of(pids: &[Pid]) -> Vec<Place> {
    let mut sockets = BTreeSet::new();
    for pid in pids {
        // Not readable is not known.
        let _partial = table::descriptors(*pid, |_, link| sockets.extend(socket_inode(link)));
    }
    let ports = read("/proc/net/tcp") + &read("/proc/net/tcp6");
    let ports = ports.lines().filter_map(|line| {
        let (inode, address) = (parse_line(line)?.1, parse_address(line)?);
        Some((inode, Place::Port(address)))
    });
    let unix = read("/proc/net/unix");
    let unix = unix.lines().filter_map(|line| {
        let (inode, path) = parse_unix(line)?;
        Some((inode, Place::Socket(path)))
    });
    let held = ports.chain(unix).filter(|(inode, _)| sockets.contains(inode));
    held.map(|(_, place)| place).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The local address: `0100007F:1388`, words of four bytes in the order of
/// this machine.
fn parse_address(line: &str) -> Option<SocketAddr> {
    let (address, port) = line.split_ascii_whitespace().nth(1)?.rsplit_once(':')?;
    let word = |at: usize| {
        let word = u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    let ip: IpAddr = if address.len() == 8 {
        word(0)?.into()
    } else {
        let mut bytes = [0; 16];
        for part in 0..4 {
            bytes[4 * part..4 * part + 4].copy_from_slice(&word(8 * part)?);
        }
        bytes.into()
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// `0000: 00000002 00000000 00010000 0001 01 12345 /run/x.sock`: the fourth
/// field says whether it listens.
fn parse_unix(line: &str) -> Option<(u64, PathBuf)> {
    let mut fields = line.split_ascii_whitespace();
    let listens = fields.nth(3)? == "00010000";
    let inode = fields.nth(2)?.parse().ok()?;
    let path = fields.next().filter(|path| path.starts_with('/'))?;
    listens.then(|| (inode, PathBuf::from(path)))
}

/// Whether a service could listen on this port now, on any address a service
/// usually listens on. Connections that linger from before do not count.
pub fn is_free(port: u16) -> bool {
    let addresses: [IpAddr; 4] = [
        Ipv4Addr::LOCALHOST.into(),
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv6Addr::LOCALHOST.into(),
        Ipv6Addr::UNSPECIFIED.into(),
    ];
    addresses.into_iter().all(|address| match TcpListener::bind((address, port)) {
        Ok(_) => true,
        // No IPv6 here, or a port we may not have: nobody took it from us.
        Err(error) => error.kind() != io::ErrorKind::AddrInUse,
    })
}

/// Who listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its pid when it was looked at.
    pub pid: Pid,
    /// Its command line.
    pub command: String,
    /// The directory it is in, where that may be known.
    pub directory: Option<PathBuf>,
}

/// As in: node vite (pid 12, in /shop), the names in backticks.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (pid {}", self.command, self.pid)?;
        match &self.directory {
            Some(directory) => write!(f, ", in `{}`)", directory.display()),
            None => f.write_str(")"),
        }
    }
}

/// Who listens on a port; `None` where it can't be told.
pub fn holder(port: u16) -> Option<Holder> {
    let sockets: Vec<u64> =
        listening().into_iter().filter(|(used, _)| *used == port).map(|(_, inode)| inode).collect();
    of_sockets(&sockets)
}

fn of_sockets(sockets: &[u64]) -> Option<Holder> {
    if sockets.is_empty() {
        return None;
    }
    let holds = |pid: &Pid| {
        let mut found = false;
        let _partial = table::descriptors(*pid, |_, link| {
            found |= socket_inode(link).is_some_and(|inode| sockets.contains(&inode));
        });
        found
    };
    let pid = table::pids().ok()?.into_iter().find(holds)?;
    let name = table::stat(pid).ok()??.name;
    Some(Holder { pid, command: table::command(pid, &name), directory: table::directory(pid).ok() })
}

/// Who listens on a unix socket; `None` where it can't be told.
pub fn socket_holder(path: &Path) -> Option<Holder> {
    let text = read("/proc/net/unix");
    let all = text.lines().filter_map(parse_unix);
    of_sockets(&all.filter(|(_, at)| at == path).map(|(inode, _)| inode).collect::<Vec<_>>())
}

/// Ports that are listened on, with the inode of each socket.
pub(super) fn listening() -> Vec<(u16, u64)> {
    let text = read("/proc/net/tcp") + &read("/proc/net/tcp6");
    text.lines().filter_map(parse_line).collect()
}

/// `0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000
/// 1000 0 12345 ...`: local address, remote, state, ..., inode.
fn parse_line(line: &str) -> Option<(u16, u64)> {
    let mut fields = line.split_ascii_whitespace();
    let (_, port) = fields.nth(1)?.rsplit_once(':')?;
    let listening = fields.nth(1)? == LISTENING;
    let inode = fields.nth(5)?.parse().ok()?;
    listening.then_some((u16::from_str_radix(port, 16).ok()?, inode))
}

/// `socket:[12345]`.
fn socket_inode(link: &OsStr) -> Option<u64> {
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::process::own_pid;

    #[test]
    fn a_line_of_the_table_is_read() {
        let line = "   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 \
                    00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0";
        assert_eq!(parse_line(line), Some((5000, 12345)));
        assert_eq!(parse_line(&line.replace(" 0A ", " 01 ")), None);
        assert_eq!(parse_line("  sl  local_address rem_address   st"), None);
    }

    #[test]
    fn places_are_told_by_whoever_listens() -> io::Result<()> {
        let own = own_pid().ok_or_else(|| io::Error::other("pid 1"))?;
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("s");
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
        let _unix = std::os::unix::net::UnixListener::bind(&path)?;
        let places = places_of(&[own]);
        assert!(places.contains(&Place::Port(four.local_addr()?)));
        assert!(places.contains(&Place::Socket(path)));
        if let Ok(six) = six {
            assert!(places.contains(&Place::Port(six.local_addr()?)));
        }
        Ok(())
    }

    #[test]
    fn a_listener_is_found_with_its_holder() -> io::Result<()> {
        let own = own_pid().ok_or_else(|| io::Error::other("pid 1"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        assert!(!is_free(port));
        assert!(listened_by(&[own]).contains(&port));
        assert!(holder(port).is_some_and(|holder| holder.pid == own));
        drop(listener);
        assert!(!listened_by(&[own]).contains(&port));
        Ok(())
    }
}
