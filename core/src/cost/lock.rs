//! What calls share of an account, and who may change it.
//!
//! Law: a lock is held for a moment, with no `await`. A page has one thread, and no lock of the standard library.

use core::ops::DerefMut;

#[cfg(not(feature = "serde"))]
use core::cell::RefCell as Inner;
#[cfg(feature = "serde")]
use std::sync::Mutex as Inner;

#[cfg(not(feature = "serde"))]
pub(crate) use alloc::rc::Rc as Shared;
#[cfg(feature = "serde")]
pub(crate) use alloc::sync::Arc as Shared;

/// What one thread changes at a time.
#[derive(Debug, Default)]
pub(super) struct Lock<T>(Inner<T>);

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Inner::new(value))
    }

    #[cfg(feature = "serde")]
    pub(super) fn lock(&self) -> impl DerefMut<Target = T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    #[cfg(not(feature = "serde"))]
    pub(super) fn lock(&self) -> impl DerefMut<Target = T> {
        self.0.borrow_mut()
    }
}
