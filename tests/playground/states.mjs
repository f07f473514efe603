// Every state of the page, at both widths, light and dark: no violations of axe, nothing wider than the window, and a screenshot.
//
// Reaches each state through the user interface. The screenshots are for people; nothing compares them.

import { equal, ok } from "../structured/checks.mjs";
import { Person, schemes, widths } from "./page.mjs";

const settings = async (person, act) => {
	await person.panel("Settings");
	await act(person.page);
	await person.closePanel();
};

/** The states by name: the scenario, and the steps that reach the state. */
const reached = {
	welcome: ["short", async () => undefined],
	"a model with few fields in the catalogue": [
		"short",
		async ({ page }) => {
			await page.getByRole("button", { name: /^Model/ }).click();
			await page.getByRole("combobox").fill("voxtral");
			await page.keyboard.press("Enter");
		},
	],
	"waiting for the first token": ["silent", async (person) => person.ask("Are you there?")],
	thinking: [
		"thinking",
		async (person) => {
			await person.ask("Think.");
			await person.answers.last().getByText("Thinking").click();
			await person.answers.last().getByText("Let me think").first().waitFor();
		},
	],
	streaming: [
		"slow",
		async (person) => {
			await person.ask("Go on.");
			await person.answers.last().getByText("word").first().waitFor();
		},
	],
	stopped: [
		"slow",
		async (person) => {
			await person.ask("Go on.");
			await person.answers.last().getByText("word").first().waitFor();
			await person.button("Stop").click();
			await person.settled();
		},
	],
	markdown: [
		"markdown",
		async (person) => {
			await person.converse("Explain quantum computing in simple terms");
			await person.answers.last().getByText("Reasoning", { exact: true }).click();
			await person.page.getByRole("region", { name: "Conversation" }).evaluate((at) => at.scrollTo(0, 0));
		},
	],
	"the end of markdown": ["markdown", async (person) => person.converse("Explain quantum computing in simple terms")],
	"several turns": [
		"turns",
		async (person) => {
			await person.converse("What is a transport, in a client of a language model, and why is there a trait for it?");
			await person.converse("And a body?");
		},
	],
	"tools called": [
		"tools",
		async (person) => {
			await settings(person, async (page) => {
				await page.getByRole("switch", { name: /calculator/ }).check();
				await page.getByRole("switch", { name: /get_time/ }).check();
			});
			await person.converse("What is (12 + 30) * 2 ^ 3?");
		},
	],
	"a tool being called": [
		"writing",
		async (person) => {
			await settings(person, (page) => page.getByRole("switch", { name: /calculator/ }).check());
			await person.ask("Add them up.");
			await person.answers.last().getByText("writing arguments").waitFor();
			await person.answers.last().getByText("expression").waitFor();
		},
	],
	json: [
		"json",
		async (person) => {
			await settings(person, (page) => page.getByRole("radio", { name: "JSON Schema", exact: true }).check());
			await person.converse("Describe quantum computing");
		},
	],
	"json growing": [
		"jsonSlow",
		async (person) => {
			await settings(person, (page) => page.getByRole("radio", { name: "JSON", exact: true }).check());
			await person.ask("Count, as JSON.");
			await person.answers.last().getByText("number").first().waitFor();
		},
	],
	"a wrong key": ["key", async (person) => person.converse("Hi")],
	"too many requests": ["limit", async (person) => person.converse("Hi")],
	"a lost connection": ["lost", async (person) => person.converse("Hi")],
	offline: [
		"short",
		async (person) => {
			await person.page.context().setOffline(true);
			await person.page.getByText("You are offline").waitFor();
		},
	],
	settings: ["short", async (person) => person.panel("Settings")],
	"the end of the settings": [
		"short",
		async (person) => {
			await person.panel("Settings");
			await person.page.getByText("More parameters").click();
			await person.page.getByRole("radio", { name: "JSON Schema", exact: true }).check();
			await person.page.getByRole("textbox", { name: "Schema" }).fill("{");
			await person.page.getByRole("switch").last().scrollIntoViewIfNeeded();
		},
	],
	code: [
		"short",
		async (person) => {
			await person.panel("Code");
			await person.page.getByText("from trilogue import Client").first().waitFor();
		},
	],
	"code of a shell": [
		"short",
		async (person) => {
			await person.panel("Code");
			await person.page.getByRole("tab", { name: "cURL" }).click();
			await person.page.getByText("curl").first().waitFor();
		},
	],
	"the model picker": [
		"short",
		async ({ page }) => {
			await page.getByRole("button", { name: /^Model/ }).click();
			await page.getByRole("combobox").waitFor();
		},
	],
	"the model picker, searching": [
		"short",
		async ({ page }) => {
			await page.getByRole("button", { name: /^Model/ }).click();
			await page.getByRole("combobox").fill("qwen");
		},
	],
};

const all = Object.entries(reached).flatMap(([name, [scenario, reach]]) =>
	Object.keys(widths).map((size) => [
		`state: ${name}, ${size}`,
		async (context) => {
			const person = await Person.open(context, { scenario, size });
			await reach(person);
			for (const scheme of schemes) {
				await person.see(scheme);
				await person.shot(name.replaceAll(/\W+/g, "-"));
				equal(await person.faults(), [], `list of what axe finds (${scheme})`);
			}
			const [wide, room] = await person.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
			ok(wide <= room, `the page is ${wide} wide in a window of ${room}`);
		},
	]),
);

export const states = Object.fromEntries(all);
