//! Scenarios that need a page: cancelled requests, closed clients, values and functions of JavaScript.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::future::join_all;
use gloo_timers::future::sleep;
use js_sys::{Function, Reflect};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use trilogue::javascript::{from_js, to_js, tool};
use trilogue::{
    ChatRequest, Client, Conversation, ErrorKind, Event, Message, Options, ParseOptions, RunEvent, RunOptions,
};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;

use crate::get;

type Outcome = (String, Result<()>);

pub(crate) async fn run_all(server: &str) -> Vec<Outcome> {
    let scenarios: Vec<(&str, Pin<Box<dyn Future<Output = Result<()>> + '_>>)> = vec![
        ("a dropped stream closes its connection", Box::pin(dropped_stream(server))),
        ("a dropped request closes its connection", Box::pin(dropped_request(server))),
        ("a closed client ends its streams", Box::pin(closed_client(server))),
        ("a closed client ends the wait for a retry", Box::pin(closed_retry(server))),
        ("a silent stream is an error", Box::pin(silent_stream(server))),
        ("a failed request is sent again", Box::pin(retried(server))),
        ("elements of a typed answer arrive when complete", Box::pin(elements(server))),
        ("a model calls functions of JavaScript", Box::pin(javascript_tools(server))),
        ("a dropped answer stays in its conversation", Box::pin(conversation(server))),
        ("an option that a page can't honour is refused", Box::pin(refused_option())),
    ];
    join_all(scenarios.into_iter().map(|(name, run)| async move { (name.to_owned(), run.await) })).await
}

/// A client of a vector, with options given as a JavaScript object.
fn client(server: &str, vector: &str, options: &Value) -> Result<Client> {
    let mut options: Options = from_js(to_js(options)?)?;
    options.base_url = Some(format!("{server}/v/{vector}/pieces/{vector}"));
    Ok(Client::new(options)?)
}

fn request() -> ChatRequest {
    ChatRequest::new("m", [Message::user("Hi")])
}

/// Waits until the server has seen a connection close.
async fn closed(server: &str, nonce: &str) -> Result<()> {
    for _ in 0..100 {
        let log = get(&format!("{server}/log/{nonce}")).await?;
        if log[0]["outcome"] == "closed" {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("the server saw no connection close")
}

async fn dropped_stream(server: &str) -> Result<()> {
    let mut stream = client(server, "stall", &json!({}))?.chat_stream(&request()).await?;
    let chunk = stream.try_next().await?.context("no chunk")?;
    ensure!(chunk.text() == "Hel", "the text is {:?}", chunk.text());
    ensure!(stream.snapshot().is_some(), "no snapshot");
    drop(stream);
    closed(server, "stall").await
}

async fn dropped_request(server: &str) -> Result<()> {
    let client = client(server, "slow", &json!({}))?;
    let request = request();
    let timeout = sleep(Duration::from_millis(200));
    let outcome = futures_util::future::select(Box::pin(client.chat(&request)), timeout).await;
    ensure!(matches!(outcome, futures_util::future::Either::Right(_)), "the reply came too early");
    drop(outcome);
    closed(server, "slow").await
}

async fn closed_client(server: &str) -> Result<()> {
    let client = client(server, "stall_closed", &json!({}))?;
    let mut stream = client.chat_stream(&request()).await?;
    stream.try_next().await?;
    spawn_local({
        let client = client.clone();
        async move {
            sleep(Duration::from_millis(100)).await;
            client.close();
        }
    });
    let error = stream.try_next().await.err().context("no error")?;
    ensure!(error.kind() == ErrorKind::UserAbort, "{error:?}");
    ensure!(error.partial().is_some(), "no partial answer");
    let error = client.chat(&request()).await.err().context("no error of a closed client")?;
    ensure!(error.kind() == ErrorKind::UserAbort, "{error:?}");
    closed(server, "stall_closed").await
}

async fn closed_retry(server: &str) -> Result<()> {
    let client = client(server, "busy", &json!({}))?;
    spawn_local({
        let client = client.clone();
        async move {
            sleep(Duration::from_millis(300)).await;
            client.close();
        }
    });
    let error = client.chat(&request()).await.err().context("no error")?;
    ensure!(error.kind() == ErrorKind::UserAbort, "{error:?}");
    Ok(())
}

async fn silent_stream(server: &str) -> Result<()> {
    let client = client(server, "stall_silent", &json!({"idle_timeout": 0.2}))?;
    let mut stream = client.chat_stream(&request()).await?;
    stream.try_next().await?;
    let error = stream.try_next().await.err().context("no error")?;
    ensure!(error.kind() == ErrorKind::IdleTimeout, "{error:?}");
    closed(server, "stall_silent").await
}

async fn retried(server: &str) -> Result<()> {
    let notices = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let client = client(server, "failing", &json!({}))?.with_observer({
        let notices = std::rc::Rc::clone(&notices);
        move |notice| notices.borrow_mut().push(notice.kind())
    });
    ensure!(client.chat(&request()).await?.text() == "Hello");
    ensure!(notices.borrow().contains(&"retrying"), "notices: {:?}", notices.borrow());
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
struct Recipe {
    steps: Vec<String>,
}

async fn elements(server: &str) -> Result<()> {
    let client = client(server, "recipe", &json!({}))?;
    let stream = client.parse_stream::<Recipe, _>(&request(), &ParseOptions::default()).await?;
    let mut steps = stream.elements::<String>("steps");
    let mut received = Vec::new();
    while let Some(step) = steps.try_next().await? {
        received.push(step);
    }
    ensure!(received == steps.finish().await?.value.steps, "the elements are {received:?}");
    Ok(())
}

async fn javascript_tools(server: &str) -> Result<()> {
    let client = client(server, "tools", &json!({}))?;
    let parameters = to_js(&json!({"type": "object", "properties": {"city": {"type": "string"}}}))?;
    let functions = [
        tool("weather", "Returns a promise", parameters.clone(), function("weather"))?,
        tool("broken", "Throws", parameters, function("broken"))?,
    ];
    let mut run = client.run_tools(&request(), functions, &RunOptions::default())?;
    let mut results = Vec::new();
    while let Some(event) = run.try_next().await? {
        if let RunEvent::ToolDone(outcome) = event {
            results.push((outcome.name, outcome.content));
        }
    }
    results.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("broken".to_owned(), json!("TypeError: no power")),
        ("weather".to_owned(), json!(r#"{"city":"Oslo","degrees":7}"#)),
    ];
    ensure!(results == expected, "the results are {results:?}");
    ensure!(run.finish().await?.reply.text() == "7 degrees");
    Ok(())
}

/// A function of JavaScript that the page defines.
fn function(name: &str) -> Function {
    let functions = Reflect::get(&js_sys::global(), &"testFunctions".into()).unwrap_or_default();
    Reflect::get(&functions, &name.into()).unwrap_or_default().unchecked_into()
}

async fn conversation(server: &str) -> Result<()> {
    let client = client(server, "stall_answer", &json!({}))?;
    let mut conversation = Conversation::new("m");
    let mut answer = conversation.stream(&client, "Hi")?;
    while let Some(event) = answer.try_next().await? {
        if matches!(event, RunEvent::Reply(Event::Text { .. })) {
            break;
        }
    }
    drop(answer);
    let turn = conversation.turns().last().context("no turn")?;
    ensure!(turn["partial"] == "stopped", "the last turn is {turn:?}");
    closed(server, "stall_answer").await
}

async fn refused_option() -> Result<()> {
    let options =
        Options { base_url: Some("http://localhost".to_owned()), connect_timeout: Some(1.0), ..Options::default() };
    let error = Client::new(options).err().context("no error")?;
    ensure!(error.kind() == ErrorKind::Configuration, "{error:?}");
    Ok(())
}
