//! Shared state that calls change, and its lock.
//!
//! Invariant: a lock is held briefly, with no `await`. The wasm module of a page has one thread and no standard library, so it uses `RefCell`.

use core::ops::DerefMut;

#[cfg(not(feature = "serde-json"))]
use core::cell::RefCell as Exclusive;
#[cfg(feature = "serde-json")]
use std::sync::Mutex as Exclusive;

#[cfg(not(feature = "serde-json"))]
pub(crate) use alloc::rc::Rc as Shared;
#[cfg(feature = "serde-json")]
pub(crate) use alloc::sync::Arc as Shared;

/// A value that one thread changes at a time.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Exclusive<T>);

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Exclusive::new(value))
    }

    #[cfg(feature = "serde-json")]
    pub(crate) fn lock(&self) -> impl DerefMut<Target = T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    #[cfg(not(feature = "serde-json"))]
    pub(crate) fn lock(&self) -> impl DerefMut<Target = T> {
        self.0.borrow_mut()
    }
}
