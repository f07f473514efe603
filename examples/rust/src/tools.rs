//! Functions that the model calls before it answers.
//!
//! The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Argument: the question.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trilogue::{ChatRequest, Client, Error, Message, RunEvent, RunOptions, tool};

#[derive(Deserialize, JsonSchema)]
struct Location {
    /// The city's name.
    city: String,
}

#[derive(Serialize)]
struct Weather {
    city: String,
    degrees: i32,
}

async fn weather(location: Location) -> Result<Weather, String> {
    match location.city.as_str() {
        "Paris" => Ok(Weather { city: location.city, degrees: 21 }),
        "Rome" => Ok(Weather { city: location.city, degrees: 27 }),
        other => Err(format!("there is no weather station in {other}")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let question = std::env::args().nth(1).unwrap_or_else(|| "Where is it warmer, in Paris or in Rome?".to_owned());
    match answer(question).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", error.kind().info().name);
            ExitCode::FAILURE
        }
    }
}

async fn answer(question: String) -> Result<(), Error> {
    let client = Client::from_env()?;
    let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user(question)]);
    let functions = [tool("weather", "The weather in a city, in degrees Celsius.", weather)];
    let mut run = client.run_tools(&request, functions, &RunOptions::default())?;
    while let Some(event) = run.try_next().await? {
        if let RunEvent::ToolDone(outcome) = event {
            eprintln!("{}: {}", outcome.name, outcome.content);
        }
    }
    println!("{}", run.finish().await?.reply.text());
    Ok(())
}
