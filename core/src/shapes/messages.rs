//! Messages: blocks, sources, tools, thinking.
//!
//! The types are described in [`super`].

use serde_json::{Map, Value};

use super::{Or, shapes, unions};

/// A JSON object of any fields.
type Fields = Map<String, Value>;
/// A text, or blocks of text.
type System = Or<String, Vec<TextBlockParam>>;

shapes! {
    /// Exact types of the arguments of `messages.create`.
    MessagesRequest {
        messages: Vec<MessageParam>,
        system: Option<System>,
        tools: Option<Vec<ToolParam>>,
        tool_choice: Option<ToolChoiceParam>,
        thinking: Option<ThinkingConfigParam>,
        metadata: Option<MetadataParam>,
        service_tier: Option<String> = "auto" | "standard_only",
        output_config: Option<OutputConfigParam>,
        cache_control: Option<CacheControlEphemeralParam>,
        container: Option<String>,
    }

    /// Exact types of the arguments of `messages.count_tokens`.
    CountTokensRequest {
        messages: Vec<MessageParam>,
        system: Option<System>,
        tools: Option<Vec<ToolParam>>,
        tool_choice: Option<ToolChoiceParam>,
        thinking: Option<ThinkingConfigParam>,
    }

    /// One message of a conversation.
    MessageParam {
        /// The role of the author.
        role: String = "user" | "assistant",
        /// The text, or a list of blocks: dicts by their `type`, or received blocks.
        content: Or<String, Vec<ContentBlockParam>>,
    }

    /// A text.
    TextBlockParam {
        /// Kind of the block.
        r#type: String = "text",
        /// The text.
        text: String,
        /// The end of the cached part of the prompt.
        cache_control: Option<CacheControlEphemeralParam>,
        /// Sources that the text cites.
        citations: Option<Vec<Fields>>,
    }

    /// An image.
    ImageBlockParam {
        /// Kind of the block.
        r#type: String = "image",
        /// The image's source.
        source: ImageSourceParam,
        /// The end of the cached part of the prompt.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// An image's bytes.
    Base64ImageSourceParam {
        /// Kind of the source.
        r#type: String = "base64",
        /// Their format.
        media_type: String = "image/jpeg" | "image/png" | "image/gif" | "image/webp",
        /// The bytes, in Base64.
        data: String,
    }

    /// An address.
    URLSourceParam {
        /// Kind of the source.
        r#type: String = "url",
        /// The address.
        url: String,
    }

    /// A file that was uploaded.
    FileSourceParam {
        /// Kind of the source.
        r#type: String = "file",
        /// Its id.
        file_id: String,
    }

    /// A document.
    DocumentBlockParam {
        /// Kind of the block.
        r#type: String = "document",
        /// The document's source.
        source: DocumentSourceParam,
        /// Its title.
        title: Option<String>,
        /// Context for the model.
        context: Option<String>,
        /// Whether the answer cites it: `{enabled}`.
        citations: Option<Fields>,
        /// The end of the cached part of the prompt.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// A PDF's bytes.
    Base64PDFSourceParam {
        /// Kind of the source.
        r#type: String = "base64",
        /// Their format.
        media_type: String = "application/pdf",
        /// The bytes, in Base64.
        data: String,
    }

    /// A text as a document.
    PlainTextSourceParam {
        /// Kind of the source.
        r#type: String = "text",
        /// Its format.
        media_type: String = "text/plain",
        /// The text.
        data: String,
    }

    /// Blocks as a document.
    ContentBlockSourceParam {
        /// Kind of the source.
        r#type: String = "content",
        /// The text, or blocks of texts and images.
        content: Or<String, Vec<ContentBlockSourceContentParam>>,
    }

    /// A tool call.
    ToolUseBlockParam {
        /// Kind of the block.
        r#type: String = "tool_use",
        /// Its id, which its result repeats.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Fields,
        /// What called the tool, if not the model itself: `{type, tool_id}`.
        caller: Option<Value>,
        /// The end of the cached part of the prompt.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// The result of a tool.
    ToolResultBlockParam {
        /// Kind of the block.
        r#type: String = "tool_result",
        /// The id of the call.
        tool_use_id: String,
        /// The text, or blocks of texts, images and documents.
        content: Option<Or<String, Vec<ToolResultContentParam>>>,
        /// Whether the tool failed.
        is_error: Option<bool>,
        /// The end of the cached part of the prompt.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// Reasoning of the model.
    ThinkingBlockParam {
        /// Kind of the block.
        r#type: String = "thinking",
        /// The reasoning.
        thinking: String,
        /// Its signature.
        signature: String,
    }

    /// Encrypted reasoning of the model.
    RedactedThinkingBlockParam {
        /// Kind of the block.
        r#type: String = "redacted_thinking",
        /// The encrypted reasoning.
        data: String,
    }

    /// The end of the cached part of the prompt.
    CacheControlEphemeralParam {
        /// Kind of the cache.
        r#type: String = "ephemeral",
        /// How long it is kept. Default 5 minutes.
        ttl: Option<String> = "5m" | "1h",
    }

    /// A tool that the model may call.
    ToolParam {
        /// Its name: letters, digits, `_` and `-`, at most 64.
        name: String,
        /// JSON Schema of its arguments.
        input_schema: Fields,
        /// What it does, for the model.
        description: Option<String>,
        /// Kind of the tool.
        r#type: Option<String> = "custom",
        /// Whether the arguments must follow the schema exactly.
        strict: Option<bool>,
        /// The end of the cached part of the prompt.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// Lets the model decide whether it calls tools.
    ToolChoiceAutoParam {
        /// Kind of the choice.
        r#type: String = "auto",
        /// Whether at most one tool is called.
        disable_parallel_tool_use: Option<bool>,
    }

    /// Makes the model call a tool.
    ToolChoiceAnyParam {
        /// Kind of the choice.
        r#type: String = "any",
        /// Whether exactly one tool is called.
        disable_parallel_tool_use: Option<bool>,
    }

    /// Makes the model call this tool.
    ToolChoiceToolParam {
        /// Kind of the choice.
        r#type: String = "tool",
        /// Its name.
        name: String,
        /// Whether exactly one tool is called.
        disable_parallel_tool_use: Option<bool>,
    }

    /// Prevents tool calls.
    ToolChoiceNoneParam {
        /// Kind of the choice.
        r#type: String = "none",
    }

    /// Enables reasoning before the answer.
    ThinkingConfigEnabledParam {
        /// Kind of the setting.
        r#type: String = "enabled",
        /// The most tokens of reasoning: at least 1,024, and less than `max_tokens`.
        budget_tokens: u64,
        /// How the reasoning is returned.
        display: Option<String> = "summarized" | "omitted",
    }

    /// Lets the model decide how much it reasons.
    ThinkingConfigAdaptiveParam {
        /// Kind of the setting.
        r#type: String = "adaptive",
        /// How the reasoning is returned.
        display: Option<String> = "summarized" | "omitted",
    }

    /// Disables reasoning.
    ThinkingConfigDisabledParam {
        /// Kind of the setting.
        r#type: String = "disabled",
    }

    /// Metadata of the request.
    MetadataParam {
        /// An id of your user that doesn't identify the person.
        user_id: Option<String>,
    }

    /// The effort and the format of the answer.
    OutputConfigParam {
        /// The effort of the model.
        effort: Option<String> = "low" | "medium" | "high" | "xhigh" | "max",
        /// The schema that the answer follows.
        format: Option<JSONOutputFormatParam>,
    }

    /// A schema that the answer follows.
    JSONOutputFormatParam {
        /// Kind of the answer.
        r#type: String = "json_schema",
        /// The JSON Schema.
        schema: Fields,
    }

    /// Exact types of an answer.
    Message {
        r#type: String = "message",
        role: String = "assistant",
        content: Vec<ContentBlock>,
    }

    /// A text.
    TextBlock {
        /// Kind of the block.
        r#type: String = "text",
        /// The text.
        text: String,
        /// Sources that the text cites.
        citations: Option<Vec<Value>>,
    }

    /// The model's reasoning.
    ThinkingBlock {
        /// Kind of the block.
        r#type: String = "thinking",
        /// The reasoning.
        thinking: String,
        /// Its signature, which must be sent back with it.
        signature: String,
    }

    /// Encrypted reasoning.
    RedactedThinkingBlock {
        /// Kind of the block.
        r#type: String = "redacted_thinking",
        /// The encrypted reasoning, which must be sent back.
        data: String,
    }

    /// A tool call.
    ToolUseBlock {
        /// Kind of the block.
        r#type: String = "tool_use",
        /// Its id, which its result repeats.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Fields,
        /// What called the tool, if not the model itself: `{type, tool_id}`.
        caller: Option<Value>,
    }

    /// A call of a tool that the provider runs.
    ServerToolUseBlock {
        /// Kind of the block.
        r#type: String = "server_tool_use",
        /// Its id, which its result repeats.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Fields,
        /// What called the tool, if not the model itself: `{type, tool_id}`.
        caller: Option<Value>,
    }
}

unions! {
    /// One block of a message: a dict by its `type`, or a received block.
    ContentBlockParam = TextBlockParam | ImageBlockParam | DocumentBlockParam | ToolUseBlockParam | ToolResultBlockParam
        | ThinkingBlockParam | RedactedThinkingBlockParam | ContentBlock;
    /// The source of an image.
    ImageSourceParam = Base64ImageSourceParam | URLSourceParam | FileSourceParam;
    /// The source of a document.
    DocumentSourceParam = Base64PDFSourceParam | PlainTextSourceParam | ContentBlockSourceParam | URLSourceParam
        | FileSourceParam;
    /// One block of a document.
    ContentBlockSourceContentParam = TextBlockParam | ImageBlockParam;
    /// One block of a tool's result.
    ToolResultContentParam = TextBlockParam | ImageBlockParam | DocumentBlockParam;
    /// Whether and which tools are called.
    ToolChoiceParam = ToolChoiceAutoParam | ToolChoiceAnyParam | ToolChoiceToolParam | ToolChoiceNoneParam;
    /// Whether the model reasons before the answer.
    ThinkingConfigParam = ThinkingConfigEnabledParam | ThinkingConfigAdaptiveParam | ThinkingConfigDisabledParam;
    /// One part of an answer, by its `type`. Providers have further types.
    ContentBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ServerToolUseBlock;
}
