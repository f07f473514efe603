//! Events of streams: of messages, of `.stream()`, and of `.events`.
//!
//! Law: see [`super`]. What is told is decided in [`crate::wire::anthropic`], [`crate::events::helper`] and [`crate::events::event`].

use serde_json::{Map, Value};

use super::{ChatCompletionChunk, ContentBlock, Message, shapes, unions};

/// A JSON object of any fields.
type Fields = Map<String, Value>;

/// As [`crate::wire::anthropic`] has it.
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
        /// The block's place.
        index: u64,
        /// The block, empty so far.
        content_block: ContentBlock,
    }

    /// More of a block.
    ContentBlockDeltaEvent {
        /// Kind of the event.
        r#type: String = "content_block_delta",
        /// The block's place.
        index: u64,
        /// What is added.
        delta: EventDelta,
    }

    /// A block is complete.
    ContentBlockStopEvent {
        /// Kind of the event.
        r#type: String = "content_block_stop",
        /// The block's place.
        index: u64,
    }

    /// The message's end is told.
    MessageDeltaEvent {
        /// Kind of the event.
        r#type: String = "message_delta",
        /// Why it ended.
        delta: MessageDelta,
        /// The tokens used.
        usage: MessageUsage,
    }

    /// The message is complete.
    MessageStopEvent {
        /// Kind of the event.
        r#type: String = "message_stop",
    }

    /// Why a message ended.
    MessageDelta {
        /// Why: see `Message.stop_reason`.
        stop_reason: Option<String>,
        /// The text at which it stopped.
        stop_sequence: Option<String>,
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

    /// More of a thought.
    ThinkingDelta {
        /// Kind of the delta.
        r#type: String = "thinking_delta",
        /// The thought.
        thinking: String,
    }

    /// The proof of a thought.
    SignatureDelta {
        /// Kind of the delta.
        r#type: String = "signature_delta",
        /// The proof.
        signature: String,
    }

    /// A source that the text names.
    CitationsDelta {
        /// Kind of the delta.
        r#type: String = "citations_delta",
        /// The source.
        citation: Fields,
    }

    /// A chunk, as it came.
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
        /// The choice's place.
        choice: u64,
        /// The new text.
        delta: String,
    }

    /// The text is complete.
    ContentDoneEvent {
        /// Kind of the event.
        r#type: String = "content.done",
        /// The choice's place.
        choice: u64,
        /// The whole text.
        content: String,
    }

    /// More of a refusal.
    RefusalDeltaEvent {
        /// Kind of the event.
        r#type: String = "refusal.delta",
        /// The choice's place.
        choice: u64,
        /// The new text.
        delta: String,
    }

    /// The refusal is complete.
    RefusalDoneEvent {
        /// Kind of the event.
        r#type: String = "refusal.done",
        /// The choice's place.
        choice: u64,
        /// The whole text.
        refusal: String,
    }

    /// More of a tool's arguments.
    FunctionToolCallArgumentsDeltaEvent {
        /// Kind of the event.
        r#type: String = "tool_calls.function.arguments.delta",
        /// The choice's place.
        choice: u64,
        /// The call's place among the choice's calls.
        index: u64,
        /// The function's name.
        name: String,
        /// The new piece of JSON text.
        arguments_delta: String,
    }

    /// A tool's arguments are complete.
    FunctionToolCallArgumentsDoneEvent {
        /// Kind of the event.
        r#type: String = "tool_calls.function.arguments.done",
        /// The choice's place.
        choice: u64,
        /// The call's place among the choice's calls.
        index: u64,
        /// The function's name.
        name: String,
        /// All of the JSON text.
        arguments: String,
    }

    /// More of the text.
    TextEvent {
        /// Kind of the event.
        r#type: String = "text",
        /// The block's place; of `.events` none.
        index: Option<u64>,
        /// The choice's place, of `.events`.
        choice: Option<u64>,
        /// The new text.
        text: String,
    }

    /// More of a thought.
    ThinkingEvent {
        /// Kind of the event.
        r#type: String = "thinking",
        /// The block's place.
        index: u64,
        /// The new thought.
        thinking: String,
    }

    /// The proof of a thought.
    SignatureEvent {
        /// Kind of the event.
        r#type: String = "signature",
        /// The block's place.
        index: u64,
        /// The proof.
        signature: String,
    }

    /// More of a tool's arguments.
    InputJsonEvent {
        /// Kind of the event.
        r#type: String = "input_json",
        /// The block's place.
        index: u64,
        /// The new piece of JSON text.
        partial_json: String,
    }

    /// A source that the text names.
    CitationEvent {
        /// Kind of the event.
        r#type: String = "citation",
        /// The block's place.
        index: u64,
        /// The source.
        citation: Fields,
    }

    /// A message begins: as it came.
    RawMessageStartEvent {
        /// Kind of the event.
        r#type: String = "message_start",
        /// The message, empty so far.
        message: Message,
    }

    /// A block begins: as it came.
    RawContentBlockStartEvent {
        /// Kind of the event.
        r#type: String = "content_block_start",
        /// The block's place.
        index: u64,
        /// The block, empty so far.
        content_block: ContentBlock,
    }

    /// More of a block: as it came.
    RawContentBlockDeltaEvent {
        /// Kind of the event.
        r#type: String = "content_block_delta",
        /// The block's place.
        index: u64,
        /// What is added.
        delta: EventDelta,
    }

    /// The message's end is told: as it came.
    RawMessageDeltaEvent {
        /// Kind of the event.
        r#type: String = "message_delta",
        /// Why it ended.
        delta: MessageDelta,
        /// The tokens used.
        usage: MessageUsage,
    }

    /// A block is complete.
    ParsedContentBlockStopEvent {
        /// Kind of the event.
        r#type: String = "content_block_stop",
        /// The block's place.
        index: u64,
        /// The whole block.
        content_block: ContentBlock,
    }

    /// The message is complete.
    ParsedMessageStopEvent {
        /// Kind of the event.
        r#type: String = "message_stop",
        /// The whole message.
        message: Message,
    }

    /// More of what the model thinks before it speaks.
    ReasoningEvent {
        /// Kind of the event.
        r#type: String = "reasoning",
        /// The choice's place.
        choice: u64,
        /// The new text.
        text: String,
    }

    /// More of a refusal.
    RefusalEvent {
        /// Kind of the event.
        r#type: String = "refusal",
        /// The choice's place.
        choice: u64,
        /// The new text.
        text: String,
    }

    /// A tool call begins.
    ToolCallStartEvent {
        /// Kind of the event.
        r#type: String = "tool_call_start",
        /// The choice's place.
        choice: u64,
        /// The call's place among the choice's calls.
        index: u64,
        /// The call's id; empty where the provider sent none yet.
        id: String,
        /// The tool's name, or as much of it as came.
        name: String,
    }

    /// More of a tool call's arguments.
    ToolCallArgumentsEvent {
        /// Kind of the event.
        r#type: String = "tool_call_arguments",
        /// The choice's place.
        choice: u64,
        /// The call's place among the choice's calls.
        index: u64,
        /// The new piece of JSON text.
        delta: String,
    }

    /// A tool call is complete.
    ToolCallDoneEvent {
        /// Kind of the event.
        r#type: String = "tool_call_done",
        /// The choice's place.
        choice: u64,
        /// The call's place among the choice's calls.
        index: u64,
        /// The call's id.
        id: String,
        /// The tool's name.
        name: String,
        /// All of its arguments' JSON text.
        arguments: String,
    }

    /// The tokens used so far: each one replaces the one before.
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
        /// The choice's place.
        choice: u64,
        /// Why it ended.
        reason: String,
    }

    /// What no other event tells of.
    RawEvent {
        /// Kind of the event.
        r#type: String = "raw",
        /// The chunk or event, in its format's shape.
        item: Fields,
    }

    /// A function that the model called is about to run.
    ToolStartEvent {
        /// Kind of the event.
        r#type: String = "tool.start",
        /// The call's id.
        id: String,
        /// The function's name.
        name: String,
        /// Its arguments; none where they were no JSON object.
        arguments: Option<Fields>,
    }

    /// A function that the model called has run.
    ToolDoneEvent {
        /// Kind of the event.
        r#type: String = "tool.done",
        /// The call's id.
        id: String,
        /// The function's name.
        name: String,
        /// Its arguments; none where they were no JSON object.
        arguments: Option<Fields>,
        /// Its result, as the model is told it.
        result: Option<String>,
        /// What went wrong, as the model is told it.
        error: Option<String>,
    }
}

unions! {
    /// One event of a streamed message, by its `type`. Providers have further types.
    MessageEvent = MessageStartEvent | ContentBlockStartEvent | ContentBlockDeltaEvent | ContentBlockStopEvent
        | MessageDeltaEvent | MessageStopEvent;
    /// What an event adds to a block, by its `type`.
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
    /// What `run_tools` tells besides the events of its streams.
    ToolEvent = ToolStartEvent | ToolDoneEvent;
}
