//! A page in Rust that streams a chat. The button Stop, or another question, cancels the answer.
//!
//! Sycamore renders the page; the calls of trilogue would be the same with Leptos, Yew or Dioxus.

mod chat;

use sycamore::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::SubmitEvent;

use crate::chat::{Chat, Question};

/// Renders the page.
#[wasm_bindgen(start)]
pub fn start() {
    sycamore::render(app);
}

fn app() -> View {
    let base_url = create_signal(String::new());
    let key = create_signal(String::new());
    let model = create_signal("openai-gpt-oss-120b".to_owned());
    let text = create_signal(String::new());
    let chat = Chat::new();
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        chat.send(Question {
            base_url: base_url.get_clone(),
            key: key.get_clone(),
            model: model.get_clone(),
            text: text.get_clone(),
        });
    };
    view! {
        form(on:submit=send) {
            label { "Base URL " input(name="base_url", bind:value=base_url) }
            label { "Key " input(r#type="password", name="key", bind:value=key) }
            label { "Model " input(name="model", bind:value=model) }
            label { "Question " input(name="question", bind:value=text) }
            button(r#type="submit") { "Send" }
            button(r#type="button", disabled=!chat.is_running.get(), on:click=move |_| chat.stop()) { "Stop" }
        }
        p(id="answer") { (chat.answer) }
        p(id="status", role="status") { (chat.status) }
    }
}
