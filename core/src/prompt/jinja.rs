//! The profile `jinja`: prompts as the template of the gpt-oss models renders them.
//!
//! Invariant: the text is that of the template, and every name of a special token in it is that token, also within the texts of users. What the
//! template refuses is an error.

use crate::error::Error;
use crate::prelude::*;
use crate::value::write;

use super::chat::{Chat, Tool, Turn};
use super::harmony::{CALLS, CHANNELS, IDENTITY};
use super::{Prompt, invalid, template_types};

/// Names of special tokens that the template refuses in an answer.
const REFUSED: [&str; 2] = ["<|channel|>analysis<|message|>", "<|channel|>final<|message|>"];

/// Renders a request, up to the header of the answer.
pub(super) fn render(chat: &Chat, date: &str, prompt: &mut Prompt) -> Result<(), Error> {
    let effort = &chat.effort;
    let calls = if chat.tools.is_empty() { "" } else { CALLS };
    let mut out = format!(
        "<|start|>system<|message|>{IDENTITY}Current date: {date}\n\nReasoning: {effort}\n\n{CHANNELS}{calls}<|end|>"
    );
    let instructions = chat.instructions.as_deref().map(joined).unwrap_or_default();
    if !instructions.is_empty() || !chat.tools.is_empty() {
        out.push_str("<|start|>developer<|message|>");
        if !instructions.is_empty() {
            push(&mut out, &["# Instructions\n\n", &instructions, "\n\n"]);
        }
        if !chat.tools.is_empty() {
            tools(&mut out, &chat.tools);
        }
        out.push_str("<|end|>");
    }
    let last_answer = chat.turns.iter().rposition(Turn::is_final);
    let mut last_call = None;
    for (index, turn) in chat.turns.iter().enumerate() {
        match turn {
            Turn::Input { role: "user", texts, .. } => {
                push(&mut out, &["<|start|>user<|message|>", &joined(texts), "<|end|>"]);
            }
            // The template has no place for them.
            Turn::Input { .. } => {}
            Turn::Assistant { reasoning, texts, calls } => {
                let content = joined(texts);
                let is_refused = |text: &str| REFUSED.iter().any(|name| text.contains(name));
                if is_refused(&content) || reasoning.as_deref().is_some_and(is_refused) {
                    return Err(invalid("the template of gpt-oss refuses an answer that contains <|channel|>"));
                }
                let Some(call) = calls.first() else {
                    push(&mut out, &["<|start|>assistant<|channel|>final<|message|>", &content, "<|end|>"]);
                    last_call = None;
                    continue;
                };
                let analysis = match reasoning {
                    Some(_) if !content.is_empty() => {
                        let message = "the template of gpt-oss refuses a message with calls that has both a content and reasoning";
                        return Err(invalid(message));
                    }
                    Some(reasoning) => reasoning,
                    None => &content,
                };
                if !analysis.is_empty() && last_answer.is_none_or(|last| index > last) {
                    push(&mut out, &["<|start|>assistant<|channel|>analysis<|message|>", analysis, "<|end|>"]);
                }
                push(
                    &mut out,
                    &["<|start|>assistant to=functions.", &call.name, "<|channel|>commentary json<|message|>"],
                );
                json_string(&mut out, &call.arguments);
                out.push_str("<|call|>");
                last_call = Some(&call.name);
            }
            Turn::Result { texts, .. } => {
                let Some(name) = last_call else {
                    return Err(invalid("the template of gpt-oss refuses a result after a message without calls"));
                };
                push(&mut out, &["<|start|>functions.", name, " to=assistant<|channel|>commentary<|message|>"]);
                json_string(&mut out, &joined(texts));
                out.push_str("<|end|>");
            }
        }
    }
    out.push_str("<|start|>assistant");
    prompt.push_template(&out);
    Ok(())
}

/// Several texts of a message are lines.
fn joined(texts: &[String]) -> String {
    texts.join("\n")
}

fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

/// Appends a text as a string of JSON.
fn json_string(out: &mut String, text: &str) {
    let mut written = Vec::with_capacity(text.len() + 2);
    write::string(&mut written, text);
    out.push_str(&write::text(written));
}

/// The functions, as a namespace of TypeScript. The template has one line for a description.
fn tools(out: &mut String, tools: &[Tool]) {
    out.push_str("# Tools\n\n## functions\n\nnamespace functions {\n\n");
    for Tool { name, description, parameters } in tools {
        push(out, &["// ", description, "\ntype ", name, " = "]);
        template_types::parameters(out, parameters.as_ref());
        out.push_str(" => any;\n\n");
    }
    out.push_str("} // namespace functions");
}
