// Runs one client through one case, and prints its figures as one line of JSON: node drive.mjs PEER CASE URL [NAME=VALUE ...]
//
// CPU is user and system time of the whole process, including threads of the client and of V8. Each case runs once before it is measured.

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
// Kept connections would keep the process alive.
process.exit();
