//! A server, a client and the files of a run, for tests of batches at a provider.
//!
//! Invariant: each setting has a server and a folder of its own, so tests run at the same time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use trilogue::batch::{Summary, Via};
use trilogue::{Client, Error, Options};
use trilogue_test_server::Server;

pub(crate) const NONCE: &str = "run";
pub(crate) const MODEL: &str = "openai-gpt-oss-120b";

/// A server, a client, and a folder with an input and a log.
pub(crate) struct Setting {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) folder: PathBuf,
}

impl Setting {
    pub(crate) async fn new(faults: Value) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = Server::start([].into(), 0).await.unwrap();
        server.set_faults(NONCE, &faults);
        let client = Client::new(Options { max_retries: Some(2), ..options(&server) }).unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("trilogue-provider-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { server, client, folder }
    }

    pub(crate) fn options(&self) -> Options {
        options(&self.server)
    }

    pub(crate) fn input(&self, rows: &[Value]) -> PathBuf {
        let path = self.folder.join("in.jsonl");
        let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("out.jsonl")
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        let counts = self.server.counts(NONCE);
        (counts["uploads"].as_u64().unwrap(), counts["batches"].as_u64().unwrap())
    }

    /// Runs until the server has this number of batches, and ends the run like a killed process.
    pub(crate) async fn kill_after(&self, rows: &[Value], batches: u64) {
        let mut run = Box::pin(self.run(rows));
        while self.counts().1 < batches || self.server.counts(NONCE)["polls"] == 0 {
            tokio::select! {
                ended = &mut run => panic!("{ended:?}"),
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
        }
    }

    pub(crate) async fn run(&self, rows: &[Value]) -> Result<Summary, Error> {
        self.client.batch(self.input(rows)).log(self.log()).via(Via::Provider).run().await
    }

    /// Checks that each request was in one batch, and that each row has one line.
    pub(crate) fn check_once(&self, rows: usize) {
        let requests = self.server.counts(NONCE)["requests"].as_object().unwrap().clone();
        assert_eq!(requests.len(), rows);
        assert!(requests.values().all(|count| *count == 1), "{requests:?}");
        let mut ids: Vec<_> = self.lines().iter().map(|line| line["custom_id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), self.lines().len()), (rows, rows));
    }
}

fn options(server: &Server) -> Options {
    Options { base_url: Some(format!("{}/batches/{NONCE}/v1", server.url())), ..Options::default() }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn chat(id: &str, model: &str, text: &str) -> Value {
    json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 10}})
}

pub(crate) fn message(id: &str, text: &str) -> Value {
    json!({"custom_id": id, "params": {"model": MODEL, "messages": [{"role": "user", "content": text}], "max_tokens": 10}})
}

pub(crate) fn rows(count: usize) -> Vec<Value> {
    (0..count).map(|row| chat(&format!("id {row}"), MODEL, &format!("row {row}"))).collect()
}
