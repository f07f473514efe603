//! Wakes a thread of Node from any other thread.
//!
//! Rule: all unsafe code of the addon is here. Node-API is called for a wakeup only before its environment ends, which a lock ensures.

#![expect(unsafe_code, reason = "napi-rs gives no threadsafe function an async resource")]

use std::ptr;
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::{Function, JsValue as _, Object};
use napi::{Env, Result, Status, sys};

/// A threadsafe function, called without arguments. It keeps no process alive that has nothing else to do, unless held.
///
/// Its async resource is an object of the caller's. Jest asks such objects `hasRef()`, and reports those that have none as open handles.
pub(crate) struct Wakeup(Mutex<Option<Handle>>);

struct Handle(sys::napi_threadsafe_function);

// SAFETY: Node-API allows `napi_call_threadsafe_function` in any thread; the other calls are given the environment by its own thread.
unsafe impl Send for Handle {}

impl Wakeup {
    /// Calls `callback` in the thread of `env`.
    pub(crate) fn new(env: Env, callback: &Function<'_, (), ()>, resource: &Object<'_>) -> Result<Self> {
        let name = env.create_string("trilogue")?;
        let mut raw = ptr::null_mut();
        // SAFETY: the environment and its values are alive for the whole call; null is no data, no finalizer, and the default call.
        check(unsafe {
            sys::napi_create_threadsafe_function(
                env.raw(),
                callback.raw(),
                resource.raw(),
                name.raw(),
                0,
                1,
                ptr::null_mut(),
                None,
                ptr::null_mut(),
                None,
                &raw mut raw,
            )
        })?;
        let wakeup = Self(Mutex::new(Some(Handle(raw))));
        wakeup.hold(env, false)?;
        Ok(wakeup)
    }

    /// Whether the process goes on for it. In the thread of `env`.
    pub(crate) fn hold(&self, env: Env, holds: bool) -> Result<()> {
        self.with(|raw| {
            // SAFETY: the function is alive, since its environment is.
            check(unsafe {
                if holds {
                    sys::napi_ref_threadsafe_function(env.raw(), raw)
                } else {
                    sys::napi_unref_threadsafe_function(env.raw(), raw)
                }
            })
        })
        .unwrap_or(Ok(()))
    }

    /// Has no effect any more: the environment ends, and Node destroys the function.
    pub(crate) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn with<R>(&self, action: impl FnOnce(sys::napi_threadsafe_function) -> R) -> Option<R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|handle| action(handle.0))
    }
}

impl trilogue_native::Bell for Wakeup {
    fn ring(&self) {
        self.with(|raw| {
            // SAFETY: the function is alive: it is closed, under this lock, before Node destroys it.
            let _status = unsafe {
                sys::napi_call_threadsafe_function(raw, ptr::null_mut(), sys::ThreadsafeFunctionCallMode::nonblocking)
            };
        });
    }
}

fn check(status: sys::napi_status) -> Result<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        status => Err(napi::Error::new(Status::from(status), "the threadsafe function failed")),
    }
}
