//! Wakes a thread of Node from any other thread.
//!
//! All unsafe code of the addon is in this file. A lock ensures that Node-API is called for a wakeup only before its environment ends.

#![expect(unsafe_code, reason = "threadsafe functions of napi-rs take no async resource")]

use std::ptr;
use std::sync::Mutex;

use napi::bindgen_prelude::{Function, JsValue as _, Object};
use napi::{Env, Result, Status, sys};

use crate::lock;

/// A threadsafe function without arguments. It keeps the process alive only while it is held.
///
/// The caller passes its async resource. Jest calls `hasRef()` of such objects, and reports those without the method as open handles.
pub(crate) struct Wakeup(Mutex<Option<Handle>>);

struct Handle(sys::napi_threadsafe_function);

// SAFETY: Node-API allows `napi_call_threadsafe_function` in any thread; the other calls are given the environment by its own thread.
unsafe impl Send for Handle {}

impl Wakeup {
    /// Creates a wakeup that calls `callback` in the thread of `env`.
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

    /// Sets whether the process stays alive for it. Must be called in the thread of `env`.
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

    /// Disables the wakeup: the environment ends, and Node destroys the function.
    pub(crate) fn close(&self) {
        lock(&self.0).take();
    }

    fn with<R>(&self, action: impl FnOnce(sys::napi_threadsafe_function) -> R) -> Option<R> {
        lock(&self.0).as_ref().map(|handle| action(handle.0))
    }
}

impl trilogue_native::Wakeup for Wakeup {
    fn wake(&self) {
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
