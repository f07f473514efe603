//! A streamed message in Anthropic's format: prints the text as it arrives, the reasoning on standard error, then the tokens used.
//!
//! The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Argument: the prompt.

use std::io::Write;
use std::process::ExitCode;

use trilogue::types::InputMessage;
use trilogue::{Client, Error, Event, MessagesRequest};

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
    let mut events = client.message_stream(&request).await?.events();
    let (mut input, mut output) = (0, 0);
    while let Some(event) = events.try_next().await? {
        match event {
            Event::Reasoning { text, .. } => eprint!("{text}"),
            Event::Text { text, .. } => print!("{text}"),
            Event::Usage { input_tokens, output_tokens } => (input, output) = (input_tokens, output_tokens),
            _ => {}
        }
        drop(std::io::stdout().flush());
    }
    println!("\n{input} tokens in, {output} out");
    Ok(())
}
