//! The clients that are measured, and their versions.
//!
//! Law: versions are exact, and the newest of the day on which they were written here. Node's packages are pinned in
//! `bench/node/package.json`.

/// Clients that get along in one environment, and what the floors stand on.
pub(super) const PYTHON: [&str; 6] =
    ["aiohttp==3.14.5", "anthropic==2.12.0", "httpx==0.28.1", "jiter==0.19.0", "liter-llm==2.4.0", "openai==3.54.0"];
/// It asks for an older openai. Its versions after this one ask for root certificates that PyPI's mirrors don't all have.
pub(super) const LITELLM: [&str; 1] = ["litellm==1.106.2"];

/// Where a client runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    Python,
    /// Python in litellm's environment.
    LiteLlm,
    /// Node as pinned beside the packages: some of them run on no older one.
    Node,
    /// This machine's Node.
    OwnNode,
    Chromium,
}

impl Host {
    /// What a figure is compared within.
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
    /// As the tables show it.
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
    /// Whether it is measured in Anthropic's format.
    pub(super) fn speaks_messages(&self) -> bool {
        ["anthropic", "trilogue_messages", "trilogue-messages"].contains(&self.peer)
    }

    /// `--quick` measures it too.
    const fn always(self) -> Self {
        Self { quick: true, ..self }
    }
}

/// In Python, those that can be called with no event loop.
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

/// In Python, those that have an asynchronous client.
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

/// In Node, what loading a package costs: a "peer" is a package here.
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

/// Those that show partial values, of an answer (`json`) or of a tool's arguments (`tool`).
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
    // It parses unfinished arguments, but no unfinished answer.
    clients.retain(|client| mode == "tool" || client.title != "@anthropic-ai/sdk (Node)");
    clients
}
