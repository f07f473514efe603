// Creates the published packages: `FOLDER/main`, and `FOLDER/platform` with the addon for this platform. node pack.mjs ADDON NOTICES FOLDER
//
// The folders contain the files that users install and nothing else. The name of the platform comes from this machine's Node.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** The platforms with an addon. On others the package uses its wasm module. */
const platforms = ["linux-x64-gnu"];

const [addon, notices, folder] = process.argv.slice(2);
const { devDependencies: _tools, scripts: _checks, ...main } = JSON.parse(readFileSync("package.json", "utf8"));

function createPackage(name, manifest, files) {
	const to = join(folder, name);
	mkdirSync(to, { recursive: true });
	const all = { ...files, "LICENSE-MIT": "../LICENSE-MIT", "LICENSE-APACHE": "../LICENSE-APACHE" };
	for (const [file, from] of Object.entries(all)) cpSync(from, join(to, file), { recursive: true });
	const whole = { ...manifest, files: Object.keys(all) };
	writeFileSync(join(to, "package.json"), `${JSON.stringify(whole, null, "\t")}\n`);
	return to;
}

const isGlibc = "glibcVersionRuntime" in process.report.getReport().header;
const libc = process.platform === "linux" ? [isGlibc ? "glibc" : "musl"] : undefined;
const platform = [process.platform, process.arch, ...(libc ? [isGlibc ? "gnu" : "musl"] : [])].join("-");
if (!platforms.includes(platform)) throw new Error(`add ${platform} to the platforms in pack.mjs`);

const optionalDependencies = Object.fromEntries(platforms.map((name) => [`@trilogue/${name}`, main.version]));
createPackage("main", { ...main, optionalDependencies }, { dist: "dist", "README.md": "README.md" });

const { version, license, repository, engines } = main;
const name = `@trilogue/${platform}`;
const description = `The native addon of trilogue for ${platform}`;
const fits = { os: [process.platform], cpu: [process.arch], libc };
const manifest = {
	name,
	version,
	description,
	license,
	repository,
	type: "commonjs",
	main: "./trilogue.node",
	...fits,
	engines,
};
const to = createPackage("platform", manifest, { "trilogue.node": addon, [basename(notices)]: notices });
writeFileSync(join(to, "README.md"), `# ${name}\n\n${description}. Install \`trilogue\`, which needs it.\n`);
