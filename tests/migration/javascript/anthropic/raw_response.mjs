import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const body = { model: "claude-opus-4-6", max_tokens: 10, messages: [{ role: "user", content: "Hello" }] };
const { data: message, response, request_id } = await client.messages.create(body).withResponse();
console.log(message.content[0].text, response.headers.get("x-my-header"), request_id);
const stream = client.messages.stream(body);
const { request_id: id, response: head } = await stream.withResponse();
console.log(id, head.status, await stream.finalText());
