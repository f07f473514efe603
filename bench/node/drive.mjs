// Runs one client through one case, and prints what it cost as one line of JSON: node drive.mjs PEER CASE URL [NAME=VALUE ...]
//
// Law: CPU is user and system time of this whole process, so a client's threads and V8's own count. Each case is done once before it is
// measured.

import { cases } from "./cases.mjs";

async function measured(work) {
	const used = process.cpuUsage();
	const start = performance.now();
	const value = await work();
	const { user, system } = process.cpuUsage(used);
	return { value, cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1e3 };
}

const memory = () => ({ now: process.memoryUsage.rss() / 1024, most: process.resourceUsage().maxRSS });

const [name, work, url, ...rest] = process.argv.slice(2);
const given = Object.fromEntries(rest.map((pair) => pair.split("=")));
const { make } = await import(`./peers/${name}.mjs`);
console.log(JSON.stringify(await cases[work](make(url), given, measured, memory)));
// Connections that are kept for later would hold the process.
process.exit();
