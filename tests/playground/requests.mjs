// The playground's requests: parameters, formats, tools, and the request as code.
//
// Finds elements by role and name, as a user does, and checks the requests that the server received. Measures no time: if the page froze, the
// next step would fail.

import { equal, ok } from "../structured/checks.mjs";
import { Person } from "./page.mjs";
import { choose, has, secret, switched } from "./steps.mjs";

export const requests = {
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
		await person.converse("Hi");
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
		const answer = await person.converse("Hi");
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
		const answer = await person.converse("What is it?");
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
		// The next request contains the calls and their results.
		await person.converse("Sure?");
		const third = (await person.sent())[2].body;
		equal(third.messages.map(({ role }) => role), ["system", "user", "assistant", "tool", "tool", "assistant", "user"]);

		const other = await Person.open(context, { scenario: "messagesTools" });
		await choose(other, "Anthropic");
		await switched(other, /calculator/);
		const said = await other.converse("What is it?");
		has(await said.getByRole("region", { name: "Call of the tool calculator" }).innerText(), "42");
		has(await said.innerText(), "It is 42.");
		const bodies = (await other.sent()).map(({ body }) => body);
		equal(bodies[0].tools.map(({ name }) => name), ["calculator"]);
		equal(bodies[1].messages.at(-1).content[0].type, "tool_result");
	},

	async "a conversation with calls continues in the other format"(context) {
		const person = await Person.open(context, { scenario: "toolsThenMessages" });
		await switched(person, /calculator/, /get_time/);
		await person.converse("What is it?");
		await choose(person, "Anthropic");
		const answer = await person.converse("Sure?");
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
		// Live: the prompt, then the settings. The code shows what is sent.
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

	async "arguments are shown as they arrive"(context) {
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

	async "a tool that fails, and a run with too many steps"(context) {
		const person = await Person.open(context, { scenario: "wrongTool" });
		await switched(person, /calculator/);
		const answer = await person.converse("What is it?");
		has(await answer.getByRole("region", { name: "Call of the tool calculator" }).innerText(), "failed");
		has(await answer.innerText(), "I can't compute that.");
		const other = await Person.open(context, { scenario: "circles" });
		await switched(other, /roll_dice/);
		const said = await other.converse("Roll.");
		has(await said.getByRole("alert").innerText(), "round in circles");
		equal((await other.sent()).length, 6, "number of requests");
	},
};
