// The playground's models, color schemes, keyboard, screen readers, and phones.
//
// Finds elements by role and name, as a user does, and checks the requests that the server received. Measures no time: if the page froze, the
// next step would fail.

import { equal, ok } from "../structured/checks.mjs";
import { Person } from "./page.mjs";
import { has } from "./steps.mjs";

export const surroundings = {
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
		has((await (await person.converse("Hi")).innerText()).replaceAll(/\s+/g, " "), "Cost unknown");
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

	async "announcements for screen readers"(context) {
		const person = await Person.open(context, { scenario: "turns" });
		await person.page.evaluate(() => {
			window.announced = [];
			const place = document.querySelector("[role=status]");
			new MutationObserver(() => window.announced.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true });
		});
		await person.converse("Hi");
		const announced = await person.page.evaluate(() => window.announced);
		equal(announced, ["Waiting for the answer", "The answer is complete"]);
	},

	async "copying"(context) {
		const person = await Person.open(context, { scenario: "markdown" });
		const answer = await person.converse("Explain");
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

	async "no animations with reduced motion"(context) {
		const person = await Person.open(context, { scenario: "slow", motion: "reduce" });
		await person.ask("Go on.");
		await person.answers.last().getByText("word").first().waitFor();
		equal(await person.page.evaluate(() => document.getAnimations().length), 0, "number of animations");
	},
};
