//! The measurements, as tables of cases.
//!
//! Only data. Clients and columns have the order of the printed tables. Targets are printed and not compared with the figures.

use std::time::Duration;

use super::Suite;
use super::clients::{self, Client, Host};

/// Time after which a client is stopped.
const LIMIT: Duration = Duration::from_secs(60);

/// The script that runs a case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver {
    /// The driver of the host's language, with the name of its task.
    Cases(&'static str),
    /// The script that measures imports.
    Import,
}

/// A figure in a table.
pub(super) struct Shown {
    /// Its name in the driver's output.
    pub(super) figure: &'static str,
    /// The title of its column.
    pub(super) head: String,
    /// The project's goal.
    pub(super) target: Option<&'static str>,
}

/// A task that clients perform.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) driver: Driver,
    /// Arguments of the driver.
    pub(super) arguments: Vec<String>,
    pub(super) shown: Vec<Shown>,
    pub(super) clients: Vec<Client>,
    pub(super) limit: Duration,
    /// Size of the JSON in KB, in a table whose columns grow.
    pub(super) size: Option<u32>,
}

/// Cases that are printed as the columns of one table.
pub(super) struct Table {
    pub(super) title: String,
    /// Description of the measurement.
    pub(super) about: &'static str,
    pub(super) cases: Vec<Case>,
    /// The smallest size, in KB, from which the growth is computed; `None` if columns do not grow.
    pub(super) fitted_from: Option<u32>,
}

/// Returns the tables of a suite.
pub(super) fn tables(suite: Suite, quick: bool) -> Vec<Table> {
    let mut tables = match suite {
        Suite::Structured => vec![structured("json", quick), structured("tool", quick)],
        Suite::Python => python(quick),
        Suite::Node => node(quick),
        Suite::Browser => browser(quick),
        // They have tables of their own.
        Suite::Limits | Suite::Tokens | Suite::Bulk => Vec::new(),
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

fn case(name: &str, driver: Driver, arguments: &str, clients: &[Client], shown: Vec<Shown>) -> Case {
    Case {
        name: name.to_owned(),
        driver,
        arguments: arguments.split_whitespace().map(str::to_owned).collect(),
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
        // Only this package is measured at the largest sizes, which take the others minutes.
        clients.retain(|client| client.ours || *kb <= if quick { 16 } else { 256 });
        let arguments = format!("mode={mode} kb={kb}");
        let shown = vec![shown("cpu_s", &head, target)];
        Case { size: Some(*kb), ..case(&head, Driver::Cases("partials"), &arguments, &clients, shown) }
    });
    let title = match mode {
        "json" => "Structured output",
        _ => "Tool arguments",
    };
    let about = "CPU seconds to stream that much JSON in deltas of 4 characters, 16 deltas a write, with the partial value read at each.";
    Table { title: title.to_owned(), about, cases: cases.collect(), fitted_from: Some(if quick { 4 } else { 16 }) }
}

/// The columns of a long stream: name, arguments, and the goal.
type Stream = (&'static str, &'static str, Option<&'static str>);

fn stream(title: &str, about: &'static str, arguments: &str, clients: &[Client], columns: &[Stream]) -> Table {
    let cases = columns.iter().map(|(name, own, target)| {
        let arguments = format!("{arguments} {own}");
        let mut case = case(name, Driver::Cases("stream"), &arguments, clients, vec![shown("cpu_us", name, *target)]);
        // Anthropic sends no padding.
        case.clients.retain(|client| !own.contains("padded") || !client.speaks_messages());
        case
    });
    table(title, about, cases.collect())
}

/// Streams at once, with the goals for CPU time and memory.
fn together(quick: bool, clients: &[Client], cpu: &'static str, memory: &'static str) -> Table {
    let chunks = if quick { 100 } else { 200 };
    let cases = [100, 500].map(|streams| {
        let arguments = format!("streams={streams} chunks={chunks} delay=0");
        let mut columns = vec![shown("cpu_us", &format!("{streams}"), Some(cpu))];
        if streams == 500 {
            columns.push(shown("kb_a_stream", "500: KB a stream", Some(memory)));
        }
        case(&format!("{streams} streams"), Driver::Cases("together"), &arguments, clients, columns)
    });
    let arguments = format!("streams=100 chunks={chunks} delay=10");
    let paced = shown("cpu_us", "100, paced", Some("≤ 22"));
    let mut cases = Vec::from(cases);
    cases.push(case("100 streams, paced", Driver::Cases("together"), &arguments, clients, vec![paced]));
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
            &format!("count={wide} width=64 api=async"),
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
    let arguments = format!("count={}", if quick { 100 } else { 200 });
    let columns = vec![shown("first_us", "median", Some(target)), shown("ninth_tenth_us", "9 of 10 below", None)];
    let cases = vec![case("first text", Driver::Cases("first"), &arguments, clients, columns)];
    table("First text", "Elapsed µs from the call to the first text, over connections that are kept.", cases)
}

fn import(clients: &[Client], targets: [&'static str; 2]) -> Table {
    let columns = vec![shown("cpu_ms", "CPU ms", Some(targets[0])), shown("mb", "MB", Some(targets[1]))];
    let cases = vec![case("import", Driver::Import, "", clients, columns)];
    table("Import, with a client made", "CPU and resident memory that it adds to a fresh process.", cases)
}

fn python(quick: bool) -> Vec<Table> {
    let (sync, with_loop) = (clients::python_sync(), clients::python_async());
    let arguments = format!("chunks={}", if quick { 5000 } else { 20_000 });
    let about = "CPU µs a chunk, with 64 or 1 of them a write. Text only: through the client's interface for text. Padded: with the padding that OpenAI sends.";
    vec![
        stream(
            "One stream",
            about,
            &format!("{arguments} api=sync"),
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
            &format!("{arguments} api=async"),
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
    let arguments = format!("chunks={}", if quick { 5000 } else { 20_000 });
    let about = "CPU µs a chunk, with 64 or 1 of them a write. Text only: through the client's interface for text. Padded: with the padding that OpenAI sends.";
    vec![
        stream(
            "One stream",
            about,
            &arguments,
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
    let arguments = format!("chunks={}", if quick { 5000 } else { 20_000 });
    let about = "µs a chunk in a page, with 64 or 1 of them a write: CPU of the page's main thread, and of its renderer with all threads (in steps of 10 ms a stream). Stall: the longest time, in ms, in which the page could do nothing else.";
    let cases = [("64", "read=chunks per=64"), ("1", "read=chunks per=1"), ("text, 64", "read=text per=64")].map(
        |(name, own)| {
            let target = (name != "text, 64").then_some("half of openai");
            let columns = vec![
                shown("cpu_us", &format!("{name}: thread"), target),
                shown("process_cpu_us", &format!("{name}: renderer"), None),
                shown("stalled_ms", &format!("{name}: stall"), Some("≤ 50")),
            ];
            case(name, Driver::Cases("stream"), &format!("{arguments} {own}"), &clients::browser(), columns)
        },
    );
    vec![table("One stream", about, Vec::from(cases))]
}

impl Case {
    /// Returns the argument that selects the synchronous or the asynchronous interface, if the case leaves it open.
    pub(super) fn interface(&self, client: &Client) -> Option<&'static str> {
        let undecided = !self.arguments.iter().any(|argument| argument.starts_with("api="));
        let python = matches!(client.host, Host::Python | Host::LiteLlm);
        let can_wait = clients::python_sync().iter().any(|other| other.peer == client.peer);
        (undecided && python).then_some(if can_wait { "api=sync" } else { "api=async" })
    }
}
