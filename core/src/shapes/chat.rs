//! Chat completions: messages, parts, tools, choices of tools, formats of answers.
//!
//! Law: see [`super`].

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

    /// What the application tells the model, over what the user says.
    ChatCompletionDeveloperMessageParam {
        /// Who speaks.
        role: String = "developer",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
        /// Name of the participant.
        name: Option<String>,
    }

    /// What the model is told about its role.
    ChatCompletionSystemMessageParam {
        /// Who speaks.
        role: String = "system",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
        /// Name of the participant.
        name: Option<String>,
    }

    /// What the user says.
    ChatCompletionUserMessageParam {
        /// Who speaks.
        role: String = "user",
        /// The text, or a list of texts, images, sounds and files.
        content: Or<String, Vec<ChatCompletionContentPartParam>>,
        /// Name of the participant.
        name: Option<String>,
    }

    /// What the model said.
    ChatCompletionAssistantMessageParam {
        /// Who speaks.
        role: String = "assistant",
        /// The text, or a list of parts; may be missing where tools are called.
        content: Option<Or<String, Vec<AssistantContentPartParam>>>,
        /// Name of the participant.
        name: Option<String>,
        /// Why the model refused.
        refusal: Option<String>,
        /// What the model thought before it spoke; some providers want it back.
        reasoning: Option<String>,
        /// The calls that the model made.
        tool_calls: Option<Vec<ChatCompletionMessageToolCallUnionParam>>,
        /// The spoken answer that this message refers to.
        audio: Option<AudioReferenceParam>,
        /// Deprecated: see `tool_calls`.
        function_call: Option<FunctionCallParam>,
    }

    /// The result of a tool call.
    ChatCompletionToolMessageParam {
        /// Who speaks.
        role: String = "tool",
        /// The text, or a list of texts.
        content: Or<String, Vec<ChatCompletionContentPartTextParam>>,
        /// The call that this answers.
        tool_call_id: String,
    }

    /// Deprecated: the result of a function call; see `ChatCompletionToolMessageParam`.
    ChatCompletionFunctionMessageParam {
        /// Who speaks.
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
        /// Where the image is.
        image_url: ImageURLParam,
    }

    /// Where an image is.
    ImageURLParam {
        /// An address or a `data:` URL.
        url: String,
        /// How closely to look at it.
        detail: Option<String> = "auto" | "low" | "high",
    }

    /// A sound.
    ChatCompletionContentPartInputAudioParam {
        /// Kind of the part.
        r#type: String = "input_audio",
        /// The sound.
        input_audio: InputAudioParam,
    }

    /// A sound's bytes.
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

    /// A file: one that the provider has, or its bytes.
    FileParam {
        /// Id of a file that was uploaded.
        file_id: Option<String>,
        /// The bytes as a `data:` URL.
        file_data: Option<String>,
        /// Its name.
        filename: Option<String>,
    }

    /// A refusal that the model gave.
    ChatCompletionContentPartRefusalParam {
        /// Kind of the part.
        r#type: String = "refusal",
        /// Its text.
        refusal: String,
    }

    /// A spoken answer that the provider keeps.
    AudioReferenceParam {
        /// Its id.
        id: String,
    }

    /// Name and arguments of a call.
    FunctionCallParam {
        /// Name of the function.
        name: String,
        /// The arguments as JSON text.
        arguments: String,
    }

    /// A call of a function.
    ChatCompletionMessageFunctionToolCallParam {
        /// Its id, which the answer in a `tool` message names.
        id: String,
        /// Kind of the tool.
        r#type: String = "function",
        /// What is called, with which arguments.
        function: FunctionCallParam,
    }

    /// A call of a tool that takes any text.
    ChatCompletionMessageCustomToolCallParam {
        /// Its id, which the answer in a `tool` message names.
        id: String,
        /// Kind of the tool.
        r#type: String = "custom",
        /// What is called, with which text.
        custom: CustomCallParam,
    }

    /// Name and input of a call.
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
        /// Whether the arguments must follow the schema to the letter.
        strict: Option<bool>,
    }

    /// A tool that takes any text.
    ChatCompletionCustomToolParam {
        /// Kind of the tool.
        r#type: String = "custom",
        /// The tool.
        custom: CustomToolParam,
    }

    /// A tool that takes any text.
    CustomToolParam {
        /// Its name.
        name: String,
        /// What it does, for the model.
        description: Option<String>,
        /// What its input looks like: `{type: "text"}`, or `{type: "grammar", grammar}`.
        format: Option<Fields>,
    }

    /// Makes the model call this function.
    ChatCompletionNamedToolChoiceParam {
        /// Kind of the tool.
        r#type: String = "function",
        /// Which one.
        function: ToolNameParam,
    }

    /// Makes the model call this tool.
    ChatCompletionNamedToolChoiceCustomParam {
        /// Kind of the tool.
        r#type: String = "custom",
        /// Which one.
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
        /// Which ones.
        allowed_tools: ChatCompletionAllowedToolsParam,
    }

    /// Tools that may be called.
    ChatCompletionAllowedToolsParam {
        /// Whether one of them must be called.
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
        /// What the answer is, for the model.
        description: Option<String>,
        /// The JSON Schema.
        schema: Option<Fields>,
        /// Whether the answer must follow the schema to the letter.
        strict: Option<bool>,
    }

    /// Options of a streamed answer.
    ChatCompletionStreamOptionsParam {
        /// Whether a last chunk with empty `choices` tells the usage of the whole request.
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

    /// How a spoken answer sounds.
    ChatCompletionAudioParam {
        /// Format of its bytes.
        format: String = "wav" | "aac" | "mp3" | "flac" | "opus" | "pcm16",
        /// The voice: a name, or `{id}`.
        voice: Or<String, Fields>,
    }

    /// Options of the provider's web search.
    WebSearchOptionsParam {
        /// How much of what was found the model reads.
        search_context_size: Option<String> = "low" | "medium" | "high",
        /// Where the user is: `{type: "approximate", approximate: {city, country, region, timezone}}`.
        user_location: Option<Fields>,
    }

    /// Exact types of what the model said.
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
    /// One message of a conversation: a dict by its `role`, or a message that was received.
    ChatCompletionMessageParam = ChatCompletionDeveloperMessageParam | ChatCompletionSystemMessageParam
        | ChatCompletionUserMessageParam | ChatCompletionAssistantMessageParam | ChatCompletionToolMessageParam
        | ChatCompletionFunctionMessageParam | ChatMessage;
    /// One part of what a user says.
    ChatCompletionContentPartParam = ChatCompletionContentPartTextParam | ChatCompletionContentPartImageParam
        | ChatCompletionContentPartInputAudioParam | ChatCompletionContentPartFileParam;
    /// One part of what the model said.
    AssistantContentPartParam = ChatCompletionContentPartTextParam | ChatCompletionContentPartRefusalParam;
    /// A call that the model made: a dict by its `type`, or a call that was received.
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
