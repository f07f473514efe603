//! The mailbox of a thread of Node: the outcomes of its calls and reads.
//!
//! One callback runs in that thread for all outcomes that became ready; the thread then takes them all, each under a number that it chose.
//! A promise of napi would need a threadsafe function for each wait. JSON text is created in the thread that takes it.

use std::future::Future;
use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::{Either5, Function, Null, Object};
use napi_derive::napi;
use trilogue_native::{Error, ErrorKind, ffi, runtime};

use crate::batch::NativeBatch;
use crate::environment::Environment;
use crate::stream::{NativeStream, Open, Read};
use crate::wakeup::Wakeup;

/// The outcome of a wait.
pub(crate) enum Outcome {
    Text(String),
    Nothing,
    Stream(NativeStream),
    Batch(NativeBatch),
}

impl From<Result<String, Error>> for Outcome {
    fn from(text: Result<String, Error>) -> Self {
        Self::Text(text.unwrap_or_else(|error| ffi::error_text(&error)))
    }
}

impl From<Option<String>> for Outcome {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

/// A message to the thread, with the number of a wait.
pub(crate) enum Message {
    /// A call or a read has ended.
    Ended(u32, Outcome),
    /// A stream has something to take, unless another read took it first.
    Ready(u32, Arc<Open>, Read),
}

pub(crate) type Mailbox = trilogue_native::Mailbox<Message, Wakeup>;

/// The mailbox of a thread.
#[napi(js_name = "NativeMailbox")]
pub struct NativeMailbox(pub(crate) Arc<Environment>);

#[napi]
impl NativeMailbox {
    /// Creates a mailbox that calls `callback` when there is something to take. `resource` is the async resource that `async_hooks` report.
    #[napi(constructor, ts_args_type = "callback: () => void, resource: object")]
    pub fn new(env: Env, callback: Function<'_, (), ()>, resource: Object<'_>) -> napi::Result<Self> {
        Environment::new(env, Wakeup::new(env, &callback, &resource)?).map(Self)
    }

    /// Takes the outcomes since the last call: for each, the number of the wait and its value.
    #[napi]
    pub fn take(&self) -> Vec<Either5<u32, String, NativeStream, NativeBatch, Null>> {
        let mut taken = Vec::new();
        for message in self.0.mailbox.take() {
            let (number, outcome) = match message {
                Message::Ended(number, outcome) => (number, outcome),
                Message::Ready(number, open, read) => match open.take_or_wait(number, read) {
                    Some(outcome) => (number, outcome),
                    None => continue,
                },
            };
            taken.push(Either5::A(number));
            taken.push(match outcome {
                Outcome::Text(text) => Either5::B(text),
                Outcome::Stream(stream) => Either5::C(stream),
                Outcome::Batch(batch) => Either5::D(batch),
                Outcome::Nothing => Either5::E(Null),
            });
        }
        taken
    }

    /// Sets whether the process stays alive until there is something to take.
    #[napi]
    pub fn hold(&self, env: Env, holds: bool) -> napi::Result<()> {
        self.0.mailbox.wakeup().hold(env, holds)
    }
}

/// Starts `work` and posts its outcome.
pub(crate) fn begin(environment: &Arc<Environment>, number: u32, work: impl Future<Output = Outcome> + Send + 'static) {
    let started = runtime::hold().and_then(|hold| {
        let end = End { environment: Arc::clone(environment), number, outcome: None };
        runtime::spawn(async move {
            end.with(work.await);
            drop(hold);
        })
    });
    if let Err(why) = started {
        environment.post(Message::Ended(number, failed(&format!("the runtime can't be started: {why}"))));
    }
}

fn failed(message: &str) -> Outcome {
    Err(Error::new(ErrorKind::Connection, message)).into()
}

/// Posts the outcome of work when it is dropped, also if the work was aborted.
struct End {
    environment: Arc<Environment>,
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
        let outcome = outcome.unwrap_or_else(|| failed("the request was cancelled because the program is ending"));
        self.environment.post(Message::Ended(self.number, outcome));
    }
}
