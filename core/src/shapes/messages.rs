//! Messages: blocks, sources, tools, thinking.
//!
//! Law: see [`super`].

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
        /// Who speaks.
        role: String = "user" | "assistant",
        /// The text, or a list of blocks: dicts by their `type`, or blocks that were received.
        content: Or<String, Vec<ContentBlockParam>>,
    }

    /// A text.
    TextBlockParam {
        /// Kind of the block.
        r#type: String = "text",
        /// The text.
        text: String,
        /// Where the prompt's cache ends.
        cache_control: Option<CacheControlEphemeralParam>,
        /// Sources that the text names.
        citations: Option<Vec<Fields>>,
    }

    /// An image.
    ImageBlockParam {
        /// Kind of the block.
        r#type: String = "image",
        /// Where the image is.
        source: ImageSourceParam,
        /// Where the prompt's cache ends.
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
        /// Where the document is.
        source: DocumentSourceParam,
        /// Its title.
        title: Option<String>,
        /// What to know about it.
        context: Option<String>,
        /// Whether the answer names places in it: `{enabled}`.
        citations: Option<Fields>,
        /// Where the prompt's cache ends.
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

    /// A tool that the model called.
    ToolUseBlockParam {
        /// Kind of the block.
        r#type: String = "tool_use",
        /// Its id, which its result names.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Fields,
        /// Where the prompt's cache ends.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// The result of a tool.
    ToolResultBlockParam {
        /// Kind of the block.
        r#type: String = "tool_result",
        /// The call that this answers.
        tool_use_id: String,
        /// The text, or blocks of texts, images and documents.
        content: Option<Or<String, Vec<ToolResultContentParam>>>,
        /// Whether the tool failed.
        is_error: Option<bool>,
        /// Where the prompt's cache ends.
        cache_control: Option<CacheControlEphemeralParam>,
    }

    /// A thought of the model.
    ThinkingBlockParam {
        /// Kind of the block.
        r#type: String = "thinking",
        /// The thought.
        thinking: String,
        /// Its proof.
        signature: String,
    }

    /// A hidden thought of the model.
    RedactedThinkingBlockParam {
        /// Kind of the block.
        r#type: String = "redacted_thinking",
        /// The thought, unreadable.
        data: String,
    }

    /// Where the prompt's cache ends.
    CacheControlEphemeralParam {
        /// Kind of the cache.
        r#type: String = "ephemeral",
        /// How long it is kept: 5 minutes unless given.
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
        /// Whether the arguments must follow the schema to the letter.
        strict: Option<bool>,
        /// Where the prompt's cache ends.
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
        /// Whether just one tool is called.
        disable_parallel_tool_use: Option<bool>,
    }

    /// Makes the model call this tool.
    ToolChoiceToolParam {
        /// Kind of the choice.
        r#type: String = "tool",
        /// Its name.
        name: String,
        /// Whether just one tool is called.
        disable_parallel_tool_use: Option<bool>,
    }

    /// Keeps the model from calling tools.
    ToolChoiceNoneParam {
        /// Kind of the choice.
        r#type: String = "none",
    }

    /// The model thinks before it speaks.
    ThinkingConfigEnabledParam {
        /// Whether it thinks.
        r#type: String = "enabled",
        /// Most tokens of thought: at least 1,024, and less than `max_tokens`.
        budget_tokens: u64,
        /// How its thoughts are shown.
        display: Option<String> = "summarized" | "omitted",
    }

    /// The model decides how much it thinks.
    ThinkingConfigAdaptiveParam {
        /// Whether it thinks.
        r#type: String = "adaptive",
        /// How its thoughts are shown.
        display: Option<String> = "summarized" | "omitted",
    }

    /// The model doesn't think before it speaks.
    ThinkingConfigDisabledParam {
        /// Whether it thinks.
        r#type: String = "disabled",
    }

    /// What the provider may know of the request.
    MetadataParam {
        /// Id of your user, with nothing in it that tells who it is.
        user_id: Option<String>,
    }

    /// How the answer is given.
    OutputConfigParam {
        /// How much work the model puts in.
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
        /// Sources that the text names.
        citations: Option<Vec<Value>>,
    }

    /// What the model thought before it spoke.
    ThinkingBlock {
        /// Kind of the block.
        r#type: String = "thinking",
        /// The thought.
        thinking: String,
        /// Its proof, to be sent back with it.
        signature: String,
    }

    /// A hidden thought.
    RedactedThinkingBlock {
        /// Kind of the block.
        r#type: String = "redacted_thinking",
        /// The thought, unreadable, to be sent back.
        data: String,
    }

    /// A tool that the model calls.
    ToolUseBlock {
        /// Kind of the block.
        r#type: String = "tool_use",
        /// Its id, which its result names.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Fields,
    }

    /// A tool of the provider that the model called.
    ServerToolUseBlock {
        /// Kind of the block.
        r#type: String = "server_tool_use",
        /// Its id, which its result names.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        input: Fields,
    }
}

unions! {
    /// One block of a message: a dict by its `type`, or a block that was received.
    ContentBlockParam = TextBlockParam | ImageBlockParam | DocumentBlockParam | ToolUseBlockParam | ToolResultBlockParam
        | ThinkingBlockParam | RedactedThinkingBlockParam | ContentBlock;
    /// Where an image is.
    ImageSourceParam = Base64ImageSourceParam | URLSourceParam | FileSourceParam;
    /// Where a document is.
    DocumentSourceParam = Base64PDFSourceParam | PlainTextSourceParam | ContentBlockSourceParam | URLSourceParam
        | FileSourceParam;
    /// One block of a document.
    ContentBlockSourceContentParam = TextBlockParam | ImageBlockParam;
    /// One block of a tool's result.
    ToolResultContentParam = TextBlockParam | ImageBlockParam | DocumentBlockParam;
    /// Whether and which tools are called.
    ToolChoiceParam = ToolChoiceAutoParam | ToolChoiceAnyParam | ToolChoiceToolParam | ToolChoiceNoneParam;
    /// Whether the model thinks before it speaks.
    ThinkingConfigParam = ThinkingConfigEnabledParam | ThinkingConfigAdaptiveParam | ThinkingConfigDisabledParam;
    /// One part of an answer, by its `type`. Providers have further types.
    ContentBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ServerToolUseBlock;
}
