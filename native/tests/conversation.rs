//! A conversation through a real socket, over both formats, with tools and reasoning; presets and ranges of parameters.
//!
//! Law: a scripted server says each reply, those that Python and JavaScript have too; what it received is looked at.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use trilogue_native::conversation::{Conversation, Format, Settings};
use trilogue_native::{Catalog, ChatRequest, Client, ErrorKind, Message, Options, RequestOptions};
use trilogue_test_server::{Server, Vector};

const MODEL: &str = "openai-gpt-oss-120b";

async fn scripted(script: &str) -> (Client, Server) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conversation/scripts.json");
    let scripts: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let vector: Vector =
        serde_json::from_value(json!({"about": "scripted", "response": scripts[script], "expect": {}})).unwrap();
    let server = Server::start(BTreeMap::from([("script".to_owned(), vector)]), 0).await.unwrap();
    let base_url = Some(format!("{}/v/script/whole/run", server.url()));
    (Client::new(Options { base_url, max_retries: Some(0), ..Options::default() }).unwrap(), server)
}

/// Asks the model what is next.
async fn ask(client: &Client, conversation: &mut Conversation) {
    let request = conversation.request(None, &Map::new()).unwrap();
    let endpoint = conversation.settings().format.endpoint();
    let mut events = client.stream_json(endpoint, request, &RequestOptions::default()).await.unwrap();
    while events.next_batch().await.unwrap().is_some() {}
    conversation.take(&events.snapshot().unwrap()).unwrap();
}

#[tokio::test]
async fn tools_and_reasoning_over_both_formats() {
    let (client, server) = scripted("tools").await;
    let tool = json!({"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}});
    let mut conversation =
        Conversation::new(Settings { model: Some(MODEL.to_owned()), tools: vec![tool], ..Settings::default() });
    conversation.say("Weather in Oslo?".into()).unwrap();
    ask(&client, &mut conversation).await;
    let call = conversation.pending().swap_remove(0);
    assert_eq!(call.arguments.unwrap()["city"], "Oslo");
    let result = trilogue_native::conversation::Outcome { id: call.id, content: "Rain".into(), ..Default::default() };
    conversation.results(vec![result]).unwrap();
    ask(&client, &mut conversation).await;
    let format = json!({"format": Format::Messages.word()});
    conversation.set(format.as_object().cloned().unwrap()).unwrap();
    conversation.say("Thanks".into()).unwrap();
    ask(&client, &mut conversation).await;
    let log = server.log("run");
    assert_eq!(log[1]["body"]["messages"][1]["reasoning"], "I need the tool.");
    assert_eq!(log[2]["body"]["messages"][2]["content"][0]["tool_use_id"], "call_1");
    assert_eq!(conversation.totals().cost()["total"], "0.000174");
    let text = conversation.to_value().to_string();
    assert_eq!(Conversation::read(&text).unwrap().to_value().to_string(), text);
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

#[test]
fn the_preset_of_the_product_page() {
    let preset = Catalog::builtin().get(MODEL).unwrap().preset();
    assert_eq!(preset["parameters"]["max_tokens"], 1000);
    assert_eq!(preset["parameters"].as_object().unwrap().len(), 5);
    let mut conversation = Conversation::default();
    conversation.set(preset).unwrap();
    conversation.say("Hi".into()).unwrap();
    assert_eq!(conversation.request(None, &Map::new()).unwrap()["messages"][0]["role"], "system");
}
