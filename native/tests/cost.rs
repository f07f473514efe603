//! The catalogue, costs and budgets, through a real socket.
//!
//! A server plays the replies of a script; the tests check costs, requests and stopped streams. The cases of catalogues are in
//! `tests/cost/catalog.json`, for every language.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use trilogue_native::cost::Prices;
use trilogue_native::{
    Catalog, ChatRequest, Client, Dollars, Endpoint, ErrorKind, Message, Options, RequestOptions, Stream, Tokens, ffi,
};
use trilogue_test_server::{Server, Vector};

const MODEL: &str = "openai-gpt-oss-120b";

/// Returns a client, and its server, which answers one request after the other with these replies.
async fn scripted(replies: Value, options: Options) -> (Client, Server) {
    let vector: Vector =
        serde_json::from_value(json!({"about": "scripted", "response": replies, "expect": {}})).unwrap();
    let server = Server::start(BTreeMap::from([("script".to_owned(), vector)]), 0).await.unwrap();
    let base_url = Some(format!("{}/v/script/pieces/run", server.url()));
    (Client::new(Options { base_url, max_retries: options.max_retries.or(Some(0)), ..options }).unwrap(), server)
}

fn budget(amount: &str) -> Options {
    Options { budget: amount.into(), ..Options::default() }
}

fn whole(usage: &Value) -> Value {
    let reply = json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": MODEL, "usage": usage,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    });
    json!({"headers": {"content-type": "application/json"}, "body": [reply.to_string()], "delay_ms": 20})
}

/// A stream of this many words, each one token; the connection stays open.
fn endless(words: usize) -> Value {
    let frame = json!({"id": "c", "model": MODEL, "choices": [{"index": 0, "delta": {"content": "word "}}]});
    json!({"body": [{"text": format!("data: {frame}\n\n"), "repeat": words}], "end": "stall"})
}

fn tokens(prompt: u64, completion: u64) -> Value {
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

fn request(max_tokens: Option<u64>) -> ChatRequest {
    ChatRequest { max_tokens, ..ChatRequest::new(MODEL, [Message::user("Hi")]) }
}

fn body(request: &ChatRequest) -> Map<String, Value> {
    ffi::body(&serde_json::to_string(request).unwrap()).unwrap()
}

fn dollars(text: &str) -> Dollars {
    Dollars::parse(text).unwrap()
}

#[test]
fn a_million_tokens_each_cost_what_the_page_says() {
    let catalog = Catalog::builtin();
    let model = catalog.get(MODEL).unwrap();
    let cost = model.cost(&Tokens { input: 1_000_000, output: 1_000_000, ..Tokens::default() }).unwrap();
    assert_eq!((cost, cost.to_string().as_str()), (dollars("0.229"), "0.229"));
    assert_eq!((catalog.models.len(), catalog.date.as_str()), (19, "2026-11-24"));
    assert_eq!(catalog.related("xiaomi-mimo-v2-pro")[0].id, "xiaomi-mimo-v2-omni");
    for model in &catalog {
        assert_eq!(model.prices.is_some(), model.id == MODEL, "{}", model.id);
        assert!(!model.name.is_empty() && !model.path.is_empty(), "{}", model.id);
    }
    let written = serde_json::to_string(&catalog).unwrap();
    assert_eq!(Catalog::read(&written).unwrap(), catalog);
}

#[test]
fn shared_cases_of_catalogues() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cost/catalog.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut catalog = Catalog::default();
    catalog.merge(&list(&cases["models"])).unwrap();
    for (query, ids) in cases["search"].as_object().unwrap() {
        let found: Vec<_> = catalog.search(query).iter().map(|model| model.id.clone()).collect();
        assert_eq!(json!(found), *ids, "{query}");
    }
    for (id, ids) in cases["related"].as_object().unwrap() {
        let found: Vec<_> = catalog.related(id).iter().map(|model| model.id.clone()).collect();
        assert_eq!(json!(found), *ids, "{id}");
    }
    for case in list(&cases["merge"]) {
        let mut merged = catalog.clone();
        merged.merge(&list(&case["others"])).unwrap();
        let model = serde_json::to_value(merged.get(case["id"].as_str().unwrap())).unwrap();
        for (name, value) in case["merged"].as_object().unwrap() {
            assert_eq!(model.get(name).unwrap_or(&Value::Null), value, "{name} of {}", case["id"]);
        }
    }
    for models in list(&cases["refused"]) {
        assert_eq!(catalog.merge(&list(&models)).unwrap_err().kind(), ErrorKind::Configuration);
    }
    for case in list(&cases["costs"]) {
        let cost = Prices::read(&case["prices"]).unwrap().cost(&Tokens::given(&case["tokens"]).unwrap());
        assert_eq!(json!(cost), case["total"]);
    }
}

#[tokio::test]
async fn answers_have_their_cost() {
    let (client, _server) = scripted(json!([whole(&tokens(1_000_000, 1_000_000))]), Options::default()).await;
    let answer = client.chat(&request(None)).await.unwrap();
    assert_eq!(answer.cost.total, Some(dollars("0.229")));
    assert_eq!(answer.cost.source.as_deref(), Some("catalog"));
    assert_eq!((client.spent().total, client.spent().calls, client.spent().budget), (dollars("0.229"), 1, None));
    let unknown = client.chat(&ChatRequest { model: "other".to_owned(), ..request(None) }).await.unwrap();
    // The model that answered is known.
    assert_eq!(unknown.cost.total, Some(dollars("0.229")));
}

#[tokio::test]
async fn a_custom_catalogue_replaces_the_built_in_one() {
    let mut catalog = Catalog::builtin();
    catalog.merge(&[json!({"id": MODEL, "prices": {"input": "0.05", "output": 0.19}})]).unwrap();
    let options = Options { catalog: catalog.into(), ..Options::default() };
    let (client, _server) = scripted(json!([whole(&tokens(1_000_000, 0))]), options).await;
    assert_eq!(client.chat(&request(None)).await.unwrap().cost.total, Some(dollars("0.05")));
    let estimate = client.estimate(&Endpoint::Chat, body(&request(Some(1000))), &RequestOptions::default()).unwrap();
    assert_eq!((estimate.output, estimate.output_tokens), (Some(dollars("0.00019")), Some(1000)));
    assert_eq!(estimate.input, Some(dollars("0.00000005").times(estimate.input_tokens)));
}

#[tokio::test]
async fn a_stream_stops_before_it_exceeds_its_budget() {
    let (client, server) = scripted(json!([endless(20_000)]), Options::default()).await;
    let options = RequestOptions { budget: "0.001".into(), ..RequestOptions::default() };
    let mut stream = client.stream_json(Endpoint::Chat, body(&request(None)), &options).await.unwrap();
    let error = loop {
        match stream.next().await {
            Ok(chunk) => assert!(chunk.is_some(), "the stream went on to its end"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
    let said = error.partial().unwrap()["choices"][0]["message"]["content"].as_str().unwrap();
    let words = said.split_whitespace().count();
    assert!((2500..5263).contains(&words), "{words} words");
    for _ in 0..500 {
        if server.log("run")[0]["outcome"] != "open" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.log("run")[0]["outcome"], "closed");
    assert_eq!(server.log("run")[0]["body"]["stream_options"], json!({"include_usage": true}));
}

#[tokio::test]
async fn many_calls_share_a_budget_without_exceeding_it() {
    let (client, server) = scripted(json!([whole(&tokens(100, 1000))]), budget("0.002")).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let client = client.clone();
        calls.spawn(async move { client.chat(&request(Some(1000))).await.map_err(|error| error.kind()) });
    }
    let outcomes = calls.join_all().await;
    let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(outcomes.iter().all(|outcome| !matches!(outcome, Err(kind) if *kind != ErrorKind::BudgetExceeded)));
    assert!((5..=10).contains(&answered), "{answered}");
    assert_eq!(server.log("run").as_array().unwrap().len(), answered);
    let state = client.spent().budget.unwrap();
    assert_eq!((state.reserved, state.spent), (Dollars::ZERO, dollars("0.0001939").times(answered as u64)));
    assert!(state.spent <= state.limit);
}

#[tokio::test]
async fn a_reopened_stream_keeps_its_reservation_after_dropped_waits() {
    let frame = json!({"id": "c", "model": MODEL, "choices": [{"index": 0, "delta": {"content": "a"}}]});
    let last = json!({"id": "c", "model": MODEL, "choices": [], "usage": tokens(5, 7)});
    let whole = json!({"body": [format!("data: {frame}\n\ndata: {last}\n\ndata: [DONE]\n\n")], "delay_ms": 20});
    let cut = json!({"headers": {"retry-after-ms": "1"}, "body": [": hi\n\n"], "end": "truncated"});
    let options = Options { max_retries: Some(1), ..budget("0.001") };
    let (client, _server) = scripted(json!([cut, whole]), options).await;
    let mut stream = client.chat_stream(&request(None)).await.unwrap();
    let mut wait = Duration::from_micros(100);
    let batch = loop {
        // Each dropped wait is longer than the previous one, so that one is dropped at every step.
        if let Ok(batch) = tokio::time::timeout(wait, stream.next_batch()).await {
            break batch.unwrap();
        }
        assert_ne!(client.spent().budget.unwrap().reserved, Dollars::ZERO);
        wait = wait * 3 / 2;
    };
    assert!(batch.is_some_and(|batch| !batch.items.is_empty()));
    while stream.next_batch().await.unwrap().is_some() {}
    let spent = client.spent();
    // 5 tokens at $0.039 a million, and 7 at $0.19.
    assert_eq!((spent.calls, spent.total), (1, dollars("0.000001525")));
    assert_eq!(spent.budget.unwrap().spent, spent.total);
}

#[tokio::test]
async fn dropped_calls_release_their_reservation_at_once() {
    let (client, _server) = scripted(json!([endless(10)]), budget("0.001")).await;
    let reserved = || client.spent().budget.unwrap().reserved;
    let mut stream = client.chat_stream(&request(None)).await.unwrap();
    stream.next_batch().await.unwrap();
    assert_eq!(reserved(), dollars("0.001"));
    drop(stream);
    assert_eq!(reserved(), Dollars::ZERO);
    // A stream that is read ahead, as in Python and Node.
    let stream = Stream::new(client.chat_stream(&request(None)).await.unwrap());
    assert!(reserved() > dollars("0.0009"));
    stream.cancel();
    assert_eq!(reserved(), Dollars::ZERO);
    // A call that is dropped before its answer.
    let request = request(Some(1000));
    tokio::select! {
        biased;
        _ = client.chat(&request) => panic!("the server stalls"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    assert_eq!(reserved(), Dollars::ZERO);
    let spent = client.spent().budget.unwrap().spent;
    assert!(spent > Dollars::ZERO && spent < dollars("0.0001"), "what came is charged: {spent}");
}
