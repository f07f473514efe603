// The JavaScript that wasm-bindgen writes for the modules. `build.mjs` resolves these names to files in `dist`.

declare module "glue-of-client" {
	/** Creates the glue of a module. A module without a feature lacks the functions of that feature. */
	export function createGlue(): import("./wasm.js").ClientGlue;
}

declare module "glue-of-kit" {
	export default function start(source: { module_or_path: unknown }): Promise<unknown>;
	export function initSync(source: { module: WebAssembly.Module | BufferSource }): unknown;
	export function operation(name: string, input: string): string;
	export const NativeConversation: new () => import("./kit.js").NativeConversation;
}
