//! Batches: the rows of a file are sent, and their answers are written to a log.
//!
//! Invariant: the log is the only state. A run that ended early, in any way, is continued by running it again.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use trilogue_core::Error;
use trilogue_core::ErrorKind;
use trilogue_core::cost::Dollars;
use trilogue_native::batch::{self, BatchOptions};
pub use trilogue_native::batch::{BatchControl, End, EqualRows, Summary, SyncMode, Via};

use crate::client::Client;

/// A batch that is not started. See [`Client::batch`].
#[derive(Debug)]
#[must_use = "a batch is sent by `run`"]
pub struct BatchBuilder {
    client: Client,
    input: PathBuf,
    log: Option<PathBuf>,
    options: BatchOptions,
    control: BatchControl,
}

impl Client {
    /// Prepares a batch of the rows of a file of JSON lines: OpenAI's batch lines (`custom_id`, `method`, `url`, `body`), Anthropic's batch
    /// requests (`custom_id`, `params`), bodies of chat completions, or with [`BatchBuilder::template`] any objects.
    ///
    /// ```
    /// use trilogue::batch::End;
    /// use trilogue::{Client, Options};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (_server, base_url) = trilogue_test_server::script(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json"), "whole").await?;
    /// # let folder = std::env::temp_dir().join(format!("trilogue-batch-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let (input, output) = (folder.join("in.jsonl"), folder.join("out.jsonl"));
    /// # std::fs::write(&input, "{\"text\": \"Say hello.\"}\n")?;
    /// let client = Client::new(Options { base_url: Some(base_url), ..Options::default() })?;
    /// let batch = client.batch(input).log(output).template("Answer: {text}", "openai-gpt-oss-120b");
    /// let summary = batch.run().await?;
    /// assert_eq!((summary.end, summary.answered), (End::Complete, 1));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(()) }
    /// ```
    pub fn batch(&self, input: impl AsRef<Path>) -> BatchBuilder {
        BatchBuilder {
            client: self.clone(),
            input: input.as_ref().to_owned(),
            log: None,
            options: BatchOptions::default(),
            control: BatchControl::default(),
        }
    }
}

impl BatchBuilder {
    /// Sets the file of the output: OpenAI's output lines with `usage`, `cost`, `attempts`, `ms` and `outcome`. Rows with a line in it are not
    /// sent again.
    pub fn log(mut self, path: impl AsRef<Path>) -> Self {
        self.log = Some(path.as_ref().to_owned());
        self
    }

    /// Sets a template: a text such as `Summarize {text}`, or a request with such texts, whose columns are members of the rows.
    pub fn template(mut self, template: impl Into<Value>, model: impl Into<String>) -> Self {
        self.options.template = template.into();
        self.options.model = Some(model.into());
        self
    }

    /// Sets fields of each request, such as `temperature`, unless the row has them.
    pub fn parameters(mut self, parameters: Map<String, Value>) -> Self {
        self.options.parameters = parameters;
        self
    }

    /// Sets the most rows in flight. Default 128, at most 10,000.
    pub fn in_flight(mut self, rows: usize) -> Self {
        self.options.in_flight = Some(rows);
        self
    }

    /// Sets when lines are synced to the disk. Default: once in a second.
    pub fn sync(mut self, sync: SyncMode) -> Self {
        self.options.sync = sync;
        self
    }

    /// Sets whether equal rows without a `custom_id` are sent once or each. Default: each.
    pub fn equal_rows(mut self, equal_rows: EqualRows) -> Self {
        self.options.equal_rows = equal_rows;
        self
    }

    /// Sets requests per minute for this batch. Default: the client's limit, else it is learned from the server.
    pub fn requests_per_minute(mut self, requests: f64) -> Self {
        self.options.requests_per_minute = Some(requests);
        self
    }

    /// Sets tokens per minute for this batch. Default: the client's limit.
    pub fn tokens_per_minute(mut self, tokens: f64) -> Self {
        self.options.tokens_per_minute = Some(tokens);
        self
    }

    /// Sets how rows are sent: each by a call, or in batches that the provider answers within a day, at half the price. Default: by calls.
    pub fn via(mut self, via: Via) -> Self {
        self.options.via = via;
        self
    }

    /// Sends the rows again whose last line is an error.
    pub fn retry_failed(mut self) -> Self {
        self.options.retry_failed = true;
        self
    }

    /// Gives the log the order of the input at the end.
    pub fn order(mut self) -> Self {
        self.options.order = true;
        self
    }

    /// Sets the most that all rows of the log may cost, in dollars, those of earlier runs included. The client's budget
    /// applies too.
    pub fn budget(mut self, dollars: Dollars) -> Self {
        self.options.budget = Some(dollars);
        self
    }

    /// Returns a handle that counts the rows of the run, and stops it.
    pub fn control(&self) -> BatchControl {
        self.control.clone()
    }

    /// Sends the rows. Dropping the future ends the run at once; the log stays valid.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] for a broken, repeated or changed row, [`ErrorKind::Configuration`] for a wrong option, [`ErrorKind::Api`] for a
    /// file that can't be read or written, and the error of a call that each row would have, such as a wrong key.
    pub async fn run(self) -> Result<Summary, Error> {
        let Some(log) = self.log else {
            return Err(Error::new(ErrorKind::Configuration, "a batch needs a log: add `.log(\"out.jsonl\")`"));
        };
        let (core, request) = self.client.parts();
        let options = BatchOptions { request: request.clone(), ..self.options };
        batch::run(core, &self.input, &log, options, &self.control).await
    }
}
