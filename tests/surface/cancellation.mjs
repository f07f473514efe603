// Ending calls and streams: loops that are left, signals, collected streams. `cases.mjs` runs these tests.

import { all, ask, equal, fails, message, ok } from "../structured/checks.mjs";
import { block, countingSignal, joinTexts, pause, streamed, whole } from "./helpers.mjs";
import { texts } from "./scenarios.mjs";

export const cancellation = {
	"leaving a loop closes the connection": async ({ client, closed }) => {
		for await (const _ of await client("begun").chat.completions.create(streamed)) break;
		await closed("begun");
	},
	"leaving a loop over events closes the connection": async ({ client, closed }) => {
		for await (const _ of client("begun").chat.completions.stream(ask)) break;
		await closed("begun");
	},
	"the controller ends a stream, whose error has the reply so far": async ({ client, closed }) => {
		const stream = await client("begun").chat.completions.create(streamed);
		const reading = (async () => {
			for await (const part of stream) if (joinTexts([part]) === texts[3]) stream.controller.abort();
		})();
		const error = await fails(reading, "APIUserAbortError");
		ok(error.partial.choices[0].message.content.startsWith(texts.slice(0, 3).join("")), "the partial lacks what came");
		await closed("begun");
	},
	"a signal ends a call, and one that was aborted before sends nothing": async ({ client, closed, log }) => {
		const { controller, signal, listeners } = countingSignal();
		const call = client("silent").chat.completions.create(ask, { signal });
		setTimeout(() => controller.abort(), 100);
		await fails(call, "APIUserAbortError");
		await closed("silent");
		await fails(client("silent").chat.completions.create(ask, { signal }), "APIUserAbortError");
		await fails(client("silent").chat.completions.create(streamed, { signal }), "APIUserAbortError");
		equal((await log("silent")).length, 1, "number of requests");
		equal(listeners.size, 0, "number of listeners");
	},
	"no listener stays on a signal": async ({ client }) => {
		const { signal, listeners } = countingSignal();
		await client("whole").chat.completions.create(ask, { signal });
		await fails(client("limited").chat.completions.create(ask, { signal }), "RateLimitError");
		await all(await client("spoken").chat.completions.create(streamed, { signal }));
		await client("spoken").chat.completions.stream(ask, { signal }).final();
		for await (const _ of await client("begun").chat.completions.create(streamed, { signal })) break;
		(await client("begun").chat.completions.create(streamed, { signal })).close();
		equal(listeners.size, 0, "number of listeners");
	},
	"calls and streams that share a signal share its listener": async ({ client, closed }) => {
		const { controller, signal, listeners } = countingSignal();
		const [quick, begun, silent] = [client("whole"), client("begun"), client("silent")];
		const many = (start) => Array.from({ length: 12 }, start);
		await Promise.all(many(() => quick.chat.completions.create(ask, { signal })));
		equal(listeners.size, 0, "number of listeners after the calls");
		// Few open streams: a browser has six connections.
		const open = [await begun.chat.completions.create(streamed, { signal }), begun.chat.completions.stream(ask, { signal })];
		for (const stream of open) await stream.next();
		const waiting = [
			...many(() => silent.chat.completions.create(ask, { signal })),
			...many(() => silent.messages.create({ ...message, stream: true }, { signal })),
			...many(() => silent.chat.completions.stream(ask, { signal }).next()),
			...many(() => silent.chat.completions.runTools({ ...ask, tools: [] }, { signal }).final()),
		];
		await pause(5);
		equal(listeners.size, 1, "number of listeners");
		controller.abort();
		const ended = [...open.map((stream) => stream.next()), ...waiting];
		await Promise.all(ended.map((one) => fails(one, "APIUserAbortError")));
		equal(listeners.size, 0, "number of listeners at the end");
		await closed("begun");
	},
	"an abort while the stream is being opened": async ({ client, closed, log }) => {
		for (const [scenario, open] of [
			["late", (options) => client("late").chat.completions.create(streamed, options)],
			["late", (options) => client("late").chat.completions.stream(ask, options).next()],
			["lateWhole", (options) => client("lateWhole").chat.completions.create(ask, options)],
		]) {
			const { controller, signal, listeners } = countingSignal();
			const before = (await log(scenario)).length;
			const opened = open({ signal });
			while ((await log(scenario)).length === before) await pause(1);
			block(250);
			controller.abort();
			const error = await fails(opened, "APIUserAbortError");
			// A reply that has arrived is not lost.
			if (scenario === "lateWhole" && error.partial) equal(error.partial.choices[0].message.content, "Hello!");
			equal(listeners.size, 0, "number of listeners");
		}
		await closed("late");
	},
	"streams can be cancelled before they are open": async ({ client, closed, log }) => {
		for (const leave of [(stream) => stream.close(), (stream) => stream.return()]) {
			const stream = client("silent").chat.completions.stream(ask);
			const reading = stream.next();
			while ((await log("silent")).at(-1)?.outcome !== "open") await pause(5);
			leave(stream);
			equal([(await reading).done, (await stream.next()).done], [true, true]);
			await closed("silent");
		}
		const stream = client("silent").messages.stream(message);
		while ((await log("silent")).at(-1)?.outcome !== "open") await pause(5);
		stream.controller.abort();
		await fails(stream.next(), "APIUserAbortError");
		equal((await stream.next()).done, true);
		await closed("silent");
	},
	"an abort ends a call with an error at once, also after further reads": async ({ client }) => {
		const stream = await client("padded").chat.completions.create(streamed);
		equal(joinTexts([(await stream.next()).value]), texts[0]);
		const { events } = stream;
		stream.controller.abort();
		const error = await fails(stream.next(), "APIUserAbortError");
		ok(error.partial.choices[0].message.content.startsWith(texts[0]), "the partial lacks what came");
		equal((await stream.next()).done, true);
		await fails(events.next(), "APIUserAbortError");
		await fails((await stream.events).next(), "APIUserAbortError");

		// After its end, there is nothing to abort.
		const whole = client("spoken").chat.completions.stream(ask);
		await all(whole);
		whole.controller.abort();
		equal((await whole.next()).done, true);
		equal((await whole.final()).choices[0].message.content, texts.join(""));
	},
	"streams with an aborted signal": async ({ client, log }) => {
		const signal = AbortSignal.abort();
		const { chat, messages } = client("spoken");
		await fails(chat.completions.stream(ask, { signal }).next(), "APIUserAbortError");
		await fails(messages.stream(message, { signal }).final(), "APIUserAbortError");
		await fails(all(chat.completions.stream({ ...ask, response_format: { type: "json_object" } }, { signal }).elements("")), "APIUserAbortError");
		await fails(chat.completions.stream(ask, { signal }).toReadableStream().getReader().read(), "APIUserAbortError");
		await fails(chat.completions.runTools({ ...ask, tools: [] }, { signal }).final(), "APIUserAbortError");
		equal((await log("spoken")).length, 0, "number of requests");
	},
	"an abort handler may use the client": async ({ client, closed }) => {
		const controller = new AbortController();
		const { signal } = controller;
		const streams = await Promise.all([1, 2, 3].map(() => client("begun").chat.completions.create(streamed, { signal })));
		for (const stream of streams) await stream.next();
		const left = [];
		streams[0].controller.signal.addEventListener("abort", () => {
			for (const stream of streams) stream.close();
			controller.abort();
			const { completions } = client("begun").chat;
			const calls = [completions.create(streamed, { signal }), completions.stream(ask, { signal }).next()];
			left.push(...calls.map((call) => fails(call, "APIUserAbortError")));
		});
		streams[0].controller.abort();
		for (const stream of streams) equal((await stream.next()).done, true);
		equal(left.length, 2, "number of calls");
		await Promise.all(left);
		await closed("begun");
	},
	"a key function that never resolves can be cancelled": async ({ client, log }) => {
		const controller = new AbortController();
		const { signal } = controller;
		const waiting = client("whole").withOptions({ apiKey: () => new Promise(() => undefined) }).chat.completions;
		const calls = [waiting.create(ask, { signal }), waiting.create(streamed, { signal }), waiting.stream(ask, { signal }).next()];
		const stream = waiting.stream(ask);
		const reading = stream.next();
		controller.abort();
		stream.close();
		await Promise.all(calls.map((call) => fails(call, "APIUserAbortError")));
		equal((await reading).done, true);
		equal((await log("whole")).length, 0, "number of requests");
	},
	"the events of a collected stream end with its signal": async ({ client, closed, gc }) => {
		const { controller, signal, listeners } = countingSignal();
		const opened = async () => (await client("begun").chat.completions.create(streamed, { signal })).events;
		const events = await opened();
		await events.next();
		for (let tries = 0; tries < 20; tries += 1) {
			gc();
			await pause(5);
		}
		controller.abort();
		await fails(all(events), "APIUserAbortError");
		await closed("begun");
		await all((await client("spoken").chat.completions.create(streamed, { signal: countingSignal().signal })).events);
		const second = countingSignal();
		await all((await client("spoken").chat.completions.create(streamed, { signal: second.signal })).events);
		equal([listeners.size, second.listeners.size], [0, 0], "number of listeners");
	},
	"a logger that throws or cancels calls": async ({ client, closed }) => {
		const fail = () => {
			throw new Error("the disk is full");
		};
		const broken = client("spoken").withOptions({ logLevel: "debug", logger: { error: fail, warn: fail, info: fail, debug: fail } });
		equal(joinTexts(await all(await broken.chat.completions.create(streamed))), whole);
		const controller = new AbortController();
		const cancel = (line) => line.includes("status 200") && controller.abort();
		const logger = { error: cancel, warn: cancel, info: cancel, debug: cancel };
		const cancelling = client("begun").withOptions({ logLevel: "debug", logger });
		const { signal } = controller;
		await fails((async () => all(await cancelling.chat.completions.create(streamed, { signal })))(), "APIUserAbortError");
		await closed("begun");
	},
	"a body whose cancel fails": async ({ trilogue }) => {
		const controller = new AbortController();
		const cancel = () => Promise.reject(new Error("it can't be cancelled"));
		const body = new ReadableStream({ pull: (own) => own.enqueue(new TextEncoder().encode('{"a":1}\n')), cancel });
		const lines = trilogue.Stream.fromReadableStream(body, controller);
		equal((await lines.next()).value, { a: 1 });
		controller.abort();
		await fails(all(lines), "AbortError");
		const silent = new ReadableStream({});
		await fails(trilogue.Stream.fromReadableStream(silent, controller).next(), "AbortError");
		await pause(5);
	},
	"a collected stream closes its connection although its signal is alive": async ({ client, closed, gc }) => {
		const { signal, listeners } = countingSignal();
		// In a function of its own, so that no variable here keeps it alive.
		await (async () => {
			const stream = await client("begun").chat.completions.create(streamed, { signal });
			await stream.next();
		})();
		equal(listeners.size, 1, "number of listeners");
		await closed("begun", gc);
		for (let tries = 0; listeners.size > 0 && tries < 200; tries += 1) {
			gc();
			await pause(20);
		}
		equal(listeners.size, 0, "number of listeners");
	},
};
