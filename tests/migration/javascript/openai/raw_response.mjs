import OpenAI from "openai";

const client = new OpenAI();

const body = { model: "gpt-4o", messages: [{ role: "user", content: "Say this is a test" }] };
const { data, response, request_id } = await client.chat.completions.create(body).withResponse();
console.log(data.choices[0].message.content, response.status, response.headers.get("x-my-header"), request_id);

const raw = await client.chat.completions.create(body).asResponse();
console.log(raw.status, raw.ok, (await raw.json()).choices[0].message.role);
