//! Closing a client: ends its exchanges and its waits.
//!
//! Invariant: an operation is in the list only while it is running.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use web_sys::AbortController;

use crate::timer::Sleep;

/// Whether a client was closed, and its operations under way.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    is_closed: Cell<bool>,
    operations: RefCell<Vec<Weak<Operation>>>,
}

/// An operation that closing the client ends.
#[derive(Debug)]
pub(crate) enum Operation {
    /// A request and its answer: aborting it ends the read that is under way.
    Exchange(AbortController),
    /// A wait before a retry.
    Wait(RefCell<Option<Waker>>),
}

impl Operation {
    pub(crate) fn end(&self) {
        match self {
            Self::Exchange(controller) => controller.abort(),
            Self::Wait(waker) => waker.take().into_iter().for_each(Waker::wake),
        }
    }
}

impl Closing {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    /// Keeps an operation in the list while the caller holds it.
    pub(crate) fn begin(&self, operation: Operation) -> Rc<Operation> {
        let operation = Rc::new(operation);
        let mut operations = self.operations.borrow_mut();
        operations.retain(|operation| operation.strong_count() > 0);
        operations.push(Rc::downgrade(&operation));
        operation
    }

    pub(crate) fn close(&self) {
        self.is_closed.set(true);
        let operations = self.operations.take();
        operations.iter().filter_map(Weak::upgrade).for_each(|operation| operation.end());
    }

    /// Waits for `sleep`, or for the end of the client. Returns false in the latter case.
    pub(crate) async fn wait(&self, mut sleep: Sleep) -> bool {
        let operation = self.begin(Operation::Wait(RefCell::default()));
        poll_fn(|context| {
            if let Operation::Wait(waker) = &*operation {
                waker.replace(Some(context.waker().clone()));
            }
            if self.is_closed() {
                Poll::Ready(false)
            } else {
                std::pin::Pin::new(&mut sleep).poll(context).map(|()| true)
            }
        })
        .await
    }
}
