//! The exact text of snippets. `tests/snippets` runs them.

use serde_json::{Map, Value, json};
use trilogue_core::Endpoint;
use trilogue_core::ffi::operations::operation;
use trilogue_core::snippets::{Language, SnippetOptions, Style, snippet};

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn request() -> Map<String, Value> {
    object(json!({
        "model": "openai-gpt-oss-120b",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Is \"$HOME\" a `path`?\nExplain it to somebody who has never seen a shell before, in two sentences."},
        ],
        "temperature": 0.7,
        "logit_bias": {"50256": -100},
        "from": true,
    }))
}

fn chat(options: SnippetOptions) -> String {
    snippet(&Endpoint::Chat, request(), options).unwrap()
}

#[test]
fn python_with_the_client() {
    let code = chat(SnippetOptions { stream: Some(true), ..SnippetOptions::default() });
    assert_eq!(
        code,
        r#"from trilogue import Client

client = Client()  # key from MODELSLAB_API_KEY
stream = client.chat.completions.create(
    model="openai-gpt-oss-120b",
    messages=[
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": (
                "Is \"$HOME\" a `path`?\n"
                "Explain it to somebody who has never seen a shell before, in two sentences."
            ),
        },
    ],
    temperature=0.7,
    logit_bias={"50256": -100},
    stream=True,
    extra_body={"from": True},
)
for chunk in stream:
    print(chunk.text, end="", flush=True)
print()
"#
    );
}

#[test]
fn javascript_with_the_client() {
    let code = chat(SnippetOptions {
        language: Language::JavaScript,
        base_url: Some("https://example.com/v1/".to_owned()),
        key_variable: Some("EXAMPLE_KEY".to_owned()),
        ..SnippetOptions::default()
    });
    assert_eq!(
        code,
        r#"import { Client } from "trilogue";

const key = process.env.EXAMPLE_KEY;
if (!key) throw new Error("EXAMPLE_KEY is not set");
const client = new Client({
  baseURL: "https://example.com/v1",
  apiKey: key,
});
const completion = await client.chat.completions.create({
  model: "openai-gpt-oss-120b",
  messages: [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content:
        "Is \"$HOME\" a `path`?\n" +
        "Explain it to somebody who has never seen a shell before, in two sentences.",
    },
  ],
  temperature: 0.7,
  logit_bias: { "50256": -100 },
  from: true,
});
console.log(completion.choices[0].message.content);
"#
    );
}

#[test]
fn the_key_has_the_variable_that_the_client_reads() {
    for (base_url, variable) in [
        ("https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        ("https://llm.example/v1", "MODELSLAB_API_KEY"),
    ] {
        for language in [Language::Python, Language::Curl, Language::Php] {
            let base_url = Some(base_url.to_owned());
            let code = chat(SnippetOptions { language, base_url, ..SnippetOptions::default() });
            assert!(code.contains(variable), "{code}");
            assert!(!code.contains("api_key="), "{code}");
        }
    }
}

#[test]
fn curl_in_bash() {
    let code = chat(SnippetOptions { language: Language::Curl, ..SnippetOptions::default() });
    assert_eq!(
        code,
        r#"curl -sS --fail-with-body 'https://modelslab.com/api/v7/llm/chat/completions' \
  -H "Authorization: Bearer ${MODELSLAB_API_KEY:?is not set}" \
  -H 'Content-Type: application/json' \
  --data-binary @- <<'JSON'
{
  "model": "openai-gpt-oss-120b",
  "messages": [
    {"role": "system", "content": "Be brief."},
    {
      "role": "user",
      "content": "Is \"$HOME\" a `path`?\nExplain it to somebody who has never seen a shell before, in two sentences."
    }
  ],
  "temperature": 0.7,
  "logit_bias": {"50256": -100},
  "from": true
}
JSON
"#
    );
}

#[test]
fn php_with_curl() {
    let code = chat(SnippetOptions { language: Language::Php, ..SnippetOptions::default() });
    assert_eq!(
        code,
        r#"<?php

$key = getenv("MODELSLAB_API_KEY") ?: throw new RuntimeException("MODELSLAB_API_KEY is not set");
$body = [
    "model" => "openai-gpt-oss-120b",
    "messages" => [
        ["role" => "system", "content" => "Be brief."],
        [
            "role" => "user",
            "content" =>
                "Is \"\$HOME\" a `path`?\n" .
                "Explain it to somebody who has never seen a shell before, in two sentences.",
        ],
    ],
    "temperature" => 0.7,
    "logit_bias" => (object) ["50256" => -100],
    "from" => true,
];
$curl = curl_init("https://modelslab.com/api/v7/llm/chat/completions");
curl_setopt_array($curl, [
    CURLOPT_HTTPHEADER => [
        "Authorization: Bearer $key",
        "Content-Type: application/json",
    ],
    CURLOPT_POSTFIELDS => json_encode($body, JSON_THROW_ON_ERROR),
    CURLOPT_RETURNTRANSFER => true,
]);
$reply = curl_exec($curl);
if ($reply === false) throw new RuntimeException(curl_error($curl));
$status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
if ($status >= 400) throw new RuntimeException("$status: $reply");
$reply = json_decode($reply, true, 512, JSON_THROW_ON_ERROR);
echo $reply["choices"][0]["message"]["content"], "\n";
"#
    );
}

#[test]
fn every_language_and_style_supports_messages() {
    let request = object(json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}));
    for language in [Language::Python, Language::JavaScript, Language::Curl, Language::Php] {
        for style in [None, Some(Style::Http)] {
            let options = SnippetOptions { language, style, ..SnippetOptions::default() };
            let code = snippet(&Endpoint::Messages, request.clone(), options).unwrap();
            assert!(code.contains("messages"), "{code}");
            assert_eq!(code.contains("anthropic-version"), code.contains("https://"), "{code}");
        }
    }
}

#[test]
fn the_operation_converts_text() {
    let input = json!({"endpoint": "chat", "request": request(), "options": {"language": "curl", "stream": true}});
    let output: Value = serde_json::from_str(&operation("write_snippet", &input.to_string()).unwrap()).unwrap();
    assert!(output["code"].as_str().unwrap().starts_with("curl -sSN "));
    let wrong = json!({"endpoint": "chat", "request": request(), "options": {"languages": "curl"}});
    let error = operation("write_snippet", &wrong.to_string()).unwrap_err();
    assert!(error.message().contains("unknown option \"languages\"; did you mean \"language\"?"), "{error}");
}
