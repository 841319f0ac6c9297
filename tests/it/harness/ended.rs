//! A program that has ended: its status and all it said.

use super::Checkout;
use super::heard::Heard;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a program may end. The numbers are those of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Ok,
    Error,
    Usage,
    NotRunning,
    Config,
    NotReady,
    Left,
    /// A code that was passed on.
    Code(i32),
    /// The number of the signal that killed it.
    Signal(i32),
}

impl Exit {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Ok,
            (Some(1), _) => Self::Error,
            (Some(2), _) => Self::Usage,
            (Some(3), _) => Self::NotRunning,
            (Some(4), _) => Self::Config,
            (Some(5), _) => Self::NotReady,
            (Some(6), _) => Self::Left,
            (Some(code), _) => Self::Code(code),
            (None, number) => Self::Signal(number.unwrap_or(0)),
        }
    }
}

/// What is left to look at.
pub struct Ended {
    checkout: Checkout,
    status: ExitStatus,
    out: Heard,
    err: Heard,
}

impl Ended {
    pub(super) fn new(checkout: Checkout, status: ExitStatus, out: Heard, err: Heard) -> Self {
        Self { checkout, status, out, err }
    }

    pub fn status(&self) -> Exit {
        Exit::of(self.status)
    }

    pub fn ends_with(self, exit: Exit) -> Self {
        assert_eq!(Exit::of(self.status), exit, "{}", self.checkout.show());
        self
    }

    /// Everything it said on stdout, then everything on stderr, without
    /// escape sequences.
    pub fn text(&self) -> String {
        super::terminal::plain(&format!("{}{}", self.out.text(), self.err.text()))
    }

    /// Standard output as it came.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// The same where it may be no text.
    pub fn out_bytes(&self) -> Vec<u8> {
        self.out.bytes()
    }

    /// Standard error as it came.
    pub fn err(&self) -> String {
        self.err.text()
    }

    pub fn says(self, text: &str) -> Self {
        assert!(self.text().contains(text), "it did not say `{text}`");
        self
    }

    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.text().contains(text), "it said `{text}`");
        self
    }

    /// Says the texts in this order.
    pub fn says_in_order(self, texts: &[&str]) -> Self {
        let all = self.text();
        let mut rest = all.as_str();
        for text in texts {
            let (_, behind) = rest.split_once(text).unwrap_or_else(|| {
                panic!("it did not say `{text}`, or not in this order: {texts:?}")
            });
            rest = behind;
        }
        self
    }

    /// Exactly these roles heard the polite request, in this order.
    pub fn has_asked(self, roles: &[&str]) -> Self {
        assert_eq!(self.checkout.roles_that("asked"), roles);
        self
    }

    pub fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// See [`Checkout::leaves_nothing`].
    pub fn leaves_nothing(self) -> Self {
        self.checkout.leaves_nothing();
        self
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if std::thread::panicking() {
            Heard::witness("stdout", &self.out.text());
            Heard::witness("stderr", &self.err.text());
        }
    }
}
