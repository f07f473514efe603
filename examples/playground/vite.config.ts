// The build of the static files.
//
// The result works in any folder of any server without special headers, since the page contains the policy. `index.html` names the files of the
// first screen and no others, so that its size can be computed from it.

import { defineConfig, type Plugin, type Rolldown } from "vite";

/** The policy of the built page: it may run its own code and the wasm module, and connect to endpoints. */
const policy = [
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"style-src 'self'",
	"img-src 'self'",
	// The user chooses the endpoint: any with TLS, or one on this machine.
	"connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
	"base-uri 'none'",
	"form-action 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
].join("; ");

/** The chunks that are loaded at once. */
const first = /(^|\/)((app|base|trilogue|catalog)-[^/]*\.js|base-[^/]*\.wasm)$/;
/** The modules of the first screen, in one chunk. */
const base = /\/(src|preact|signals|signals-core)\/.*(?<!main)\.(tsx?|m?js)$/;
/** Modules that are loaded later, although they are next to those of the first screen. */
const late = /\/src\/(json|markdown\/lexer|tools\/(functions|calculate)|ui\/(call|code-panel|model-picker)\.)/;

/** The modules that are loaded with the first message, in one chunk. */
const answer =
	/\/src\/(state\/(run|problem)|markdown\/(markdown|safe)|ui\/(banner|clipped|code|conversation|copy-button|meters|part|turn))\./;

/** The files of the first screen and their imports, except for the one that the page already names. */
function withImports(bundle: Rolldown.OutputBundle): string[] {
	const names = new Set(Object.keys(bundle).filter((name) => first.test(name)));
	for (const name of names) {
		const file = bundle[name];
		if (file?.type === "chunk") for (const other of file.imports) names.add(other);
	}
	return [...names].filter((name) => !/(^|\/)app-/.test(name));
}

/** Adds the policy to the page, and preloads for the files of the first screen, so that they are fetched in parallel. */
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
		// The page names its files itself.
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
