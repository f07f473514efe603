// Programs whose `fetch` is a mock or another library's: Mock Service Worker, and undici with its MockAgent.

import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { output, same } from "./spawn.mjs";

export async function mockSamples({ tools, samples, typescript }) {
	const folder = samples(join(tools, "samples"));
	const run = async (file, expected) => same((await output("node", [file], { cwd: folder })).stdout, expected);
	return {
		"Mock Service Worker": () => run("msw.mjs", "mocked, whole; mocked, streamed"),
		"undici's MockAgent": () => run("mock-agent.mjs", "mocked after 1 retry"),
		"the types of functions for `fetch`": async () => {
			const compilerOptions = { module: "nodenext", lib: ["es2023", "dom", "dom.iterable"], types: ["node"], strict: true, skipLibCheck: true, noEmit: true };
			writeFileSync(join(folder, "mocks.json"), JSON.stringify({ compilerOptions, files: ["mocks.ts"] }));
			await output("node", [join(typescript, "bin/tsc"), "--project", join(folder, "mocks.json")]);
		},
	};
}
