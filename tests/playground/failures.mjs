// Failures in the playground, and its handling of the key.
//
// Finds elements by role and name, as a user does, and checks the requests that the server received. Measures no time: if the page froze, the
// next step would fail.

import { equal, ok } from "../structured/checks.mjs";
import { Person } from "./page.mjs";
import { has, secret, unharmed } from "./steps.mjs";

export const failures = {
	async "a wrong key: the banner leads to the field"(context) {
		const person = await Person.open(context, { scenario: "key", size: "phone" });
		await person.converse("Hi");
		const alert = person.page.getByRole("alert");
		has(await alert.innerText(), "The endpoint refused the key");
		has(await alert.innerText(), "Incorrect API key provided");
		has(await person.answers.last().innerText(), "req_42");
		await person.button("Change the key").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-key");
	},

	async "no key at an endpoint that needs one"(context) {
		const person = await Person.open(context, { link: false });
		await person.converse("Hi");
		has(await person.page.getByRole("alert").innerText(), "Something is missing");
		equal(person.requests.filter((url) => url.includes("modelslab")), [], "list of requests");
		await person.button("Change the key").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-key");
	},

	async "too many requests: how long to wait"(context) {
		const person = await Person.open(context, { scenario: "limit" });
		await person.converse("Hi");
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
			await person.converse("Hi");
			has(await person.page.getByRole("alert").innerText(), words);
			await unharmed(person);
			await person.close();
		}
	},

	async "a server that is down"(context) {
		const person = await Person.open(context);
		await person.panel("Settings");
		await person.page.getByRole("textbox", { name: "Base URL" }).fill("http://127.0.0.1:9/v1");
		await person.converse("Hi");
		has(await person.page.getByRole("alert").innerText(), "The endpoint can't be reached");
		await person.button("Change the endpoint").click();
		await person.page.waitForFunction(() => document.activeElement?.id === "field-endpoint");
		await person.page.keyboard.press("Control+A");
		await person.page.keyboard.type(person.endpoint);
		await person.button("Retry").click();
		await person.settled();
		has(await person.answers.last().innerText(), "Hello from the model.");
	},

	async "an invalid base URL"(context) {
		const person = await Person.open(context);
		await person.panel("Settings");
		await person.page.getByRole("textbox", { name: "Base URL" }).fill("not an address");
		await person.converse("Hi");
		await person.button("Change the endpoint").waitFor();
	},

	async "a broken connection: the part that arrived stays"(context) {
		const person = await Person.open(context, { scenario: "lost" });
		const answer = await person.converse("Hi");
		has(await answer.innerText(), "This answer breaks o");
		has(await answer.getByRole("alert").innerText(), "The answer was cut off");
	},

	async "offline and back"(context) {
		const person = await Person.open(context);
		await person.converse("Before");
		await person.page.context().setOffline(true);
		await person.page.getByText("You are offline:").waitFor();
		await person.converse("Hi");
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
		await person.converse("Hi");
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
		await person.converse("Hi");
		equal((await person.sent())[1].headers.authorization ?? null, null, "header after a reload");
	},

	async "a link cannot send the key elsewhere"(context) {
		const person = await Person.open(context, { link: false });
		const { page } = person;
		for (const endpoint of ["https://evil.test/v1", "http://127.0.0.1.evil.test", "http://localhost@evil.test", "javascript:1"]) {
			await page.goto("about:blank");
			await page.goto(`${context.site}#${new URLSearchParams({ endpoint })}`);
			await person.button("Compare REST vs GraphQL APIs").waitFor();
			equal(await page.getByRole("textbox", { name: "Base URL" }).inputValue(), "https://modelslab.com/api/v7/llm", endpoint);
		}
	},
};
