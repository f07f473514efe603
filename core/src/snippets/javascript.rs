//! Snippets in JavaScript.
//!
//! Invariant: they are ES modules for Node 20 or newer, or for a page that prompts its user for the key. Plain HTTP uses `fetch`.

use crate::error::Error;
use crate::prelude::*;
use crate::value::{Number, Value, write};
use crate::wire::Endpoint;

use super::literal::{Secret, Signs, Syntax, all, indent, is_within, json_text, secret, value};
use super::{HeaderValue, Plan, display_name, refused};

struct JavaScript<'p> {
    plan: &'p Plan<'p>,
    /// Whether the program has a variable `key` with the key.
    has_key: bool,
}

impl Syntax for JavaScript<'_> {
    fn signs(&self) -> &'static Signs {
        &Signs {
            null: "null",
            truth: ["false", "true"],
            list: ["[", "]"],
            object: ["{", "}"],
            colon: ": ",
            indent: 2,
            trailing: true,
            join: Some(["", " +", ""]),
        }
    }

    fn text(&self, out: &mut String, text: &str) {
        let start = out.len();
        json_text(out, text);
        // Escapes tags and comments of an HTML page.
        if text.contains('<') {
            let written = out.split_off(start);
            let mut rest = written.as_str();
            while let Some(index) = rest.find('<') {
                let (before, after) = rest.split_at(index);
                out.push_str(before);
                let is_tag = after.get(1..2).is_some_and(|next| matches!(next, "/" | "!" | "?"));
                out.push_str(if is_tag { "\\x3C" } else { "<" });
                rest = after.get(1..).unwrap_or_default();
            }
            out.push_str(rest);
        }
    }

    fn name(&self, out: &mut String, name: &str) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
        if name == "__proto__" {
            // A plain name would set the object's prototype.
            out.push_str("[\"__proto__\"]");
        } else if !name.is_empty() && name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            out.push_str(name);
        } else {
            self.text(out, name);
        }
    }

    fn secret(&self, out: &mut String, Secret { prefix, variable }: &Secret) {
        let is_key = self.has_key && self.plan.key.as_ref() == Some(variable);
        let source = match (is_key, self.plan.options.page) {
            (true, _) => "key".to_owned(),
            (false, false) => format!("process.env.{variable}"),
            (false, true) => format!("prompt(\"{variable}\")"),
        };
        if prefix.is_empty() {
            out.push_str(&source);
        } else {
            out.extend(["`", prefix, "${", &source, "}`"]);
        }
    }

    fn key_variable(&self) -> &str {
        self.plan.key_variable()
    }
}

impl JavaScript<'_> {
    /// Writes `name: value,` on a line of its own.
    fn member(&self, out: &mut String, name: &str, depth: usize, write: impl FnOnce(&mut String)) {
        indent(out, self.signs(), depth);
        self.name(out, name);
        out.push_str(": ");
        write(out);
        out.push(',');
    }

    fn headers(&self, out: &mut String, depth: usize) {
        out.push('{');
        for (name, header_value) in &self.plan.headers {
            self.member(out, display_name(name), depth + 1, |out| match header_value {
                HeaderValue::Text(text) => self.text(out, text),
                HeaderValue::Secret(secret) => self.secret(out, secret),
            });
        }
        indent(out, self.signs(), depth);
        out.push('}');
    }

    /// The declaration of the variable `key`; empty without a key.
    fn key(&self) -> String {
        match &self.plan.key {
            Some(variable) if self.plan.options.page => format!("const key = prompt(\"{variable}\");\n"),
            Some(variable) => {
                format!("const key = process.env.{variable};\nif (!key) throw new Error(\"{variable} is not set\");\n")
            }
            None => String::new(),
        }
    }

    /// The expression `new Client(…)`.
    fn client(&self) -> String {
        let (plan, mut out) = (self.plan, String::new());
        if let Some(url) = &plan.options.base_url {
            self.member(&mut out, "baseURL", 1, |out| self.text(out, url));
        }
        let key = plan.key.as_deref().filter(|_| plan.options.page).or(plan.client_key());
        if let Some(variable) = key {
            let secret = Secret { prefix: String::new(), variable: variable.to_owned() };
            self.member(&mut out, "apiKey", 1, |out| self.secret(out, &secret));
        }
        if let Some(auth) = plan.client_auth() {
            self.member(&mut out, "auth", 1, |out| self.text(out, auth));
        }
        if plan.is_model_id() {
            self.member(&mut out, "modelField", 1, |out| self.text(out, "model_id"));
        }
        if !plan.headers.is_empty() {
            self.member(&mut out, "defaultHeaders", 1, |out| self.headers(out, 1));
        }
        let about = match &plan.key {
            Some(variable) if key.is_none() => format!(" // key from {variable}"),
            _ => String::new(),
        };
        if out.is_empty() {
            return format!("new Client();{about}");
        }
        // A single option stays on the line.
        let inner = out.trim_start().trim_end_matches(',');
        if inner.contains('\n') {
            format!("new Client({{{out}\n}});{about}")
        } else {
            format!("new Client({{ {inner} }});{about}")
        }
    }

    /// The statement that prints `text`.
    fn show(&self, text: &str) -> String {
        if self.plan.options.page {
            format!("document.body.append({text});")
        } else {
            format!("process.stdout.write({text});")
        }
    }

    /// The statement that prints `text` and a line break.
    fn show_line(&self, text: &str) -> String {
        if self.plan.options.page { format!("document.body.append({text});") } else { format!("console.log({text});") }
    }

    /// The code that prints a complete answer in the variable `name`.
    fn show_complete(&self, name: &str) -> String {
        let plan = self.plan;
        let line = |text: &str| self.show_line(text);
        match plan.endpoint {
            Endpoint::CountTokens => format!("{}\n", line(&format!("{name}.input_tokens"))),
            Endpoint::Messages => {
                let text = line(&format!("{name}.content.map((block) => block.text ?? \"\").join(\"\")")) + "\n";
                if plan.has_tools { text + &self.show_calls(name) } else { text }
            }
            _ if plan.has_tools => {
                line(&format!("{name}.choices[0].message.content ?? \"\"")) + "\n" + &self.show_calls(name)
            }
            _ => format!("{}\n", line(&format!("{name}.choices[0].message.content"))),
        }
    }

    /// The code that prints the tool calls of a complete answer in the variable `name`.
    fn show_calls(&self, name: &str) -> String {
        if *self.plan.endpoint == Endpoint::Chat {
            let show = self.show_line("JSON.stringify(call)");
            return format!("for (const call of {name}.choices[0].message.tool_calls ?? []) {show}\n");
        }
        let show = self.show_line("JSON.stringify(block)");
        format!("for (const block of {name}.content) {{\n  if (block.type === \"tool_use\") {show}\n}}\n")
    }

    /// The code that ends the line of a streamed answer.
    fn end(&self) -> &'static str {
        if self.plan.options.page { "" } else { "console.log();\n" }
    }
}

/// Whether a double represents a number exactly.
fn is_exact(number: &Number) -> bool {
    is_within(number, 1 << 53)
}

/// Writes the request with this package's client. Fails for a number that JavaScript can't represent, since the client would send another one.
pub(super) fn with_client(plan: &Plan<'_>) -> Result<String, Error> {
    let body = Value::from(plan.body.clone());
    if !all(&body, is_exact, |_| true) {
        return Err(refused(
            "the request has an integer that JavaScript can't represent exactly; set style to http, which sends it as text",
        ));
    }
    // The program checks a key from another variable: without it the client would use its default.
    let has_key = plan.client_key().is_some() || plan.options.page && plan.key.is_some();
    let script = JavaScript { plan, has_key };
    let (method, complete) = match plan.endpoint {
        Endpoint::Messages => ("messages.create", "message"),
        Endpoint::CountTokens => ("messages.countTokens", "count"),
        _ => ("chat.completions.create", "completion"),
    };
    let result = if plan.stream { "stream" } else { complete };
    let key = if has_key { script.key() } else { String::new() };
    let mut code = format!(
        "import {{ Client }} from \"trilogue\";\n\n{key}const client = {}\nconst {result} = await client.{method}({{",
        script.client()
    );
    for (name, json_value) in &plan.body {
        script.member(&mut code, name, 1, |out| {
            // A secret at the request's top level.
            match json_value.as_str().and_then(|text| secret(name, text, Some(plan.key_variable()))) {
                Some(secret) => script.secret(out, &secret),
                None => value(&script, out, json_value, 1, name.len() + 2, false),
            }
        });
    }
    code.push_str("\n});\n");
    if !plan.stream {
        return Ok(code + &script.show_complete(complete));
    }
    if *plan.endpoint == Endpoint::Chat {
        let show = script.show("chunk.choices[0]?.delta.content ?? \"\"");
        code.extend(["for await (const chunk of stream) ", &show, "\n"]);
    } else {
        let show = script.show("event.delta.text");
        let is_text = "if (event.type === \"content_block_delta\" && event.delta.type === \"text_delta\")";
        code.extend(["for await (const event of stream) {\n  ", is_text, " ", &show, "\n}\n"]);
    }
    code.push_str(script.end());
    if plan.has_tools {
        code.extend(["const ", complete, " = await stream.final();\n"]);
        code.push_str(&script.show_calls(complete));
    }
    Ok(code)
}

/// Writes the request with `fetch`.
pub(super) fn plain(plan: &Plan<'_>) -> String {
    let script = JavaScript { plan, has_key: true };
    let mut code = String::new();
    code.push_str(&script.key());
    let body = Value::from(plan.body.clone());
    let is_exact = all(&body, is_exact, |_| true);
    code.push_str("const body = ");
    if is_exact {
        value(&script, &mut code, &body, 0, "const body = ".len(), true);
        code.push_str(";\n");
    } else {
        text(&script, &mut code);
    }
    code.push_str("const response = await fetch(");
    script.text(&mut code, &plan.url);
    code.push_str(", {\n  method: \"POST\",\n  headers: ");
    script.headers(&mut code, 1);
    code.push_str(if is_exact { ",\n  body: JSON.stringify(body),\n});\n" } else { ",\n  body,\n});\n" });
    code.push_str("if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);\n");
    if !plan.stream {
        code.push_str("const reply = await response.json();\n");
        return code + &script.show_complete("reply");
    }
    let show = if *plan.endpoint == Endpoint::Chat {
        script.show("event.choices?.[0]?.delta?.content ?? \"\"")
    } else {
        format!("if (event.type === \"content_block_delta\") {}", script.show("event.delta.text ?? \"\""))
    };
    code.push_str(STREAMED[0]);
    code.push_str(&show);
    code.push_str(STREAMED[1]);
    code + script.end()
}

/// Writes the body as JSON text, since it has a number that JavaScript can't represent.
fn text(script: &JavaScript<'_>, code: &mut String) {
    let (mut parts, mut json) = (Vec::new(), Vec::from(b"{"));
    for (index, (name, json_value)) in script.plan.body.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        write::string(&mut json, name);
        json.push(b':');
        match json_value.as_str().and_then(|text| secret(name, text, Some(script.plan.key_variable()))) {
            Some(secret) => {
                parts.push((write::text(core::mem::take(&mut json)), Some(secret)));
            }
            None => write::value(&mut json, json_value),
        }
    }
    json.push(b'}');
    parts.push((write::text(json), None));
    for (json, secret) in parts {
        script.text(code, &json);
        if let Some(secret) = secret {
            code.push_str(" + JSON.stringify(");
            script.secret(code, &secret);
            code.push_str(") + ");
        }
    }
    code.push_str("; // as text: it has a number that JavaScript would round\n");
}

/// The code that reads a stream, before and after the code that prints an event.
const STREAMED: [&str; 2] = [
    r#"const decoder = new TextDecoder();
let rest = "";
for await (const bytes of response.body) {
  const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const data = line.startsWith("data:") ? line.slice(5).trim() : "";
    if (data === "" || data === "[DONE]") continue;
    const event = JSON.parse(data);
    if (event.error) throw new Error(`the stream failed: ${JSON.stringify(event.error)}`);
    "#,
    r"
  }
}
",
];
