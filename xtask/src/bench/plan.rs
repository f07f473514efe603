//! What is measured: tables of cases.
//!
//! Law: data; the order of clients and columns is that of the tables. Targets are shown beside the figures and compared with nothing.

use std::time::Duration;

use super::Suite;
use super::clients::{self, Client, Host};

/// Longer than this, and a client is stopped.
const LIMIT: Duration = Duration::from_secs(60);

/// What runs a case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver {
    /// The driver of the host's language, with the name of the work.
    Cases(&'static str),
    /// The script that measures imports.
    Import,
}

/// A figure that a table shows.
pub(super) struct Shown {
    /// Its name in what the driver prints.
    pub(super) figure: &'static str,
    /// The head of its column.
    pub(super) head: String,
    /// What the project wants to reach.
    pub(super) target: Option<&'static str>,
}

/// Something that clients do.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) driver: Driver,
    /// What the driver is told.
    pub(super) words: Vec<String>,
    pub(super) shown: Vec<Shown>,
    pub(super) clients: Vec<Client>,
    pub(super) limit: Duration,
    /// KB of JSON, in a table whose columns grow.
    pub(super) size: Option<u32>,
}

/// Cases that are shown beside each other.
pub(super) struct Table {
    pub(super) title: String,
    /// What is measured.
    pub(super) about: &'static str,
    pub(super) cases: Vec<Case>,
    /// Sizes below this, in KB, say little about how the cost grows; without a number, columns don't grow.
    pub(super) fitted_from: Option<u32>,
}

/// The tables of a suite.
pub(super) fn tables(suite: Suite, quick: bool) -> Vec<Table> {
    let mut tables = match suite {
        Suite::Structured => vec![structured("json", quick), structured("tool", quick)],
        Suite::Python => python(quick),
        Suite::Node => node(quick),
        Suite::Browser => browser(quick),
    };
    if quick {
        for case in tables.iter_mut().flat_map(|table| &mut table.cases) {
            case.clients.retain(|client| client.quick);
        }
    }
    tables
}

fn table(title: &str, about: &'static str, cases: Vec<Case>) -> Table {
    Table { title: title.to_owned(), about, cases, fitted_from: None }
}

fn case(name: &str, driver: Driver, words: &str, clients: &[Client], shown: Vec<Shown>) -> Case {
    Case {
        name: name.to_owned(),
        driver,
        words: words.split_whitespace().map(str::to_owned).collect(),
        shown,
        clients: clients.to_vec(),
        limit: LIMIT,
        size: None,
    }
}

fn shown(figure: &'static str, head: &str, target: Option<&'static str>) -> Shown {
    Shown { figure, head: head.to_owned(), target }
}

fn structured(mode: &str, quick: bool) -> Table {
    let sizes: &[u32] = if quick { &[4, 16, 64, 256] } else { &[1, 4, 16, 64, 256, 1024] };
    let cases = sizes.iter().map(|kb| {
        let head = if *kb < 1024 { format!("{kb} KB") } else { "1 MB".to_owned() };
        let target = (*kb == 64).then_some("≤ 0.05");
        let mut clients = clients::structured(mode);
        // The largest are ours alone, in a hurry the middle ones too: others would only be waited for.
        clients.retain(|client| client.ours || *kb <= if quick { 16 } else { 256 });
        let words = format!("mode={mode} kb={kb}");
        let shown = vec![shown("cpu_s", &head, target)];
        Case { size: Some(*kb), ..case(&head, Driver::Cases("partials"), &words, &clients, shown) }
    });
    let title = match mode {
        "json" => "Structured output",
        _ => "Tool arguments",
    };
    let about = "CPU seconds to stream that much JSON in deltas of 4 characters, 16 deltas a write, with the partial value read at each.";
    Table { title: title.to_owned(), about, cases: cases.collect(), fitted_from: Some(if quick { 4 } else { 16 }) }
}

/// The columns of a long stream: name, words, and the target.
type Stream = (&'static str, &'static str, Option<&'static str>);

fn stream(title: &str, about: &'static str, words: &str, clients: &[Client], columns: &[Stream]) -> Table {
    let cases = columns.iter().map(|(name, own, target)| {
        let words = format!("{words} {own}");
        let mut case = case(name, Driver::Cases("stream"), &words, clients, vec![shown("cpu_us", name, *target)]);
        // Anthropic pads nothing.
        case.clients.retain(|client| !own.contains("padded") || !client.speaks_messages());
        case
    });
    table(title, about, cases.collect())
}

/// `(streams, target of CPU)`, and the target of the memory.
fn together(quick: bool, clients: &[Client], cpu: &'static str, memory: &'static str) -> Table {
    let chunks = if quick { 100 } else { 200 };
    let cases = [100, 500].map(|streams| {
        let words = format!("streams={streams} chunks={chunks} delay=0");
        let mut columns = vec![shown("cpu_us", &format!("{streams}"), Some(cpu))];
        if streams == 500 {
            columns.push(shown("kb_a_stream", "500: KB a stream", Some(memory)));
        }
        case(&format!("{streams} streams"), Driver::Cases("together"), &words, clients, columns)
    });
    let words = format!("streams=100 chunks={chunks} delay=10");
    let paced = shown("cpu_us", "100, paced", Some("≤ 22"));
    let mut cases = Vec::from(cases);
    cases.push(case("100 streams, paced", Driver::Cases("together"), &words, clients, vec![paced]));
    let about = "CPU µs a chunk, one chunk a write, 200 chunks a stream (quick: 100). Paced: each stream brings a chunk every 10 ms.";
    table("Streams at once", about, cases)
}

fn whole(quick: bool, one: &[Client], many: &[Client], targets: [&'static str; 2]) -> Table {
    let (calls, wide) = if quick { (100, 640) } else { (300, 1920) };
    let cases = vec![
        case(
            "one after another",
            Driver::Cases("whole"),
            &format!("count={calls} width=1"),
            one,
            vec![shown("cpu_us", "one after another", Some(targets[0]))],
        ),
        case(
            "64 in flight",
            Driver::Cases("whole"),
            &format!("count={wide} width=64 way=async"),
            many,
            vec![shown("cpu_us", "64 in flight", Some(targets[1]))],
        ),
    ];
    table(
        "Calls that aren't streamed",
        "CPU µs a call whose answer has 64 tokens, over connections that are kept.",
        cases,
    )
}

fn first(quick: bool, clients: &[Client], target: &'static str) -> Table {
    let words = format!("count={}", if quick { 100 } else { 200 });
    let columns = vec![shown("first_us", "median", Some(target)), shown("ninth_tenth_us", "9 of 10 below", None)];
    let cases = vec![case("first text", Driver::Cases("first"), &words, clients, columns)];
    table("First text", "Elapsed µs from the call to the first text, over connections that are kept.", cases)
}

fn import(clients: &[Client], targets: [&'static str; 2]) -> Table {
    let columns = vec![shown("cpu_ms", "CPU ms", Some(targets[0])), shown("mb", "MB", Some(targets[1]))];
    let cases = vec![case("import", Driver::Import, "", clients, columns)];
    table("Import, with a client made", "CPU and resident memory that it adds to a fresh process.", cases)
}

fn python(quick: bool) -> Vec<Table> {
    let (sync, with_loop) = (clients::python_sync(), clients::python_async());
    let words = format!("chunks={}", if quick { 5000 } else { 20_000 });
    let about = "CPU µs a chunk, with 64 or 1 of them a write. Text only: the shortest way to the texts. Padded: with the padding that OpenAI sends.";
    vec![
        stream(
            "One stream",
            about,
            &format!("{words} way=sync"),
            &sync,
            &[
                ("text, 64", "read=text per=64", Some("≤ 0.5")),
                ("text, 1", "read=text per=1", None),
                ("chunks, 64", "read=chunks per=64", Some("≤ 1.2")),
                ("chunks, 1", "read=chunks per=1", Some("≤ 3.5")),
                ("chunks, 64, padded", "read=chunks per=64 padded=1", None),
            ],
        ),
        stream(
            "One asynchronous stream",
            about,
            &format!("{words} way=async"),
            &with_loop,
            &[
                ("text, 64", "read=text per=64", None),
                ("chunks, 64", "read=chunks per=64", Some("≤ 1.5")),
                ("chunks, 1", "read=chunks per=1", Some("≤ 5")),
            ],
        ),
        together(quick, &with_loop, "≤ 8", "≤ 40"),
        whole(quick, &with_loop, &with_loop, ["≤ 90", "≤ 80"]),
        first(quick, &with_loop, "≤ 200"),
        import(&with_loop, ["≤ 10", "≤ 4"]),
    ]
}

fn node(quick: bool) -> Vec<Table> {
    let clients = clients::node();
    let words = format!("chunks={}", if quick { 5000 } else { 20_000 });
    let about = "CPU µs a chunk, with 64 or 1 of them a write. Text only: the shortest way to the texts. Padded: with the padding that OpenAI sends.";
    vec![
        stream(
            "One stream",
            about,
            &words,
            &clients,
            &[
                ("text, 64", "read=text per=64", Some("≤ 0.8")),
                ("chunks, 64", "read=chunks per=64", Some("≤ 1.4")),
                ("chunks, 1", "read=chunks per=1", Some("≤ 4")),
                ("chunks, 64, padded", "read=chunks per=64 padded=1", None),
            ],
        ),
        together(quick, &clients, "≤ 6", "≤ 60"),
        whole(quick, &clients, &clients, ["≤ 120", "≤ 90"]),
        first(quick, &clients, "≤ 250"),
        import(&clients::node_imports(), ["≤ 6", "≤ 5"]),
    ]
}

fn browser(quick: bool) -> Vec<Table> {
    let words = format!("chunks={}", if quick { 5000 } else { 20_000 });
    let about = "µs a chunk in a page, with 64 or 1 of them a write: CPU of the page's main thread, and of its renderer with all threads (in steps of 10 ms a stream). Stall: the longest time, in ms, in which the page could do nothing else.";
    let cases = [("64", "read=chunks per=64"), ("1", "read=chunks per=1"), ("text, 64", "read=text per=64")].map(
        |(name, own)| {
            let target = (name != "text, 64").then_some("half of openai");
            let columns = vec![
                shown("cpu_us", &format!("{name}: thread"), target),
                shown("process_cpu_us", &format!("{name}: renderer"), None),
                shown("stalled_ms", &format!("{name}: stall"), Some("≤ 50")),
            ];
            case(name, Driver::Cases("stream"), &format!("{words} {own}"), &clients::browser(), columns)
        },
    );
    vec![table("One stream", about, Vec::from(cases))]
}

impl Case {
    /// Whether it is without an event loop for this client: where one is needed, the driver must be told so.
    pub(super) fn way(&self, client: &Client) -> Option<&'static str> {
        let undecided = !self.words.iter().any(|word| word.starts_with("way="));
        let python = matches!(client.host, Host::Python | Host::LiteLlm);
        let can_wait = clients::python_sync().iter().any(|other| other.peer == client.peer);
        (undecided && python).then_some(if can_wait { "way=sync" } else { "way=async" })
    }
}
