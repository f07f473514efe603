//! Conversations through a real socket, over both formats, with functions and reasoning; presets and ranges of parameters.
//!
//! A server plays the scripts that Python and JavaScript have too; the tests check turns and requests.

use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trilogue::catalog::Catalog;
use trilogue::{
    ChatRequest, Client, Conversation, ErrorKind, Event, Function, Message, Options, Outcome, RunEvent, RunOptions,
    tool,
};
use trilogue_test_server::{Server, script};

const MODEL: &str = "openai-gpt-oss-120b";
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conversation/scripts.json");

async fn scripted(name: &str) -> (Client, Server) {
    let (server, base_url) = script(SCRIPTS, name).await.unwrap();
    let options = Options { base_url: Some(base_url), max_retries: Some(0), ..Options::default() };
    (Client::new(options).unwrap(), server)
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Location {
    city: String,
}

fn weather() -> Function {
    tool("weather", "The weather in a city.", |location: Location| async move {
        if location.city == "Oslo" { Ok("Rain") } else { Err("no such station") }
    })
}

fn changes(changes: &Value) -> Map<String, Value> {
    changes.as_object().cloned().unwrap()
}

#[tokio::test]
async fn functions_and_reasoning_over_both_formats() {
    let (client, server) = scripted("tools").await;
    let mut conversation = Conversation::new(MODEL).with_functions([weather()]);
    let answer = conversation.send(&client, "Weather in Oslo?").await.unwrap();
    assert_eq!((answer.text.as_str(), answer.usage.len()), ("It rains. ", 2));
    conversation.set(changes(&json!({"format": "messages"}))).unwrap();
    assert_eq!(conversation.send(&client, "Thanks").await.unwrap().text, "You are welcome.");
    let log = server.log("run");
    assert_eq!(log[1]["body"]["messages"][1]["reasoning"], "I need the tool.");
    assert_eq!(log[1]["body"]["messages"][2]["content"], "Rain");
    assert_eq!(log[2]["body"]["messages"][2]["content"][0]["tool_use_id"], "call_1");
    assert_eq!(conversation.totals().cost()["total"], "0.000174");
    let text = conversation.to_json();
    assert_eq!(Conversation::from_json(&text).unwrap().to_json(), text);
}

#[tokio::test]
async fn an_answer_streams_as_events() {
    let (client, _server) = scripted("tools").await;
    let mut conversation = Conversation::new(MODEL).with_functions([weather()]);
    let stream = conversation.stream(&client, "Weather in Oslo?").unwrap();
    let (mut text, mut calls) = (String::new(), Vec::new());
    for event in stream.collect::<Vec<_>>().await {
        match event.unwrap() {
            RunEvent::Reply(Event::Text { text: more, .. }) => text.push_str(&more),
            RunEvent::ToolStart(call) => calls.push(call.name),
            RunEvent::ToolDone(outcome) => calls.push(outcome.content.to_string()),
            _ => {}
        }
    }
    assert_eq!(text, "It rains. ");
    assert_eq!(calls, ["weather", "\"Rain\""]);
    assert_eq!(conversation.turns().len(), 4);
}

#[tokio::test]
async fn an_answer_that_is_dropped_stays_as_a_partial_turn() {
    let (client, _server) = scripted("stopped").await;
    let mut conversation = Conversation::new(MODEL);
    let mut stream = conversation.stream(&client, "Count.").unwrap();
    while let Some(event) = stream.try_next().await.unwrap() {
        if matches!(event, RunEvent::Reply(Event::Text { .. })) {
            break;
        }
    }
    drop(stream);
    let turn = conversation.turns().last().unwrap();
    assert_eq!((turn["role"].as_str(), turn["partial"].as_str()), (Some("assistant"), Some("stopped")));
}

#[tokio::test]
async fn a_truncated_answer_stays_with_the_reason() {
    let (client, _server) = scripted("truncated").await;
    let mut conversation = Conversation::new(MODEL);
    let error = conversation.send(&client, "Count.").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompleteStream);
    assert_eq!(conversation.turns().last().unwrap()["partial"], "IncompleteStreamError");
    conversation.resume().unwrap();
    conversation.answer(&client).finish().await.unwrap();
    assert_eq!(conversation.turns().len(), 2);
}

#[tokio::test]
async fn calls_without_a_function_wait_for_results() {
    let (client, server) = scripted("caller_tools").await;
    let mut conversation = Conversation::new(MODEL);
    let tool = json!({"name": "ask_user", "parameters": {"type": "object"}});
    conversation.set(changes(&json!({"tools": [tool]}))).unwrap();
    conversation.send(&client, "Plan my day.").await.unwrap();
    let call = conversation.pending().swap_remove(0);
    let result = Outcome { id: call.id, content: "Sleep".into(), ..Outcome::default() };
    conversation.results(vec![result]).unwrap();
    conversation.answer(&client).finish().await.unwrap();
    assert!(conversation.pending().is_empty());
    assert_eq!(server.log("run").as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn too_many_steps_are_an_error() {
    let (client, server) = scripted("endless").await;
    let options = RunOptions { max_steps: 2, ..RunOptions::default() };
    let mut conversation = Conversation::new(MODEL).with_functions([weather()]).with_run_options(options);
    let error = conversation.send(&client, "Weather?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ToolRun);
    assert_eq!(server.log("run").as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_parameter_out_of_range_is_not_sent() {
    let (client, server) = scripted("simple").await;
    let request = ChatRequest { temperature: Some(3.0), ..ChatRequest::new(MODEL, [Message::user("Hi")]) };
    let error = client.chat(&request).await.unwrap_err();
    assert_eq!((error.kind(), error.fields().param.as_deref()), (ErrorKind::InvalidRequest, Some("temperature")));
    assert!(error.message().contains("takes a number from 0 to 2"), "{error}");
    assert!(server.log("run").as_array().is_none_or(Vec::is_empty));
}

#[tokio::test]
async fn the_preset_of_the_product_page() {
    let (client, server) = scripted("simple").await;
    let preset = Catalog::builtin().get(MODEL).unwrap().preset();
    assert_eq!(preset["parameters"]["max_tokens"], 1000);
    assert_eq!(preset["parameters"].as_object().unwrap().len(), 5);
    let mut conversation = Conversation::default();
    conversation.set(preset).unwrap();
    conversation.send(&client, "Hi").await.unwrap();
    assert_eq!(server.log("run")[0]["body"]["messages"][0]["role"], "system");
}
