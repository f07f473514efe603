//! Wakes an event loop from another thread.
//!
//! A file is used if the loop can watch one, since writing to it needs no GIL; otherwise a function is called.

use std::fs::File;
use std::io::{self, Read, Write};

use pyo3::prelude::*;

/// The wakeup of a mailbox, used once for all numbers that are posted together.
pub(crate) enum Wakeup {
    /// A write to one makes the other readable.
    File { ours: File, theirs: File },
    /// A function that wakes the loop.
    Call(Py<PyAny>),
}

impl Wakeup {
    /// Creates a wakeup with a file. Fails if there is no file that a loop could watch.
    pub(crate) fn file() -> io::Result<Self> {
        let (ours, theirs) = files()?;
        Ok(Self::File { ours, theirs })
    }

    #[cfg(unix)]
    pub(crate) fn fileno(&self) -> Option<i32> {
        use std::os::fd::AsRawFd;
        match self {
            Self::File { theirs, .. } => Some(theirs.as_raw_fd()),
            Self::Call(_) => None,
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn fileno(&self) -> Option<i32> {
        None
    }

    /// Clears the wakeup, so that the next one is noticed.
    pub(crate) fn reset(&self) {
        if let Self::File { theirs, .. } = self {
            let mut buffer = [0; 64];
            let _none = (&mut &*theirs).read(&mut buffer);
        }
    }
}

impl trilogue_native::Wakeup for Wakeup {
    fn wake(&self) {
        match self {
            Self::File { ours, .. } => {
                // If the file is full the loop will wake anyway, and if it is closed there is no loop.
                let _written = (&mut &*ours).write(&1_u64.to_ne_bytes());
            }
            Self::Call(wake) => {
                Python::try_attach(|py| {
                    // Fails if the loop is closed, which needs no wakeup.
                    let _closed = wake.call0(py);
                });
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn files() -> io::Result<(File, File)> {
    use rustix::event::{EventfdFlags, eventfd};
    let file = File::from(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    Ok((file.try_clone()?, file))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn files() -> io::Result<(File, File)> {
    use std::os::fd::OwnedFd;
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    theirs.set_nonblocking(true)?;
    Ok((File::from(OwnedFd::from(ours)), File::from(OwnedFd::from(theirs))))
}

#[cfg(not(unix))]
fn files() -> io::Result<(File, File)> {
    Err(io::ErrorKind::Unsupported.into())
}
