//! The client and its streams: adapters of `futures`, dropped reads, options, observers, readable errors.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use trilogue::{ChatRequest, Client, ErrorKind, Event, Message, Options, ParseOptions, RequestOptions};
use trilogue_test_server::{Server, script};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts.json");

async fn scripted(name: &str) -> (Client, Server) {
    let (server, base_url) = script(SCRIPTS, name).await.unwrap();
    (Client::new(Options { base_url: Some(base_url), ..Options::default() }).unwrap(), server)
}

fn request() -> ChatRequest {
    ChatRequest::new("openai-gpt-oss-120b", [Message::user("Say hello.")])
}

#[derive(Debug, PartialEq, serde::Deserialize, schemars::JsonSchema)]
struct Recipe {
    name: String,
    steps: Vec<String>,
    minutes: u32,
}

#[tokio::test]
async fn streams_take_the_adapters_of_futures() {
    let (client, _server) = scripted("stream").await;
    let texts: Vec<String> = client
        .chat_stream(&request())
        .await
        .unwrap()
        .map_ok(|chunk| chunk.text().to_owned())
        .try_filter(|text| std::future::ready(!text.is_empty()))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(texts, ["Hel", "lo!"]);

    let events = client.chat_stream(&request()).await.unwrap().events();
    let kinds: Vec<_> = events.map(|event| matches!(event.unwrap(), Event::Text { .. })).collect().await;
    assert_eq!(kinds.iter().filter(|is_text| **is_text).count(), 2);
}

#[tokio::test]
async fn a_dropped_read_loses_nothing() {
    let (client, _server) = scripted("open").await;
    let mut stream = client.chat_stream(&request()).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().text(), "Hel");
    // The server pauses: the read is dropped while it waits.
    assert!(stream.try_next().now_or_never().is_none());
    let snapshot = stream.snapshot().unwrap();
    assert_eq!(snapshot["choices"][0]["message"]["content"], "Hel");
    assert_eq!(stream.try_next().await.unwrap().unwrap().text(), "lo");
    stream.close();
    assert!(stream.try_next().await.unwrap().is_none());
    assert_eq!(stream.snapshot().unwrap()["choices"][0]["message"]["content"], "Hello");
}

#[tokio::test]
async fn a_stream_finishes_with_its_reply() {
    let (client, _server) = scripted("stream").await;
    let reply = client.chat_stream(&request()).await.unwrap().finish().await.unwrap();
    assert_eq!((reply.text(), reply.usage.as_ref().unwrap().completion_tokens), ("Hello!", 100));
}

#[tokio::test]
async fn partial_values_grow() {
    let (client, _server) = scripted("recipe_stream").await;
    let stream = client.parse_stream::<Recipe, _>(&request(), &ParseOptions::default()).await.unwrap();
    let mut partials = stream.partials();
    let first = partials.try_next().await.unwrap().unwrap();
    assert_eq!(first["name"], "Tomato soup");
    let mut last = first;
    while let Some(partial) = partials.try_next().await.unwrap() {
        last = partial;
    }
    assert_eq!(last["minutes"], 20);
    assert_eq!(partials.finish().await.unwrap().value.steps.len(), 2);
}

#[tokio::test]
async fn options_of_requests_apply() {
    let (client, server) = scripted("whole").await;
    let extra_headers = json!({"x-trace": "1"}).as_object().cloned().unwrap();
    let client = client.with_options(RequestOptions { extra_headers, ..RequestOptions::default() });
    client.chat(&request()).await.unwrap();
    assert_eq!(server.log("run")[0]["headers"]["x-trace"], "1");
}

#[tokio::test]
async fn an_observer_receives_notices() {
    let (client, _server) = scripted("whole").await;
    let notices = Arc::new(Mutex::new(Vec::new()));
    let observed = Arc::clone(&notices);
    let client = client.with_observer(move |notice| observed.lock().unwrap().push(notice.kind()));
    client.chat(&request()).await.unwrap();
    assert_eq!(*notices.lock().unwrap(), ["sending", "answered", "ended"]);
}

#[tokio::test]
async fn errors_are_readable() {
    let (client, _server) = scripted("unauthorized").await;
    let error = client.chat(&request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(
        format!("{error:?}"),
        format!("AuthenticationError: {error} (status 401, code invalid_api_key, request id req_1)")
    );
}

#[tokio::test]
async fn closing_a_client_ends_its_calls_at_fallbacks() {
    let (server, slow) = script(SCRIPTS, "slow").await.unwrap();
    // Nothing listens on this port.
    let options = Options {
        base_url: Some("http://127.0.0.1:1".to_owned()),
        max_retries: Some(0),
        fallbacks: json!([{ "base_url": slow }]),
        ..Options::default()
    };
    let client = Client::new(options).unwrap();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.chat(&request()).await }
    });
    while server.log("run").as_array().is_none_or(Vec::is_empty) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.close();
    assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::UserAbort);
}

#[tokio::test]
async fn a_dropped_request_is_aborted() {
    let (client, server) = scripted("slow").await;
    let outcome = tokio::time::timeout(Duration::from_millis(200), client.chat(&request())).await;
    assert!(outcome.is_err());
    for _ in 0..100 {
        if server.log("run")[0]["outcome"] == "closed" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server saw no connection close");
}
