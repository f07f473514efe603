//! A typed answer: prints each step as soon as it is complete, then a summary.
//!
//! The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Argument: the dish.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Deserialize;
use trilogue::{ChatRequest, Client, Error, Message, ParseOptions};

#[derive(Debug, Deserialize, JsonSchema)]
struct Recipe {
    name: String,
    steps: Vec<String>,
    minutes: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let dish = std::env::args().nth(1).unwrap_or_else(|| "a tomato soup".to_owned());
    match cook(&dish).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", error.kind().info().name);
            ExitCode::FAILURE
        }
    }
}

async fn cook(dish: &str) -> Result<(), Error> {
    let client = Client::from_env()?;
    let mut request = ChatRequest::new(
        "openai-gpt-oss-120b",
        [Message::user(format!("A very short recipe for {dish}, in two steps."))],
    );
    request.max_tokens = Some(400);
    let stream = client.parse_stream::<Recipe, _>(&request, &ParseOptions::default()).await?;
    let mut steps = stream.elements::<String>("steps");
    while let Some(step) = steps.try_next().await? {
        println!("- {step}");
    }
    let recipe = steps.finish().await?.value;
    println!("{}: {} steps, {} minutes", recipe.name, recipe.steps.len(), recipe.minutes);
    Ok(())
}
