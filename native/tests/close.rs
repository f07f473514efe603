//! `Client::close`: running calls and streams end with a typed error, and the server sees its connections close.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use trilogue_native::{ChatRequest, Client, Error, ErrorKind, Message, Options, Stream};
use trilogue_test_server::{Server, Vector};

/// Long enough for a slow machine, and far shorter than every timeout of the client.
const SOON: Duration = Duration::from_secs(20);

async fn client(replies: Value, max_retries: u32) -> (Client, Server) {
    let vector: Vector =
        serde_json::from_value(json!({"about": "scripted", "response": replies, "expect": {}})).unwrap();
    let server = Server::start(BTreeMap::from([("script".to_owned(), vector)]), 0).await.unwrap();
    let base_url = Some(format!("{}/v/script/pieces/run", server.url()));
    (Client::new(Options { base_url, max_retries: Some(max_retries), ..Options::default() }).unwrap(), server)
}

fn request() -> ChatRequest {
    ChatRequest::new("m", [Message::user("Hi")])
}

fn frame(text: &str) -> Value {
    let frame = json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]});
    json!(format!("data: {frame}\n\n"))
}

async fn soon<R>(work: impl Future<Output = R>) -> R {
    tokio::time::timeout(SOON, work).await.expect("the call went on after the client was closed")
}

fn assert_closed(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::UserAbort, "{error}");
    assert!(error.to_string().contains("the client was closed"), "{error}");
}

/// The outcome of a call that is running when the client is closed.
async fn closed_during<R: Send + 'static>(client: &Client, call: impl Future<Output = R> + Send + 'static) -> R {
    let call = tokio::spawn(call);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!call.is_finished());
    client.close();
    soon(call).await.unwrap()
}

#[tokio::test]
async fn a_stream_ends_with_its_partial_answer() {
    let (client, _server) = client(json!({"body": [frame("Hel")], "end": "stall"}), 2).await;
    let mut events = client.chat_stream(&request()).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().text(), "Hel");
    let error = closed_during(&client, async move { events.next().await }).await.unwrap_err();
    assert_closed(&error);
    assert_eq!(error.partial().unwrap()["choices"][0]["message"]["content"], "Hel");
}

#[tokio::test]
async fn batches_read_ahead_come_before_the_error() {
    let (client, _server) = client(json!({"body": [frame("Hel")], "end": "stall"}), 2).await;
    let stream = Stream::new(client.chat_stream(&request()).await.unwrap());
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.close();
    assert_eq!(soon(stream.next_batch()).await.unwrap().unwrap().items.len(), 1);
    let error = soon(stream.next_batch()).await.unwrap_err();
    assert_closed(&error);
    assert_eq!(error.partial().unwrap()["choices"][0]["message"]["content"], "Hel");
}

#[tokio::test]
async fn a_call_that_waits_for_its_head_ends() {
    let (client, _server) = client(json!({"delay_ms": 60_000}), 2).await;
    let calling = client.clone();
    assert_closed(&closed_during(&client, async move { calling.chat(&request()).await }).await.unwrap_err());
}

#[tokio::test]
async fn a_call_that_waits_for_its_retry_ends() {
    let replies = json!({"status": 429, "headers": {"retry-after": "50"}, "body": ["{}"]});
    let (client, _server) = client(replies, 2).await;
    let calling = client.clone();
    assert_closed(&closed_during(&client, async move { calling.chat(&request()).await }).await.unwrap_err());
}

#[tokio::test]
async fn a_closed_client_sends_nothing() {
    let (client, _server) = client(json!({"body": [frame("Hel")]}), 2).await;
    client.close();
    client.close();
    assert_closed(&soon(client.chat(&request())).await.unwrap_err());
    assert_closed(&soon(client.chat_stream(&request())).await.unwrap_err());
}

async fn read_head(connection: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        assert_ne!(connection.read_buf(&mut head).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn the_server_sees_the_connection_close() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = Some(format!("http://{}/v1", listener.local_addr().unwrap()));
    let client = Client::new(Options { base_url, ..Options::default() }).unwrap();
    let calling = client.clone();
    // The stream is opened and then never read.
    let opened = tokio::spawn(async move { calling.chat_stream(&request()).await });
    let (mut connection, _) = listener.accept().await.unwrap();
    read_head(&mut connection).await;
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n").await.unwrap();
    let _events = soon(opened).await.unwrap().unwrap();
    client.close();
    let mut rest = Vec::new();
    // The request's body may not have been read yet: what matters is that the connection ends.
    let _reset = soon(connection.read_to_end(&mut rest)).await;
}
