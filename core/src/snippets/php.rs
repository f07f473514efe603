//! Snippets in PHP.
//!
//! Invariant: they run with PHP 8 or newer and its extension curl. A body that PHP's arrays and numbers can't represent is sent as JSON text.

use crate::prelude::*;
use crate::value::{Map, Number, Value};
use crate::wire::Endpoint;

use super::literal::{Json, Secret, Signs, Syntax, VARIABLE_MARK, all, hex, indent, is_invisible, is_within, value};
use super::{HeaderValue, Plan, display_name};

struct Php<'p> {
    plan: &'p Plan<'p>,
}

impl Syntax for Php<'_> {
    fn signs(&self) -> &'static Signs {
        &Signs {
            null: "null",
            truth: ["false", "true"],
            list: ["[", "]"],
            object: ["[", "]"],
            colon: " => ",
            indent: 4,
            trailing: true,
            join: Some(["", " .", ""]),
        }
    }

    fn text(&self, out: &mut String, text: &str) {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '$' => out.push_str("\\$"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                _ if is_invisible(c) => {
                    out.push_str("\\u{");
                    hex(out, u32::from(c), 1);
                    out.push('}');
                }
                _ => out.push(c),
            }
        }
        out.push('"');
    }

    /// An array without members, or with names that look like indices, would be a list.
    fn object(&self, members: &Map<String, Value>) -> [&'static str; 2] {
        if members.is_empty() || members.keys().any(|name| is_index(name)) { ["(object) [", "]"] } else { ["[", "]"] }
    }

    fn secret(&self, out: &mut String, Secret { prefix, variable }: &Secret) {
        if self.plan.key.as_ref() == Some(variable) {
            if prefix.is_empty() {
                out.push_str("$key");
            } else {
                out.extend(["\"", prefix, "$key\""]);
            }
            return;
        }
        if !prefix.is_empty() {
            out.extend(["\"", prefix, "\" . "]);
        }
        out.extend(["getenv(\"", variable, "\")"]);
    }

    fn key_variable(&self) -> &str {
        self.plan.key_variable()
    }
}

/// Whether PHP converts a member's name to a number.
fn is_index(name: &str) -> bool {
    let digits = name.strip_prefix('-').unwrap_or(name);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether PHP represents a number exactly.
fn is_exact(number: &Number) -> bool {
    is_within(number, i64::MAX.unsigned_abs())
}

/// Whether PHP can represent an object: a property can't begin with NUL.
fn is_representable(members: &Map<String, Value>) -> bool {
    !members.keys().any(|name| is_index(name)) || !members.keys().any(|name| name.starts_with('\0'))
}

/// Writes the request.
pub(super) fn plain(plan: &Plan<'_>) -> String {
    let php = Php { plan };
    let mut code = "<?php\n\n".to_owned();
    if let Some(variable) = &plan.key {
        code.extend([
            "$key = getenv(\"",
            variable,
            "\") ?: throw new RuntimeException(\"",
            variable,
            " is not set\");\n",
        ]);
    }
    let body = Value::from(plan.body.clone());
    let sent = if all(&body, is_exact, is_representable) {
        code.push_str("$body = ");
        value(&php, &mut code, &body, 0, "$body = ".len(), true);
        code.push_str(";\n");
        // PHP writes 1.0 as 1.
        let is_float = |number: &Number| !number.to_string().ends_with(".0");
        if all(&body, is_float, |_| true) {
            "json_encode($body, JSON_THROW_ON_ERROR)"
        } else {
            "json_encode($body, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION)"
        }
    } else {
        text(&php, &mut code, &body);
        "$body"
    };
    if plan.stream {
        code.push_str("$rest = \"\";\n");
    }
    code.push_str("$curl = curl_init(");
    php.text(&mut code, &plan.url);
    code.push_str(");\ncurl_setopt_array($curl, [\n    CURLOPT_HTTPHEADER => [");
    for (name, header_value) in &plan.headers {
        indent(&mut code, php.signs(), 2);
        header(&php, &mut code, display_name(name), header_value);
        code.push(',');
    }
    code.push_str("\n    ],\n    CURLOPT_POSTFIELDS => ");
    code.push_str(sent);
    code.push_str(",\n");
    if !plan.stream {
        code.push_str("    CURLOPT_RETURNTRANSFER => true,\n]);\n");
        code.push_str(FAILED[0]);
        code.push_str("$reply");
        code.push_str(FAILED[1]);
        code.push_str("$reply = json_decode($reply, true, 512, JSON_THROW_ON_ERROR);\n");
        code.push_str(match plan.endpoint {
            Endpoint::Messages => MESSAGE,
            Endpoint::CountTokens => "echo $reply[\"input_tokens\"], \"\\n\";\n",
            _ if plan.has_tools => CHAT_WITH_CALLS,
            _ => "echo $reply[\"choices\"][0][\"message\"][\"content\"], \"\\n\";\n",
        });
        if plan.has_tools && *plan.endpoint == Endpoint::Messages {
            code.push_str(MESSAGE_CALLS);
        }
        return code;
    }
    code.push_str(STREAMED[0]);
    code.push_str(if *plan.endpoint == Endpoint::Chat {
        "echo $event[\"choices\"][0][\"delta\"][\"content\"] ?? \"\";"
    } else {
        "echo $event[\"delta\"][\"text\"] ?? \"\";"
    });
    code.push_str(STREAMED[1]);
    code.push_str(FAILED[0].replace("$reply = ", "$done = ").replace("$reply", "$done").as_str());
    code.push_str("$rest");
    code.push_str(FAILED[1]);
    code + "echo \"\\n\";\n"
}

fn header(php: &Php<'_>, code: &mut String, name: &str, header_value: &HeaderValue) {
    match header_value {
        // Curl removes a header without a value, unless it ends with a semicolon.
        HeaderValue::Text(text) if text.is_empty() => php.text(code, &format!("{name};")),
        HeaderValue::Text(text) => php.text(code, &format!("{name}: {text}")),
        HeaderValue::Secret(Secret { prefix, variable }) => {
            php.text(code, &format!("{name}: {prefix}"));
            if php.plan.key.as_ref() == Some(variable) {
                // Inside the quotes.
                code.pop();
                code.push_str("$key\"");
            } else {
                code.push_str(" . ");
                php.secret(code, &Secret { prefix: String::new(), variable: variable.clone() });
            }
        }
    }
}

/// Writes the body as JSON text, in a form that expands nothing and that no line of JSON can end.
fn text(php: &Php<'_>, code: &mut String, body: &Value) {
    let mut json = String::new();
    value(&Json(php.key_variable()), &mut json, body, 0, 0, true);
    code.push_str("$body = ");
    for (index, part) in json.split(VARIABLE_MARK).enumerate() {
        if index % 2 == 1 {
            // The JSON has the quotes of a secret already.
            code.push_str(" . substr(json_encode(");
            php.secret(code, &Secret { prefix: String::new(), variable: part.to_owned() });
            code.push_str("), 1, -1) . ");
        } else {
            code.extend(["<<<'JSON'\n", part, "\nJSON"]);
        }
    }
    code.push_str("; // as text: PHP's arrays and numbers can't hold it\n");
}

/// The code that handles an answer, before and after its text.
const FAILED: [&str; 2] = [
    r#"$reply = curl_exec($curl);
if ($reply === false) throw new RuntimeException(curl_error($curl));
$status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
if ($status >= 400) throw new RuntimeException("$status: "#,
    "\");\n",
];

const CHAT_WITH_CALLS: &str = r#"$message = $reply["choices"][0]["message"];
echo $message["content"] ?? "", "\n";
foreach ($message["tool_calls"] ?? [] as $call) echo json_encode($call), "\n";
"#;

const MESSAGE: &str = r#"echo implode("", array_column($reply["content"], "text")), "\n";
"#;

const MESSAGE_CALLS: &str = r#"foreach ($reply["content"] as $block) {
    if ($block["type"] === "tool_use") echo json_encode($block), "\n";
}
"#;

/// The code that reads a stream, before and after the code that prints an event.
const STREAMED: [&str; 2] = [
    r#"    CURLOPT_WRITEFUNCTION => function ($curl, string $bytes) use (&$rest): int {
        $lines = explode("\n", $rest . $bytes);
        $rest = array_pop($lines);
        foreach ($lines as $line) {
            $data = str_starts_with($line, "data:") ? trim(substr($line, 5)) : "";
            if ($data === "" || $data === "[DONE]") continue;
            $event = json_decode($data, true, 512, JSON_THROW_ON_ERROR);
            if (isset($event["error"])) throw new RuntimeException("the stream failed: $data");
            "#,
    r"
            flush();
        }
        return strlen($bytes);
    },
]);
",
];
