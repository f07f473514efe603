// The formats of requests and replies.

/** The format of requests: OpenAI's chat completions, or Anthropic's messages. */
export type Format = "chat" | "messages";
