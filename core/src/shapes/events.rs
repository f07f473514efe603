//! Events of streams: of messages, of `.stream()`, and of `.events`.
//!
//! The types are described in [`super`]; the events are created in [`crate::wire::anthropic`], [`crate::events::helper`] and [`crate::events::event`].

use serde_json::{Map, Value};

use super::{ChatCompletionChunk, ContentBlock, Message, shapes, unions};

/// A JSON object of any fields.
type Fields = Map<String, Value>;

/// The type of [`crate::wire::anthropic`].
type MessageUsage = crate::wire::anthropic::AnthropicUsage;

shapes! {
    /// A message begins.
    MessageStartEvent {
        /// Kind of the event.
        r#type: String = "message_start",
        /// The message, empty so far.
        message: Message,
    }

    /// A block begins.
    ContentBlockStartEvent {
        /// Kind of the event.
        r#type: String = "content_block_start",
        /// Index of the block.
        index: u64,
        /// The block, empty so far.
        content_block: ContentBlock,
    }

    /// More of a block.
    ContentBlockDeltaEvent {
        /// Kind of the event.
        r#type: String = "content_block_delta",
        /// Index of the block.
        index: u64,
        /// The added content.
        delta: EventDelta,
    }

    /// A block is complete.
    ContentBlockStopEvent {
        /// Kind of the event.
        r#type: String = "content_block_stop",
        /// Index of the block.
        index: u64,
    }

    /// The message's stop reason and usage.
    MessageDeltaEvent {
        /// Kind of the event.
        r#type: String = "message_delta",
        /// The stop reason.
        delta: MessageDelta,
        /// The tokens used.
        usage: MessageUsage,
    }

    /// The message is complete.
    MessageStopEvent {
        /// Kind of the event.
        r#type: String = "message_stop",
    }

    /// The end of a message.
    MessageDelta {
        /// The reason: see `Message.stop_reason`.
        stop_reason: Option<String>,
        /// The stop sequence that the model generated.
        stop_sequence: Option<String>,
        /// Details of a refusal.
        stop_details: Option<Value>,
        /// The container in which the provider's tools ran.
        container: Option<Value>,
    }

    /// More text.
    TextDelta {
        /// Kind of the delta.
        r#type: String = "text_delta",
        /// The text.
        text: String,
    }

    /// More of a tool's arguments.
    InputJSONDelta {
        /// Kind of the delta.
        r#type: String = "input_json_delta",
        /// JSON text.
        partial_json: String,
    }

    /// More reasoning.
    ThinkingDelta {
        /// Kind of the delta.
        r#type: String = "thinking_delta",
        /// The reasoning.
        thinking: String,
    }

    /// The signature of the reasoning.
    SignatureDelta {
        /// Kind of the delta.
        r#type: String = "signature_delta",
        /// The signature.
        signature: String,
    }

    /// A source that the text cites.
    CitationsDelta {
        /// Kind of the delta.
        r#type: String = "citations_delta",
        /// The source.
        citation: Fields,
    }

    /// A chunk, unchanged.
    ChunkEvent {
        /// Kind of the event.
        r#type: String = "chunk",
        /// The chunk.
        chunk: ChatCompletionChunk,
    }

    /// More of the text.
    ContentDeltaEvent {
        /// Kind of the event.
        r#type: String = "content.delta",
        /// Index of the choice.
        choice: u64,
        /// The new text.
        delta: String,
    }

    /// The text is complete.
    ContentDoneEvent {
        /// Kind of the event.
        r#type: String = "content.done",
        /// Index of the choice.
        choice: u64,
        /// The complete text.
        content: String,
    }

    /// More of a refusal.
    RefusalDeltaEvent {
        /// Kind of the event.
        r#type: String = "refusal.delta",
        /// Index of the choice.
        choice: u64,
        /// The new text.
        delta: String,
    }

    /// The refusal is complete.
    RefusalDoneEvent {
        /// Kind of the event.
        r#type: String = "refusal.done",
        /// Index of the choice.
        choice: u64,
        /// The complete text.
        refusal: String,
    }

    /// More of a tool's arguments.
    FunctionToolCallArgumentsDeltaEvent {
        /// Kind of the event.
        r#type: String = "tool_calls.function.arguments.delta",
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The function's name.
        name: String,
        /// The new part of the JSON text.
        arguments_delta: String,
    }

    /// A tool's arguments are complete.
    FunctionToolCallArgumentsDoneEvent {
        /// Kind of the event.
        r#type: String = "tool_calls.function.arguments.done",
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The function's name.
        name: String,
        /// The complete JSON text.
        arguments: String,
    }

    /// More of the text.
    TextEvent {
        /// Kind of the event.
        r#type: String = "text",
        /// Index of the block; none in `.events`.
        index: Option<u64>,
        /// Index of the choice, in `.events`.
        choice: Option<u64>,
        /// The new text.
        text: String,
    }

    /// More reasoning.
    ThinkingEvent {
        /// Kind of the event.
        r#type: String = "thinking",
        /// Index of the block.
        index: u64,
        /// The new reasoning.
        thinking: String,
    }

    /// The signature of the reasoning.
    SignatureEvent {
        /// Kind of the event.
        r#type: String = "signature",
        /// Index of the block.
        index: u64,
        /// The signature.
        signature: String,
    }

    /// More of a tool's arguments.
    InputJsonEvent {
        /// Kind of the event.
        r#type: String = "input_json",
        /// Index of the block.
        index: u64,
        /// The new part of the JSON text.
        partial_json: String,
    }

    /// A source that the text cites.
    CitationEvent {
        /// Kind of the event.
        r#type: String = "citation",
        /// Index of the block.
        index: u64,
        /// The source.
        citation: Fields,
    }

    /// A message begins, unchanged.
    RawMessageStartEvent {
        /// Kind of the event.
        r#type: String = "message_start",
        /// The message, empty so far.
        message: Message,
    }

    /// A block begins, unchanged.
    RawContentBlockStartEvent {
        /// Kind of the event.
        r#type: String = "content_block_start",
        /// Index of the block.
        index: u64,
        /// The block, empty so far.
        content_block: ContentBlock,
    }

    /// More of a block, unchanged.
    RawContentBlockDeltaEvent {
        /// Kind of the event.
        r#type: String = "content_block_delta",
        /// Index of the block.
        index: u64,
        /// The added content.
        delta: EventDelta,
    }

    /// The message's stop reason and usage, unchanged.
    RawMessageDeltaEvent {
        /// Kind of the event.
        r#type: String = "message_delta",
        /// The stop reason.
        delta: MessageDelta,
        /// The tokens used.
        usage: MessageUsage,
    }

    /// A block is complete.
    ParsedContentBlockStopEvent {
        /// Kind of the event.
        r#type: String = "content_block_stop",
        /// Index of the block.
        index: u64,
        /// The complete block.
        content_block: ContentBlock,
    }

    /// The message is complete.
    ParsedMessageStopEvent {
        /// Kind of the event.
        r#type: String = "message_stop",
        /// The complete message.
        message: Message,
    }

    /// More reasoning, before the answer.
    ReasoningEvent {
        /// Kind of the event.
        r#type: String = "reasoning",
        /// Index of the choice.
        choice: u64,
        /// The new text.
        text: String,
    }

    /// More of a refusal.
    RefusalEvent {
        /// Kind of the event.
        r#type: String = "refusal",
        /// Index of the choice.
        choice: u64,
        /// The new text.
        text: String,
    }

    /// A tool call begins.
    ToolCallStartEvent {
        /// Kind of the event.
        r#type: String = "tool_call_start",
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The call's id; empty if the provider has not sent it yet.
        id: String,
        /// The tool's name, or the received part of it.
        name: String,
    }

    /// More of a tool call's arguments.
    ToolCallArgumentsEvent {
        /// Kind of the event.
        r#type: String = "tool_call_arguments",
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The new part of the JSON text.
        delta: String,
    }

    /// A tool call is complete.
    ToolCallDoneEvent {
        /// Kind of the event.
        r#type: String = "tool_call_done",
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The call's id.
        id: String,
        /// The tool's name.
        name: String,
        /// The complete JSON text of its arguments.
        arguments: String,
    }

    /// The tokens used so far. Replaces earlier usage events.
    UsageEvent {
        /// Kind of the event.
        r#type: String = "usage",
        /// Tokens of the prompt.
        input_tokens: u64,
        /// Tokens of the answer.
        output_tokens: u64,
    }

    /// A choice is complete.
    FinishEvent {
        /// Kind of the event.
        r#type: String = "finish",
        /// Index of the choice.
        choice: u64,
        /// The finish reason.
        reason: String,
    }

    /// An item without another event.
    RawEvent {
        /// Kind of the event.
        r#type: String = "raw",
        /// The chunk or event, in its format's shape.
        item: Fields,
    }

    /// A called function is about to run.
    ToolStartEvent {
        /// Kind of the event.
        r#type: String = "tool.start",
        /// The call's id.
        id: String,
        /// The function's name.
        name: String,
        /// Its arguments; none if they were not a JSON object.
        arguments: Option<Fields>,
    }

    /// A called function has run.
    ToolDoneEvent {
        /// Kind of the event.
        r#type: String = "tool.done",
        /// The call's id.
        id: String,
        /// The function's name.
        name: String,
        /// Its arguments; none if they were not a JSON object.
        arguments: Option<Fields>,
        /// Its result, in the form that the model receives.
        result: Option<String>,
        /// The error, in the form that the model receives.
        error: Option<String>,
    }
}

unions! {
    /// One event of a streamed message, by its `type`. Providers have further types.
    MessageEvent = MessageStartEvent | ContentBlockStartEvent | ContentBlockDeltaEvent | ContentBlockStopEvent
        | MessageDeltaEvent | MessageStopEvent;
    /// The content that an event adds to a block, by its `type`.
    EventDelta = TextDelta | InputJSONDelta | ThinkingDelta | SignatureDelta | CitationsDelta;
    /// An event of `chat.completions.stream`, by its `type`.
    ChatStreamEvent = ChunkEvent | ContentDeltaEvent | ContentDoneEvent | RefusalDeltaEvent | RefusalDoneEvent
        | FunctionToolCallArgumentsDeltaEvent | FunctionToolCallArgumentsDoneEvent;
    /// An event of `messages.stream`, by its `type`.
    MessageStreamEvent = TextEvent | ThinkingEvent | SignatureEvent | InputJsonEvent | CitationEvent
        | RawMessageStartEvent | RawContentBlockStartEvent | RawContentBlockDeltaEvent | ParsedContentBlockStopEvent
        | RawMessageDeltaEvent | ParsedMessageStopEvent;
    /// An event of `.events`, of either format, by its `type`.
    NormalEvent = TextEvent | ReasoningEvent | RefusalEvent | ToolCallStartEvent | ToolCallArgumentsEvent
        | ToolCallDoneEvent | UsageEvent | FinishEvent | RawEvent;
    /// Events that `run_tools` adds to those of its streams.
    ToolEvent = ToolStartEvent | ToolDoneEvent;
}
