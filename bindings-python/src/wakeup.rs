//! What wakes an event loop from another thread.
//!
//! Law: a file where the loop can watch one, since that takes no GIL; a call where it can't.

use std::fs::File;
use std::io::{self, Read, Write};

use pyo3::prelude::*;

/// Rings once for all that became ready.
pub(crate) enum Wakeup {
    /// What is written to one makes the other readable.
    File { ours: File, theirs: File },
    /// A function that wakes the loop.
    Call(Py<PyAny>),
}

impl Wakeup {
    /// A wakeup that is a file. An error where there is none that a loop could watch.
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

    /// Makes it ready to ring again.
    pub(crate) fn silence(&self) {
        if let Self::File { theirs, .. } = self {
            let mut rung = [0; 64];
            let _none = (&mut &*theirs).read(&mut rung);
        }
    }
}

impl trilogue_native::Wakeup for Wakeup {
    fn wake(&self) {
        match self {
            Self::File { ours, .. } => {
                // A file that is full rings already, and one that is closed has nobody to hear it.
                let _rung = (&mut &*ours).write(&1_u64.to_ne_bytes());
            }
            Self::Call(ring) => {
                Python::try_attach(|py| {
                    // The loop may be closed: then nobody is left to be told.
                    let _closed = ring.call0(py);
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
