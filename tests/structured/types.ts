// The types of typed replies: a program that only has to compile.
//
// Each `same` fails to compile if a value has another type.

import { type } from "arktype";
import { Client, type DeepPartial, jsonSchema, tool } from "trilogue";
import * as v from "valibot";
import { z } from "zod";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles if the type of the value is exactly `Expected`. */
function same<Expected>() {
	return <Actual>(_value: Actual, ..._wrong: Same<Actual, Expected> extends true ? [] : [never]) => undefined;
}

interface Recipe {
	name: string;
	kind: "soup" | "cake";
	steps: { text: string; minutes?: number | undefined }[];
}

const zod = z.object({
	name: z.string(),
	kind: z.enum(["soup", "cake"]),
	steps: z.array(z.object({ text: z.string(), minutes: z.number().optional() })),
});
const made = z.object({ when: z.string().transform((text) => new Date(text)) });
const valibot = v.object({ name: v.string(), size: v.optional(v.number()) });
const arktype = type({ name: "string", "size?": "number" });

const client = new Client({ baseURL: "http://127.0.0.1:1" });
const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };
const message = { ...ask, max_tokens: 100 };

export async function parsed() {
	const { chat, messages } = client;
	const reply = await chat.completions.parse({ ...ask, response_format: zod });
	same<Recipe | null>()(reply.parsed);
	same<Recipe | null>()(reply.choices[0]!.message.parsed);
	same<string>()(reply.id);
	same<{ when: Date } | null>()((await messages.parse({ ...message, output_format: made })).parsed);
	same<{ name: string; size?: number | undefined } | null>()(
		(await chat.completions.parse({ ...ask, response_format: valibot })).parsed,
	);
	same<{ name: string; size?: number } | null>()(
		(await chat.completions.parse({ ...ask, response_format: arktype })).parsed,
	);
	const plain = { type: "object", properties: { name: { type: "string" } } };
	same<unknown>()((await chat.completions.parse({ ...ask, response_format: plain })).parsed);
	same<Recipe | null>()((await chat.completions.parse<Recipe>({ ...ask, response_format: plain })).parsed);
	same<Recipe | null>()((await messages.parse({ ...message, output_format: jsonSchema<Recipe>(plain) })).parsed);
	// @ts-expect-error there is no such mode
	await chat.completions.parse({ ...ask, response_format: zod }, { mode: "xml" });
}

export async function streamed() {
	const stream = client.chat.completions.stream({ ...ask, response_format: zod });
	for await (const event of stream) {
		if (event.type !== "content.delta") continue;
		same<string>()(event.delta);
		same<DeepPartial<Recipe> | undefined>()(event.parsed);
		same<string | undefined>()(event.parsed?.name);
		same<number | null | undefined>()(event.parsed?.steps?.[0]?.minutes);
	}
	same<Recipe | null>()((await stream.finalChatCompletion()).parsed);
	same<DeepPartial<Recipe> | undefined>()(stream.snapshotParsed());
	for await (const step of stream.elements("steps")) same<Recipe["steps"][number]>()(step);
	for await (const text of stream.elements("steps.*.text")) same<string>()(text);
	for await (const item of stream.elements("steps", valibot)) same<{ name: string; size?: number | undefined }>()(item);
	// The JSON has the schema's input type.
	const dated = client.messages.stream({ ...message, output_format: made });
	for await (const event of dated) if (event.type === "text") same<string | undefined>()(event.parsed?.when);
	same<{ when: Date } | null>()((await dated.finalMessage()).parsed);
	const plain = client.chat.completions.stream(ask);
	same<unknown>()((await plain.finalChatCompletion()).parsed);
}

export async function tools() {
	const typed = tool({
		name: "cook",
		parameters: zod,
		run: (recipe, { signal }) => {
			same<Recipe>()(recipe);
			same<AbortSignal>()(signal);
			return recipe.name;
		},
	});
	const plain = tool<{ city: string }>({
		name: "weather",
		parameters: { type: "object" },
		run: async ({ city }) => city,
	});
	const runner = client.chat.completions.runTools({ ...ask, tools: [typed, plain] }, { maxSteps: 3 });
	for await (const event of runner) {
		if (event.type === "tool.start") same<string>()(event.name);
		if (event.type === "tool.done") same<string | undefined>()(event.result ?? event.error);
		if (event.type === "content.delta") same<string>()(event.delta);
	}
	same<string | null>()((await runner.final()).choices[0]!.message.content);
	await client.messages.runTools({ ...message, tools: [typed, { type: "web_search_20250305", name: "web_search" }] }).final();
}

export async function listeners() {
	const stream = client.chat.completions
		.stream({ ...ask, response_format: zod })
		.on("content", (delta, snapshot) => {
			same<string>()(delta);
			same<string>()(snapshot);
		})
		.once("finalChatCompletion", ({ parsed }) => same<Recipe | null>()(parsed));
	for await (const event of stream) same<string | null | undefined>()(event.choices[0]?.delta.content);
	same<string>()(await stream.emitted("finalContent"));
	same<Recipe | null>()((await stream.finalMessage()).parsed);
	// @ts-expect-error there is no such event
	stream.on("text", () => undefined);
	const blocks = client.messages.stream(message).on("inputJson", (partialJson) => same<string>()(partialJson));
	same<string | null>()((await blocks.finalMessage()).stop_reason);
	const runner = client.chat.completions.runTools({ ...ask, tools: [] }).on("functionToolCall", ({ name }) => same<string>()(name));
	same<string | null>()(await runner.finalContent());
	for await (const reply of client.messages.toolRunner({ ...message, tools: [] })) same<"assistant">()(reply.role);
	same<"assistant">()((await client.messages.toolRunner({ ...message, tools: [] })).role);
}
