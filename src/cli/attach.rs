//! `devsup attach`: this terminal becomes that of a service, until the service
//! ends or Ctrl-] is pressed.

use super::{Common, args, running};
use crate::api::client::{Attachment, ClientError};
use crate::api::{Attached, Piece};
use crate::exit::Status;
use crate::os::pty;
use crate::os::raw::Raw;
use crate::ui;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Ctrl-], by which telnet and its kin are left.
const LEAVE: u8 = 0x1d;

/// How it ended.
enum Ending {
    /// The service ended, with this code.
    Exit(i32),
    /// Somebody left, by a key or a signal.
    Left,
    /// We read too slowly.
    TooSlow,
    /// The supervisor is gone, or another program.
    Lost,
}

/// Attaches, and passes everything on until there is an end.
pub(super) fn run(common: &Common, typed: &args::Attach) -> Status {
    let found = running::find(common, &typed.place.file);
    let attached = found.and_then(|(_, client)| {
        client.attach(&typed.name).map_err(|error| running::refused(&error))
    });
    match attached {
        Ok(attachment) => carry(attachment),
        Err(status) => status,
    }
}

fn carry(mut attachment: Attachment) -> Status {
    let whom = match attachment.whom() {
        Ok(whom) => whom,
        Err(error) => return running::refused(&error),
    };
    ui::err(&greeting(&whom));
    let ending = talk(attachment, &whom);
    let name = &whom.instance;
    match ending {
        Ok(Ending::Exit(code)) => Status::Passed(u8::try_from(code).unwrap_or(1)),
        Ok(Ending::Left) => {
            ui::err(&format!("detached; {name} goes on"));
            Status::Ok
        }
        Ok(Ending::TooSlow) => super::failed("what it writes was not read in time"),
        Ok(Ending::Lost) => {
            super::failed(&format!("the supervisor let go\n  hint: `devsup attach {name}` again"))
        }
        Err(error) => super::failed(&format!("the terminal can't be used: {error}")),
    }
}

fn greeting(whom: &Attached) -> String {
    let Attached { instance, pid, terminal, input } = whom;
    let how = match (terminal, input) {
        (true, _) => "Ctrl-] detaches",
        (false, true) => "Ctrl-C detaches",
        (false, false) => {
            "it hears nothing: it has neither `tty` nor `stdin_open`; Ctrl-C detaches"
        }
    };
    format!("attached to {instance} (pid {pid}); {how}")
}

/// The way to the supervisor, shared by all who tell it something.
#[derive(Clone)]
struct Line {
    stream: Arc<Mutex<UnixStream>>,
    left: Arc<AtomicBool>,
}

impl Line {
    fn tell(&self, piece: &Piece) -> io::Result<()> {
        let mut bytes = Vec::new();
        piece.put(&mut bytes);
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        io::Write::write_all(&mut *stream, &bytes)
    }

    fn tell_size(&self) {
        if let Some(size) = pty::size(io::stdin()) {
            let _gone = self.tell(&Piece::Size(size.rows, size.columns));
        }
    }

    /// Ends the talk: whoever reads sees its end.
    fn leave(&self) {
        self.left.store(true, Ordering::Release);
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let _gone = stream.shutdown(Shutdown::Both);
    }
}

fn talk(attachment: Attachment, whom: &Attached) -> io::Result<Ending> {
    let line = Line {
        stream: Arc::new(Mutex::new(attachment.stream()?)),
        left: Arc::new(AtomicBool::new(false)),
    };
    let raw = if whom.terminal { Raw::enter()? } else { None };
    hear_signals(&line)?;
    if whom.terminal {
        line.tell_size();
    }
    if whom.input {
        let (line, keys) = (line.clone(), raw.is_some());
        std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || pass_on_keys(&line, keys))?;
    }
    let ending = show(attachment)?;
    drop(raw);
    let left = line.left.load(Ordering::Acquire);
    Ok(if left { Ending::Left } else { ending })
}

/// Shows what the service writes until there is an end.
fn show(mut attachment: Attachment) -> io::Result<Ending> {
    loop {
        match attachment.piece() {
            Ok(Some(Piece::Bytes(bytes))) => ui::bytes(&bytes)?,
            Ok(Some(Piece::Exit(code))) => return Ok(Ending::Exit(code)),
            Ok(Some(Piece::TooSlow)) => return Ok(Ending::TooSlow),
            Ok(Some(Piece::Attached(_) | Piece::Size(..))) => {}
            Ok(None) | Err(ClientError::Ended) => return Ok(Ending::Lost),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// Passes on what is typed. The end of it is no end of the talk: what the
/// service still writes is wanted.
fn pass_on_keys(line: &Line, keys: bool) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = io::stdin().lock().read(&mut buffer) {
        let typed = &buffer[..count];
        let end = typed.iter().position(|&byte| keys && byte == LEAVE);
        let typed = &typed[..end.unwrap_or(count)];
        if !typed.is_empty() && line.tell(&Piece::Bytes(typed.to_vec())).is_err() {
            return;
        }
        if end.is_some() {
            return line.leave();
        }
    }
}

fn hear_signals(line: &Line) -> io::Result<()> {
    for number in [SIGWINCH, SIGINT, SIGTERM, SIGHUP] {
        let (mut ours, theirs) = UnixStream::pair()?;
        signal_hook::low_level::pipe::register(number, theirs)?;
        let line = line.clone();
        let hear = move || {
            let mut buffer = [0; 64];
            while let Ok(1..) = ours.read(&mut buffer) {
                if number == SIGWINCH {
                    line.tell_size();
                } else {
                    line.leave();
                }
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(hear)?;
    }
    Ok(())
}
