// How the static files are built.
//
// Law: the result can lie in any folder of any server, and needs no header of it: the policy is in the page. What the first screen
// needs is named in `index.html` and nothing else is, so that its size can be read there.

import { defineConfig, type Plugin, type Rolldown } from "vite";

/** What the built page may do: run its own code and the wasm module, and talk to endpoints; nothing else. */
const policy = [
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"style-src 'self'",
	"img-src 'self'",
	// Which endpoint is the user's choice: any that is encrypted, or on this machine.
	"connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
	"base-uri 'none'",
	"form-action 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
].join("; ");

/** What is loaded at once, by the names that the build gives it. */
const first = /(^|\/)(app|base|trilogue|catalog)-[^/]*\.(js|wasm)$/;
/** What the first screen draws with, in one file. */
const base = /\/(src|preact|signals|signals-core)\/.*(?<!main)\.(tsx?|m?js)$/;
/** What is loaded later although the first screen's files lie beside it. */
const late = /\/src\/(json|markdown\/lexer|tools\/(functions|calculate)|ui\/(call|code-panel|model-picker)\.)/;

/** What is loaded with the first question, in one file. */
const answer =
	/\/src\/(state\/(run|problem)|markdown\/(markdown|safe)|ui\/(banner|clipped|code|conversation|copy-button|meters|part|turn))\./;

/** The files of the first screen but for the one that the page has, with those that they import. */
function withImports(bundle: Rolldown.OutputBundle): string[] {
	const names = new Set(Object.keys(bundle).filter((name) => first.test(name)));
	for (const name of names) {
		const file = bundle[name];
		if (file?.type === "chunk") for (const other of file.imports) names.add(other);
	}
	return [...names].filter((name) => !/(^|\/)app-/.test(name));
}

/** Puts the policy into the page, and names in it what the first screen loads, so that all of it is fetched at once. */
function page(): Plugin {
	return {
		name: "page",
		apply: "build",
		transformIndexHtml: {
			order: "post",
			handler(_html, { bundle }) {
				const hints = withImports(bundle ?? {}).map((name) => ({
					tag: "link",
					attrs: name.endsWith(".js")
						? { rel: "modulepreload", crossorigin: true, href: `./${name}` }
						: {
								rel: "preload",
								as: "fetch",
								type: "application/wasm",
								crossorigin: true,
								href: `./${name}`,
							},
					injectTo: "head" as const,
				}));
				const meta = {
					"http-equiv": "Content-Security-Policy",
					content: policy,
				};
				return [{ tag: "meta", attrs: meta, injectTo: "head-prepend" as const }, ...hints];
			},
		},
	};
}

export default defineConfig({
	base: "./",
	plugins: [page()],
	optimizeDeps: { exclude: ["trilogue"] },
	build: {
		target: "es2023",
		assetsInlineLimit: 0,
		// The page names itself what it needs.
		modulePreload: false,
		rolldownOptions: {
			output: {
				entryFileNames: "assets/app-[hash].js",
				chunkFileNames: ({ moduleIds }) =>
					moduleIds.some((id) => id.endsWith("/trilogue/dist/browser.mjs"))
						? "assets/trilogue-[hash].js"
						: "assets/[name]-[hash].js",
				codeSplitting: {
					groups: [
						{ name: "base", priority: 1, test: (id) => base.test(id) && !late.test(id) && !answer.test(id) },
						{ name: "answer", test: answer },
					],
				},
			},
		},
	},
});
