//! The connections of one client in one process: the pool, and the tasks that drive it.
//!
//! Invariant: closing aborts every task of the pool, so that the sockets close and every request and body over them ends. A task that is spawned
//! afterwards never runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::rt::Executor;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioTimer;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::task::AbortHandle;

use crate::connect::Connector;
use crate::transport::IDLE;

/// The most bytes of a response's headers over HTTP/2, including an overhead of 32 for each. HTTP/1 has the same limit, and at most 100 headers. The
/// core's limit is lower.
const MAX_HEADERS: u32 = 8192 + 100 * 4096;
/// The number of handles below which finished tasks are not removed.
const FEW_TASKS: usize = 32;

/// A pool of connections that can be closed.
pub(crate) struct Connections {
    client: Client<Connector, Full<Bytes>>,
    tasks: Tasks,
    closing: Arc<Notify>,
}

impl Connections {
    pub(crate) fn new(connector: Connector) -> Self {
        let tasks = Tasks::default();
        let client = Client::builder(tasks.clone())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http2_max_header_list_size(MAX_HEADERS)
            .build(connector);
        Self { client, tasks, closing: Arc::default() }
    }

    /// Sends a request.
    pub(crate) fn request(&self, request: hyper::Request<Full<Bytes>>) -> legacy::ResponseFuture {
        self.client.request(request)
    }

    /// A future that is ready once the connections are closed.
    pub(crate) fn closing(&self) -> OwnedNotified {
        Arc::clone(&self.closing).notified_owned()
    }

    /// Closes all connections, including those in use.
    pub(crate) fn close(self) {
        self.tasks.abort();
        self.closing.notify_waiters();
    }
}

/// Spawns the tasks of a pool and can abort all of them.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    tasks: Vec<AbortHandle>,
    /// The number of handles at which finished tasks are removed.
    limit: usize,
    is_closed: bool,
}

impl Tasks {
    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abort(&self) {
        let mut running = self.running();
        running.is_closed = true;
        let tasks = std::mem::take(&mut running.tasks);
        drop(running);
        tasks.iter().for_each(AbortHandle::abort);
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        let mut running = self.running();
        if running.is_closed {
            // Dropped without the lock, since the drop of a connection may spawn a task.
            drop(running);
            return drop(task);
        }
        if running.tasks.len() >= running.limit {
            running.tasks.retain(|task| !task.is_finished());
            running.limit = FEW_TASKS.max(2 * running.tasks.len());
        }
        running.tasks.push(tokio::spawn(task).abort_handle());
    }
}
