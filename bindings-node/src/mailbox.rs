//! Where a thread of Node hears of what its calls and streams brought.
//!
//! Law: one function is called in that thread, once for all that became ready; the thread takes all of it, under numbers that it gave
//! itself. A promise of napi's would need a function of its own for each wait. Texts are made in the thread that takes them.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::Env;
use napi::bindgen_prelude::{Either4, Null};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use trilogue_native::{Error, ErrorKind, border, runtime};

use crate::stream::{NativeStream, Open, Read};

/// Called without arguments from any thread. It holds no process that has nothing else to do.
pub(crate) type Function = ThreadsafeFunction<(), (), (), napi::Status, false, true>;

/// What rings in the thread of a mailbox.
pub(crate) struct Bell(Mutex<Function>);

impl trilogue_native::Bell for Bell {
    fn ring(&self) {
        // Of a thread that ends, nobody hears.
        let _status = self.function().call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

impl Bell {
    #[expect(deprecated, reason = "nothing else lets one function now hold the process and now not")]
    fn hold(&self, env: Env, holds: bool) -> napi::Result<()> {
        let mut function = self.function();
        if holds { function.refer(&env) } else { function.unref(&env) }
    }

    fn function(&self) -> MutexGuard<'_, Function> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a wait ends with.
pub(crate) enum Outcome {
    Text(String),
    Nothing,
    Stream(NativeStream),
}

impl From<Result<String, Error>> for Outcome {
    fn from(text: Result<String, Error>) -> Self {
        Self::Text(text.unwrap_or_else(|error| border::error_text(&error)))
    }
}

impl From<Option<String>> for Outcome {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

/// What is posted, under the number of a wait.
pub(crate) enum Letter {
    /// Work has ended.
    Ended(u32, Outcome),
    /// A stream has something to take, unless another took it.
    Ready(u32, Arc<Open>, Read),
}

pub(crate) type Mailbox = trilogue_native::Mailbox<Letter, Bell>;

/// The mailbox of a thread.
#[napi(js_name = "NativeMailbox")]
pub struct NativeMailbox(pub(crate) Arc<Mailbox>);

#[napi]
impl NativeMailbox {
    /// One that calls `bell` where there is something to take.
    #[napi(constructor, ts_args_type = "bell: () => void")]
    pub fn new(bell: Function) -> Self {
        Self(Arc::new(Mailbox::new(Bell(Mutex::new(bell)))))
    }

    /// What came since the last time: the number of each wait, and what it ended with.
    #[napi]
    pub fn take(&self) -> Vec<Either4<u32, String, NativeStream, Null>> {
        let mut taken = Vec::new();
        for letter in self.0.take() {
            let (number, outcome) = match letter {
                Letter::Ended(number, outcome) => (number, outcome),
                Letter::Ready(number, open, read) => match open.take_or_wait(number, read) {
                    Some(outcome) => (number, outcome),
                    None => continue,
                },
            };
            taken.push(Either4::A(number));
            taken.push(match outcome {
                Outcome::Text(text) => Either4::B(text),
                Outcome::Stream(stream) => Either4::C(stream),
                Outcome::Nothing => Either4::D(Null),
            });
        }
        taken
    }

    /// Whether the process goes on until there is something to take.
    #[napi]
    pub fn hold(&self, env: Env, holds: bool) -> napi::Result<()> {
        self.0.bell().hold(env, holds)
    }
}

/// Starts `work`, and posts what it ends with.
pub(crate) fn begin(mailbox: &Arc<Mailbox>, number: u32, work: impl Future<Output = Outcome> + Send + 'static) {
    let started = runtime::hold().and_then(|hold| {
        let end = End { mailbox: Arc::clone(mailbox), number, outcome: None };
        runtime::spawn(async move {
            end.with(work.await);
            drop(hold);
        })
    });
    if let Err(why) = started {
        mailbox.post(Letter::Ended(number, failed(&format!("the runtime can't be started: {why}"))));
    }
}

fn failed(message: &str) -> Outcome {
    Err(Error::new(ErrorKind::Connection, message)).into()
}

/// Posts how work ended, however it ended.
struct End {
    mailbox: Arc<Mailbox>,
    number: u32,
    outcome: Option<Outcome>,
}

impl End {
    fn with(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let outcome = self.outcome.take();
        let outcome = outcome.unwrap_or_else(|| failed("the request was given up: the program was about to end"));
        self.mailbox.post(Letter::Ended(self.number, outcome));
    }
}
