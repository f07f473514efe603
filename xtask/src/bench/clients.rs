//! The measured clients and their versions.
//!
//! Invariant: versions are exact, and were the newest when they were written here. Node's packages are pinned in
//! `bench/node/package.json`.

/// Clients that can share one environment, and the libraries of the minimal clients.
/// trustme makes the certificate of a server that Chromium connects to.
pub(super) const PYTHON: [&str; 8] = [
    "aiohttp==3.14.5",
    "anthropic==2.12.0",
    "httpx==0.28.1",
    "jiter==0.19.0",
    "liter-llm==2.4.0",
    "openai==3.54.0",
    "orjson==3.13.0",
    "trustme==1.2.1",
];
/// Requires an older openai. Later versions require root certificates that not every mirror of PyPI has.
pub(super) const LITELLM: [&str; 1] = ["litellm==1.106.2"];

/// The program that runs a client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    Python,
    /// Python in litellm's environment.
    LiteLlm,
    /// The Node that is pinned with the packages, some of which need a recent one.
    Node,
    /// This machine's Node.
    OwnNode,
    Chromium,
}

impl Host {
    /// The language, within which figures are compared.
    pub(super) fn language(self) -> &'static str {
        match self {
            Self::Python | Self::LiteLlm => "Python",
            Self::Node | Self::OwnNode => "Node",
            Self::Chromium => "Chromium",
        }
    }
}

/// One client.
#[derive(Clone)]
pub(super) struct Client {
    /// Its name in the tables.
    pub(super) title: &'static str,
    pub(super) host: Host,
    /// The module that drives it.
    pub(super) peer: &'static str,
    /// Whether it is this project's.
    pub(super) ours: bool,
    /// Whether `--quick` measures it.
    pub(super) quick: bool,
}

const fn client(title: &'static str, host: Host, peer: &'static str) -> Client {
    Client { title, host, peer, ours: false, quick: false }
}

const fn ours(title: &'static str, host: Host, peer: &'static str) -> Client {
    Client { title, host, peer, ours: true, quick: true }
}

impl Client {
    /// Whether it uses Anthropic's format.
    pub(super) fn speaks_messages(&self) -> bool {
        ["anthropic", "trilogue_messages", "trilogue-messages"].contains(&self.peer)
    }

    /// Measured with `--quick` too.
    const fn always(self) -> Self {
        Self { quick: true, ..self }
    }
}

/// The clients in Python that work without an event loop.
pub(super) fn python_sync() -> Vec<Client> {
    vec![
        ours("trilogue", Host::Python, "trilogue"),
        ours("trilogue, messages", Host::Python, "trilogue_messages"),
        client("openai", Host::Python, "openai").always(),
        client("anthropic", Host::Python, "anthropic"),
        client("litellm", Host::LiteLlm, "litellm"),
        client("httpx + json", Host::Python, "httpx").always(),
    ]
}

/// The clients in Python that have an asynchronous interface.
pub(super) fn python_async() -> Vec<Client> {
    let mut clients = python_sync();
    clients.push(client("liter-llm", Host::Python, "liter_llm"));
    clients.push(client("aiohttp + json", Host::Python, "aiohttp").always());
    clients
}

pub(super) fn node() -> Vec<Client> {
    vec![
        ours("trilogue", Host::Node, "trilogue"),
        ours("trilogue, messages", Host::Node, "trilogue-messages"),
        ours("trilogue, this machine's Node", Host::OwnNode, "trilogue"),
        client("openai 7", Host::Node, "openai").always(),
        client("@anthropic-ai/sdk", Host::Node, "anthropic"),
        client("ai", Host::Node, "ai"),
        client("node:http + JSON.parse", Host::Node, "http").always(),
    ]
}

/// The clients in Node whose import is measured; `peer` is the name of the package.
pub(super) fn node_imports() -> Vec<Client> {
    let mut clients = vec![
        ours("trilogue", Host::Node, "trilogue"),
        ours("trilogue by require", Host::Node, "trilogue by require"),
        ours("trilogue, this machine's Node", Host::OwnNode, "trilogue"),
    ];
    clients.extend(node().into_iter().filter(|client| !client.ours));
    clients
}

pub(super) fn browser() -> Vec<Client> {
    vec![ours("trilogue", Host::Chromium, "trilogue"), client("openai 7", Host::Chromium, "openai").always()]
}

/// The clients that return partial values, of an answer (`json`) or of a tool's arguments (`tool`).
pub(super) fn structured(mode: &str) -> Vec<Client> {
    let mut clients = vec![
        ours("trilogue (Python)", Host::Python, "trilogue"),
        ours("trilogue, messages (Python)", Host::Python, "trilogue_messages"),
        client("openai (Python)", Host::Python, "openai").always(),
        client("anthropic (Python)", Host::Python, "anthropic"),
        client("httpx + jiter (Python)", Host::Python, "httpx"),
        ours("trilogue (Node)", Host::Node, "trilogue"),
        ours("trilogue, messages (Node)", Host::Node, "trilogue-messages"),
        client("openai 7 (Node)", Host::Node, "openai").always(),
        client("openai 6 (Node)", Host::Node, "openai-6"),
        client("@anthropic-ai/sdk (Node)", Host::Node, "anthropic"),
        client("ai (Node)", Host::Node, "ai"),
        ours("trilogue (Chromium)", Host::Chromium, "trilogue"),
    ];
    // It parses unfinished arguments but no unfinished answers.
    clients.retain(|client| mode == "tool" || client.title != "@anthropic-ai/sdk (Node)");
    clients
}
