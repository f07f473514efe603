// Runs one client through one case in a page of headless Chromium, and prints its figures as one line of JSON:
// node browser.mjs PROJECT CHROMIUM PLAYWRIGHT PEER CASE URL [NAME=VALUE ...]
//
// `cpu` is the CPU time of the page's main thread, where scripts, wasm and the parsing of bodies run. Chromium's network process does the same
// work for every client and is not counted. `process_cpu_us` is the CPU time of the renderer with all its threads, in steps of 10 ms.

import { openPage } from "../../tests/runners/page.mjs";

const [project, chromium, playwright, peer, work, url, ...rest] = process.argv.slice(2);
const given = Object.fromEntries(rest.map((pair) => pair.split("=")));
const page = `<!doctype html><title>bench</title>
<script type="importmap">{"imports": {"trilogue": "/project/node_modules/trilogue/dist/browser.mjs"}}</script>`;
const browser = await openPage({ project, chromium, playwright, page });
try {
	const session = await browser.page.context().newCDPSession(browser.page);
	await session.send("Performance.enable", { timeDomain: "threadTicks" });
	// The page calls this before and after a measurement.
	await browser.page.exposeFunction("used", async () => {
		const { metrics } = await session.send("Performance.getMetrics");
		const value = (name) => metrics.find((metric) => metric.name === name).value;
		return { thread: value("ThreadTime"), process: value("ProcessTime") };
	});
	const result = await browser.page.evaluate(
		async ({ peer, work, url, given }) => {
			const { make } = await import(`/project/bundle/${peer}.mjs`);
			const { cases } = await import("/project/cases.mjs");
			let whole = 0;
			let longest = 0;
			const measured = async (run) => {
				const before = await window.used();
				// The longest time in which the page could neither draw nor react.
				let last = performance.now();
				const beat = setInterval(() => {
					longest = Math.max(longest, performance.now() - last);
					last = performance.now();
				}, 0);
				const start = performance.now();
				const value = await run();
				const wall = (performance.now() - start) / 1e3;
				clearInterval(beat);
				longest = Math.max(longest, performance.now() - last);
				const after = await window.used();
				whole = after.process - before.process;
				return { value, cpu: after.thread - before.thread, wall };
			};
			const metrics = await cases[work](make(url), given, measured);
			if (given.chunks) Object.assign(metrics, { process_cpu_us: (whole / given.chunks) * 1e6, stalled_ms: longest });
			return metrics;
		},
		{ peer, work, url, given },
	);
	console.log(JSON.stringify(result));
} finally {
	await browser.close();
}
