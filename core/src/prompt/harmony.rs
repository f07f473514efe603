//! The profile `harmony`: prompts as openai-harmony 0.0.8 renders them, for messages as vLLM passes them to it.
//!
//! Invariant: the tokens are those of openai-harmony. Texts are never special tokens; only this module's own templates are.

use crate::prelude::*;

use super::Prompt;
use super::chat::{Call, Chat, Tool, Turn};
use super::types;

/// Texts of the system message in both profiles.
pub(super) const IDENTITY: &str =
    "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n";
pub(super) const CHANNELS: &str =
    "# Valid channels: analysis, commentary, final. Channel must be included for every message.";
pub(super) const CALLS: &str = "\nCalls to these tools must go to the commentary channel: 'functions'.";

/// Renders a request, up to the header of the answer.
pub(super) fn render(chat: &Chat, date: &str, prompt: &mut Prompt) {
    let effort = &chat.effort;
    let calls = if chat.tools.is_empty() { "" } else { CALLS };
    let system = format!("{IDENTITY}Current date: {date}\n\nReasoning: {effort}\n\n{CHANNELS}{calls}");
    message(prompt, &["system"], None, "<|message|>", [system.as_str()], "<|end|>");
    if chat.instructions.is_some() || !chat.tools.is_empty() {
        let instructions = chat.instructions.as_ref().map(|texts| format!("# Instructions\n\n{}", texts.concat()));
        let tools = (!chat.tools.is_empty()).then(|| tools(&chat.tools));
        let sections: Vec<_> = instructions.into_iter().chain(tools).collect();
        message(prompt, &["developer"], None, "<|message|>", [sections.join("\n\n").as_str()], "<|end|>");
    }
    // The reasoning for an answer is dropped with the answer: only that of calls after it is shown to the model.
    let last_answer = chat.turns.iter().rposition(Turn::is_final);
    for (index, turn) in chat.turns.iter().enumerate() {
        let shows_reasoning = last_answer.is_none_or(|last| index > last);
        match turn {
            Turn::Input { role, name, texts } => {
                let name = name.as_ref().map(|name| format!(":{name}"));
                let author: Vec<_> = core::iter::once(*role).chain(name.as_deref()).collect();
                message(prompt, &author, None, "<|message|>", texts.iter().map(String::as_str), "<|end|>");
            }
            Turn::Assistant { reasoning, texts, calls } => {
                if let Some(reasoning) = reasoning.as_ref().filter(|_| shows_reasoning) {
                    answer(prompt, "analysis", [reasoning.as_str()]);
                }
                if !texts.is_empty() {
                    let channel = if calls.is_empty() { "final" } else { "commentary" };
                    answer(prompt, channel, texts.iter().map(String::as_str));
                }
                for Call { name, arguments } in calls {
                    let recipient = format!(" to=functions.{name}");
                    let author = ["assistant", &recipient];
                    message(prompt, &author, Some("commentary json"), "<|message|>", [arguments.as_str()], "<|call|>");
                }
            }
            Turn::Result { name, texts } => {
                let author = [&*format!("functions.{name}"), " to=assistant"];
                let texts = texts.iter().map(String::as_str);
                message(prompt, &author, Some("commentary"), "<|message|>", texts, "<|end|>");
            }
        }
    }
    prompt.push_template("<|start|>");
    prompt.push_text("assistant");
}

fn answer<'t>(prompt: &mut Prompt, channel: &str, texts: impl IntoIterator<Item = &'t str>) {
    message(prompt, &["assistant"], Some(channel), "<|message|>", texts, "<|end|>");
}

/// Appends a message. Each part of its header and each text of its content is encoded by itself.
fn message<'t>(
    prompt: &mut Prompt,
    author: &[&str],
    channel: Option<&str>,
    begin: &str,
    texts: impl IntoIterator<Item = &'t str>,
    end: &str,
) {
    prompt.push_template("<|start|>");
    for part in author {
        prompt.push_text(*part);
    }
    if let Some(channel) = channel {
        prompt.push_template("<|channel|>");
        prompt.push_text(channel);
    }
    prompt.push_template(begin);
    for text in texts {
        prompt.push_text(text);
    }
    prompt.push_template(end);
}

/// The functions, as a namespace of TypeScript.
fn tools(tools: &[Tool]) -> String {
    let mut out = String::from("# Tools\n\n## functions\n\nnamespace functions {\n\n");
    for Tool { name, description, parameters } in tools {
        for line in description.lines() {
            types::comment(&mut out, "", line);
        }
        out.push_str("type ");
        out.push_str(name);
        match parameters {
            None => out.push_str(" = () => any;\n\n"),
            Some(parameters) => {
                out.push_str(" = (_: ");
                types::write(&mut out, parameters, "");
                out.push_str(") => any;\n\n");
            }
        }
    }
    out.push_str("} // namespace functions");
    out
}
