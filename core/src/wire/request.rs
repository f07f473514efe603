//! Checks of request bodies that both formats share: parameter names, lists and messages.
//!
//! Invariant: only certain mistakes are errors. Unknown parameters pass, because providers have their own, but a misspelling of a known
//! parameter is refused, because servers ignore unknown names.

use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::dialect::{Name, containers};
use crate::text::{list_contains, nearest, quoted, shortened};
use crate::value::fields::kind;
use crate::value::{Map, Value};

/// Parameters of both formats.
const SHARED: &str = "max_tokens messages metadata model stream temperature tool_choice tools top_p";
/// Parameters of chat completions.
const CHAT: &str = "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens modalities moderation n \
    parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention \
    reasoning_effort repetition_penalty response_format safety_identifier seed service_tier stop store stream_options \
    top_k top_logprobs user verbosity web_search_options";
/// Parameters of messages.
const MESSAGES: &str = "cache_control container context_management inference_geo mcp_servers output_config output_format service_tier \
    stop_sequences system thinking top_k";
/// Request options, which Python passes together with the parameters.
const OPTIONS: &str = "extra_body extra_headers extra_query first_token_timeout idle_timeout max_retries timeout";
/// Provider parameters with names that happen to be similar to known ones.
const PROVIDER_PARAMETERS: &str = "min_tokens mode models speed top_a top_n typ_p";

/// An example message, for error messages.
const MESSAGE_EXAMPLE: &str = r#"{"role": "user", "content": "…"}"#;

fn refused(parameter: &str, message: String) -> Error {
    let mut error = Error::new(ErrorKind::InvalidRequest, message);
    error.fields_mut().param = Some(shortened(parameter));
    error
}

/// Refuses misspelled parameter names.
pub(crate) fn check_names(body: &Map<String, Value>, is_chat: bool) -> Result<(), Error> {
    let (own, other) = if is_chat { (CHAT, MESSAGES) } else { (MESSAGES, CHAT) };
    let known = [own, other, SHARED, OPTIONS, PROVIDER_PARAMETERS];
    for name in body.keys() {
        let is_known = known.iter().any(|names| list_contains(names, name));
        if is_known {
            continue;
        }
        let near = [SHARED, own, OPTIONS].into_iter().find_map(|names| Some((nearest(name, names)?, names)));
        if let Some((near, names)) = near {
            let what = if names == OPTIONS { "the option " } else { "" };
            let near = if names == OPTIONS { Name(near).to_string() } else { near.to_owned() };
            let message = format!(
                "unknown parameter {}; did you mean {what}\"{near}\"? pass it in {} to send it anyway",
                quoted(name),
                Name("extra_body")
            );
            return Err(refused(name, message));
        }
    }
    Ok(())
}

/// Checks that `messages` is a list of objects, and the types of other lists and of `stop` and `stream_options`.
pub(crate) fn check_lists(body: &Map<String, Value>) -> Result<(), Error> {
    let (list, object) = containers();
    let messages = match body.get("messages") {
        Some(Value::Array(messages)) => messages,
        None => return Err(refused("messages", format!("messages is missing; pass [{MESSAGE_EXAMPLE}]"))),
        Some(other) => {
            let message = format!("messages must be {list}, not {}; pass [{MESSAGE_EXAMPLE}]", kind(other));
            return Err(refused("messages", message));
        }
    };
    if messages.is_empty() {
        return Err(refused("messages", "messages is empty; pass at least one message".to_owned()));
    }
    check_objects("messages", messages, &format!(" such as {MESSAGE_EXAMPLE}"))?;
    for name in ["tools", "functions", "stop_sequences", "modalities"] {
        match body.get(name) {
            Some(Value::Array(items)) if matches!(name, "tools" | "functions") => check_objects(name, items, "")?,
            None | Some(Value::Null | Value::Array(_)) => {}
            Some(other) => return Err(refused(name, format!("{name} must be {list}, not {}", kind(other)))),
        }
    }
    match body.get("stop") {
        Some(stop @ (Value::Object(_) | Value::Number(_) | Value::Bool(_))) => {
            let string = kind(&Value::from(""));
            Err(refused("stop", format!("stop must be {string} or {list}, not {}", kind(stop))))
        }
        _ if matches!(body.get("stream_options"), Some(Value::String(_) | Value::Array(_) | Value::Bool(_))) => {
            Err(refused("stream_options", format!("stream_options must be {object}")))
        }
        _ => Ok(()),
    }
}

fn check_objects(name: &str, items: &[Value], example: &str) -> Result<(), Error> {
    let Some((index, other)) = items.iter().enumerate().find(|(_, item)| !item.is_object()) else { return Ok(()) };
    let path = format!("{name}[{index}]");
    let message = format!("{path} must be {}{example}, not {}", containers().1, kind(other));
    Err(refused(&path, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Parameters from the documentation of providers, gateways and servers.
    const EXTENSIONS: &str = "adapter_id add_generation_prompt add_special_tokens allowed_openai_params allowed_token_ids api_base
        api_key api_version bad_words ban_eos_token banned_tokens best_of betas cache cache_prompt cache_salt caching chat_history
        chat_template chat_template_kwargs citation_options compound_custom connectors context_length_exceeded_behavior
        continue_final_message conversation custom_llm_provider data_sources debug deferred details disable_search
        disable_tool_validation do_sample documents draft_model drop_params dry_base dry_multiplier dynatemp_range ebnf echo echo_last
        enable_search enable_thinking epsilon_cutoff eta_cutoff exclude_domains fallbacks format frequency_penalty_range
        generation_config google grammar greeting guardrails guidance_scale guided_choice guided_decoding_backend guided_grammar
        guided_json guided_regex id_slot ignore_eos image_config include include_domains include_reasoning
        include_stop_str_in_output incremental_output input inputs instructions json_schema keep_alive length_penalty litellm_metadata
        logits_processors logit_softcap lora lora_path max_context_length max_length max_new_tokens max_output_tokens max_tool_calls
        memory min_keep min_p min_tokens mirostat mirostat_eta mirostat_tau mm_processor_kwargs mock_response mode model_id
        models n_keep n_predict n_probs name1 negative_prompt no_repeat_ngram_size num_ctx num_keep num_predict num_retries options
        parameters parse_tool_calls partial penalty_alpha plugins post_sampling_probs prefix preset priority prompt prompt_logprobs
        prompt_mode prompt_truncate_len provider random_seed raw raw_output reasoning reasoning_budget reasoning_format
        reasoning_history reasoning_split reasoning_summary regex rep_pen repeat_last_n repeat_penalty repetition_penalty_range
        request_id request_timeout result_format return_images return_related_questions return_token_ids rid route safe_prompt
        safety_mode safety_model safety_settings sampler_order samplers search_mode search_options search_parameters separate_reasoning
        session_id skip_special_tokens smoothing_factor speculation speed stop_token stop_token_ids stream_reasoning
        structured_outputs suffix tags task template text tfs tfs_z think thinking_budget thinking_config timings_per_token
        tokens_to_generate tool_results tool_stream top_a top_n top_n_sigma trace transforms translation_options
        truncate truncate_prompt_tokens truncation ttl typical_p typ_p usage use_beam_search user_bio user_id user_name
        vl_high_resolution_images vllm_xargs watermark web_search xtc_probability xtc_threshold";

    fn named(name: &str, is_chat: bool) -> Result<(), Error> {
        let Value::Object(body) = json!({ name: 1 }) else { return Ok(()) };
        check_names(&body, is_chat)
    }

    #[test]
    fn provider_parameters_pass() {
        let known = [SHARED, CHAT, MESSAGES, OPTIONS, PROVIDER_PARAMETERS].join(" ");
        for name in EXTENSIONS.split_whitespace().chain(known.split(' ')) {
            for is_chat in [true, false] {
                named(name, is_chat).unwrap();
            }
        }
    }

    #[test]
    fn listed_provider_parameters_resemble_known_ones() {
        let targets = [SHARED, CHAT, MESSAGES, OPTIONS].join(" ");
        for name in PROVIDER_PARAMETERS.split(' ') {
            assert!(nearest(name, &targets).is_some(), "{name}");
        }
    }

    #[test]
    fn misspelled_parameters_are_errors() {
        for (name, wanted) in [
            ("max_token", "max_tokens"),
            ("maxTokens", "max_tokens"),
            ("max-tokens", "max_tokens"),
            ("Temperature", "temperature"),
            ("temprature", "temperature"),
            ("respons_format", "response_format"),
            ("responseFormat", "response_format"),
            ("message", "messages"),
            ("tool", "tools"),
            ("steam", "stream"),
            ("timout", "timeout"),
            ("maxRetries", "max_retries"),
            ("extra_header", "extra_headers"),
        ] {
            let error = named(name, true).unwrap_err();
            assert!(error.message().contains(&format!("\"{wanted}\"?")), "{name}: {error}");
            assert_eq!(error.fields().param.as_deref(), Some(name));
        }
        let error = named("stop_sequence", false).unwrap_err();
        assert!(error.message().contains("\"stop_sequences\""), "{error}");
    }
}
