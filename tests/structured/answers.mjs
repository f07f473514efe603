// The tests of typed replies: whole, corrected by the model, streamed, element by element.
//
// Uses the installed package, as described in `cases.mjs`.

import { all, ask, equal, fails, message, ok } from "./checks.mjs";
import { everything } from "./scenarios.mjs";

const City = {
	title: "City",
	type: "object",
	properties: { name: { type: "string" }, population: { type: "integer" } },
	required: ["name"],
	additionalProperties: false,
};
const anything = { mode: "json_object" };

/** The cases by name. */
export const answers = {
	async "parse, chat"({ client, bodies }) {
		const reply = await client("parse.chat").chat.completions.parse({ ...ask, response_format: City });
		equal(reply.parsed, { name: "Paris", population: 2100000 });
		equal(reply.choices[0].message.parsed, reply.parsed);
		equal(reply.tries, [reply.usage], "usage of the tries");
		const [{ response_format: format }] = await bodies("parse.chat");
		equal([format.type, format.json_schema.name, format.json_schema.strict], ["json_schema", "City", true]);
		equal(format.json_schema.schema.required, ["name", "population"], "required");
	},

	async "parse, messages"({ client, bodies }) {
		const { data, status } = await client("parse.messages").messages.parse({ ...message, output_format: City }).withResponse();
		equal([data.parsed, status], [{ name: "Paris", population: 2100000 }, 200]);
		const [body] = await bodies("parse.messages");
		equal([body.output_config.format.type, body.output_format ?? null], ["json_schema", null], "format");
	},

	async "parse, other modes"({ client, bodies }) {
		const fenced = client("parse.fenced").chat.completions.parse({ ...ask, response_format: City }, anything);
		equal((await fenced).parsed.name, "Paris");
		equal((await bodies("parse.fenced"))[0].response_format, { type: "json_object" }, "format");
		const called = client("parse.tool").chat.completions.parse({ ...ask, response_format: { ...City, title: "answer" } }, { mode: "tool" });
		equal((await called).parsed.name, "Paris");
		equal((await bodies("parse.tool"))[0].tool_choice, { type: "function", function: { name: "answer" } }, "tool choice");
		const list = { type: "array", items: { type: "number" } };
		equal((await client("parse.wrapped").chat.completions.parse({ ...ask, response_format: list })).parsed, [1, 2, 3]);
		const wire = { type: "json_schema", json_schema: { name: "Town", schema: City } };
		equal((await client("parse.chat").chat.completions.parse({ ...ask, response_format: wire })).parsed.name, "Paris");
		equal((await bodies("parse.chat"))[0].response_format.json_schema.name, "Town", "name");
	},

	async "nulls of strict mode are removed"({ client }) {
		const { parsed } = await client("parse.nulls").chat.completions.parse({ ...ask, response_format: City });
		equal(parsed, { name: "Paris" });
	},

	async "schemas of libraries"({ trilogue, client, libraries }) {
		for (const [name, schema] of Object.entries(libraries)) {
			const { parsed } = await client("parse.chat").chat.completions.parse({ ...ask, response_format: schema });
			equal(parsed, { name: "Paris", population: 2100000 }, `value of ${name}`);
			const wrong = client("reask.never").chat.completions.parse({ ...ask, response_format: schema });
			const error = await fails(wrong, "InvalidOutputError", "/population");
			equal(error.partial.choices[0].finish_reason, "stop");
		}
		const mute = { "~standard": { version: 1, vendor: "none", validate: (value) => ({ value }) } };
		await fails(client("parse.chat").chat.completions.parse({ ...ask, response_format: mute }), "InvalidRequestError", "jsonSchema");
		const made = trilogue.jsonSchema(City);
		equal((await client("parse.chat").chat.completions.parse({ ...ask, response_format: made })).parsed.name, "Paris");
		const names = { type: "object", properties: { "a/b": { type: "number" } }, unevaluatedProperties: { type: "string" } };
		const value = await trilogue.jsonSchema(names)["~standard"].validate({ "a/b": "x", "c~d": 1 });
		equal(value.issues.map(({ path }) => path), [["a/b"], ["c~d"]], "paths of issues");
		const pointers = client("parse.pointers").chat.completions.parse({ ...ask, response_format: names }, { strict: false });
		const error = await fails(pointers, "InvalidOutputError");
		equal(error.faults.map(({ path }) => path), ["/a~1b", "/c~0d"], "pointers");
	},

	async "a schema that strict mode cannot express"({ client }) {
		const open = { type: "object", additionalProperties: { type: "string" } };
		await fails(client("parse.chat").chat.completions.parse({ ...ask, response_format: open }), "InvalidRequestError", "strict");
	},

	async "corrections, chat"({ client, bodies }) {
		const reply = await client("reask.chat").chat.completions.parse({ ...ask, response_format: City }, { onInvalid: "reask" });
		equal(reply.parsed.name, "Paris");
		equal(reply.tries.map((usage) => usage.completion_tokens), [36, 7, 37], "tries");
		const [, again] = await bodies("reask.chat");
		equal(again.messages.map(({ role }) => role), ["user", "assistant", "user"], "roles");
		ok(again.messages[2].content.includes("/population"), again.messages[2].content);
	},

	async "corrections, messages"({ client }) {
		const reply = await client("reask.messages").messages.parse({ ...message, output_format: City }, { onInvalid: "reask" });
		equal([reply.parsed.name, reply.tries.length], ["Paris", 2]);
	},

	async "corrections without success"({ client, bodies }) {
		const options = { onInvalid: "reask", maxReasks: 1 };
		const error = await fails(
			client("reask.never").chat.completions.parse({ ...ask, response_format: City }, options),
			"InvalidOutputError",
			"/population",
		);
		equal([error.tries.length, error.faults[0].path], [2, "/population"], "error");
		equal((await bodies("reask.never")).length, 2, "requests");
	},

	async "an error names an ignored response_format"({ client }) {
		const reply = client("parse.ignored").chat.completions.parse({ ...ask, response_format: City });
		const error = await fails(reply, "InvalidOutputError", "ignore response_format");
		equal(error.partial.choices[0].message.content, "Paris is a large city.", "partial");
	},

	async "a refusal"({ client }) {
		const reply = await client("parse.refused").chat.completions.parse({ ...ask, response_format: City });
		equal([reply.parsed, reply.choices[0].message.refusal], [null, "no"]);
	},

	async "length stops"({ client }) {
		const chat = client("parse.length").chat.completions.parse({ ...ask, response_format: City });
		equal((await fails(chat, "LengthFinishReasonError")).partial.choices[0].message.content, '{"name":"Par');
		const other = client("parse.length_messages").messages.parse({ ...message, output_format: City });
		equal((await fails(other, "LengthFinishReasonError")).partial.content[0].text, '{"name":"Par');
		const stream = client("live.length").chat.completions.stream({ ...ask, response_format: { type: "object" } }, anything);
		await fails(stream.finalChatCompletion(), "LengthFinishReasonError");
		equal(stream.partial, { title: "ab", items: [{}] }, "partial value");
	},

	async "live values, chat"({ client }) {
		await live(client("live.chat").chat.completions.stream({ ...ask, response_format: { type: "object" } }, anything), "content.delta");
		const wire = { ...ask, response_format: { type: "json_object" } };
		await live(client("live.chat").chat.completions.stream(wire), "content.delta", true);
	},

	async "live values, messages"({ client }) {
		await live(client("live.messages").messages.stream({ ...message, output_format: { type: "object" } }, anything), "text");
	},

	async "live values of a root that is not an object"({ client }) {
		const list = { type: "array", items: { type: "array", items: { type: "number" } } };
		const stream = client("live.wrapped").chat.completions.stream({ ...ask, response_format: list });
		const shown = [];
		for await (const event of stream) if (event.type === "content.delta") shown.push(JSON.stringify(event.parsed) ?? "");
		equal([shown[0], shown.at(-1), shown.includes("[[1],[2]]")], ["", "[[1],[2,3]]", true], "values");
		equal((await stream.finalChatCompletion()).parsed, [[1], [2, 3]]);
	},

	async "live arguments of calls"({ client }) {
		const last = {};
		const stream = client("live.calls").chat.completions.stream(ask);
		for await (const event of stream) {
			if (event.type.startsWith("tool_calls")) last[`${event.index} ${event.type.split(".").at(-1)}`] = event.parsed;
			ok(!("ops" in event), "ops are left");
		}
		const sum = { a: 1, b: 2 };
		equal(last, { "0 delta": everything, "1 delta": sum, "0 done": everything, "1 done": sum });
	},

	async "no parsed value if no JSON was requested"({ client }) {
		for await (const event of client("live.chat").chat.completions.stream(ask)) ok(!("parsed" in event), event.type);
	},

	async "snapshots share completed containers"({ client }) {
		const stream = client("live.chat").chat.completions.stream({ ...ask, response_format: { type: "object" } }, anything);
		let before;
		const texts = [];
		for await (const _ of stream) {
			const now = stream.snapshotParsed();
			ok(now === stream.snapshotParsed(), "two snapshots without a change differ");
			if (now !== before) texts.push([now, JSON.stringify(now)]);
			const closed = before?.items?.length > 1 && before.items[0];
			if (closed) ok(closed === now.items[0], "a closed item was copied");
			before = now;
		}
		ok(texts.length > 10, `${texts.length} snapshots`);
		for (const [value, text] of texts) equal(JSON.stringify(value), text, "snapshot");
		equal(before, everything);
	},

	async "elements as they complete"({ client }) {
		const chat = client("elements.chat").chat.completions.stream({ ...ask, response_format: { type: "object" } }, anything);
		const other = client("elements.messages").messages.stream({ ...message, output_format: { type: "object" } }, anything);
		for (const stream of [chat, other]) {
			const names = [];
			// The rest never arrives, and the loop would wait for it.
			for await (const item of stream.elements("items")) if (names.push(item.name) === 2) break;
			equal(names, ["one", "two"]);
		}
	},

	async "elements at paths"({ trilogue, client, libraries }) {
		const open = () => client("elements.whole").chat.completions.stream({ ...ask, response_format: { type: "object" } }, anything);
		equal(await all(open().elements("items.*.name")), ["one", "two"]);
		equal(await all(open().elements("items.1")), [{ name: "two", size: null }]);
		equal(await all(open().elements("nothing")), []);
		const stream = open();
		equal((await all(stream.elements("items"))).length, 2);
		equal((await stream.finalChatCompletion()).parsed.items.length, 2, "value after elements");
		const sized = trilogue.jsonSchema({ type: "object", properties: { size: { type: "integer" } }, required: ["size"] });
		await fails(all(open().elements("items", sized)), "InvalidOutputError", "/size");
		if (libraries.zod) equal(await all(open().elements("items", libraries.zod)), [{ name: "one" }, { name: "two" }]);
		const own = { type: "object", properties: { name: { type: "string" }, size: { type: "number" } }, required: ["name"] };
		const Sizes = { type: "object", properties: { items: { type: "array", items: { $ref: "#/$defs/own" } } }, required: ["items"], $defs: { own } };
		const strict = client("elements.whole").chat.completions.stream({ ...ask, response_format: Sizes });
		equal(await all(strict.elements("items")), [{ name: "one", size: 1 }, { name: "two" }]);
		const second = client("elements.whole").chat.completions.stream({ ...ask, response_format: Sizes });
		equal(await all(second.elements("items.1")), [{ name: "two" }]);
	},

	async "strict of the call wins over that of the format"({ client, bodies }) {
		const schema = { type: "object", properties: { name: { type: "string" } } };
		const given = [[false, true, true], [true, false, false], [false, undefined, false], [undefined, undefined, true]];
		for (const [own, strict, sent] of given) {
			const response_format = { type: "json_schema", json_schema: { name: "x", strict: own, schema } };
			await client("parse.chat").chat.completions.parse({ ...ask, response_format }, { strict });
			equal((await bodies("parse.chat")).at(-1).response_format.json_schema.strict, sent, `${own}, ${strict}`);
		}
	},

	async "a stream of the format text has no value"({ client }) {
		for (const [type, isParsed] of [["text", false], ["json_object", true]]) {
			const stream = client("elements.whole").chat.completions.stream({ ...ask, response_format: { type } });
			const deltas = (await all(stream)).filter((event) => event.type === "content.delta");
			equal(deltas.at(-1).parsed !== undefined, isParsed, type);
		}
	},

	async "usage events keep counts that later ones omit"({ client }) {
		const { events } = await client("live.messages").messages.create({ ...message, stream: true });
		const usage = (await all(events)).filter(({ type }) => type === "usage");
		equal(usage.map(({ input_tokens, output_tokens }) => [input_tokens, output_tokens]), [[1, 1], [1, 2]]);
	},

	async "texts are those of the first choice"({ client }) {
		const chat = client("live.choices").chat.completions;
		equal((await all((await chat.create({ ...ask, n: 2, stream: true })).textStream)).join(""), '{"a":1}');
		equal((await all(chat.stream({ ...ask, n: 2 }).textStream)).join(""), '{"a":1}', "of events");
		const parsed = chat.stream({ ...ask, n: 2, response_format: { type: "object" } }, { strict: false });
		equal((await all(parsed.textStream)).join(""), '{"a":1}', "of a typed stream");
	},

	async "elements of a forced tool's arguments"({ client, bodies }) {
		const schema = { title: "answer", type: "object", properties: { items: { type: "array" } } };
		const options = { mode: "tool", strict: false };
		const chat = client("elements.tool").chat.completions.stream({ ...ask, response_format: schema }, options);
		const other = client("elements.tool_messages").messages.stream({ ...message, output_format: schema }, options);
		for (const stream of [chat, other]) {
			equal((await all(stream.elements("items"))).map(({ name }) => name), ["one", "two"]);
			equal((await stream.final()).parsed.items.length, 2, "number of items");
		}
		const [{ tools, tool_choice }] = await bodies("elements.tool_messages");
		equal([tools[0].name, tool_choice.type, tool_choice.name], ["answer", "tool", "answer"], "tools");
	},

	async "elements of a truncated reply"({ client }) {
		const cut = client("elements.cut").chat.completions.stream({ ...ask, response_format: { type: "object" } }, anything);
		await fails(all(cut.elements("items")), "LengthFinishReasonError");
	},

	async "a streamed reply that cannot match any more"({ client, lists }) {
		for (const [name, schema] of Object.entries(lists)) {
			// The rest never arrives, and nothing may wait for it.
			const stream = client("early.chat").chat.completions.stream({ ...ask, response_format: schema });
			const error = await fails(stream.finalChatCompletion(), "InvalidOutputError", "/items/1/size");
			ok(error.partial.choices[0].message.content.includes("big"), `no partial with ${name}`);
			const whole = client("elements.whole").chat.completions.stream({ ...ask, response_format: schema });
			equal((await whole.finalChatCompletion()).parsed.items, [{ name: "one", size: 1 }, { name: "two" }]);
		}
	},
};

/** Reads a stream of `everything`: values that were shown stay, and the end is the whole value. */
async function live(stream, type, isWire = false) {
	let before;
	let value;
	let count = 0;
	for await (const event of stream) {
		ok(!("ops" in event), "ops are left");
		if (event.type !== type) continue;
		count += 1;
		ok(event.parsed === stream.partial, "the event's value is another than the stream's");
		if (value !== undefined) ok(event.parsed === value, "the live value is another object");
		value = event.parsed;
		grown(before, value);
		before = structuredClone(value);
	}
	ok(count > 20, `${count} events`);
	equal(value, everything);
	const final = await stream.final();
	if (!isWire) equal(final.parsed, everything, "value at the end");
}

/** Fails if a value that was shown has been withdrawn. */
function grown(before, now) {
	if (typeof before === "string") ok(typeof now === "string" && now.startsWith(before), `${now} after ${before}`);
	else if (typeof before !== "object" || before === null) ok(before === undefined || before === now, `${now} after ${before}`);
	else for (const name of Object.keys(before)) grown(before[name], now[name]);
}
