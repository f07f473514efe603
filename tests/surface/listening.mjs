// What the package shares with the official clients: listeners of streams and of runs, objects of their helpers, `betas`, and members that are
// out of scope.

import { all, ask, equal, fails, message, ok } from "../structured/checks.mjs";
import { joinTexts, whole } from "./helpers.mjs";
import { texts } from "./scenarios.mjs";

/** Cases by name. */
export const listening = {
	"listeners read a stream without a loop, for both formats": async ({ client }) => {
		const seen = [];
		const chat = client("spoken").chat.completions.stream(ask);
		chat.on("content", (delta, snapshot) => seen.push([delta, snapshot.length]));
		await chat.done();
		equal(seen.map(([text]) => text), texts);
		equal(seen.at(-1)[1], whole.length);
		equal([chat.ended, chat.errored, chat.aborted], [true, false, false]);
		const blocks = [];
		const stream = client("message").messages.stream(message).on("contentBlock", ({ text }) => blocks.push(text));
		equal((await stream.emitted("finalMessage")).content[0].text, whole);
		equal(blocks, [whole]);
	},
	"a loop gets every event of a stream with listeners": async ({ client }) => {
		const seen = [];
		const stream = client("spoken").chat.completions.stream(ask).on("content", (delta) => seen.push(delta));
		const events = await all(stream);
		equal(events.filter(({ type }) => type === "content.delta").map(({ delta }) => delta), texts);
		equal(joinTexts(events), whole);
		equal(seen, texts);
		equal((await stream.finalMessage()).content, whole);
	},
	"leaving a loop closes a stream with listeners": async ({ client, closed }) => {
		let end = 0;
		const stream = client("begun").chat.completions.stream(ask).on("end", () => {
			end += 1;
		});
		for await (const _ of stream) break;
		await closed("begun");
		await stream.done();
		equal(end, 1);
	},
	"leaving a loop ends a run with listeners": async ({ client, closed }) => {
		const seen = [];
		const runner = client("begun").chat.completions.runTools({ ...ask, stream: true, tools: [] });
		runner.on("content", (delta) => seen.push(delta));
		for await (const _ of runner) break;
		await closed("begun");
		await fails(runner.final(), "APIUserAbortError");
		equal(seen[0], texts[0]);
		const whole = client("spoken").chat.completions.runTools({ ...ask, stream: true, tools: [] }).on("content", () => {});
		await all(whole);
		equal([await whole.done(), whole.aborted, whole.errored], [undefined, false, false]);
	},
	"listeners are added once, and removed": async ({ client }) => {
		const seen = [];
		const listener = () => seen.push("removed");
		const stream = client("spoken").chat.completions.stream(ask);
		stream.on("chunk", listener).off("chunk", listener).once("chunk", () => seen.push("once"));
		await stream.done();
		equal(seen, ["once"]);
	},
	"an abort and an error reach listeners and promises": async ({ client, closed }) => {
		const stream = client("begun").chat.completions.stream(ask);
		const seen = [];
		stream.on("abort", ({ name }) => seen.push(name)).on("end", () => seen.push("end"));
		await stream.emitted("content");
		stream.abort();
		await fails(stream.done(), "APIUserAbortError");
		await fails(stream.finalContent(), "APIUserAbortError");
		equal([...seen, stream.aborted], ["APIUserAbortError", "end", true]);
		await closed("begun");
		const limited = client("limited").chat.completions.stream(ask).on("error", ({ status }) => seen.push(status));
		await fails(limited.finalMessage(), "RateLimitError");
		equal(seen.at(-1), 429);
	},
	"an error of a listener ends the stream": async ({ client, closed }) => {
		const stream = client("begun").chat.completions.stream(ask);
		stream.on("content", () => {
			throw new Error("a mistake");
		});
		await fails(stream.done(), "Error", "a mistake");
		await closed("begun");
	},
	"functions of formats and tools are not sent": async ({ client, log }) => {
		const schema = { type: "object" };
		const formats = [{ type: "json_schema", schema, parse: JSON.parse }, { type: "json_schema", schema, $parseRaw: JSON.parse }];
		const tool = { type: "custom", name: "f", input_schema: { type: "object" }, run: () => "", parse: (value) => value };
		const messages = client("message").messages;
		for (const format of formats) {
			await messages.create({ ...message, stream: true, output_config: { format, effort: "low" }, tools: [tool] });
			const { body } = (await log("message")).at(-1);
			equal(body.output_config, { format: { type: "json_schema", schema }, effort: "low" });
			equal(body.tools, [{ type: "custom", name: "f", input_schema: schema }]);
		}
	},
	"betas are a header of every request, also of a run's": async ({ client, log }) => {
		const { messages } = client("message").withOptions({ prices: { m: { input: "1", output: "1" } } });
		const betas = ["one-2026-01-01", "two-2026-01-01"];
		await messages.runTools({ ...message, betas, tools: [] }).final();
		const [{ headers, body }] = await log("message");
		equal([headers["anthropic-beta"], body.betas], [betas.join(","), undefined]);
		equal(messages.estimate({ ...message, betas }), messages.estimate(message));
	},
	"a parse without a schema has no value": async ({ client }) => {
		const completion = await client("whole").chat.completions.parse(ask);
		equal([completion.choices[0].message.content, completion.parsed], ["Hello!", null]);
	},
	"a reply has the id of its request, which its JSON does not contain": async ({ client }) => {
		const reply = await client("whole").chat.completions.create(ask);
		equal([reply._request_id, "_request_id" in JSON.parse(JSON.stringify(reply))], ["req_1", false]);
	},
	"in Node, members that are out of scope name what to use": async ({ client }) => {
		if (globalThis.document || globalThis.WorkerGlobalScope) return;
		for (const name of ["embeddings", "images", "audio", "files", "responses", "completions"]) {
			const error = await fails(Promise.resolve().then(() => client("whole")[name]), "TypeError", `client.${name}`);
			ok(error.message.includes("chat.completions"), error.message);
		}
		await fails(Promise.resolve().then(() => client("whole").messages.batches), "TypeError", "client.messages.batches");
		await fails(Promise.resolve().then(() => client("whole").beta.threads), "TypeError", "client.beta.threads");
	},
};
