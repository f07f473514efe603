// The playground's first screen, questions and replies.
//
// Finds elements by role and name, as a user does, and checks the requests that the server received. Measures no time: if the page froze, the
// next step would fail.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal, ok } from "../structured/checks.mjs";
import { Person } from "./page.mjs";
import { has } from "./steps.mjs";

export const chat = {
	async "the first screen"(context) {
		const person = await Person.open(context, { link: false });
		const prompts = await person.page.getByRole("list", { name: "Prompts to try" }).getByRole("button").allInnerTexts();
		equal(prompts, [
			"Explain quantum computing in simple terms",
			"Write a Python function to sort a list",
			"Create a marketing email for a SaaS product",
			"Compare REST vs GraphQL APIs",
		]);
		const { page } = person;
		has(await page.getByRole("main").innerText(), "117B parameters");
		has(await page.getByRole("main").innerText(), "$0.039");
		equal(await page.getByRole("textbox", { name: "Base URL" }).inputValue(), "https://modelslab.com/api/v7/llm");
		has(await page.getByRole("textbox", { name: "System message" }).inputValue(), "You are a helpful AI assistant");
		const defaults = { temperature: "0.7", max_tokens: "1000", top_p: "0.9", frequency_penalty: "0", presence_penalty: "0" };
		for (const [name, value] of Object.entries(defaults)) equal(await page.getByRole("spinbutton", { name }).inputValue(), value, name);
		equal(await page.getByRole("button", { name: "Send" }).isDisabled(), true, "state of the button");
		equal(person.errors, [], "list of errors");
	},

	async "the first screen loads the files that the page names, and nothing from elsewhere"(context) {
		const person = await Person.open(context, { link: false });
		await person.page.waitForLoadState("networkidle");
		const html = await readFile(join(context.built, "index.html"), "utf8");
		const named = [...html.matchAll(/(?:href|src)="\.\/([^"]+)"/g)].map(([, name]) => context.site + name);
		const loaded = person.requests.filter((url) => url !== context.site);
		const strange = loaded.filter((url) => !named.includes(url));
		equal(strange, [], "list of what was loaded and isn't named");
		equal(new Set(loaded).size, loaded.length, "number of different files");
		ok(loaded.some((url) => url.endsWith(".wasm")), "the module wasn't loaded");
	},

	async "the policy of the page"(context) {
		const person = await Person.open(context);
		const { page } = person;
		const policy = await page.locator("meta[http-equiv='Content-Security-Policy']").getAttribute("content");
		has(policy, "default-src 'none'");
		has(policy, "script-src 'self' 'wasm-unsafe-eval';");
		ok(!/unsafe-inline|'unsafe-eval'|\*(?!;| |$)/.test(policy.replaceAll(":*", "")), `too much is allowed: ${policy}`);
		const refused = await page.evaluate(() => {
			try {
				document.body.innerHTML = "<img src=x>";
				return "";
			} catch (error) {
				return error.name;
			}
		});
		equal(refused, "TypeError", "answer to markup");
		const run = await page.evaluate(() => {
			const script = document.createElement("script");
			try {
				script.textContent = "window.harmed = 1";
				document.body.append(script);
			} catch {}
			return window.harmed ?? null;
		});
		equal(run, null, "effect of a script");
	},

	async "a streamed reply"(context) {
		const person = await Person.open(context, { scenario: "slow" });
		await person.ask("Go on.");
		const answer = person.answers.last();
		await answer.getByText("word").first().waitFor();
		const words = async () => (await answer.locator("strong").count());
		const before = await words();
		await person.page.waitForFunction((before) => document.querySelectorAll("article strong").length > before, before);
		equal(await answer.locator("[aria-busy]").first().getAttribute("aria-busy"), "true");
		has(await answer.innerText(), "First token");
		has(await answer.innerText(), "≈");
		equal(await person.button("Send").count(), 0, "number of send buttons meanwhile");
	},

	async "a suggested prompt is sent with the page's defaults"(context) {
		const person = await Person.open(context, { scenario: "markdown" });
		await person.button("Compare REST vs GraphQL APIs").click();
		await person.settled();
		const [{ body, headers }] = await person.sent();
		equal(body, {
			model: "openai-gpt-oss-120b",
			messages: [
				{ role: "system", content: "You are a helpful AI assistant specialized in providing accurate and detailed responses." },
				{ role: "user", content: "Compare REST vs GraphQL APIs" },
			],
			temperature: 0.7,
			max_tokens: 1000,
			top_p: 0.9,
			frequency_penalty: 0,
			presence_penalty: 0,
			stream: true,
			stream_options: { include_usage: true },
		});
		equal(headers.authorization ?? null, null, "header");
		equal(person.errors, [], "list of errors");
	},

	async "Markdown becomes a document"(context) {
		const person = await Person.open(context, { scenario: "markdown" });
		const answer = await person.converse("Explain");
		await answer.getByRole("heading", { name: "Qubits, in short" }).waitFor();
		equal(await answer.getByRole("listitem").count(), 5, "number of list items");
		equal(await answer.getByRole("columnheader").count(), 5, "number of columns");
		equal(await answer.getByRole("link", { name: "the article" }).getAttribute("href"), "https://example.test/qubits");
		has(await answer.locator("pre").innerText(), "return sorted(values)");
		equal(await answer.locator("blockquote, hr, del").count(), 3, "number of quotations, rules and deletions");
		const text = await answer.innerText();
		for (const meter of ["First token", "Input tokens 42", "Output tokens 412", "Cost $0.000080"]) has(text.replaceAll(/\s+/g, " "), meter);
	},

	async "Markdown does not depend on the splits"(context) {
		const seen = new Set();
		for (const split of ["pieces", "bytes", "whole", "random"]) {
			const person = await Person.open(context, { scenario: "markdown", split });
			const answer = await person.converse("Explain");
			const html = await answer.locator(".prose").last().innerHTML();
			seen.add(createHash("sha256").update(html).digest("hex"));
			await person.close();
		}
		equal(seen.size, 1, "number of different documents");
	},

	async "reasoning is folded"(context) {
		const person = await Person.open(context, { scenario: "markdown" });
		const answer = await person.converse("Explain");
		const thought = answer.getByText("Begin with bits");
		equal(await thought.isVisible(), false, "visibility of the thought");
		await answer.getByText("Reasoning", { exact: true }).click();
		await thought.waitFor();
		const [, second] = await Promise.all([person.converse("And now?"), undefined]);
		equal(second, undefined);
		const bodies = await person.sent();
		ok(!JSON.stringify(bodies[1].body).includes("Begin with bits"), "the thought was sent back");
	},

	async "a conversation of several turns"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		await person.converse("One?");
		await person.converse("Two?");
		has(await person.answers.last().innerText(), "The second answer.");
		const [, { body }] = await person.sent();
		equal(body.messages.slice(1), [
			{ role: "user", content: "One?" },
			{ role: "assistant", content: "The first answer." },
			{ role: "user", content: "Two?" },
		]);
		has(await person.page.getByRole("main").innerText(), "in this chat");
		await person.button("New chat").click();
		await person.button("Compare REST vs GraphQL APIs").waitFor();
		equal(await person.answers.count(), 0, "number of answers");
	},

	async "stopping closes the connection and keeps what came"(context) {
		const person = await Person.open(context, { scenario: "slow" });
		await person.ask("Go on.");
		await person.answers.last().getByText("word").first().waitFor();
		await person.button("Stop").click();
		await person.settled();
		const answer = person.answers.last();
		has(await answer.innerText(), "stopped");
		has(await answer.innerText(), "word bold");
		const outcome = async () => (await (await fetch(person.log)).json())[0].outcome;
		while ((await outcome()) !== "closed") await person.page.waitForTimeout(20);
		await person.ask("And?");
		await person.answers.last().getByText("word").last().waitFor();
		await person.page.keyboard.press("Escape");
		await person.settled();
		const [, { body }] = await person.sent();
		equal(body.messages.length, 4, "number of messages");
		has(body.messages[2].content, "word **bold**");
	},

	async "stopping before the first token"(context) {
		const person = await Person.open(context, { scenario: "silent" });
		await person.ask("Are you there?");
		await person.page.getByText("Waiting for the first token").waitFor({ state: "attached" });
		await person.button("Stop").click();
		await person.settled();
		has(await person.answers.last().innerText(), "stopped");
	},

	async "retrying asks again"(context) {
		const person = await Person.open(context, { scenario: "again" });
		const failed = await person.converse("Hi");
		has(await failed.getByRole("alert").innerText(), "Loading model");
		await person.button("Retry").click();
		await person.settled();
		has(await person.answers.last().innerText(), "Now it works.");
		equal(await person.page.getByRole("alert").count(), 0, "number of alerts");
		await person.button("Retry").click();
		await person.settled();
		equal(await person.answers.count(), 1, "number of answers");
		const bodies = (await person.sent()).map(({ body }) => JSON.stringify(body));
		equal([bodies.length, new Set(bodies).size], [3, 1], "requests");
	},

	async "a failed reply is not part of the conversation"(context) {
		const person = await Person.open(context, { scenario: "again" });
		await person.converse("Lost question");
		await person.converse("Another");
		const [, { body }] = await person.sent();
		equal(body.messages.slice(1), [{ role: "user", content: "Another" }]);
	},

	async "a message is edited"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		await person.converse("A typpo");
		await person.button("Edit the question").click();
		equal(await person.prompt.inputValue(), "A typpo");
		await person.converse("A typo");
		equal(await person.answers.count(), 1, "number of answers");
		has(await person.answers.last().innerText(), "The second answer.");
	},
};
