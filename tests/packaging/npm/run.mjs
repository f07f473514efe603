// Installs the npm packages into sample projects, as users do, and runs each in its host.
//
// Arguments: an empty folder, the folder with the tools of `package.json` in which the tarballs are installed too, the test server's
// address and its program, the two tarballs, TypeScript's folder, the path of Chromium, and that of playwright-core.
// A sample that cannot run has failed. Runs all samples, also after a failure, and prints how many passed.

import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSamples } from "./bundles.mjs";
import { exampleSamples } from "./examples.mjs";
import { hostSamples } from "./hosts.mjs";
import { mockSamples } from "./mocks.mjs";
import { nodeSamples } from "./node.mjs";
import { webSamples } from "./web.mjs";

const [work, tools, server, program, main, platform, typescript, chromium, playwright] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const context = {
	work,
	tools,
	program,
	root: join(here, "../../.."),
	tarballs: [main, platform],
	typescript,
	chromium,
	playwright,
	endpoint: `${server}/v/stream.plain/whole/packaging`,
	/** The samples are in the project, where they find the packages. */
	samples(folder) {
		mkdirSync(folder, { recursive: true });
		cpSync(join(here, "samples"), folder, { recursive: true });
		return folder;
	},
};

const counts = { passed: 0, failed: 0 };
for (const make of [nodeSamples, bundleSamples, mockSamples, webSamples, hostSamples, exampleSamples]) {
	for (const [name, run] of Object.entries(await make(context))) {
		try {
			await run();
			counts.passed += 1;
		} catch (error) {
			counts.failed += 1;
			console.error(`${name}: ${error?.stack ?? error}`);
		}
	}
}
console.log(`npm packages: ${counts.passed} passed, ${counts.failed} failed`);
// A failed sample may have left handles open.
process.exit(counts.failed ? 1 : 0);
