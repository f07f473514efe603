// How the playground shows replies: JSON, hostile replies, and long ones.
//
// Finds elements by role and name, as a user does, and checks the requests that the server received. Measures no time: if the page froze, the
// next step would fail.

import { equal, ok } from "../structured/checks.mjs";
import { Person } from "./page.mjs";
import { hostile } from "./scenarios.mjs";
import { alive, choose, has, unharmed } from "./steps.mjs";

export const content = {
	async "JSON: a tree, and its text"(context) {
		const person = await Person.open(context, { scenario: "json" });
		await choose(person, "JSON Schema");
		const answer = await person.converse("Describe it");
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
		const answer = await person.converse("Describe it");
		await answer.getByRole("button", { name: /^points/ }).waitFor();
		equal((await person.sent())[0].body.output_config.format.type, "json_schema");
	},

	async "invalid, deep, long and hostile JSON"(context) {
		for (const [scenario, words] of [
			["jsonNot", "I'd rather not answer in JSON."],
			["jsonDeep", "a"],
			["jsonLong", "Show more of 20,001"],
			["jsonHostile", "<script>window.harmed=2</script>"],
		]) {
			const person = await Person.open(context, { scenario });
			await choose(person, "JSON");
			const answer = await person.converse("Go");
			await answer.getByText(words).first().waitFor();
			equal(await person.page.evaluate(() => ({}).polluted ?? null), null, "prototype");
			await unharmed(person);
			await alive(person);
			equal(person.errors, [], "list of errors");
			await person.close();
		}
	},

	async "a schema that cannot be sent"(context) {
		const person = await Person.open(context, { scenario: "json" });
		await choose(person, "JSON Schema");
		await person.panel("Settings");
		await person.page.getByRole("textbox", { name: "Schema" }).fill('{ "type": ');
		has(await person.page.getByRole("tabpanel").innerText(), "Not JSON yet");
		await person.converse("Go");
		has(await person.page.getByRole("alert").innerText(), "schema");
		equal((await person.sent()).length, 0, "number of requests");
		await person.button("Change the schema").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-schema");
	},

	async "a hostile reply does no harm"(context) {
		const person = await Person.open(context, { scenario: "hostile" });
		const answer = await person.converse("Harm me");
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
		const answer = await person.converse("Go on");
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
			const answer = await person.converse("Go on");
			await answer.getByText(words).last().waitFor();
			await alive(person);
			equal(person.errors, [], "list of errors");
			await person.close();
		}
	},

	async "a long reply can be stopped while it arrives"(context) {
		const person = await Person.open(context, { scenario: "flood" });
		await person.ask("Go on");
		await person.answers.last().getByText("A paragraph").first().waitFor();
		await person.button("Stop").click();
		await person.settled();
		await alive(person);
	},
};
