// The playground in Chromium, and the actions of a user.
//
// Finds elements by role and name, as a user does, and not by CSS class.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

export const widths = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
export const schemes = ["light", "dark"];

const axeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A page of its own, at an endpoint of the test server. */
export class Person {
	/** @param context {{ browser: object, site: string, server: string, axe: string, shots: string }} */
	static async open(context, { scenario = "short", size = "desktop", scheme = "light", link = true, motion = "reduce", split = "pieces" } = {}) {
		const inside = await context.browser.newContext({ viewport: widths[size], colorScheme: scheme, reducedMotion: motion, locale: "en-GB" });
		await inside.grantPermissions(["clipboard-read", "clipboard-write"]);
		const page = await inside.newPage();
		page.setDefaultTimeout(15_000);
		const person = new Person(context, page, size, scheme);
		page.on("pageerror", (error) => person.errors.push(String(error)));
		page.on("console", (line) => line.type() === "error" && person.errors.push(line.text()));
		page.on("request", (request) => person.requests.push(request.url()));
		const nonce = `${scenario}-${Math.random().toString(36).slice(2)}`;
		person.endpoint = `${context.server}/v/${scenario}/${split}/${nonce}`;
		person.log = `${context.server}/log/${nonce}`;
		await page.goto(link ? `${context.site}#${new URLSearchParams({ endpoint: person.endpoint })}` : context.site);
		await page.getByRole("button", { name: "Explain quantum computing" }).waitFor();
		return person;
	}

	constructor(context, page, size, scheme) {
		Object.assign(this, { context, page, size, scheme, errors: [], requests: [] });
	}

	get prompt() {
		return this.page.getByRole("textbox", { name: "Prompt" });
	}

	get answers() {
		return this.page.getByRole("article");
	}

	button(name) {
		return this.page.getByRole("button", { name, exact: typeof name === "string" });
	}

	/** Opens the panel at a tab. */
	async panel(name) {
		if (this.size === "phone" && !(await this.page.getByRole("tablist", { name: "Panel" }).isVisible())) {
			await this.button(name).click();
		}
		await this.page.getByRole("tab", { name }).click();
		await this.page.getByRole("tabpanel", { name }).waitFor();
	}

	async closePanel() {
		if (this.size === "phone") await this.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
	}

	async ask(text) {
		await this.prompt.fill(text);
		await this.prompt.press("Enter");
	}

	/** Sends a message and waits for the end of the reply. */
	async converse(text) {
		await this.ask(text);
		await this.settled();
		return this.answers.last();
	}

	async settled() {
		await this.button("Send").waitFor();
		await this.page.locator('article [aria-busy="true"]').waitFor({ state: "detached" });
	}

	/** The bodies that the server received. */
	async sent() {
		return (await (await fetch(this.log)).json()).map(({ body, headers }) => ({ body, headers }));
	}

	/** Sets the color scheme of the system. */
	async see(scheme) {
		this.scheme = scheme;
		await this.page.emulateMedia({ colorScheme: scheme });
	}

	async shot(name) {
		await this.page.screenshot({ path: join(this.context.shots, `${name}-${this.size}-${this.scheme}.png`) });
	}

	/** The violations that axe finds. */
	async faults() {
		if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(await readFile(this.context.axe, "utf8"));
		const { violations } = await this.page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), axeTags);
		return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any, all }) => `${html.slice(0, 160)} ${[...any, ...all].map(({ message }) => message).join(" ").slice(0, 200)}`).join(" | ")}`);
	}

	async close() {
		await this.page.context().close();
	}
}
