//! Chat completions: messages, parts, tools, choices of tools, formats of answers.
//!
//! The types are described in [`super`].

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Or, shapes, unions};

/// A JSON object of any fields.
type Fields = Map<String, Value>;

shapes! {
    /// Exact types of the arguments of `chat.completions.create`.
    ChatRequest {
        messages: Vec<ChatCompletionMessageParam>,
        audio: Option<ChatCompletionAudioParam>,
        functions: Option<Vec<FunctionDefinitionParam>>,
        logit_bias: Option<BTreeMap<String, i64>>,
        metadata: Option<BTreeMap<String, String>>,
        modalities: Option<Vec<Modality>>,
        prediction: Option<ChatCompletionPredictionContentParam>,
        prompt_cache_retention: Option<String> = "in_memory" | "24h",
        reasoning_effort: Option<String> = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max",
        response_format: Option<ResponseFormatParam>,
        service_tier: Option<String> = "auto" | "default" | "flex" | "scale" | "priority",
        stream_options: Option<ChatCompletionStreamOptionsParam>,
        tool_choice: Option<ChatCompletionToolChoiceOptionParam>,
        tools: Option<Vec<ChatCompletionToolUnionParam>>,
        verbosity: Option<String> = "low" | "medium" | "high",
        web_search_options: Option<WebSearchOptionsParam>,
    }

    /// Instructions of the application, which take precedence over the user's.
    ChatCompletionDeveloperMessageParam {
        /// The role of the author.
        role: String = "developer",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
        /// Name of the participant.
        name: Option<String>,
    }

    /// Instructions for the model, such as its role.
    ChatCompletionSystemMessageParam {
        /// The role of the author.
        role: String = "system",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
        /// Name of the participant.
        name: Option<String>,
    }

    /// A message of the user.
    ChatCompletionUserMessageParam {
        /// The role of the author.
        role: String = "user",
        /// The text, or a list of texts, images, audio and files.
        content: Or<String, Vec<ChatCompletionContentPartParam>>,
        /// Name of the participant.
        name: Option<String>,
    }

    /// A message of the model.
    ChatCompletionAssistantMessageParam {
        /// The role of the author.
        role: String = "assistant",
        /// The text, or a list of parts; may be missing if tools are called.
        content: Option<Or<String, Vec<AssistantContentPartParam>>>,
        /// Name of the participant.
        name: Option<String>,
        /// Why the model refused.
        refusal: Option<String>,
        /// The reasoning before the answer; some providers require it in later requests.
        reasoning: Option<String>,
        /// The tool calls.
        tool_calls: Option<Vec<ChatCompletionMessageToolCallUnionParam>>,
        /// The audio answer that this message refers to.
        audio: Option<AudioReferenceParam>,
        /// Deprecated: see `tool_calls`.
        function_call: Option<FunctionCallParam>,
    }

    /// The result of a tool call.
    ChatCompletionToolMessageParam {
        /// The role of the author.
        role: String = "tool",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
        /// The id of the call.
        tool_call_id: String,
    }

    /// Deprecated: the result of a function call; see `ChatCompletionToolMessageParam`.
    ChatCompletionFunctionMessageParam {
        /// The role of the author.
        role: String = "function",
        /// The text.
        content: Option<String>,
        /// Name of the function.
        name: String,
    }

    /// A text.
    ChatCompletionContentPartTextParam {
        /// Kind of the part.
        r#type: String = "text",
        /// The text.
        text: String,
    }

    /// An image.
    ChatCompletionContentPartImageParam {
        /// Kind of the part.
        r#type: String = "image_url",
        /// The image's source.
        image_url: ImageURLParam,
    }

    /// The source of an image.
    ImageURLParam {
        /// An address or a `data:` URL.
        url: String,
        /// The level of detail.
        detail: Option<String> = "auto" | "low" | "high",
    }

    /// Audio.
    ChatCompletionContentPartInputAudioParam {
        /// Kind of the part.
        r#type: String = "input_audio",
        /// The audio data.
        input_audio: InputAudioParam,
    }

    /// Audio data.
    InputAudioParam {
        /// The bytes, in Base64.
        data: String,
        /// Their format.
        format: String = "wav" | "mp3",
    }

    /// A file.
    ChatCompletionContentPartFileParam {
        /// Kind of the part.
        r#type: String = "file",
        /// The file.
        file: FileParam,
    }

    /// A file: one that was uploaded, or its bytes.
    FileParam {
        /// Id of a file that was uploaded.
        file_id: Option<String>,
        /// The bytes as a `data:` URL.
        file_data: Option<String>,
        /// Its name.
        filename: Option<String>,
    }

    /// A refusal of the model.
    ChatCompletionContentPartRefusalParam {
        /// Kind of the part.
        r#type: String = "refusal",
        /// Its text.
        refusal: String,
    }

    /// An audio answer that the provider has stored.
    AudioReferenceParam {
        /// Its id.
        id: String,
    }

    /// The name and arguments of a call.
    FunctionCallParam {
        /// Name of the function.
        name: String,
        /// The arguments as JSON text.
        arguments: String,
    }

    /// A call of a function.
    ChatCompletionMessageFunctionToolCallParam {
        /// Its id, which the `tool` message with its result repeats.
        id: String,
        /// Kind of the tool.
        r#type: String = "function",
        /// The function and its arguments.
        function: FunctionCallParam,
    }

    /// A call of a custom tool, which takes any text.
    ChatCompletionMessageCustomToolCallParam {
        /// Its id, which the `tool` message with its result repeats.
        id: String,
        /// Kind of the tool.
        r#type: String = "custom",
        /// The tool and its input.
        custom: CustomCallParam,
    }

    /// The name and input of a call.
    CustomCallParam {
        /// Name of the tool.
        name: String,
        /// Its input.
        input: String,
    }

    /// A function that the model may call.
    ChatCompletionFunctionToolParam {
        /// Kind of the tool.
        r#type: String = "function",
        /// The function.
        function: FunctionDefinitionParam,
    }

    /// A function that the model may call.
    FunctionDefinitionParam {
        /// Its name: letters, digits, `_` and `-`, at most 64.
        name: String,
        /// What it does, for the model.
        description: Option<String>,
        /// JSON Schema of its arguments.
        parameters: Option<Fields>,
        /// Whether the arguments must follow the schema exactly.
        strict: Option<bool>,
    }

    /// A custom tool, which takes any text.
    ChatCompletionCustomToolParam {
        /// Kind of the tool.
        r#type: String = "custom",
        /// The tool.
        custom: CustomToolParam,
    }

    /// A custom tool, which takes any text.
    CustomToolParam {
        /// Its name.
        name: String,
        /// What it does, for the model.
        description: Option<String>,
        /// The format of its input: `{type: "text"}`, or `{type: "grammar", grammar}`.
        format: Option<Fields>,
    }

    /// Makes the model call this function.
    ChatCompletionNamedToolChoiceParam {
        /// Kind of the tool.
        r#type: String = "function",
        /// The function to call.
        function: ToolNameParam,
    }

    /// Makes the model call this tool.
    ChatCompletionNamedToolChoiceCustomParam {
        /// Kind of the tool.
        r#type: String = "custom",
        /// The tool to call.
        custom: ToolNameParam,
    }

    /// A tool, by name.
    ToolNameParam {
        /// Its name.
        name: String,
    }

    /// Lets the model call only some of the tools.
    ChatCompletionAllowedToolChoiceParam {
        /// Kind of the choice.
        r#type: String = "allowed_tools",
        /// The allowed tools.
        allowed_tools: ChatCompletionAllowedToolsParam,
    }

    /// Tools that may be called.
    ChatCompletionAllowedToolsParam {
        /// Whether a call of one of them is required.
        mode: String = "auto" | "required",
        /// Their names: `{type: "function", function: {name}}`.
        tools: Vec<Fields>,
    }

    /// An answer that is text.
    ResponseFormatTextParam {
        /// Kind of the answer.
        r#type: String = "text",
    }

    /// An answer that is JSON.
    ResponseFormatJSONObjectParam {
        /// Kind of the answer.
        r#type: String = "json_object",
    }

    /// An answer that is JSON and follows a schema.
    ResponseFormatJSONSchemaParam {
        /// Kind of the answer.
        r#type: String = "json_schema",
        /// The schema.
        json_schema: JSONSchemaParam,
    }

    /// A schema that the answer follows.
    JSONSchemaParam {
        /// Its name: letters, digits, `_` and `-`, at most 64.
        name: String,
        /// What the answer contains, for the model.
        description: Option<String>,
        /// The JSON Schema.
        schema: Option<Fields>,
        /// Whether the answer must follow the schema exactly.
        strict: Option<bool>,
    }

    /// Options of a streamed answer.
    ChatCompletionStreamOptionsParam {
        /// Whether a last chunk with empty `choices` reports the usage of the complete request.
        include_usage: Option<bool>,
        /// Whether chunks are padded to hide their length from an eavesdropper.
        include_obfuscation: Option<bool>,
    }

    /// A text that the answer will largely repeat.
    ChatCompletionPredictionContentParam {
        /// Kind of the prediction.
        r#type: String = "content",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
    }

    /// The voice and the format of an audio answer.
    ChatCompletionAudioParam {
        /// Format of its bytes.
        format: String = "wav" | "aac" | "mp3" | "flac" | "opus" | "pcm16",
        /// The voice: a name, or `{id}`.
        voice: Or<String, Fields>,
    }

    /// Options of the provider's web search.
    WebSearchOptionsParam {
        /// How much of the search results the model reads.
        search_context_size: Option<String> = "low" | "medium" | "high",
        /// The user's location: `{type: "approximate", approximate: {city, country, region, timezone}}`.
        user_location: Option<Fields>,
    }

    /// Exact types of the model's message.
    ChatMessage {
        role: String = "assistant",
    }

    /// Exact types of a call of a tool.
    ToolCall {
        r#type: String = "function",
        function: FunctionCall,
    }

    /// Exact types of a call.
    FunctionCall {
        name: String,
        arguments: String,
    }

    /// Exact types of an answer.
    ChatCompletion {
        object: String = "chat.completion",
    }

    /// Exact types of a chunk.
    ChatCompletionChunk {
        object: String = "chat.completion.chunk",
    }
}

unions! {
    /// One message of a conversation: a dict by its `role`, or a received message.
    ChatCompletionMessageParam = ChatCompletionDeveloperMessageParam | ChatCompletionSystemMessageParam
        | ChatCompletionUserMessageParam | ChatCompletionAssistantMessageParam | ChatCompletionToolMessageParam
        | ChatCompletionFunctionMessageParam | ChatMessage;
    /// One part of a user's message.
    ChatCompletionContentPartParam = ChatCompletionContentPartTextParam | ChatCompletionContentPartImageParam
        | ChatCompletionContentPartInputAudioParam | ChatCompletionContentPartFileParam;
    /// One part of the model's message.
    AssistantContentPartParam = ChatCompletionContentPartTextParam | ChatCompletionContentPartRefusalParam;
    /// A tool call: a dict by its `type`, or a received call.
    ChatCompletionMessageToolCallUnionParam = ChatCompletionMessageFunctionToolCallParam
        | ChatCompletionMessageCustomToolCallParam | ToolCall;
    /// A tool that the model may call.
    ChatCompletionToolUnionParam = ChatCompletionFunctionToolParam | ChatCompletionCustomToolParam;
    /// Whether and which tools are called.
    ChatCompletionToolChoiceOptionParam = ToolChoiceMode | ChatCompletionAllowedToolChoiceParam
        | ChatCompletionNamedToolChoiceParam | ChatCompletionNamedToolChoiceCustomParam;
    /// The form of the answer.
    ResponseFormatParam = ResponseFormatTextParam | ResponseFormatJSONObjectParam | ResponseFormatJSONSchemaParam;
}

/// Whether tools are called.
#[derive(schemars::JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum ToolChoiceMode {
    None,
    Auto,
    Required,
}

/// Kinds of output.
#[derive(schemars::JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum Modality {
    Text,
    Audio,
}
