// Tests of batches in this Node, with a server that answers each row: node batches.mjs
//
// Runs in a folder with the package, and prints the outcome as JSON. Each case has a folder of its own.

import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { Client, ...trilogue } = createRequire(pathToFileURL(`${process.cwd()}/package.json`))("trilogue");

/** The requests of each row, and the answer to a row: a text, a status, or a promise of one. */
let requests = new Map();
let answer = (row) => `Answer ${row}`;

const server = createServer(async (request, response) => {
	const chunks = [];
	for await (const chunk of request) chunks.push(chunk);
	const body = JSON.parse(Buffer.concat(chunks).toString());
	const row = Number(/row (\d+)/.exec(body.messages[0].content)?.[1]);
	requests.set(row, (requests.get(row) ?? 0) + 1);
	const content = await answer(row);
	response.setHeader("content-type", "application/json");
	if (typeof content === "number") {
		response.statusCode = content;
		response.end(JSON.stringify({ error: { message: "no", code: "bad" } }));
		return;
	}
	const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
	const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
	response.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: body.model, choices, usage }));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const client = new Client({ baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 });
const model = "openai-gpt-oss-120b";
const template = { template: "row {n}", model };

function* rows(count) {
	for (let n = 0; n < count; n++) yield { n };
}
async function* arriving(count) {
	for (const row of rows(count)) {
		await null;
		yield row;
	}
}
async function collect(batch) {
	const finished = [];
	for await (const row of batch) finished.push(row);
	return finished;
}
const sent = () => [...requests.values()].reduce((sum, count) => sum + count, 0);
const lines = (path) => readFileSync(path, "utf8").trimEnd().split("\n");

const cases = {
	async "finished rows have their row and their answer"() {
		for (const source of [rows, arriving]) {
			const batch = client.batch(source(600), template);
			const finished = await collect(batch);
			for (const row of finished) {
				assert.equal(row.row.n, row.index);
				assert.equal(row.text, `Answer ${row.index}`);
				assert.deepEqual([row.customId, row.outcome, row.error], [`row-${row.index + 1}`, "answered", null]);
				assert.deepEqual([row.usage, row.attempts], [{ input_tokens: 10, output_tokens: 5 }, 1]);
				assert.ok(Number(row.cost) > 0 && row.elapsed >= 0);
			}
			assert.deepEqual(new Set(finished.map((row) => row.index)).size, 600);
			assert.deepEqual([batch.summary.end, batch.summary.answered], ["complete", 600]);
		}
	},
	async "a repeated run returns the answers of its log, in the order of the input"(folder) {
		const log = join(folder, "run.jsonl");
		await collect(client.batch(rows(30), { ...template, log }));
		const batch = client.batch(arriving(40), { ...template, log, order: true });
		const finished = await collect(batch);
		assert.deepEqual(
			finished.map((row) => row.text),
			Array.from({ length: 40 }, (_, row) => `Answer ${row}`),
		);
		assert.deepEqual([batch.summary.resumed, sent(), lines(log).length], [30, 40, 40]);
	},
	async "failed rows have the error of the call"(folder) {
		answer = (row) => (row === 2 ? 400 : "yes");
		const log = join(folder, "run.jsonl");
		for (let round = 0; round < 2; round++) {
			const finished = await collect(client.batch(rows(4), { ...template, log, order: true }));
			assert.ok(finished[2].error instanceof trilogue.BadRequestError);
			assert.deepEqual([finished[2].error.status, finished[2].error.code, finished[2].text], [400, "bad", null]);
		}
		assert.equal(sent(), 4);
		answer = () => "yes";
		const finished = await collect(client.batch(rows(4), { ...template, log, retryFailed: true }));
		assert.ok(finished.every((row) => row.text === "yes"));
	},
	async "errors of the source and of a row follow the rows before them"() {
		async function* broken() {
			yield* arriving(3);
			throw new RangeError("the queue is gone");
		}
		let count = 0;
		const iterate = async (source, options) => {
			count = 0;
			for await (const _ of client.batch(source, options)) count++;
		};
		await assert.rejects(iterate(broken(), template), RangeError);
		assert.equal(count, 3);
		await assert.rejects(iterate([{ n: 1 }, { m: 2 }], template), /row 2: the row has no column "n"/);
		assert.equal(count, 1);
		await assert.rejects(iterate([], { inFlight: 0 }), /inFlight must be a number from 1 to 10000, not 0/);
		await assert.rejects(iterate([], { rpm: 1, requestsPerMinute: 1 }), /are the same option/);
		assert.throws(() => client.batch(7), trilogue.InvalidRequestError);
		const hooked = new Client({ baseURL: client.baseURL, onEvent() {} });
		await assert.rejects(collect(hooked.batch([])), /onEvent is not called for rows of a batch/);
	},
	async "a run that ended early does not look complete"(folder) {
		answer = () => 401;
		await assert.rejects(collect(client.batch(rows(4), template)), trilogue.AuthenticationError);
		answer = () => "yes";
		requests.clear();
		const limits = { ...template, log: join(folder, "run.jsonl"), parameters: { max_tokens: 100 }, inFlight: 1 };
		await assert.rejects(collect(client.batch(rows(400), { ...limits, budget: "0.0002" })), trilogue.BudgetExceededError);
		assert.equal((await collect(client.batch(rows(400), limits))).length, 400);
		assert.ok([...requests.values()].every((count) => count === 1));
	},
	async "an exception of the progress function ends the run"(folder) {
		const [log, input] = [join(folder, "run.jsonl"), join(folder, "in.jsonl")];
		const onProgress = () => {
			throw new Error("no progress");
		};
		await assert.rejects(collect(client.batch(rows(4), { ...template, log, onProgress })), /no progress/);
		writeFileSync(input, [...rows(4)].map((row) => JSON.stringify(row)).join("\n"));
		await assert.rejects(client.batch(input, { ...template, log: join(folder, "file.jsonl"), onProgress }), /no progress/);
		// The log is not locked.
		assert.equal((await collect(client.batch(rows(4), { ...template, log }))).length, 4);
	},
	async "leaving the loop and a signal end the run and unlock its log"(folder) {
		const log = join(folder, "run.jsonl");
		let release = () => undefined;
		const held = new Promise((resolve) => {
			release = resolve;
		});
		answer = (row) => (row === 0 ? "yes" : held.then(() => "late"));
		for await (const row of client.batch(rows(9), { ...template, log })) {
			assert.equal(row.index, 0);
			await assert.rejects(collect(client.batch(rows(9), { ...template, log })), /in use by another run/);
			break;
		}
		const controller = new AbortController();
		const aborted = async () => {
			for await (const _ of client.batch(rows(9), { ...template, log, signal: controller.signal })) controller.abort();
		};
		await assert.rejects(aborted(), trilogue.APIUserAbortError);
		release();
		assert.equal((await collect(client.batch(rows(9), { ...template, log }))).length, 9);
		assert.equal(requests.get(0), 1);
	},
	async "the rows of a file are answered in its log"(folder) {
		const [input, log] = [join(folder, "in.jsonl"), join(folder, "out.jsonl")];
		const line = (n) => ({ custom_id: `id-${n}`, body: { model, messages: [{ role: "user", content: `row ${n}` }] } });
		writeFileSync(input, Array.from(rows(50), ({ n }) => `${JSON.stringify(line(n))}\n`).join(""));
		const seen = [];
		const summary = await client.batch(input, { log, order: true, onProgress: (state) => seen.push(state) });
		assert.deepEqual([summary.end, summary.answered, seen.at(-1).end], ["complete", 50, "complete"]);
		assert.deepEqual(
			lines(log).map((text) => JSON.parse(text).custom_id),
			Array.from(rows(50), ({ n }) => `id-${n}`),
		);
		assert.equal((await client.batch(input, { log })).resumed, 50);
		await assert.rejects(client.batch(input, {}), /a batch of a file needs a log/);
	},
};

const failures = [];
for (const [title, run] of Object.entries(cases)) {
	const folder = mkdtempSync(join(tmpdir(), "trilogue-batch-"));
	requests = new Map();
	answer = (row) => `Answer ${row}`;
	await run(folder).catch((error) => failures.push(`${title}: ${error.stack}`));
	rmSync(folder, { recursive: true });
}
console.log(JSON.stringify({ passed: Object.keys(cases).length - failures.length, failed: failures.length, failures }));
process.exit();
