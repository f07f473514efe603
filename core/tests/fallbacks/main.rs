//! Calls that need several requests: their cost, record and log, in virtual time.
//!
//! The vectors in `tests/vectors/fallback` have the table of faults.

mod scripted;

use std::time::Duration;

use serde_json::{Map, Value, json};
use trilogue_core::config::Options;
use trilogue_core::{Client, Config, Endpoint, Error, ErrorKind, RequestOptions};

use scripted::{Reply, Scripted, run, try_run};

const KEY: &str = "sk-hush-1234567890";

/// A client of a scripted server, with these options besides prices and a key.
fn client(options: Value, replies: impl IntoIterator<Item = Reply>) -> (Client<Scripted>, Scripted) {
    let Value::Object(options) = options else { panic!("options") };
    let mut all = json!({"base_url": "https://one.test", "api_key": KEY, "max_retries": 0});
    let price = json!({"input": "1", "output": "2"});
    all["prices"] = json!({"m": price, "n": price, "dear": {"input": "1000000", "output": "1000000"}});
    all.as_object_mut().unwrap().extend(options);
    let options: Options = serde_json::from_value(all).unwrap();
    let server = Scripted::default();
    server.add(replies);
    (Client::new(Config::new(options, |_| None).unwrap(), server.clone()), server)
}

fn body(is_stream: bool) -> Map<String, Value> {
    let body =
        json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100, "stream": is_stream});
    body.as_object().unwrap().clone()
}

fn recorded() -> RequestOptions {
    RequestOptions { notice_id: Some(1), notify_all: true, ..RequestOptions::default() }
}

/// Reads a stream to its end. Returns its snapshot.
async fn read(client: &Client<Scripted>) -> Result<Value, Error> {
    let mut events = client.stream_json(Endpoint::Chat, body(true), &recorded()).await?;
    while events.next_batch().await?.is_some() {}
    Ok(events.snapshot().unwrap())
}

fn amount(value: &Value) -> &str {
    value["cost"]["total"].as_str().unwrap_or("unknown")
}

/// The costs and the budget of a client.
fn spent(client: &Client<Scripted>) -> (String, u64, String, String) {
    let spent = client.spent();
    let budget = spent.budget.unwrap_or_default();
    (spent.total.to_string(), spent.calls, budget.spent.to_string(), budget.reserved.to_string())
}

fn two_endpoints() -> Value {
    json!({"on_cut": "continue", "budget": "1", "fallbacks": [{"model": "n"}]})
}

#[test]
fn a_continued_answer_is_charged_once() {
    let first = || Reply::stream(&["Hel"], Some([10, 5])).broken();
    let last = |replies: Vec<Reply>| {
        let (client, server) = client(two_endpoints(), [first()].into_iter().chain(replies));
        let outcome = run(read(&client));
        (outcome, spent(&client), server.record())
    };
    // 10 × $1 and 5 × $2 per million tokens.
    let once = ("0.00002".to_owned(), 1, "0.00002".to_owned(), "0".to_owned());
    // Nothing continues it.
    let (outcome, costs, record) = last(vec![Reply::error(503)]);
    assert_eq!((amount(outcome.unwrap_err().partial().unwrap()), &costs), ("0.00002", &once));
    assert_eq!((record.cost.unwrap().to_string(), record.tokens.written), (once.0.clone(), Some(5)));
    // The endpoint that should continue it brings nothing.
    let (outcome, costs, record) = last(vec![Reply::stream(&[], None)]);
    assert_eq!((amount(outcome.unwrap_err().partial().unwrap()), &costs.0, costs.1), ("0.00002", &once.0, 1));
    // Its prompt may cost something, so the budget is charged an estimate.
    assert!(costs.2 > once.2 && costs.3 == "0", "{costs:?}");
    assert_eq!(record.tokens.read, Some(10));
    // It is continued.
    let (outcome, costs, record) = last(vec![Reply::stream(&["lo"], Some([20, 3])).ended()]);
    let reply = outcome.unwrap();
    assert_eq!((amount(&reply), costs.0.as_str(), costs.1), ("0.000046", "0.000046", 1));
    assert_eq!((costs.2.as_str(), costs.3.as_str()), ("0.000046", "0"));
    assert_eq!((record.tokens.read, record.tokens.written), (Some(30), Some(8)));
    assert_eq!(record.cost.unwrap().to_string(), "0.000046");
    assert_eq!(reply["usage"]["completion_tokens"], 8);
    let costs: Vec<_> = record.attempts.iter().map(|each| each.attempt.cost.unwrap().to_string()).collect();
    assert_eq!(costs, ["0.00002", "0.000026"]);
}

#[test]
fn a_stream_that_is_closed_while_it_is_opened_again_is_charged_once() {
    let replies = [Reply::stream(&["Hel"], Some([10, 5])).broken(), Reply::frozen()];
    let (client, server) = client(two_endpoints(), replies);
    let mut events = run(client.stream_json(Endpoint::Chat, body(true), &recorded())).unwrap();
    while try_run(events.next_batch()).is_some() {}
    assert_eq!(server.script().requests.len(), 2);
    assert_eq!(amount(&events.snapshot().unwrap()), "0.00002");
    events.close();
    assert_eq!(amount(&events.snapshot().unwrap()), "0.00002");
    drop(events);
    assert_eq!(spent(&client), ("0.00002".to_owned(), 1, "0.00002".to_owned(), "0".to_owned()));
    let record = server.record();
    assert_eq!((record.cost.unwrap().to_string(), record.tokens.written), ("0.00002".to_owned(), Some(5)));
}

#[test]
fn a_continued_answer_with_an_unknown_part_has_no_known_cost() {
    for budget in [Value::Null, json!("1")] {
        let mut options = two_endpoints();
        options["budget"] = budget;
        let replies = [Reply::stream(&["Hel"], None).broken(), Reply::stream(&["lo"], Some([20, 3])).ended()];
        let (client, server) = client(options, replies);
        let reply = run(read(&client)).unwrap();
        assert_eq!(reply["cost"]["total"], Value::Null);
        assert!(reply["cost"]["reason"].as_str().unwrap().starts_with("a part of the answer: "), "{reply}");
        assert_eq!((client.spent().unknown, server.record().cost), (1, None));
    }
}

#[test]
fn an_endpoint_that_brings_nothing_to_a_broken_answer_is_followed_by_the_next() {
    for nothing in [Reply::html(), Reply::silent(), Reply::stream(&[], None), Reply::error(500)] {
        let options = json!({"on_cut": "continue", "fallbacks": [{"model": "n"}, {"model": "o"}]});
        let replies = [Reply::stream(&["Hel"], None).broken(), nothing, Reply::stream(&["lo"], None).ended()];
        let (client, server) = client(options, replies);
        let reply = run(read(&client)).unwrap();
        assert_eq!(reply["choices"][0]["message"]["content"], "Hello");
        let models: Vec<_> = server.script().requests.iter().map(|(_, body)| body["model"].clone()).collect();
        assert_eq!(models, ["m", "n", "o"]);
        assert_eq!(reply["attempts"].as_array().unwrap().len(), 3);
        assert_eq!(server.record().outcome.name(), "complete");
    }
}

#[test]
fn attempts_keep_the_ids_of_their_requests() {
    let options = json!({"on_cut": "continue", "fallbacks": [{"model": "n"}, {"model": "o"}]});
    let replies = [
        Reply::html().with_header("x-request-id", "req_1"),
        Reply::stream(&["Hel"], None).broken().with_header("x-request-id", "req_2"),
        Reply::stream(&["lo"], None).ended().with_header("x-request-id", "req_3"),
    ];
    let (client, server) = client(options, replies);
    let reply = run(read(&client)).unwrap();
    let ids = ["req_1", "req_2", "req_3"];
    for (attempt, id) in reply["attempts"].as_array().unwrap().iter().zip(ids) {
        assert_eq!((&attempt["request_id"], &attempt["status"]), (&json!(id), &json!(200)));
    }
    let recorded: Vec<_> = server.record().attempts.into_iter().map(|each| each.attempt.request_id.unwrap()).collect();
    assert_eq!(recorded, ids);
}

#[test]
fn the_error_of_a_call_names_the_other_endpoints() {
    let options = json!({"budget": "0.01", "fallbacks": [
        {"base_url": "https://two.test", "api_key": "k"}, {"model": "n"}, {"model": "dear"},
    ]});
    let replies = [Reply::error(500), Reply::error(529), Reply::error(503)];
    let (client, _) = client(options, replies);
    let error = run(client.call_json(&Endpoint::Chat, body(false), &recorded())).unwrap_err();
    let named = "(the other endpoints failed too: https://one.test (dear) with BudgetExceededError, \
        https://two.test (m) with OverloadedError, https://one.test (m) with InternalServerError)";
    assert!(error.message().ends_with(named), "{error}");
    assert_eq!(error.fields().status, Some(503));
}

#[test]
fn a_call_that_the_server_sends_back_to_the_queue_keeps_its_waits() {
    let refused = || Reply::error(429).with_header("retry-after", "2");
    let replies = [refused(), refused(), Reply::stream(&["Hi"], None).ended()];
    let (client, server) = client(json!({"max_in_flight": 1}), replies);
    run(read(&client)).unwrap();
    let record = server.record();
    let [only] = &record.attempts[..] else { panic!("{record:?}") };
    assert_eq!((only.attempt.status, only.attempt.queued_ms, only.started), (Some(200), 4000, Duration::ZERO));
    assert_eq!(record.queued, Duration::from_secs(4));
}

#[test]
fn a_stream_that_its_reader_closes_shows_that_the_endpoint_works() {
    let (client, server) = client(json!({"fallbacks": [{"base_url": "https://two.test", "api_key": "k"}]}), []);
    let stream = |replies: Vec<Reply>| {
        server.add(replies);
        let mut events = run(client.stream_json(Endpoint::Chat, body(true), &RequestOptions::default())).unwrap();
        assert!(run(events.next_batch()).unwrap().is_some());
    };
    for _ in 0..3 {
        for _ in 0..4 {
            stream(vec![Reply::error(500), Reply::stream(&["Hi"], None)]);
        }
        // The reader drops it after its first batch.
        stream(vec![Reply::stream(&["Hi"], None)]);
    }
    let urls = server.script().requests.iter().filter(|(url, _)| url.starts_with("https://one.test")).count();
    assert_eq!(urls, 15);
}

#[test]
fn endpoints_that_a_new_call_skips_are_in_its_record() {
    let (client, server) = client(json!({"budget": "0.01", "fallbacks": [{"model": "dear"}, {"model": "n"}]}), []);
    // The fifth failure opens the breaker.
    for _ in 0..5 {
        server.add([Reply::error(500), Reply::stream(&["Hi"], None).ended()]);
        run(read(&client)).unwrap();
    }
    server.script().records.clear();
    server.add([Reply::stream(&["Hi"], None).ended()]);
    run(read(&client)).unwrap();
    let attempts: Vec<_> =
        server.record().attempts.into_iter().map(|each| (each.attempt.model.unwrap(), each.attempt.error)).collect();
    assert_eq!(attempts, [("dear".to_owned(), Some("BudgetExceededError".to_owned())), ("n".to_owned(), None)]);
}

#[test]
fn log_lines_name_the_endpoint_that_gets_the_call() {
    let options = json!({"on_cut": "continue", "max_retries": 1, "fallbacks": []});
    let (same, server) =
        client(options, [Reply::stream(&["Hel"], None).broken(), Reply::stream(&["lo"], None).ended()]);
    run(read(&same)).unwrap();
    let lines = server.script().lines.join("\n");
    assert!(
        lines.contains("continuing the answer at https://one.test, model m, after IncompleteStreamError"),
        "{lines}"
    );
    assert!(!lines.contains("falling back"), "{lines}");

    let (other, server) = client(
        json!({"fallbacks": [{"model": format!("n-{KEY}"), "format": "messages"}]}),
        [Reply::error(503), Reply::error(400)],
    );
    run(other.call_json(&Endpoint::Chat, body(false), &recorded())).unwrap_err();
    let lines = server.script().lines.join("\n");
    assert!(
        lines.contains("falling back to https://one.test, model n-[redacted], after InternalServerError"),
        "{lines}"
    );
    assert!(lines.contains("messages, model n-"), "{lines}");
    assert!(!lines.contains(KEY), "{lines}");
}

#[test]
fn records_of_calls_that_were_never_sent_have_no_secrets() {
    let headers = json!({"x-auth-token": "token-1234567890"});
    let query = json!({"key": "query-1234567890"});
    let (client, server) = client(json!({"default_headers": headers, "default_query": query}), []);
    for secret in [KEY, "token-1234567890", "query-1234567890"] {
        let message = format!("the hook failed with {secret}");
        client.record_failure(1, &Endpoint::Chat, Some(secret), false, ("TypeError", &message));
        let record = server.record();
        assert_eq!(record.message.as_deref(), Some("the hook failed with [redacted]"));
        assert_eq!(record.model.as_deref(), Some("[redacted]"));
    }
    let mut options = recorded();
    options.extra_headers.insert("X-Api-Key".to_owned(), "header-1234567890".into());
    let mut request = body(false);
    request.insert("header-1234567890".to_owned(), 1.into());
    request.insert("messages".to_owned(), "header-1234567890".into());
    let error = run(client.call_json(&Endpoint::Chat, request, &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(!server.record().to_value().to_string().contains("header-1234567890"));
}
