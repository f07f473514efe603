// What the playground does.
//
// Law: as a person sees it, by roles and names; and what the server saw. No time is measured: what would freeze the page makes the next
// step fail.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal, ok } from "../structured/checks.mjs";
import { Person } from "./page.mjs";
import { hostile } from "./scenarios.mjs";

const secret = "sk-secret-0123456789";

function has(text, part) {
	ok(text.includes(part), `${JSON.stringify(part)} is not in ${JSON.stringify(text.slice(0, 2000))}`);
}

async function switched(person, ...names) {
	await person.panel("Settings");
	for (const name of names) await person.page.getByRole("switch", { name }).check();
	await person.closePanel();
}

async function choose(person, words) {
	await person.panel("Settings");
	await person.page.getByRole("radio", { name: words, exact: true }).check();
	await person.closePanel();
}

/** The page still does what it is told. */
async function alive(person) {
	const before = await person.page.locator("html").getAttribute("data-theme");
	await person.button(/^Theme/).click();
	ok((await person.page.locator("html").getAttribute("data-theme")) !== before, "the page no longer answers");
	await person.prompt.fill("still here");
	equal(await person.prompt.inputValue(), "still here");
}

/** Nothing that a model wrote has become more than text. */
async function unharmed(person) {
	equal(await person.page.evaluate(() => window.harmed ?? null), null, "harm");
	const made = "article :is(script, iframe, img, object, embed, style, link, form, base, meta, video, audio), article [onerror], article [onclick], article [onmouseover]";
	equal(await person.page.locator(made).count(), 0, "number of elements that the model made");
	const links = await person.page.locator("article a").evaluateAll((all) => all.map((link) => [link.protocol, link.rel, link.target]));
	for (const [protocol, rel, target] of links) {
		ok(["http:", "https:", "mailto:"].includes(protocol), `a link leads to ${protocol}`);
		equal([rel, target], ["noopener noreferrer nofollow", "_blank"]);
	}
	const here = [person.context.site, person.context.server].map((url) => new URL(url).origin);
	const elsewhere = person.requests.filter((url) => !here.includes(new URL(url).origin));
	equal(elsewhere, [], "list of requests to elsewhere");
}

export const cases = {
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

	async "the first screen loads what the page names, and nothing from elsewhere"(context) {
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

	async "an answer streams"(context) {
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

	async "a prompt to try is asked, with the page's defaults"(context) {
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
		const answer = await person.hear("Explain");
		await answer.getByRole("heading", { name: "Qubits, in short" }).waitFor();
		equal(await answer.getByRole("listitem").count(), 5, "number of list items");
		equal(await answer.getByRole("columnheader").count(), 5, "number of columns");
		equal(await answer.getByRole("link", { name: "the article" }).getAttribute("href"), "https://example.test/qubits");
		has(await answer.locator("pre").innerText(), "return sorted(values)");
		equal(await answer.locator("blockquote, hr, del").count(), 3, "number of quotations, rules and deletions");
		const text = await answer.innerText();
		for (const meter of ["First token", "Input tokens 42", "Output tokens 412", "Cost $0.000080"]) has(text.replaceAll(/\s+/g, " "), meter);
	},

	async "Markdown is the same however it was split"(context) {
		const seen = new Set();
		for (const split of ["pieces", "bytes", "whole", "random"]) {
			const person = await Person.open(context, { scenario: "markdown", split });
			const answer = await person.hear("Explain");
			const html = await answer.locator(".prose").last().innerHTML();
			seen.add(createHash("sha256").update(html).digest("hex"));
			await person.close();
		}
		equal(seen.size, 1, "number of different documents");
	},

	async "reasoning is folded"(context) {
		const person = await Person.open(context, { scenario: "markdown" });
		const answer = await person.hear("Explain");
		const thought = answer.getByText("Begin with bits");
		equal(await thought.isVisible(), false, "visibility of the thought");
		await answer.getByText("Reasoning", { exact: true }).click();
		await thought.waitFor();
		const [, second] = await Promise.all([person.hear("And now?"), undefined]);
		equal(second, undefined);
		const bodies = await person.sent();
		ok(!JSON.stringify(bodies[1].body).includes("Begin with bits"), "the thought was sent back");
	},

	async "a conversation of several turns"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		await person.hear("One?");
		await person.hear("Two?");
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
		const failed = await person.hear("Hi");
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

	async "what failed is no part of the conversation"(context) {
		const person = await Person.open(context, { scenario: "again" });
		await person.hear("Lost question");
		await person.hear("Another");
		const [, { body }] = await person.sent();
		equal(body.messages.slice(1), [{ role: "user", content: "Another" }]);
	},

	async "a question is edited"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		await person.hear("A typpo");
		await person.button("Edit the question").click();
		equal(await person.prompt.inputValue(), "A typpo");
		await person.hear("A typo");
		equal(await person.answers.count(), 1, "number of answers");
		has(await person.answers.last().innerText(), "The second answer.");
	},

	async "a wrong key: the banner leads to the field"(context) {
		const person = await Person.open(context, { scenario: "key", size: "phone" });
		await person.hear("Hi");
		const alert = person.page.getByRole("alert");
		has(await alert.innerText(), "The endpoint refused the key");
		has(await alert.innerText(), "Incorrect API key provided");
		has(await person.answers.last().innerText(), "req_42");
		await person.button("Change the key").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-key");
	},

	async "no key at an endpoint that needs one"(context) {
		const person = await Person.open(context, { link: false });
		await person.hear("Hi");
		has(await person.page.getByRole("alert").innerText(), "Something is missing");
		equal(person.requests.filter((url) => url.includes("modelslab")), [], "list of requests");
		await person.button("Change the key").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-key");
	},

	async "too many requests: how long to wait"(context) {
		const person = await Person.open(context, { scenario: "limit" });
		await person.hear("Hi");
		has(await person.page.getByRole("alert").innerText(), "Too many requests");
		has(await person.answers.last().innerText(), "asks to wait 17 s");
		equal((await person.sent()).length, 1, "number of requests");
	},

	async "an error of the server, and one that is a page"(context) {
		for (const [scenario, words] of [
			["broken", "Something broke."],
			["html", "502"],
		]) {
			const person = await Person.open(context, { scenario });
			await person.hear("Hi");
			has(await person.page.getByRole("alert").innerText(), words);
			await unharmed(person);
			await person.close();
		}
	},

	async "a server that is down"(context) {
		const person = await Person.open(context);
		await person.panel("Settings");
		await person.page.getByRole("textbox", { name: "Base URL" }).fill("http://127.0.0.1:9/v1");
		await person.hear("Hi");
		has(await person.page.getByRole("alert").innerText(), "The endpoint can't be reached");
		await person.button("Change the endpoint").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-endpoint");
		await person.page.keyboard.press("Control+A");
		await person.page.keyboard.type(person.endpoint);
		await person.button("Retry").click();
		await person.settled();
		has(await person.answers.last().innerText(), "Hello from the model.");
	},

	async "a base URL that is none"(context) {
		const person = await Person.open(context);
		await person.panel("Settings");
		await person.page.getByRole("textbox", { name: "Base URL" }).fill("not an address");
		await person.hear("Hi");
		await person.button("Change the endpoint").waitFor();
	},

	async "a connection that breaks: what came stays"(context) {
		const person = await Person.open(context, { scenario: "lost" });
		const answer = await person.hear("Hi");
		has(await answer.innerText(), "This answer breaks o");
		has(await answer.getByRole("alert").innerText(), "The answer was cut off");
	},

	async "offline and back"(context) {
		const person = await Person.open(context);
		await person.hear("Before");
		await person.page.context().setOffline(true);
		await person.page.getByText("You are offline:").waitFor();
		await person.hear("Hi");
		has(await person.page.getByRole("alert").innerText(), "You are offline");
		await person.page.context().setOffline(false);
		await person.page.getByText("You are offline:").waitFor({ state: "detached" });
		await person.button("Retry").click();
		await person.settled();
		has(await person.answers.last().innerText(), "Hello from the model.");
	},

	async "the key is in memory alone"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		const { page } = person;
		const field = page.getByLabel("API key");
		equal([await field.getAttribute("type"), await field.getAttribute("autocomplete")], ["password", "off"]);
		await field.fill(secret);
		await person.hear("Hi");
		const [{ headers, body }] = await person.sent();
		equal(headers.authorization, `Bearer ${secret}`);
		ok(!JSON.stringify(body).includes(secret), "the key is in the body");
		await person.panel("Code");
		const seen = await page.evaluate(async () => {
			const databases = await indexedDB.databases();
			return [document.documentElement.outerHTML, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href, JSON.stringify(databases), JSON.stringify(history.state)];
		});
		for (const place of seen) ok(!place.includes(secret), `the key is in ${place.slice(0, 300)}`);
		equal(seen[1], '{"trilogue-theme":"auto"}', "storage");
		ok(!person.requests.some((url) => url.includes(secret)), "the key is in a URL");
		await page.reload();
		await person.panel("Settings");
		equal(await field.inputValue(), "", "key after a reload");
		await person.hear("Hi");
		equal((await person.sent())[1].headers.authorization ?? null, null, "header after a reload");
	},

	async "a link can't lead the key elsewhere"(context) {
		const person = await Person.open(context, { link: false });
		const { page } = person;
		for (const endpoint of ["https://evil.test/v1", "http://127.0.0.1.evil.test", "http://localhost@evil.test", "javascript:1"]) {
			await page.goto("about:blank");
			await page.goto(`${context.site}#${new URLSearchParams({ endpoint })}`);
			await person.button("Compare REST vs GraphQL APIs").waitFor();
			equal(await page.getByRole("textbox", { name: "Base URL" }).inputValue(), "https://modelslab.com/api/v7/llm", endpoint);
		}
	},

	async "parameters: by number, by slider, back to the defaults"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		const { page } = person;
		const number = (name) => page.getByRole("spinbutton", { name });
		await number("temperature").fill("1.3");
		await number("max_tokens").fill("0");
		await number("top_p").fill("");
		await page.locator("input[type=range]").nth(3).fill("0.5");
		await page.getByText("More parameters").click();
		await number("top_k").fill("40");
		await number("seed").fill("7");
		await page.getByRole("textbox", { name: "stop" }).fill("END, STOP");
		await page.getByRole("textbox", { name: "System message" }).fill(" ");
		await person.hear("Hi");
		const { messages, stream, stream_options, model, ...values } = (await person.sent())[0].body;
		equal(values, { temperature: 1.3, max_tokens: 1, frequency_penalty: 0.5, presence_penalty: 0, top_k: 40, seed: 7, stop: ["END", "STOP"] });
		equal(messages, [{ role: "user", content: "Hi" }]);
		await person.button("Defaults").click();
		equal(await number("temperature").inputValue(), "0.7");
		equal(await number("top_k").inputValue(), "");
	},

	async "Anthropic's format"(context) {
		const person = await Person.open(context, { scenario: "messages" });
		await choose(person, "Anthropic");
		equal(await person.page.getByRole("spinbutton", { name: "frequency_penalty" }).isDisabled(), true, "state of a parameter that it hasn't");
		const answer = await person.hear("Hi");
		has(await answer.innerText(), "Hello in Anthropic's format.");
		has((await answer.innerText()).replaceAll(/\s+/g, " "), "Output tokens 64");
		await answer.getByText("Reasoning", { exact: true }).click();
		await answer.getByText("A greeting will do.").waitFor();
		const [{ body }] = await person.sent();
		const { system, ...rest } = body;
		has(system, "You are a helpful AI assistant");
		equal(rest, { model: "openai-gpt-oss-120b", messages: [{ role: "user", content: "Hi" }], temperature: 0.7, max_tokens: 1000, top_p: 0.9, stream: true });
	},

	async "tools run in the page, in both formats"(context) {
		const person = await Person.open(context, { scenario: "tools" });
		await switched(person, /calculator/, /get_time/);
		const answer = await person.hear("What is it?");
		const call = answer.getByRole("region", { name: "Call of the tool calculator" });
		has(await call.innerText(), "(12 + 30) * 2 ^ 3");
		has(await call.innerText(), "336");
		has(await call.innerText(), "runs in this page");
		has(await answer.getByRole("region", { name: "Call of the tool get_time" }).innerText(), "Europe/Vienna");
		has(await answer.innerText(), "It is 336.");
		const [first, second] = (await person.sent()).map(({ body }) => body);
		equal(first.tools.map((tool) => tool.function.name), ["get_time", "calculator"]);
		equal(second.messages.slice(-2).map(({ role }) => role), ["tool", "tool"]);
		equal(JSON.parse(second.messages.at(-2).content), { result: 336 });
		// The next question tells the calls and their results.
		await person.hear("Sure?");
		const third = (await person.sent())[2].body;
		equal(third.messages.map(({ role }) => role), ["system", "user", "assistant", "tool", "tool", "assistant", "user"]);

		const other = await Person.open(context, { scenario: "messagesTools" });
		await choose(other, "Anthropic");
		await switched(other, /calculator/);
		const said = await other.hear("What is it?");
		has(await said.getByRole("region", { name: "Call of the tool calculator" }).innerText(), "42");
		has(await said.innerText(), "It is 42.");
		const bodies = (await other.sent()).map(({ body }) => body);
		equal(bodies[0].tools.map(({ name }) => name), ["calculator"]);
		equal(bodies[1].messages.at(-1).content[0].type, "tool_result");
	},

	async "a conversation with calls goes on in the other format"(context) {
		const person = await Person.open(context, { scenario: "toolsThenMessages" });
		await switched(person, /calculator/, /get_time/);
		await person.hear("What is it?");
		await choose(person, "Anthropic");
		const answer = await person.hear("Sure?");
		has(await answer.innerText(), "Hello in Anthropic's format.");
		const { messages } = (await person.sent())[2].body;
		const kinds = messages.map(({ role, content }) => [role, ...(Array.isArray(content) ? content.map(({ type }) => type) : [])].join(" "));
		equal(kinds.filter((kind) => /tool_/.test(kind)), ["assistant tool_use tool_use", "user tool_result tool_result"]);
	},

	async "the request as code, in every language"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		const { page } = person;
		await page.getByLabel("API key").fill(secret);
		await page.getByRole("spinbutton", { name: "temperature" }).fill("1.25");
		await page.getByRole("spinbutton", { name: "temperature" }).press("Enter");
		await person.panel("Code");
		const code = page.getByRole("tabpanel", { name: "Code" }).locator("pre");
		for (const [name, ...parts] of [
			["Python", "from trilogue import Client", "1.25"],
			["JavaScript", 'from "trilogue"', "1.25"],
			["cURL", "curl", "1.25"],
			["PHP", "<?php", "1.25"],
			["JSON", '"temperature": 1.25'],
		]) {
			await page.getByRole("tab", { name, exact: true }).click();
			for (const part of [...parts, "Explain quantum computing in simple terms"]) {
				await code.getByText(part).first().waitFor();
			}
			ok(!(await code.innerText()).includes(secret), "the key is in a snippet");
			await page.getByRole("button", { name: "Copy code" }).click();
			equal(await page.evaluate(() => navigator.clipboard.readText()), await code.textContent(), name);
		}
		// Live: the prompt, then the settings; and what is shown is what is sent.
		await person.prompt.fill("Is it live?");
		await code.getByText("Is it live?").waitFor();
		const shown = JSON.parse(await code.innerText());
		await person.prompt.press("Enter");
		await person.settled();
		equal((await person.sent())[0].body, shown);
		await page.getByRole("tab", { name: "Python" }).click();
		await page.getByRole("radio", { name: "Plain HTTP" }).check();
		await code.getByText("urllib").first().waitFor();
		equal(person.errors, [], "list of errors");
	},

	async "arguments are shown as they come"(context) {
		const person = await Person.open(context, { scenario: "writing" });
		await switched(person, /calculator/);
		await person.ask("Add them up.");
		const call = person.page.getByRole("region", { name: "Call of the tool calculator" });
		await call.getByText("writing arguments").waitFor();
		await call.getByText("1 + 2").waitFor();
		await person.button("Stop").click();
		await person.settled();
		has(await call.innerText(), "not run");
	},

	async "a tool that fails, and tools that go round in circles"(context) {
		const person = await Person.open(context, { scenario: "wrongTool" });
		await switched(person, /calculator/);
		const answer = await person.hear("What is it?");
		has(await answer.getByRole("region", { name: "Call of the tool calculator" }).innerText(), "failed");
		has(await answer.innerText(), "I can't compute that.");
		const other = await Person.open(context, { scenario: "circles" });
		await switched(other, /roll_dice/);
		const said = await other.hear("Roll.");
		has(await said.getByRole("alert").innerText(), "round in circles");
		equal((await other.sent()).length, 6, "number of requests");
	},

	async "JSON: a tree, and its text"(context) {
		const person = await Person.open(context, { scenario: "json" });
		await choose(person, "JSON Schema");
		const answer = await person.hear("Describe it");
		has(await answer.innerText(), "Superposition");
		const branch = answer.getByRole("button", { name: /^points/ });
		equal(await branch.getAttribute("aria-expanded"), "true");
		await branch.click();
		equal(await answer.getByText("Entanglement").count(), 0, "number of items of a closed branch");
		await answer.getByRole("radio", { name: "Text" }).check();
		has(await answer.innerText(), '{"title":"Quantum computing"');
		const [{ body }] = await person.sent();
		equal([body.response_format.type, body.response_format.json_schema.schema.required], ["json_schema", ["title", "summary", "points"]]);
	},

	async "JSON: the tree grows while it streams"(context) {
		const person = await Person.open(context, { scenario: "jsonSlow" });
		await choose(person, "JSON");
		await person.ask("Count.");
		const size = () => person.page.getByRole("button", { name: /^items/ }).innerText();
		await person.page.getByRole("button", { name: /^items/ }).waitFor();
		const before = await size();
		await person.page.waitForFunction((before) => [...document.querySelectorAll("button")].every(({ innerText }) => innerText !== before), before);
		await person.button("Stop").click();
		await person.settled();
		equal((await person.sent())[0].body.response_format, { type: "json_object" });
		equal(await person.page.getByRole("switch").first().isDisabled(), true, "state of the tools");
	},

	async "JSON in Anthropic's format"(context) {
		const person = await Person.open(context, { scenario: "messagesJson" });
		await choose(person, "Anthropic");
		await choose(person, "JSON Schema");
		const answer = await person.hear("Describe it");
		await answer.getByRole("button", { name: /^points/ }).waitFor();
		equal((await person.sent())[0].body.output_config.format.type, "json_schema");
	},

	async "JSON that is none, deep, long, or hostile"(context) {
		for (const [scenario, words] of [
			["jsonNot", "I'd rather not answer in JSON."],
			["jsonDeep", "a"],
			["jsonLong", "Show more of 20,001"],
			["jsonHostile", "<script>window.harmed=2</script>"],
		]) {
			const person = await Person.open(context, { scenario });
			await choose(person, "JSON");
			const answer = await person.hear("Go");
			await answer.getByText(words).first().waitFor();
			equal(await person.page.evaluate(() => ({}).polluted ?? null), null, "prototype");
			await unharmed(person);
			await alive(person);
			equal(person.errors, [], "list of errors");
			await person.close();
		}
	},

	async "a schema that can't be sent"(context) {
		const person = await Person.open(context, { scenario: "json" });
		await choose(person, "JSON Schema");
		await person.panel("Settings");
		await person.page.getByRole("textbox", { name: "Schema" }).fill('{ "type": ');
		has(await person.page.getByRole("tabpanel").innerText(), "Not JSON yet");
		await person.hear("Go");
		has(await person.page.getByRole("alert").innerText(), "schema");
		equal((await person.sent()).length, 0, "number of requests");
		await person.button("Change the schema").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-schema");
	},

	async "a hostile answer does no harm"(context) {
		const person = await Person.open(context, { scenario: "hostile" });
		const answer = await person.hear("Harm me");
		const text = await answer.innerText();
		for (const part of ["<script>window.harmed", "<iframe src=", "onerror=", "<style>body"]) has(text, part);
		ok(hostile.includes("[fine]"), "the script has a link that is fine");
		equal(await answer.getByRole("link", { name: "fine" }).getAttribute("href"), "https://example.test/fine?a=1&b=2");
		for (const place of await answer.locator("*").all()) await place.dispatchEvent("mouseover");
		for (const place of await answer.getByText(/^(click|tab|entity|data|vb|file|blob|relative|hash)$/).all()) await place.click();
		await unharmed(person);
		equal(new URL(person.page.url()).hash.includes("endpoint"), true, "address");
		await alive(person);
	},

	async "a line of a megabyte"(context) {
		const person = await Person.open(context, { scenario: "line" });
		const answer = await person.hear("Go on");
		await answer.getByRole("button", { name: /Show all/ }).waitFor();
		await alive(person);
		await answer.getByRole("button", { name: /Show all/ }).click();
		await person.page.waitForFunction(() => document.querySelector("article .prose")?.textContent.length >= 1 << 20);
		await alive(person);
	},

	async "very deep and very long Markdown"(context) {
		for (const [scenario, words] of [
			["deep", "The end."],
			["long", "A paragraph 3999 of some words and code."],
			["code", "The end."],
		]) {
			const person = await Person.open(context, { scenario });
			const answer = await person.hear("Go on");
			await answer.getByText(words).last().waitFor();
			await alive(person);
			equal(person.errors, [], "list of errors");
			await person.close();
		}
	},

	async "a long answer can be stopped while it floods in"(context) {
		const person = await Person.open(context, { scenario: "flood" });
		await person.ask("Go on");
		await person.answers.last().getByText("A paragraph").first().waitFor();
		await person.button("Stop").click();
		await person.settled();
		await alive(person);
	},

	async "models: by keyboard, from the endpoint, and any other"(context) {
		const person = await Person.open(context, { scenario: "models" });
		const { page } = person;
		await page.keyboard.press("Control+k");
		const field = page.getByRole("combobox");
		await field.waitFor();
		equal(await page.getByRole("option").count(), 19, "number of models");
		await field.fill("qwen coder");
		await page.keyboard.press("Enter");
		has(await person.button(/^Model/).innerText(), "Qwen3 Coder Plus");
		await person.button(/^Model/).click();
		await page.keyboard.press("ArrowDown");
		const active = await field.getAttribute("aria-activedescendant");
		equal(await page.locator(`[id="${active}"]`).getAttribute("aria-selected"), "true");
		await page.keyboard.press("Escape");
		await page.waitForFunction(() => /^Model/.test(document.activeElement?.textContent ?? ""));
		await person.button(/^Model/).click();
		await person.button("Ask the endpoint for its models").click();
		await page.getByRole("dialog").getByText("1 further model").waitFor();
		await page.getByRole("option", { name: /local-one/ }).click();
		has(await person.button(/^Model/).innerText(), "local-one");
		await person.button(/^Model/).click();
		await field.fill("my/own-model");
		await page.keyboard.press("Enter");
		await person.ask("Hi");
		await person.settled();
		equal((await person.sent()).at(-1).body.model, "my/own-model");
	},

	async "costs without a price"(context) {
		const person = await Person.open(context, { scenario: "unpriced" });
		await person.button(/^Model/).click();
		await person.page.getByRole("combobox").fill("voxtral");
		await person.page.keyboard.press("Enter");
		has((await (await person.hear("Hi")).innerText()).replaceAll(/\s+/g, " "), "Cost unknown");
	},

	async "light, dark, and as the system says"(context) {
		const person = await Person.open(context, { scheme: "dark" });
		const ground = () => person.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const dark = await ground();
		await person.button(/Change to light/).click();
		const light = await ground();
		ok(light !== dark, "light is as dark");
		await person.page.reload();
		await person.button(/Change to dark/).waitFor();
		equal(await ground(), light);
		await person.button(/Change to dark/).click();
		equal(await ground(), dark);
	},

	async "by keyboard alone"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		const { page } = person;
		await page.locator("body").press("Tab");
		const stops = [];
		for (let count = 0; count < 40; count += 1) {
			const stop = await page.evaluate(() => {
				const at = document.activeElement;
				const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
				const box = at.closest("form, fieldset label") ? getComputedStyle(at.closest("form, fieldset label").firstElementChild) : undefined;
				const sibling = at.nextElementSibling ? getComputedStyle(at.nextElementSibling).outlineStyle : "none";
				const seen = outlineStyle !== "none" || sibling !== "none" || (box && box.boxShadow !== "none") || boxShadow !== "none";
				return { name: at.getAttribute("aria-label") ?? at.id ?? at.textContent.slice(0, 40), tag: at.tagName, seen, outlineWidth };
			});
			if (stop.tag === "BODY") break;
			ok(stop.seen, `the focus isn't seen on ${JSON.stringify(stop)}`);
			stops.push(stop.name);
			await page.keyboard.press("Tab");
		}
		ok(stops.length > 15, `there are ${stops.length} stops: ${stops}`);
		await page.reload();
		await person.prompt.waitFor();
		await page.locator("body").focus();
		await page.getByRole("link", { name: "Skip to the prompt" }).press("Enter");
		await page.waitForFunction(() => document.activeElement?.id === "composer");
		await page.keyboard.type("One");
		await page.keyboard.press("Shift+Enter");
		await page.keyboard.type("Two");
		await page.keyboard.press("Enter");
		await person.settled();
		equal((await person.sent())[0].body.messages.at(-1).content, "One\nTwo");
		await page.getByRole("tab", { name: "Settings" }).press("ArrowRight");
		equal(await page.getByRole("tab", { name: "Code" }).getAttribute("aria-selected"), "true");
	},

	async "what screen readers are told"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		await person.page.evaluate(() => {
			window.told = [];
			const place = document.querySelector("[role=status]");
			new MutationObserver(() => window.told.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true });
		});
		await person.hear("Hi");
		const told = await person.page.evaluate(() => window.told);
		equal(told, ["Waiting for the answer", "The answer is complete"]);
	},

	async "copying"(context) {
		const person = await Person.open(context, { scenario: "markdown" });
		const answer = await person.hear("Explain");
		const clipboard = () => person.page.evaluate(() => navigator.clipboard.readText());
		await answer.getByRole("button", { name: "Copy code" }).click();
		has(await clipboard(), "return sorted(values)");
		await answer.getByText("Copied").waitFor();
		await answer.getByRole("button", { name: "Copy answer" }).click();
		has(await clipboard(), "## Qubits, in short");
	},

	async "the panel on a phone"(context) {
		const person = await Person.open(context, { size: "phone" });
		await person.button("Settings").click();
		const dialog = person.page.getByRole("dialog", { name: "Settings and code" });
		await dialog.waitFor();
		await person.page.keyboard.press("Escape");
		await dialog.waitFor({ state: "detached" });
		await person.page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Settings");
		await person.button("Code").click();
		await person.page.getByRole("tabpanel", { name: "Code" }).waitFor();
	},

	async "nothing moves for those who want it so"(context) {
		const person = await Person.open(context, { scenario: "slow", motion: "reduce" });
		await person.ask("Go on.");
		await person.answers.last().getByText("word").first().waitFor();
		equal(await person.page.evaluate(() => document.getAnimations().length), 0, "number of animations");
	},
};
