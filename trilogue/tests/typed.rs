//! Typed replies and tools, through a real socket.
//!
//! A server plays each reply from a script; the tests check results and requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trilogue::{
    ChatRequest, Client, ErrorKind, Message, MessagesRequest, Mode, Options, ParseOptions, RunEvent, RunOptions, tool,
};
use trilogue_test_server::{Server, Vector};

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Recipe {
    name: String,
    steps: Vec<Step>,
    servings: Option<u32>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Step {
    text: String,
}

/// A client of a server that answers one request after the other with these replies, and that server.
async fn scripted(endpoint: &str, replies: Vec<Value>) -> (Client, Server) {
    let vector: Vector = serde_json::from_value(json!({
        "about": "scripted", "endpoint": endpoint, "response": replies, "expect": {},
    }))
    .unwrap();
    let server = Server::start(BTreeMap::from([("script".to_owned(), vector)]), 0).await.unwrap();
    let options = Options { base_url: Some(format!("{}/v/script/whole/run", server.url())), ..Options::default() };
    (Client::new(options).unwrap(), server)
}

fn reply(body: &Value) -> Value {
    json!({"headers": {"content-type": "application/json"}, "body": [body.to_string()]})
}

fn said(message: &Value, finish_reason: &str) -> Value {
    json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    })
}

fn text(content: &str) -> Value {
    reply(&said(&json!({"role": "assistant", "content": content}), "stop"))
}

fn streamed(frames: &[Value]) -> Value {
    let body: Vec<_> =
        frames.iter().map(|frame| format!("data: {frame}\n\n")).chain(["data: [DONE]\n\n".to_owned()]).collect();
    json!({"headers": {"content-type": "text/event-stream"}, "body": body})
}

fn chunk(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})
}

fn request() -> ChatRequest {
    ChatRequest::new("m", [Message::user("A recipe!")])
}

fn recipe() -> Recipe {
    Recipe { name: "Soup".to_owned(), steps: vec![Step { text: "Boil".to_owned() }], servings: None }
}

const RECIPE: &str = r#"{"name":"Soup","steps":[{"text":"Boil"}],"servings":null}"#;

#[tokio::test]
async fn an_answer_is_of_its_type_and_the_schema_is_strict() {
    let (client, server) = scripted("chat", vec![text(RECIPE)]).await;
    let parsed = client.parse::<Recipe, _>(&request(), &ParseOptions::default()).await.unwrap();
    assert_eq!(parsed.value, recipe());
    assert_eq!(parsed.tries[0]["total_tokens"], 3);
    let format = &server.log("run")[0]["body"]["response_format"];
    assert_eq!(format["json_schema"]["name"], "Recipe");
    assert_eq!(format["json_schema"]["strict"], true);
    let schema = &format["json_schema"]["schema"];
    assert_eq!(schema["required"], json!(["name", "steps", "servings"]));
    assert_eq!(schema["additionalProperties"], false);
}

#[tokio::test]
async fn a_list_is_wrapped_in_an_object_for_the_request() {
    let (client, server) = scripted("chat", vec![text(r#"Here it is: ```json {"value":[1,2,3]} ``` Enjoy!"#)]).await;
    let parsed = client.parse::<Vec<u32>, _>(&request(), &ParseOptions::default()).await.unwrap();
    assert_eq!(parsed.value, [1, 2, 3]);
    let schema = &server.log("run")[0]["body"]["response_format"]["json_schema"]["schema"];
    assert_eq!(schema["properties"]["value"]["type"], "array");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_requested_again() {
    let (client, server) = scripted("chat", vec![text(r#"{"name":1}"#), text(RECIPE)]).await;
    let options = ParseOptions { max_reasks: 1, ..ParseOptions::default() };
    let parsed = client.parse::<Recipe, _>(&request(), &options).await.unwrap();
    assert_eq!(parsed.value, recipe());
    assert_eq!(parsed.tries.len(), 2);
    let messages = &server.log("run")[1]["body"]["messages"];
    assert_eq!(messages[1], json!({"role": "assistant", "content": r#"{"name":1}"#}));
    assert!(messages[2]["content"].as_str().unwrap().contains("invalid type"), "{messages}");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_an_error_with_the_reply() {
    let (client, _server) = scripted("chat", vec![text("I would rather not.")]).await;
    let error = client.parse::<Recipe, _>(&request(), &ParseOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOutput);
    assert!(error.to_string().contains("ignore response_format"), "{error}");
    assert_eq!(error.fields().partial.as_ref().unwrap()["choices"][0]["message"]["content"], "I would rather not.");

    let cut = reply(&said(&json!({"role": "assistant", "content": r#"{"name":"So"#}), "length"));
    let (client, _server) = scripted("chat", vec![cut]).await;
    let error = client.parse::<Recipe, _>(&request(), &ParseOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LengthFinishReason);
    assert!(error.fields().partial.is_some());
}

#[tokio::test]
async fn a_type_that_strict_mode_cannot_express_is_refused_before_sending() {
    let (client, server) = scripted("chat", vec![text("{}")]).await;
    let error = client.parse::<BTreeMap<String, u32>, _>(&request(), &ParseOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("members of any name"), "{error}");
    assert_eq!(server.log("run"), json!([]));
    let options = ParseOptions { strict: false, ..ParseOptions::default() };
    assert!(client.parse::<BTreeMap<String, u32>, _>(&request(), &options).await.unwrap().value.is_empty());
}

#[tokio::test]
async fn a_message_can_answer_through_a_tool() {
    let block = json!({"type": "tool_use", "id": "t1", "name": "Recipe", "input": serde_json::from_str::<Value>(RECIPE).unwrap()});
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [block], "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2}});
    let (client, server) = scripted("messages", vec![reply(&message)]).await;
    let request: MessagesRequest = serde_json::from_value(
        json!({"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "A recipe!"}]}),
    )
    .unwrap();
    let options = ParseOptions { mode: Mode::Tool, ..ParseOptions::default() };
    assert_eq!(client.parse::<Recipe, _>(&request, &options).await.unwrap().value, recipe());
    let sent = &server.log("run")[0]["body"];
    assert_eq!(sent["tool_choice"]["name"], "Recipe");
    assert_eq!(sent["tools"][0]["input_schema"]["required"], json!(["name", "steps", "servings"]));
}

#[tokio::test]
async fn elements_arrive_when_complete_and_the_value_at_the_end() {
    let pieces = [r#"{"name":"Soup","st"#, r#"eps":[{"text":"Bo"#, r#"il"},{"text":"#, r#""Eat"}],"servings":4"#, "}"];
    let mut frames: Vec<_> = pieces.iter().map(|piece| chunk(&json!({"content": piece}), None)).collect();
    frames.push(chunk(&json!({}), Some("stop")));
    let (client, _server) = scripted("chat", vec![streamed(&frames)]).await;
    let stream = client.parse_stream::<Recipe, _>(&request(), &ParseOptions::default()).await.unwrap();
    let mut stream = stream.elements::<Step>("steps");
    let mut steps = Vec::new();
    while let Some(step) = stream.try_next().await.unwrap() {
        assert_eq!(stream.partial()["name"], "Soup");
        steps.push(step);
    }
    assert_eq!(steps, [Step { text: "Boil".to_owned() }, Step { text: "Eat".to_owned() }]);
    assert_eq!(stream.finish().await.unwrap().value.servings, Some(4));
}

#[tokio::test]
async fn elements_of_a_list_arrive_when_complete() {
    let frames =
        [chunk(&json!({"content": r#"{"value":["a","#}), None), chunk(&json!({"content": "\"b\"]}"}), Some("stop"))];
    let (client, _server) = scripted("chat", vec![streamed(&frames)]).await;
    let stream = client.parse_stream::<Vec<String>, _>(&request(), &ParseOptions::default()).await.unwrap();
    let mut stream = stream.elements::<String>("");
    let mut items = Vec::new();
    while let Some(item) = stream.try_next().await.unwrap() {
        items.push(item);
    }
    assert_eq!(items, ["a", "b"]);
    assert_eq!(stream.partial(), json!(["a", "b"]));
    assert_eq!(stream.finish().await.unwrap().value, items);
}

#[derive(Deserialize, JsonSchema)]
struct Location {
    city: String,
}

#[derive(Serialize)]
struct Weather {
    degrees: i32,
}

#[tokio::test]
async fn a_model_calls_functions_until_it_has_its_answer() {
    let call = |index: usize, name: &str, arguments: &str| json!({"index": index, "id": format!("call_{index}"), "type": "function", "function": {"name": name, "arguments": arguments}});
    let calls = [
        call(0, "weather", r#"{"city":"Rome"}"#),
        call(1, "weather", r#"{"town":"Oslo"}"#),
        call(2, "news", "{}"),
        call(3, "slow", "{}"),
        call(4, "broken", "{}"),
    ];
    let first = streamed(&[chunk(&json!({"role": "assistant", "tool_calls": calls}), Some("tool_calls"))]);
    let second = streamed(&[chunk(&json!({"content": "21 degrees"}), Some("stop"))]);
    let (client, server) = scripted("chat", vec![first, second]).await;

    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let functions = [
        tool("weather", "The weather in a city", move |location: Location| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move { if location.city == "Rome" { Ok(Weather { degrees: 21 }) } else { Err("unknown city") } }
        }),
        tool("slow", "Takes long", |_: BTreeMap<String, Value>| async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok::<_, String>("done")
        }),
        tool("broken", "Fails", |_: BTreeMap<String, Value>| async { Err::<String, _>("no power") }),
    ];
    let options = RunOptions { tool_timeout: Some(Duration::from_millis(200)), ..RunOptions::default() };
    let (mut started, mut ended, mut deltas) = (0, 0, String::new());
    let mut run = client.run_tools(&request(), functions, &options).unwrap();
    while let Some(event) = run.try_next().await.unwrap() {
        match event {
            RunEvent::ToolStart(_) => started += 1,
            RunEvent::ToolDone(_) => ended += 1,
            RunEvent::Reply(trilogue::Event::Text { text, .. }) => deltas.push_str(&text),
            _ => {}
        }
    }
    let run = run.finish().await.unwrap();
    assert_eq!((started, ended, deltas.as_str()), (5, 5, "21 degrees"));
    assert_eq!(run.reply.choices[0].message.content.as_deref(), Some("21 degrees"));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    let messages = &server.log("run")[1]["body"]["messages"];
    assert_eq!(messages[1]["tool_calls"][0]["function"]["name"], "weather");
    let result = |index: usize| {
        (messages[index]["tool_call_id"].as_str().unwrap(), messages[index]["content"].as_str().unwrap())
    };
    assert_eq!(result(2), ("call_0", r#"{"degrees":21}"#));
    for (index, id, wanted) in [
        (3, "call_1", "missing field `city`"),
        (4, "call_2", "no tool \"news\""),
        (5, "call_3", "took longer than 0.2 seconds"),
        (6, "call_4", "no power"),
    ] {
        assert_eq!(result(index).0, id);
        assert!(result(index).1.contains(wanted), "{:?}", result(index));
    }
}

#[tokio::test]
async fn reasoning_is_sent_back_with_results() {
    let call = json!({"index": 0, "id": "call_0", "type": "function", "function": {"name": "now", "arguments": "{}"}});
    let thought = streamed(&[
        chunk(&json!({"role": "assistant", "reasoning_content": "What time"}), None),
        chunk(&json!({"reasoning_content": " is it?", "tool_calls": [call]}), Some("tool_calls")),
    ]);
    let answer = streamed(&[chunk(&json!({"content": "Noon."}), Some("stop"))]);
    let functions = [tool("now", "The time", |_: BTreeMap<String, Value>| async { Ok::<_, String>("12:00") })];
    // By default under the server's own name.
    for (given, name) in [(None, "reasoning_content"), (Some("reasoning"), "reasoning")] {
        let (client, server) = scripted("chat", vec![thought.clone(), answer.clone()]).await;
        let options = RunOptions { reasoning_field: given.map(str::to_owned), ..RunOptions::default() };
        client.run_tools(&request(), functions.clone(), &options).unwrap().finish().await.unwrap();
        let turn = &server.log("run")[1]["body"]["messages"][1];
        assert_eq!(turn[name], "What time is it?");
        assert_eq!(turn.as_object().unwrap().len(), 4, "{turn}");
    }
}

/// The events of a message with these blocks, each with the text of its arguments.
fn message_events(blocks: &[Value], stop_reason: &str) -> Value {
    let mut events = vec![json!({"type": "message_start", "message": {"id": "m", "role": "assistant", "model": "m"}})];
    for (index, block) in blocks.iter().enumerate() {
        let mut block = block.clone();
        let arguments = block.as_object_mut().unwrap().remove("arguments");
        events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
        if let Some(text) = arguments {
            let delta = json!({"type": "input_json_delta", "partial_json": text});
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 1}}));
    events.push(json!({"type": "message_stop"}));
    json!({"body": events.iter().map(|event| format!("data: {event}\n\n")).collect::<Vec<_>>()})
}

fn message_request() -> MessagesRequest {
    serde_json::from_value(json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}))
        .unwrap()
}

#[tokio::test]
async fn a_call_whose_arguments_cannot_be_read_is_not_run() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let functions = [tool("remove", "Removes", move |_: BTreeMap<String, Value>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, String>("gone") }
    })];
    // It is the model's mistake, and ends no run.
    let options = RunOptions { raise: true, ..RunOptions::default() };
    for (written, stop_reason) in [(r#"{"path": /}"#, "tool_use"), ("[1]", "tool_use"), ("", "max_tokens")] {
        let block = json!({"type": "tool_use", "id": "t", "name": "remove", "input": {}, "arguments": written});
        let said = json!({"type": "text", "text": "sorry"});
        let replies = vec![message_events(&[block], stop_reason), message_events(&[said], "end_turn")];
        let (client, server) = scripted("messages", replies).await;
        client.run_tools(&message_request(), functions.clone(), &options).unwrap().finish().await.unwrap();
        let messages = &server.log("run")[1]["body"]["messages"];
        assert_eq!(messages[1]["content"], json!([{"type": "tool_use", "id": "t", "name": "remove", "input": {}}]));
        let result = &messages[2]["content"][0];
        assert!(result["content"].as_str().unwrap().contains(written), "{result}");
        assert_eq!(result["is_error"], true);
    }
    let function = json!({"name": "remove", "arguments": "gaben"});
    let call = json!({"index": 0, "id": "t", "type": "function", "function": function});
    let replies = vec![
        streamed(&[chunk(&json!({"tool_calls": [call]}), Some("tool_calls"))]),
        streamed(&[chunk(&json!({"content": "sorry"}), Some("stop"))]),
    ];
    let (client, server) = scripted("chat", replies).await;
    client.run_tools(&request(), functions.clone(), &options).unwrap().finish().await.unwrap();
    let messages = &server.log("run")[1]["body"]["messages"];
    assert_eq!(messages[1]["tool_calls"][0]["function"]["arguments"], "{}");
    assert!(messages[2]["content"].as_str().unwrap().contains("you wrote: gaben"), "{messages}");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_paused_turn_continues() {
    let paused = message_events(&[json!({"type": "text", "text": "Let me"})], "pause_turn");
    let found = message_events(&[json!({"type": "text", "text": "Found."})], "end_turn");
    let (client, server) = scripted("messages", vec![paused, found]).await;
    let run = client.run_tools(&message_request(), [], &RunOptions::default()).unwrap().finish().await.unwrap();
    assert_eq!(run.reply.content[0].text.as_deref(), Some("Found."));
    let messages = &server.log("run")[1]["body"]["messages"];
    assert_eq!(messages[1], json!({"role": "assistant", "content": [{"type": "text", "text": "Let me"}]}));
}

#[tokio::test]
async fn too_many_steps_and_raised_failures_are_errors() {
    let call =
        json!({"index": 0, "id": "call_0", "type": "function", "function": {"name": "broken", "arguments": "{}"}});
    let again = streamed(&[chunk(&json!({"role": "assistant", "tool_calls": [call]}), Some("tool_calls"))]);
    let functions = [tool("broken", "Fails", |_: BTreeMap<String, Value>| async { Err::<String, _>("no power") })];
    for (options, wanted, requests) in [
        (RunOptions { max_steps: 3, ..RunOptions::default() }, "after 3 steps: raise max_steps", 3),
        (RunOptions { raise: true, ..RunOptions::default() }, "no power", 1),
    ] {
        let (client, server) = scripted("chat", vec![again.clone()]).await;
        let error = client.run_tools(&request(), functions.clone(), &options).unwrap().finish().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ToolRun);
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(error.fields().partial.is_some());
        assert_eq!(server.log("run").as_array().unwrap().len(), requests);
    }
}
