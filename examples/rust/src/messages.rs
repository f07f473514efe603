//! A streamed message in Anthropic's format: prints text as it comes, what the model thinks on standard error, then the tokens used.
//!
//! The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the prompt.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;
use trilogue_native::{Client, Error, InputMessage, MessagesRequest, View};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let prompt = std::env::args().nth(1).unwrap_or_else(|| "Explain quantum computing in simple terms".to_owned());
    match message(prompt).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{}: {error}", error.kind().info().name);
            ExitCode::FAILURE
        }
    }
}

async fn message(prompt: String) -> Result<(), Error> {
    let client = Client::from_env()?;
    let request = MessagesRequest {
        model: "openai-gpt-oss-120b".to_owned(),
        messages: vec![InputMessage { role: "user".to_owned(), content: prompt.into(), ..InputMessage::default() }],
        max_tokens: 60,
        ..MessagesRequest::default()
    };
    let mut stream = client.message_stream(&request).await?;
    while let Some((events, _)) = stream.next_events(View::Normal).await? {
        for event in &events {
            let text = event.get("text").and_then(Value::as_str).unwrap_or_default();
            match event.get("type").and_then(Value::as_str) {
                Some("reasoning") => eprint!("{text}"),
                Some("text") => print!("{text}"),
                _ => {}
            }
        }
        drop(std::io::stdout().flush());
    }
    let usage = stream.snapshot().and_then(|message| message.get("usage").cloned()).unwrap_or_default();
    let tokens = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
    println!("\n{} tokens in, {} out", tokens("input_tokens"), tokens("output_tokens"));
    Ok(())
}
