//! Parses responses with one long field at three sizes, for counting instructions.
//!
//! `cargo xtask test` runs this program under callgrind, which counts the instructions of each call of [`measure_case`]. The program
//! prints the name of each case after its last size. An argument selects a single case by name.

mod cases;

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use serde_json::{Map, Value, json};
use trilogue_core::config::{Options, Structured};
use trilogue_core::tokens::{SpecialTokens, Vocabulary};
use trilogue_core::transport::Head;
use trilogue_core::wire::sse::Decoder;
use trilogue_core::wire::{self, StreamCodec, convert};
use trilogue_core::{Client, Config, Endpoint, Error, RequestOptions, View};
use trilogue_test_canned::Canned;

use crate::cases::{Case, Format, cases};

static VOCABULARY: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::load(&trilogue_o200k::pairs()).expect("the data is complete"));

/// The API that reads a response.
#[derive(Clone, Copy)]
enum Read {
    Items,
    Events(View),
    NonStreaming,
}

fn main() {
    // Loaded here, so that it is not counted.
    LazyLock::force(&VOCABULARY);
    let only = std::env::args().nth(1);
    for case in cases() {
        if only.as_ref().is_some_and(|only| *only != case.name) {
            continue;
        }
        for factor in [1, 2, 4] {
            let pieces = case.pieces(factor);
            measure_case(&case, &pieces);
        }
        println!("{}", case.name);
    }
}

/// Reads a response through every API of its format. Instructions are counted per call of this function.
#[inline(never)]
fn measure_case(case: &Case, pieces: &[Vec<u8>]) {
    let reads: &[Read] = match case.format {
        Format::Chat | Format::Messages => &[Read::Items, Read::Events(View::Helper), Read::Events(View::Normal)],
        Format::NonStreamingChat | Format::NonStreamingMessages => &[Read::NonStreaming],
        Format::Tokens => return count_tokens(pieces),
    };
    for api in reads {
        let outcome = read(case, pieces.to_vec(), *api);
        assert_eq!(outcome.is_err(), case.fails, "{}: {outcome:?}", case.name);
    }
    if !case.fails {
        match case.format {
            Format::Chat => convert(pieces, wire::Format::Chat, wire::Format::Messages),
            Format::Messages => convert(pieces, wire::Format::Messages, wire::Format::Chat),
            Format::NonStreamingChat | Format::NonStreamingMessages | Format::Tokens => {}
        }
    }
}

/// Reads a stream in the other format, and once more as the rest of an answer in that format.
fn convert(pieces: &[Vec<u8>], server: wire::Format, caller: wire::Format) {
    let new = || convert::codec(server, caller, Head { status: 200, ..Head::default() });
    let mut first = new();
    decode(&mut *first, pieces);
    decode(&mut *convert::continued(&mut *first, new()), pieces);
}

fn decode(codec: &mut dyn StreamCodec, pieces: &[Vec<u8>]) {
    let mut decoder = Decoder::new(usize::MAX);
    let mut items = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Ok(Some(frame)) = decoder.next_frame() {
            let outcome = codec.read_frame(&frame, &mut items);
            assert!(outcome.is_ok(), "{outcome:?}");
            items.clear();
        }
    }
    codec.flush(&mut items);
}

fn count_tokens(pieces: &[Vec<u8>]) {
    let text = String::from_utf8(pieces.concat()).expect("the text is UTF-8");
    assert!(VOCABULARY.count(&text, SpecialTokens::Text) > 0);
}

fn read(case: &Case, pieces: Vec<Vec<u8>>, api: Read) -> Result<usize, Error> {
    let (endpoint, kind) = match case.format {
        Format::Chat => (Endpoint::Chat, "text/event-stream"),
        Format::Messages => (Endpoint::Messages, "text/event-stream"),
        Format::NonStreamingChat => (Endpoint::Chat, "application/json"),
        Format::NonStreamingMessages | Format::Tokens => (Endpoint::Messages, "application/json"),
    };
    let head = Head { status: 200, headers: vec![("content-type".to_owned(), kind.to_owned())].into() };
    let canned = Canned { head, pieces, broken: false };
    let url = Some("http://localhost".to_owned());
    let options = Options { base_url: url, max_retries: Some(0), ..Options::default() };
    let structured = case.is_json.then(Structured::default);
    let request_options = RequestOptions { structured, ..RequestOptions::default() };
    let run = async {
        let client = Client::new(Config::new(options, |_| None)?, canned);
        if matches!(api, Read::NonStreaming) {
            return client.call_json(&endpoint, body(), &request_options).await.map(|_| 1);
        }
        let mut events = client.stream_json(endpoint, body(), &request_options).await?;
        let mut count = 0;
        loop {
            let received = match api {
                Read::Events(view) => events.next_events(view).await?.map(|(events, _)| events.len()),
                Read::Items | Read::NonStreaming => events.next_batch().await?.map(|batch| batch.items.len()),
            };
            let Some(received) = received else { break };
            count += received;
        }
        assert!(events.snapshot().is_some(), "no data was received");
        Ok(count)
    };
    match pin!(run).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => unreachable!("all futures are ready"),
    }
}

fn body() -> Map<String, Value> {
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object().cloned().unwrap_or_default()
}
