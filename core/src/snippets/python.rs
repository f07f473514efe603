//! Snippets in Python.
//!
//! Invariant: the code is formatted as a formatter would, except for long lines. Plain HTTP uses `urllib`, which every Python has.

use core::cell::Cell;

use crate::prelude::*;
use crate::value::{Map, Value};
use crate::wire::Endpoint;

use super::literal::{Secret, Signs, Syntax, hex, indent, is_invisible, value};
use super::{HeaderValue, Plan, display_name};

/// The named arguments of `chat.completions.create`, without `stream`.
const CHAT: [&str; 38] = [
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
    "messages",
    "model",
];

/// The named arguments of `messages.create`, without `stream`.
const MESSAGES: [&str; 17] = [
    "cache_control",
    "container",
    "inference_geo",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "stop_sequences",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// The named arguments of `messages.count_tokens`.
const COUNT: [&str; 6] = ["messages", "model", "system", "thinking", "tool_choice", "tools"];

struct Python<'p> {
    plan: &'p Plan<'p>,
    /// Whether the program has a variable `key` with the key.
    has_key: bool,
    /// Whether the program uses `os.environ`.
    uses_os: Cell<bool>,
}

impl Syntax for Python<'_> {
    fn signs(&self) -> &'static Signs {
        &Signs {
            null: "None",
            truth: ["False", "True"],
            list: ["[", "]"],
            object: ["{", "}"],
            colon: ": ",
            indent: 4,
            trailing: true,
            join: Some(["(", "", ")"]),
        }
    }

    fn text(&self, out: &mut String, text: &str) {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                _ if is_invisible(c) => {
                    let (letter, digits) = match u32::from(c) {
                        0..=0xff => ('x', 2),
                        0x100..=0xffff => ('u', 4),
                        _ => ('U', 8),
                    };
                    out.push('\\');
                    out.push(letter);
                    hex(out, u32::from(c), digits);
                }
                _ => out.push(c),
            }
        }
        out.push('"');
    }

    fn secret(&self, out: &mut String, Secret { prefix, variable }: &Secret) {
        if self.has_key && self.plan.key.as_ref() == Some(variable) {
            if prefix.is_empty() {
                out.push_str("key");
            } else {
                out.extend(["f\"", prefix, "{key}\""]);
            }
            return;
        }
        self.uses_os.set(true);
        if !prefix.is_empty() {
            out.extend(["\"", prefix, "\" + "]);
        }
        out.extend(["os.environ[\"", variable, "\"]"]);
    }

    fn key_variable(&self) -> &str {
        self.plan.key_variable()
    }
}

impl Python<'_> {
    /// Writes `name=value,` on a line of its own.
    fn argument(&self, out: &mut String, name: &str, json_value: &Value, depth: usize) {
        self.begin(out, name, depth);
        value(self, out, json_value, depth, name.len() + 1, false);
        out.push(',');
    }

    fn begin(&self, out: &mut String, name: &str, depth: usize) {
        indent(out, self.signs(), depth);
        out.push_str(name);
        out.push('=');
    }

    /// Writes a dict of headers, and one more line.
    fn headers(&self, out: &mut String, depth: usize, more: &str) {
        out.push('{');
        for (name, header_value) in &self.plan.headers {
            indent(out, self.signs(), depth + 1);
            self.text(out, display_name(name));
            out.push_str(": ");
            match header_value {
                HeaderValue::Text(text) => self.text(out, text),
                HeaderValue::Secret(secret) => self.secret(out, secret),
            }
            out.push(',');
        }
        if !more.is_empty() {
            indent(out, self.signs(), depth + 1);
            out.push_str(more);
        }
        indent(out, self.signs(), depth);
        out.push('}');
    }

    /// The expression `Client(…)`.
    fn client(&self, class: &str) -> String {
        let (plan, mut options) = (self.plan, Vec::new());
        let mut option = |name: &str, write: &dyn Fn(&mut String)| {
            let mut out = format!("{name}=");
            write(&mut out);
            options.push(out);
        };
        if let Some(url) = &plan.options.base_url {
            option("base_url", &|out| self.text(out, url));
        }
        if let Some(variable) = plan.client_key() {
            let secret = Secret { prefix: String::new(), variable: variable.to_owned() };
            option("api_key", &|out| self.secret(out, &secret));
        }
        if let Some(auth) = plan.client_auth() {
            option("auth", &|out| self.text(out, auth));
        }
        if plan.is_model_id() {
            option("model_field", &|out| self.text(out, "model_id"));
        }
        if !plan.headers.is_empty() {
            option("default_headers", &|out| self.headers(out, 0, ""));
        }
        let about = match &plan.key {
            Some(_) if plan.client_key().is_none() => format!("  # key from {}", plan.key_variable()),
            _ => String::new(),
        };
        format!("{class}({}){about}", options.join(", "))
    }
}

/// Writes the request with this package's client.
pub(super) fn with_client(plan: &Plan<'_>) -> String {
    let python = Python { plan, has_key: false, uses_os: Cell::new(false) };
    let is_async = plan.options.asynchronous;
    let depth = usize::from(is_async);
    let indentation = if is_async { "    " } else { "" };
    let (class, wait, each) = if is_async { ("AsyncClient", "await ", "async ") } else { ("Client", "", "") };
    let (method, complete) = match plan.endpoint {
        Endpoint::Messages => ("messages.create", "message"),
        Endpoint::CountTokens => ("messages.count_tokens", "count"),
        _ => ("chat.completions.create", "completion"),
    };
    let result = if plan.stream { "stream" } else { complete };
    let mut code =
        format!("{indentation}client = {}\n{indentation}{result} = {wait}client.{method}(", python.client(class));
    arguments(&python, &mut code, depth + 1);
    indent(&mut code, python.signs(), depth);
    code.push_str(")\n");
    let (item, text) = if *plan.endpoint == Endpoint::Chat { ("chunk", "chunk.text") } else { ("event", "event.text") };
    let lines = match (plan.endpoint, plan.stream) {
        (_, true) => format!("{each}for {item} in stream:\n    print({text}, end=\"\", flush=True)\nprint()\n{}", after(plan, wait)),
        (Endpoint::Messages, _) if plan.has_tools => {
            "print(message.text)\nfor block in message.content:\n    if block.type == \"tool_use\":\n        print(block.to_json(indent=None))\n"
                .to_owned()
        }
        (Endpoint::Messages, _) => "print(message.text)\n".to_owned(),
        (Endpoint::CountTokens, _) => "print(count.input_tokens)\n".to_owned(),
        _ if plan.has_tools => {
            "message = completion.choices[0].message\nprint(message.content or \"\")\nfor call in message.tool_calls or []:\n    print(call.to_json(indent=None))\n"
                .to_owned()
        }
        _ => "print(completion.choices[0].message.content)\n".to_owned(),
    };
    for line in lines.lines() {
        code.extend([indentation, line, "\n"]);
    }
    let os = if python.uses_os.get() { "import os\n" } else { "" };
    if is_async {
        return format!(
            "import asyncio\n{os}\nfrom trilogue import AsyncClient\n\n\nasync def main() -> None:\n{code}\n\nasyncio.run(main())\n"
        );
    }
    let os = if os.is_empty() { "" } else { "import os\n\n" };
    format!("{os}from trilogue import Client\n\n{code}")
}

/// The code that prints the tool calls of a stream.
fn after(plan: &Plan<'_>, wait: &str) -> String {
    match plan.endpoint {
        _ if !plan.has_tools => String::new(),
        Endpoint::Chat => format!(
            "completion = {wait}stream.get_final_completion()\nfor call in completion.choices[0].message.tool_calls or []:\n    print(call.to_json(indent=None))\n"
        ),
        _ => format!(
            "message = {wait}stream.get_final_message()\nfor block in message.content:\n    if block.type == \"tool_use\":\n        print(block.to_json(indent=None))\n"
        ),
    }
}

/// Writes the arguments of `create`. Fields without an argument go into `extra_body`.
fn arguments(python: &Python<'_>, out: &mut String, depth: usize) {
    let plan = python.plan;
    let mut rest = Map::new();
    for (name, json_value) in &plan.body {
        let is_named = match plan.endpoint {
            Endpoint::Chat => CHAT.contains(&name.as_str()),
            Endpoint::CountTokens => COUNT.contains(&name.as_str()),
            _ => MESSAGES.contains(&name.as_str()),
        };
        if name == "stream" {
            continue;
        }
        // None means a missing argument, so an explicit null goes into `extra_body`.
        if is_named && !json_value.is_null() {
            python.argument(out, name, json_value, depth);
        } else {
            rest.insert(name.clone(), json_value.clone());
        }
    }
    if plan.stream {
        python.argument(out, "stream", &Value::Bool(true), depth);
    }
    if !rest.is_empty() {
        python.begin(out, "extra_body", depth);
        value(python, out, &rest.into(), depth, "extra_body=".len(), true);
        out.push(',');
    }
}

/// Writes the request in plain HTTP.
pub(super) fn plain(plan: &Plan<'_>) -> String {
    let python = Python { plan, has_key: true, uses_os: Cell::new(plan.key.is_some()) };
    let mut code = String::new();
    if let Some(variable) = &plan.key {
        code.extend(["key = os.environ.get(\"", variable, "\") or sys.exit(\"", variable, " is not set\")\n"]);
    }
    code.push_str("body = ");
    value(&python, &mut code, &plan.body.clone().into(), 0, "body = ".len(), true);
    code.push_str("\nrequest = urllib.request.Request(\n    ");
    python.text(&mut code, &plan.url);
    code.push_str(",\n    data=json.dumps(body).encode(),\n    headers=");
    let has_agent = plan.headers.iter().any(|(name, _)| name == "user-agent");
    python.headers(&mut code, 1, if has_agent { "" } else { AGENT });
    code.push_str(",\n)\ntry:\n    with urllib.request.urlopen(request) as response:\n");
    code.push_str(match (plan.endpoint, plan.stream) {
        (Endpoint::Chat, true) => STREAMED_CHAT,
        (_, true) => STREAMED_MESSAGE,
        _ => "        reply = json.load(response)\n",
    });
    code.push_str(FAILED);
    code.push_str(match plan.endpoint {
        _ if plan.stream => "print()\n",
        Endpoint::Messages => MESSAGE,
        Endpoint::CountTokens => "print(reply[\"input_tokens\"])\n",
        _ if plan.has_tools => CHAT_WITH_CALLS,
        _ => "print(reply[\"choices\"][0][\"message\"][\"content\"])\n",
    });
    if plan.has_tools && *plan.endpoint == Endpoint::Messages && !plan.stream {
        code.push_str(MESSAGE_CALLS);
    }
    let os = if python.uses_os.get() { "import os\n" } else { "" };
    format!("import json\n{os}import sys\nimport urllib.error\nimport urllib.request\n\n{code}")
}

const AGENT: &str = r#""User-Agent": "python",  # some sites refuse urllib's own"#;

const STREAMED_CHAT: &str = r#"        for line in response:
            data = line[5:].strip() if line.startswith(b"data:") else b""
            if data in (b"", b"[DONE]"):
                continue
            chunk = json.loads(data)
            if chunk.get("error"):
                sys.exit(f"the stream failed: {chunk['error']}")
            for choice in (chunk.get("choices") or [])[:1]:
                print(choice["delta"].get("content") or "", end="", flush=True)
"#;

const STREAMED_MESSAGE: &str = r#"        for line in response:
            data = line[5:].strip() if line.startswith(b"data:") else b""
            if not data:
                continue
            event = json.loads(data)
            if event.get("error"):
                sys.exit(f"the stream failed: {event['error']}")
            if event["type"] == "content_block_delta":
                print(event["delta"].get("text", ""), end="", flush=True)
"#;

const FAILED: &str = r#"except urllib.error.HTTPError as error:
    sys.exit(f"{error}: {error.read().decode(errors='replace')}")
"#;

const CHAT_WITH_CALLS: &str = r#"message = reply["choices"][0]["message"]
print(message.get("content") or "")
for call in message.get("tool_calls") or []:
    print(json.dumps(call))
"#;

const MESSAGE: &str = r#"print("".join(block.get("text", "") for block in reply["content"]))
"#;

const MESSAGE_CALLS: &str = r#"for block in reply["content"]:
    if block["type"] == "tool_use":
        print(json.dumps(block))
"#;
