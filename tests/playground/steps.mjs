// Steps and checks that several cases of the playground share.
//
// Finds elements by role and name, as a user does.

import { equal, ok } from "../structured/checks.mjs";

export const secret = "sk-secret-0123456789";

export function has(text, part) {
	ok(text.includes(part), `${JSON.stringify(part)} is not in ${JSON.stringify(text.slice(0, 2000))}`);
}

export async function switched(person, ...names) {
	await person.panel("Settings");
	for (const name of names) await person.page.getByRole("switch", { name }).check();
	await person.closePanel();
}

export async function choose(person, words) {
	await person.panel("Settings");
	await person.page.getByRole("radio", { name: words, exact: true }).check();
	await person.closePanel();
}

/** Checks that the page still works. */
export async function alive(person) {
	const before = await person.page.locator("html").getAttribute("data-theme");
	await person.button(/^Theme/).click();
	ok((await person.page.locator("html").getAttribute("data-theme")) !== before, "the page no longer answers");
	await person.prompt.fill("still here");
	equal(await person.prompt.inputValue(), "still here");
}

/** Checks that the text of a model has not become markup. */
export async function unharmed(person) {
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
