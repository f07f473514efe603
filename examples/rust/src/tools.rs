//! Functions that the model calls until it has its answer.
//!
//! The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the question.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trilogue_native::{ChatRequest, Client, Error, Message, RunEvent, RunOptions, tool};

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// The city's name.
    city: String,
}

#[derive(Serialize)]
struct Weather {
    city: String,
    degrees: i32,
}

async fn weather(place: Place) -> Result<Weather, String> {
    match place.city.as_str() {
        "Paris" => Ok(Weather { city: place.city, degrees: 21 }),
        "Rome" => Ok(Weather { city: place.city, degrees: 27 }),
        other => Err(format!("there is no weather station in {other}")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let question = std::env::args().nth(1).unwrap_or_else(|| "Where is it warmer, in Paris or in Rome?".to_owned());
    match ask(question).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", error.kind().info().name);
            ExitCode::FAILURE
        }
    }
}

async fn ask(question: String) -> Result<(), Error> {
    let client = Client::from_env()?;
    let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user(question)]);
    let functions = [tool("weather", "The weather in a city, in degrees Celsius.", weather)];
    let run = client
        .run_tools(&request, &functions, &RunOptions::default(), |event| {
            if let RunEvent::ToolDone(outcome) = event {
                eprintln!("{}: {}", outcome.name, outcome.content);
            }
        })
        .await?;
    println!("{}", run.reply.choices.first().and_then(|choice| choice.message.content.as_deref()).unwrap_or_default());
    Ok(())
}
