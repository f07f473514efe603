//! Generates `_resources/chat.pyi` and `_resources/messages.pyi`: the methods with every argument.
//!
//! The description of a method is its docstring in `_resources/endpoint.py`, in the words of the format; the descriptions of arguments are
//! those of the Rust types.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use trilogue_core::structured;
use trilogue_core::tools::run;

use super::params::call_options;
use super::{NOTE, Types, argument, optional};
use crate::codegen::schema::{Kind, Object};

/// A module's stub.
pub(super) struct Surface {
    pub(super) module: &'static str,
    /// The class of typed answers.
    answer: &'static str,
    /// Classes before that of the methods.
    classes: &'static str,
    /// The class of the methods; with `Async` before it, that of the coroutines.
    class: &'static str,
    about: &'static str,
    /// Words of the shared docstrings that this format replaces.
    words: &'static [(&'static str, &'static str)],
    methods: &'static [Method],
}

/// The imports of a stub. `{types}` and `{answer}` are the imports of generated types and the class of typed answers.
const HEAD: &str = "\
    from collections.abc import Iterable, Mapping, Sequence\nfrom decimal import Decimal\nfrom typing import Any, Literal, TypeVar, overload, type_check_only\n\n\
    {types}\nfrom .._objects.not_given import NotGiven\nfrom .._objects.response import RawResponse\n\
    from .._objects.streaming_response import WithStreamingResponse\nfrom .._objects.timeout import Timeout\nfrom .._sender import Resource\n\
    from .._streaming.managers import AsyncStreamManager, StreamManager\nfrom .._streaming.stream import AsyncStream, Stream\n\
    from .._structured.parsed import {answer}\nfrom .._structured.plan import Mode, OnInvalid\n\
    from .._structured.streams import AsyncParsedStream, ParsedStream\n\
    from .._tools.runner import AsyncToolRunner, OnToolError, ToolRunner\nfrom .._tools.tool import Runnable\n\n\
    T = TypeVar(\"T\")\n";

/// A note in the shared docstring about the other name of an argument.
const OTHER_NAME: &str = "\n                In `messages` this argument is called `output_format`.";

/// A method of `Client`; `{A}` becomes `Async` for `AsyncClient`.
struct Method {
    name: &'static str,
    /// The type whose fields are its arguments.
    request: &'static str,
    /// Whether it waits for the reply, and so is a coroutine.
    waits: bool,
    /// Fields that are arguments of `variants`.
    apart: &'static [&'static str],
    /// Its overloads: arguments, and the return type.
    variants: &'static [(&'static [&'static str], &'static str)],
}

// `{MAX_REASKS}` and `{MAX_STEPS}` stand for constants of the core.

/// Arguments of typed answers.
const MODE: &str = "mode: Mode = \"json_schema\"";
const STRICT: &str = "strict: bool | None = None";
const ON_INVALID: &str = "on_invalid: OnInvalid = \"raise\"";
const MAX_REASKS: &str = "max_reasks: int = {MAX_REASKS}";
/// Arguments of tool runs.
const MAX_STEPS: &str = "max_steps: int = {MAX_STEPS}";
const ON_TOOL_ERROR: &str = "on_tool_error: OnToolError = \"return\"";
const TOOL_TIMEOUT: &str = "tool_timeout: float | None = None";
const REASONING_FIELD: &str = "reasoning_field: str | None = None";

pub(super) const SURFACES: &[Surface] = &[
    Surface {
        module: "chat",
        answer: "ParsedChatCompletion",
        classes: "\nclass Chat(Resource):\n    \"\"\"Chat endpoints.\"\"\"\n\n    completions: Completions\n    \"\"\"Chat completions.\"\"\"\n\n\
               class AsyncChat(Resource):\n    \"\"\"Chat endpoints.\"\"\"\n\n    completions: AsyncCompletions\n    \"\"\"Chat completions.\"\"\"\n",
        class: "Completions",
        about: "Chat completions.",
        words: &[(OTHER_NAME, "")],
        methods: &[
            Method {
                name: "create",
                request: "ChatRequestParam",
                waits: true,
                apart: &[],
                variants: &[
                    (&["stream: Literal[False] | NotGiven | None = None"], "ChatCompletion"),
                    (&["stream: Literal[True]"], "{A}Stream[ChatCompletionChunk, ChatCompletion]"),
                    (&["stream: bool"], "ChatCompletion | {A}Stream[ChatCompletionChunk, ChatCompletion]"),
                ],
            },
            Method {
                name: "estimate",
                request: "ChatRequestParam",
                waits: false,
                apart: &[],
                variants: &[(&["stream: bool | None = None"], "Estimate")],
            },
            Method {
                name: "parse",
                request: "ChatRequestParam",
                waits: true,
                apart: &["response_format"],
                variants: &[
                    (
                        &["response_format: NotGiven | None = None", MODE, STRICT, ON_INVALID, MAX_REASKS],
                        "ParsedChatCompletion[None]",
                    ),
                    (&["response_format: type[T]", MODE, STRICT, ON_INVALID, MAX_REASKS], "ParsedChatCompletion[T]"),
                    (&["response_format: Any", MODE, STRICT, ON_INVALID, MAX_REASKS], "ParsedChatCompletion[Any]"),
                ],
            },
            Method {
                name: "stream",
                request: "ChatRequestParam",
                waits: false,
                apart: &["response_format"],
                variants: &[
                    (
                        &["response_format: ResponseFormatParam | NotGiven | None = None"],
                        "{A}StreamManager[{A}Stream[ChatStreamEvent, ChatCompletion]]",
                    ),
                    (
                        &["response_format: type[T]", MODE, STRICT],
                        "{A}StreamManager[{A}ParsedStream[ChatStreamEvent, ParsedChatCompletion[T]]]",
                    ),
                    (&["response_format: Any", MODE, STRICT], "Any"),
                ],
            },
            Method {
                name: "run_tools",
                request: "ChatRequestParam",
                waits: false,
                apart: &["tools"],
                variants: &[(
                    &["tools: Iterable[Runnable]", MAX_STEPS, ON_TOOL_ERROR, TOOL_TIMEOUT, REASONING_FIELD],
                    "{A}ToolRunner[ChatStreamEvent, ChatCompletion]",
                )],
            },
        ],
    },
    Surface {
        module: "messages",
        answer: "ParsedMessage",
        classes: "",
        class: "Messages",
        about: "Messages, in Anthropic's format.",
        words: &[
            (OTHER_NAME, ""),
            ("; chat completions also take a format of the API", ""),
            (
                "            reasoning_field: The name under which reasoning is sent back; by default the name that the server used.\n",
                "",
            ),
            ("response_format", "output_format"),
            ("final\n        completion", "final\n        message"),
            ("final completion", "final message"),
        ],
        methods: &[
            Method {
                name: "create",
                request: "MessagesRequestParam",
                waits: true,
                apart: &[],
                variants: &[
                    (&["stream: Literal[False] | NotGiven | None = None"], "Message"),
                    (&["stream: Literal[True]"], "{A}Stream[MessageEvent, Message]"),
                    (&["stream: bool"], "Message | {A}Stream[MessageEvent, Message]"),
                ],
            },
            Method {
                name: "count_tokens",
                request: "CountTokensRequestParam",
                waits: true,
                apart: &[],
                variants: &[(&[], "TokenCount")],
            },
            Method {
                name: "estimate",
                request: "MessagesRequestParam",
                waits: false,
                apart: &[],
                variants: &[(&["stream: bool | None = None"], "Estimate")],
            },
            Method {
                name: "parse",
                request: "MessagesRequestParam",
                waits: true,
                apart: &[],
                variants: &[
                    (
                        &["output_format: NotGiven | None = None", MODE, STRICT, ON_INVALID, MAX_REASKS],
                        "ParsedMessage[None]",
                    ),
                    (&["output_format: type[T]", MODE, STRICT, ON_INVALID, MAX_REASKS], "ParsedMessage[T]"),
                    (&["output_format: Any", MODE, STRICT, ON_INVALID, MAX_REASKS], "ParsedMessage[Any]"),
                ],
            },
            Method {
                name: "stream",
                request: "MessagesRequestParam",
                waits: false,
                apart: &[],
                variants: &[
                    (
                        &["output_format: NotGiven | None = None"],
                        "{A}StreamManager[{A}Stream[MessageStreamEvent, Message]]",
                    ),
                    (
                        &["output_format: type[T]", MODE, STRICT],
                        "{A}StreamManager[{A}ParsedStream[MessageStreamEvent, ParsedMessage[T]]]",
                    ),
                    (&["output_format: Any", MODE, STRICT], "Any"),
                ],
            },
            Method {
                name: "run_tools",
                request: "MessagesRequestParam",
                waits: false,
                apart: &["tools"],
                variants: &[(
                    &["tools: Iterable[Runnable]", MAX_STEPS, ON_TOOL_ERROR, TOOL_TIMEOUT],
                    "{A}ToolRunner[MessageStreamEvent, Message]",
                )],
            },
        ],
    },
];

/// Returns the stub of a module. `source` has the docstrings of its methods.
pub(super) fn stub(surface: &Surface, types: &Types<'_>, source: &str) -> Result<String> {
    let about = surface.about.trim_end_matches('.');
    let source = worded(surface, source);
    let mut out = String::new();
    for prefix in ["", "Async"] {
        let class = format!("{prefix}{}", surface.class);
        let _ = write!(
            out,
            "\nclass {class}(Resource):\n    \"\"\"{}\"\"\"\n\n    @property\n    def with_raw_response(self) -> {class}WithRawResponse:\n        \
             \"\"\"The same methods, which return status and headers too.\"\"\"\n\n    @property\n    def with_streaming_response(self) -> WithStreamingResponse:\n        \
             \"\"\"The same methods, each opened by `with`: status, headers, and the body as bytes, texts or lines.\"\"\"\n",
            surface.about
        );
        for method in surface.methods {
            write_method(&mut out, method, prefix, types, &source, false)?;
        }
        let _ = write!(
            out,
            "\n@type_check_only\nclass {class}WithRawResponse:\n    \"\"\"The methods of `{class}`, each returning a `RawResponse`: its `parse()` is the result.\"\"\"\n"
        );
        for method in surface.methods.iter().filter(|method| method.waits) {
            write_method(&mut out, method, prefix, types, &source, true)?;
        }
    }
    let head = HEAD.replace("{types}", &imports(types, &out)).replace("{answer}", surface.answer);
    let classes = surface.classes;
    Ok(format!("\"\"\"{about}: the methods and their arguments.\n\n{NOTE}\n\"\"\"\n\n{head}{classes}{out}"))
}

/// Returns the module with the arguments of the methods, from which their signatures are made at run time.
pub(super) fn arguments_module(types: &Types<'_>, sources: &[(&Surface, String)]) -> Result<String> {
    let mut out = format!(
        "\"\"\"The methods of the resources: their descriptions, and the fields that they take as arguments.\n\n{NOTE}\n\"\"\"\n\n\
         from __future__ import annotations\n\n#: The descriptions of the methods, by the class of the methods.\n\
         DOCS = {{\n"
    );
    for (surface, source) in sources {
        let source = worded(surface, source);
        let _ = writeln!(out, "    \"{}\": {{", surface.class);
        for method in surface.methods {
            let text = docstring(&source, method.name).with_context(|| format!("no docstring of {}", method.name))?;
            let _ = writeln!(out, "        \"{}\": \"\"\"{text}\n\"\"\",", method.name);
        }
        out.push_str("    },\n");
    }
    out.push_str(
        "}\n\n#: The fields of the requests, by the name of the request's type: annotation and description.\nFIELDS = {\n",
    );
    for (surface, _) in sources {
        let mut requests: Vec<_> = surface.methods.iter().map(|method| method.request).collect();
        requests.sort_unstable();
        requests.dedup();
        for name in requests {
            let request = types.request(name)?;
            let _ = writeln!(out, "    \"{name}\": {{");
            for field in &request.fields {
                let annotation = argument(types.kind_of(request, field));
                let annotation = if field.required { annotation } else { or_not_given(optional(annotation, false)) };
                entry(&mut out, &field.name, &annotation, &field.doc);
            }
            for (name, annotation, doc) in call_options(name) {
                entry(&mut out, name, &or_not_given((*annotation).to_owned()), doc);
            }
            out.push_str("    },\n");
        }
    }
    out.push_str("}\n\n#: The request of each method, and the arguments of its overloads, some of which replace a field.\nREQUESTS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {\n");
    for (surface, _) in sources {
        let _ = writeln!(out, "    \"{}\": {{", surface.class);
        for method in surface.methods {
            let mut own: Vec<&str> = Vec::new();
            for (argument, _) in
                method.variants.iter().flat_map(|(lines, _)| *lines).filter_map(|line| line.split_once(':'))
            {
                if !own.contains(&argument) {
                    own.push(argument);
                }
            }
            let own: Vec<_> = own.iter().map(|name| format!("\"{name}\"")).collect();
            let comma = if own.len() == 1 { "," } else { "" };
            let _ =
                writeln!(out, "        \"{}\": (\"{}\", ({}{comma})),", method.name, method.request, own.join(", "));
        }
        out.push_str("    },\n");
    }
    out.push_str("}\n");
    Ok(out)
}

/// An argument with its annotation and its description.
fn entry(out: &mut String, name: &str, annotation: &str, doc: &str) {
    let _ = writeln!(
        out,
        "        \"{name}\": (\n            {},\n            {},\n        ),",
        quoted(annotation),
        quoted(doc)
    );
}

/// A text as a Python literal, with the quotes that the formatter prefers.
fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains('\'') {
        format!("'{}'", text.replace('\\', "\\\\"))
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The source of the shared docstrings, in the words of a format.
fn worded(surface: &Surface, source: &str) -> String {
    surface.words.iter().fold(source.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The imports of the types that a text names, in the order of the import sorter.
fn imports(types: &Types<'_>, text: &str) -> String {
    let words: Vec<_> = text.split(|letter: char| !letter.is_alphanumeric()).collect();
    let import = |module: &str, names: Vec<String>| {
        let used: Vec<_> = names.into_iter().filter(|name| words.contains(&name.as_str())).collect();
        format!("from .._generated.{module} import (\n    {},\n)", used.join(",\n    "))
    };
    [import("params", super::params::names(types)), import("types", super::replies::names(types))].join("\n")
}

fn write_method(
    out: &mut String,
    method: &Method,
    prefix: &str,
    types: &Types<'_>,
    source: &str,
    raw: bool,
) -> Result<()> {
    let request = types.request(method.request)?;
    let keyword = if method.waits && !prefix.is_empty() { "async def" } else { "def" };
    for (number, (own, returns)) in method.variants.iter().enumerate() {
        let returns = returns.replace("{A}", prefix);
        let returns = if raw { format!("RawResponse[{returns}]") } else { returns };
        // The formatter puts no empty line after a body of dots.
        if !out.ends_with(" ...\n") {
            out.push('\n');
        }
        if method.variants.len() > 1 {
            out.push_str("    @overload\n");
        }
        let _ = writeln!(out, "    {keyword} {}(\n        self,\n        *,", method.name);
        for line in arguments(types, request, method, own) {
            let _ = writeln!(out, "        {line},");
        }
        let _ = write!(out, "    ) -> {returns}:");
        if number == 0 && !raw {
            out.push('\n');
            doc(out, request, method, source)?;
        } else {
            out.push_str(" ...\n");
        }
    }
    Ok(())
}

/// The parameters of an overload: the required ones, its own, and the rest.
fn arguments(types: &Types<'_>, request: &Object, method: &Method, own: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = Vec::new();
    for field in request.fields.iter().filter(|field| !method.apart.contains(&field.name.as_str())) {
        let kind = types.kind_of(request, field);
        if field.required {
            let annotation = match kind {
                // An iterable is sufficient.
                Kind::List(_) => argument(kind).replacen("Sequence", "Iterable", 1),
                _ => argument(kind),
            };
            lines.push(format!("{}: {annotation}", field.name));
        } else {
            rest.push(format!("{}: {} = None", field.name, or_not_given(optional(argument(kind), false))));
        }
    }
    lines.extend(own.iter().map(|line| {
        line.replace("{MAX_REASKS}", &structured::MAX_REASKS.to_string())
            .replace("{MAX_STEPS}", &run::MAX_STEPS.to_string())
    }));
    lines.append(&mut rest);
    let options = call_options(&request.name);
    lines.extend(
        options.map(|(name, annotation, _)| format!("{name}: {} = None", or_not_given((*annotation).to_owned()))),
    );
    lines
}

/// Adds the type of `NOT_GIVEN` to the annotation of an argument that may be missing.
fn or_not_given(annotation: String) -> String {
    match annotation.strip_suffix(" | None") {
        Some(given) => format!("{given} | NotGiven | None"),
        None => annotation,
    }
}

fn doc(out: &mut String, request: &Object, method: &Method, source: &str) -> Result<()> {
    let text = docstring(source, method.name).with_context(|| format!("no docstring of {}", method.name))?;
    let _ = write!(out, "        \"\"\"{text}\n{}", if text.contains("Args:") { "" } else { "\n        Args:\n" });
    for field in request.fields.iter().filter(|field| !method.apart.contains(&field.name.as_str())) {
        let _ = writeln!(out, "            {}: {}", field.name, field.doc);
    }
    for (name, _, doc) in call_options(&request.name) {
        let _ = writeln!(out, "            {name}: {doc}");
    }
    out.push_str("\n        \"\"\"\n");
    Ok(())
}

/// Returns the docstring of the first method of this name.
fn docstring<'a>(source: &'a str, method: &str) -> Option<&'a str> {
    let (_, rest) = source.split_once(&format!("    def {method}("))?;
    let (_, rest) = rest.split_once("\"\"\"")?;
    Some(rest.split_once("\"\"\"")?.0.trim_end())
}
