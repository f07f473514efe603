//! Batches of both providers: OpenAI's `/files` and `/batches`, and Anthropic's `/v1/messages/batches`.
//!
//! Invariant: a batch is answered as a real provider would: its state advances with each request for it, results come in another order than the
//! requests, and requests in a batch that ends early have no answer. Each nonce has files and batches of its own.
//!
//! Faults are set by `POST /batches/NONCE/faults` with an object of [`Faults`], and `GET /batches/NONCE/counts` returns what was requested.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// How often a batch is requested until it has ended.
    polls: u32,
    /// The status of a batch that has ended: `completed`, `expired`, `cancelled` or `failed`.
    ends: String,
    /// The code of the error of a batch that has failed.
    code: String,
    /// Requests that are answered until a batch ends.
    answers: usize,
    /// How many replies to requests with these paths are lost: the server does what is requested, and closes the connection.
    lost: BTreeMap<String, u32>,
    /// How many requests with these paths have no effect, and get an error with the status 200.
    errors: BTreeMap<String, u32>,
    /// How many bytes of results are sent before the connection is closed, once.
    cut: Option<usize>,
    /// The most batches that run at the same time.
    most: usize,
    /// The numbers of batches that do not end, in the order of their creation from 0.
    running: Vec<usize>,
    /// The model that answers instead of the requested one.
    model: Option<String>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            polls: 2,
            ends: "completed".to_owned(),
            code: "invalid_json_line".to_owned(),
            answers: usize::MAX,
            lost: BTreeMap::new(),
            errors: BTreeMap::new(),
            cut: None,
            most: usize::MAX,
            running: Vec::new(),
            model: None,
        }
    }
}

/// How often each thing was requested.
#[derive(Debug, Default, Serialize)]
struct Counts {
    uploads: usize,
    batches: usize,
    polls: usize,
    downloads: usize,
    /// The number of requests in all batches, by their text.
    requests: BTreeMap<String, usize>,
}

/// The files and batches of a nonce.
#[derive(Debug, Default)]
pub(crate) struct Store {
    faults: Faults,
    counts: Counts,
    files: Vec<File>,
    batches: Vec<Batch>,
}

#[derive(Debug)]
struct File {
    name: String,
    content: String,
}

#[derive(Debug)]
struct Batch {
    is_anthropic: bool,
    input: Option<usize>,
    metadata: Value,
    /// The id and the body of each request.
    requests: Vec<(String, Value)>,
    created: u64,
    polls: u32,
    /// The end, once it has one.
    end: Option<Faults>,
}

/// A response.
pub(crate) enum Answer {
    Json(u16, Value),
    Lines(String),
    /// The connection is closed after this part of a response of more bytes.
    Cut(String, usize),
    Lost,
}

impl Store {
    /// Answers a request. `path`: the segments after the nonce, without a version.
    pub(crate) fn answer(&mut self, method: &str, path: &[&str], query: &str, body: &[u8]) -> Answer {
        let name = format!("{method} {}", path.join("/"));
        let take = |faults: &mut BTreeMap<String, u32>| {
            faults.get_mut(&name).filter(|left| **left > 0).map(|left| *left -= 1).is_some()
        };
        if take(&mut self.faults.errors) {
            return Answer::Json(200, json!({"error": {"message": "the server is not ready"}}));
        }
        let answer = match (method, path) {
            ("POST", ["faults"]) => match serde_json::from_slice(body) {
                Ok(faults) => {
                    self.faults = faults;
                    return Answer::Json(200, json!({}));
                }
                Err(why) => return error(400, &why.to_string()),
            },
            ("GET", ["counts"]) => return Answer::Json(200, json!(self.counts)),
            ("POST", ["files"]) => self.upload(body),
            ("GET", ["files"]) => page((0..self.files.len()).map(|file| self.file(file)), query, "after"),
            ("GET", ["files", id, "content"]) => self.content(id),
            ("POST", ["batches"]) => self.create_openai(body),
            ("POST", ["messages", "batches"]) => self.create_anthropic(body),
            ("GET", ["batches"]) => page(self.list(false), query, "after"),
            ("GET", ["messages", "batches"]) => page(self.list(true), query, "after_id"),
            ("GET", ["batches", id] | ["messages", "batches", id]) => self.poll(id),
            ("GET", ["messages", "batches", id, "results"]) => self.results(id),
            _ => error(404, "no such path"),
        };
        if take(&mut self.faults.lost) { Answer::Lost } else { answer }
    }

    fn upload(&mut self, body: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(body);
        let Some(boundary) = text.lines().next() else { return error(400, "no multipart body") };
        let parts: Vec<&str> = text.split(boundary).collect();
        let part = |name: &str| parts.iter().find(|part| part.contains(&format!("name=\"{name}\"")));
        let content =
            |part: &&str| part.split_once("\r\n\r\n").map(|(_, content)| content.trim_end_matches("\r\n").to_owned());
        if part("purpose").and_then(content).as_deref() != Some("batch") {
            return error(400, "purpose must be batch");
        }
        let Some((file, content)) = part("file").and_then(|file| Some((file, content(file)?))) else {
            return error(400, "no file");
        };
        let name = file.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        self.counts.uploads += 1;
        self.files.push(File { name: name.to_owned(), content });
        Answer::Json(200, self.file(self.files.len() - 1))
    }

    fn file(&self, number: usize) -> Value {
        let File { name, content } = &self.files[number];
        json!({"id": format!("file-{number}"), "object": "file", "bytes": content.len(), "filename": name, "purpose": "batch", "created_at": now()})
    }

    fn create_openai(&mut self, body: &[u8]) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let id = body["input_file_id"].as_str().unwrap_or_default();
        let input = id.strip_prefix("file-").and_then(|number| number.parse::<usize>().ok());
        let Some((input, file)) = input.and_then(|input| Some((input, self.files.get(input)?))) else {
            return error(400, "no such file");
        };
        let mut requests = Vec::new();
        for line in file.content.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            if line["url"] != body["endpoint"] || line["method"] != "POST" || body["completion_window"] != "24h" {
                return error(400, "a request of another endpoint");
            }
            requests.push((line["custom_id"].as_str().unwrap_or_default().to_owned(), line["body"].clone()));
        }
        if requests.iter().any(|(_, body)| body["model"] != requests[0].1["model"]) {
            return error(400, "the requests of a batch must have one model");
        }
        self.create(false, Some(input), body["metadata"].clone(), requests)
    }

    fn create_anthropic(&mut self, body: &[u8]) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let requests = body["requests"].as_array().cloned().unwrap_or_default();
        let request =
            |request: Value| (request["custom_id"].as_str().unwrap_or_default().to_owned(), request["params"].clone());
        let requests: Vec<_> = requests.into_iter().map(request).collect();
        let is_valid = |id: &str| {
            (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        if requests.is_empty() || !requests.iter().all(|(id, body)| is_valid(id) && body["max_tokens"].is_u64()) {
            return error(400, "requests must have a custom_id and params");
        }
        self.create(true, None, Value::Null, requests)
    }

    fn create(
        &mut self,
        is_anthropic: bool,
        input: Option<usize>,
        metadata: Value,
        requests: Vec<(String, Value)>,
    ) -> Answer {
        self.counts.batches += 1;
        for (_, body) in &requests {
            *self.counts.requests.entry(text_of(body)).or_default() += 1;
        }
        let mut batch = Batch { is_anthropic, input, metadata, requests, created: now(), polls: 0, end: None };
        let running = self.batches.iter().filter(|batch| batch.end.is_none()).count();
        if running >= self.faults.most {
            batch.end = Some(Faults {
                ends: "failed".to_owned(),
                code: "token_limit_exceeded".to_owned(),
                ..Faults::default()
            });
        }
        self.batches.push(batch);
        Answer::Json(200, self.batch(self.batches.len() - 1))
    }

    fn list(&self, is_anthropic: bool) -> impl Iterator<Item = Value> {
        let newest_first = (0..self.batches.len()).rev();
        newest_first
            .filter(move |number| self.batches[*number].is_anthropic == is_anthropic)
            .map(|number| self.batch(number))
    }

    fn batch(&self, number: usize) -> Value {
        let batch = &self.batches[number];
        let (end, count) = (batch.end.as_ref(), batch.requests.len());
        let done = end.map_or(0, |end| end.answers.min(count));
        if batch.is_anthropic {
            let counts = json!({"processing": if end.is_some() { 0 } else { count }, "succeeded": done, "errored": 0,
                "canceled": 0, "expired": if end.is_some() { count - done } else { 0 }});
            return json!({"id": format!("msgbatch_{number}"), "type": "message_batch", "request_counts": counts,
                "processing_status": if end.is_some() { "ended" } else { "in_progress" },
                "created_at": "2999-01-01T00:00:00Z", "ended_at": end.map(|_| "2999-01-01T00:00:30.5Z"),
                "results_url": end.map(|_| "http://localhost/results")});
        }
        let status = end.map_or("in_progress", |end| end.ends.as_str());
        let mut object = json!({"id": format!("batch_{number}"), "object": "batch", "endpoint": "/v1/chat/completions",
            "input_file_id": batch.input.map(|input| format!("file-{input}")), "metadata": batch.metadata, "status": status,
            "created_at": batch.created, "output_file_id": null, "error_file_id": null, "errors": null,
            "request_counts": {"total": count, "completed": done, "failed": 0}});
        if let Some(end) = end {
            object[format!("{status}_at")] = (batch.created + 30).into();
            if status == "failed" {
                let why = json!({"code": end.code, "message": "the batch is refused", "param": null, "line": 1});
                object["errors"] = json!({"object": "list", "data": [why]});
            } else {
                object["output_file_id"] = format!("output-{number}").into();
                object["error_file_id"] = format!("errors-{number}").into();
            }
        }
        object
    }

    fn find(&self, id: &str) -> Option<usize> {
        let number = id.rsplit(['_', '-']).next()?.parse().ok()?;
        (number < self.batches.len()).then_some(number)
    }

    fn poll(&mut self, id: &str) -> Answer {
        let Some(number) = self.find(id) else { return error(404, "no such batch") };
        self.counts.polls += 1;
        let batch = &mut self.batches[number];
        batch.polls += 1;
        if batch.polls >= self.faults.polls && batch.end.is_none() && !self.faults.running.contains(&number) {
            batch.end = Some(self.faults.clone());
        }
        Answer::Json(200, self.batch(number))
    }

    /// A file: the answers or the errors of a batch in OpenAI's format.
    fn content(&mut self, id: &str) -> Answer {
        let Some(number) = self.find(id) else { return error(404, "no such file") };
        let batch = &self.batches[number];
        let answers = batch.end.as_ref().map_or(0, |end| end.answers);
        let mut lines = Vec::new();
        for (index, (id, body)) in batch.requests.iter().enumerate() {
            let (status, reply) = self.reply(body, false);
            let has_failed = index >= answers || status != 200;
            let response = json!({"status_code": status, "request_id": format!("req-{index}"), "body": reply});
            let line = if index < answers {
                json!({"id": format!("batch_req_{index}"), "custom_id": id, "response": response, "error": null})
            } else {
                let why = json!({"code": "batch_expired", "message": "This request could not be executed before the completion window expired."});
                json!({"id": format!("batch_req_{index}"), "custom_id": id, "response": null, "error": why})
            };
            lines.push((has_failed, line));
        }
        let wants_errors = id.starts_with("errors");
        let lines = lines.into_iter().rev().filter(|(has_failed, _)| *has_failed == wants_errors).map(|(_, line)| line);
        self.download(&lines.collect::<Vec<_>>())
    }

    fn results(&mut self, id: &str) -> Answer {
        let Some(number) = self.find(id) else { return error(404, "no such batch") };
        let batch = &self.batches[number];
        let Some(end) = &batch.end else { return error(404, "the batch has not ended") };
        let line = |(index, (id, body)): (usize, &(String, Value))| {
            let result = if index >= end.answers {
                json!({"type": "expired"})
            } else {
                match self.reply(body, true) {
                    (200, message) => json!({"type": "succeeded", "message": message}),
                    (_, error) => json!({"type": "errored", "error": error}),
                }
            };
            json!({"custom_id": id, "result": result})
        };
        let lines: Vec<Value> = batch.requests.iter().enumerate().rev().map(line).collect();
        self.download(&lines)
    }

    /// Answers a request: with its text, or with the status that the text names, as in `status 400`. A text with `no usage` has none.
    fn reply(&self, body: &Value, is_message: bool) -> (u16, Value) {
        let text = text_of(body);
        if let Some(status) = text.split("status ").nth(1).and_then(|status| status.trim().parse().ok()) {
            let why = json!({"type": "invalid_request_error", "message": format!("status {status}")});
            return (status, if is_message { json!({"type": "error", "error": why}) } else { json!({ "error": why }) });
        }
        let (has_usage, answer) = (!text.contains("no usage"), format!("Answer to {text}"));
        let model = self.faults.model.as_ref().map_or_else(|| body["model"].clone(), |model| json!(model));
        if is_message {
            let usage = has_usage.then(|| json!({"input_tokens": 10, "output_tokens": 5}));
            return (
                200,
                json!({"id": "msg_1", "type": "message", "role": "assistant", "model": model,
                "content": [{"type": "text", "text": answer}], "stop_reason": "end_turn", "stop_sequence": null,
                "usage": usage}),
            );
        }
        let usage = has_usage.then(|| json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}));
        (
            200,
            json!({"id": "c1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
            "usage": usage}),
        )
    }

    fn download(&mut self, lines: &[Value]) -> Answer {
        self.counts.downloads += 1;
        let mut text = String::new();
        for line in lines {
            text.extend([&line.to_string(), "\n"]);
        }
        match self.faults.cut.take_if(|cut| *cut < text.len()) {
            Some(cut) => Answer::Cut(text, cut),
            None => Answer::Lines(text),
        }
    }
}

/// The text of the first message.
fn text_of(body: &Value) -> String {
    body["messages"][0]["content"].as_str().unwrap_or_default().to_owned()
}

/// A page of a list. `name`: the parameter of the last item of the page before.
fn page(items: impl Iterator<Item = Value>, query: &str, name: &str) -> Answer {
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let limit = parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20);
    let mut items: Vec<Value> = items.collect();
    if let Some(after) = parameter(name) {
        let position = items.iter().position(|item| item["id"] == after).map_or(items.len(), |position| position + 1);
        items.drain(..position);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let (first, last) = (items.first().map(|item| item["id"].clone()), items.last().map(|item| item["id"].clone()));
    Answer::Json(
        200,
        json!({"object": "list", "data": items, "has_more": has_more, "first_id": first, "last_id": last}),
    )
}

fn error(status: u16, message: &str) -> Answer {
    Answer::Json(status, json!({"error": {"message": message, "type": "invalid_request_error", "code": null}}))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
