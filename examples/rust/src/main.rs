//! A streamed chat: prints the text as it arrives. The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`.
//!
//! Argument: the prompt. `TRILOGUE_REPORT` names a file to which the measured times are appended as a line of JSON.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;
use trilogue::{ChatRequest, Client, Error, Message};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let prompt = std::env::args().nth(1).unwrap_or_else(|| "Explain quantum computing in simple terms".to_owned());
    match chat(&prompt).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{}: {error}", error.kind().info().name);
            ExitCode::FAILURE
        }
    }
}

async fn chat(prompt: &str) -> Result<(), Error> {
    let client = Client::from_env()?;
    let mut request = ChatRequest::new("openai-gpt-oss-120b", [Message::user(prompt)]);
    request.max_tokens = Some(60);
    request.extra.insert("stream_options".to_owned(), json!({"include_usage": true}));

    let started = Instant::now();
    let mut first = None;
    let mut stream = client.chat_stream(&request).await?;
    while let Some(chunk) = stream.try_next().await? {
        if !chunk.text().is_empty() {
            first.get_or_insert_with(|| started.elapsed());
            print!("{}", chunk.text());
            drop(std::io::stdout().flush());
        }
    }
    println!();

    let usage = stream.snapshot().and_then(|completion| completion.get("usage").cloned());
    let seconds = |time: std::time::Duration| time.as_secs_f64();
    report(
        &json!({"runtime": "Rust", "first": first.map(seconds), "total": seconds(started.elapsed()), "usage": usage}),
    );
    Ok(())
}

fn report(measured: &serde_json::Value) {
    let Some(path) = std::env::var_os("TRILOGUE_REPORT") else { return };
    let file = OpenOptions::new().create(true).append(true).open(path);
    if let Err(why) = file.and_then(|mut file| writeln!(file, "{measured}")) {
        eprintln!("no report: {why}");
    }
}
