//! An environment of Node: a thread with its own JavaScript.
//!
//! Calls and streams end with the environment that started them. They are cancelled and closed before Node destroys the environment, since a
//! pending read keeps its stream alive through the waker, where Node's garbage collector cannot reach it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use napi::Env;
use trilogue_native::{Calls, runtime};

use crate::lock;
use crate::mailbox::{Mailbox, Message};
use crate::stream::Open;
use crate::wakeup::Wakeup;

/// The calls and streams of a thread of Node that have not ended.
pub(crate) struct Environment {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) calls: Calls,
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    last: u64,
    open: HashMap<u64, Weak<Open>>,
    /// The environment has ended; no further stream stays open.
    is_closed: bool,
}

impl Environment {
    /// Creates the environment of `env`; the end of `env` closes it.
    pub(crate) fn new(env: Env, wakeup: Wakeup) -> napi::Result<Arc<Self>> {
        let mailbox = Arc::new(Mailbox::new(wakeup));
        let environment = Arc::new(Self { mailbox, calls: Calls::default(), streams: Mutex::default() });
        env.add_env_cleanup_hook(Arc::clone(&environment), |environment| environment.close())?;
        Ok(environment)
    }

    /// Posts a message to the thread's mailbox.
    pub(crate) fn post(&self, message: Message) {
        self.mailbox.post(message);
    }

    /// Registers a stream until `remove` is called with the returned key. Closes the stream if the environment has ended.
    pub(crate) fn add(&self, stream: &Arc<Open>) -> u64 {
        let mut streams = lock(&self.streams);
        streams.last += 1;
        let key = streams.last;
        if streams.is_closed {
            drop(streams);
            stream.close();
        } else {
            streams.open.insert(key, Arc::downgrade(stream));
        }
        key
    }

    pub(crate) fn remove(&self, key: u64) {
        lock(&self.streams).open.remove(&key);
    }

    fn close(&self) {
        self.mailbox.wakeup().close();
        self.calls.cancel_all();
        let mut streams = lock(&self.streams);
        streams.is_closed = true;
        // Closed without the lock: the last reference to a stream removes it here.
        let open = std::mem::take(&mut streams.open);
        drop(streams);
        open.values().filter_map(Weak::upgrade).for_each(|stream| stream.close());
        runtime::nudge();
        self.mailbox.close();
    }
}
