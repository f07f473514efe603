// The JavaScript that wasm-bindgen writes for each module. The build resolves these names to files in `dist`.

declare module "glue-of-client" {
	export default function start(source: { module_or_path: unknown }): Promise<unknown>;
	export function initSync(source: { module: WebAssembly.Module | BufferSource }): unknown;
	export function check(options: string, environment: string): string | undefined;
	export function operation(name: string, input: string): string;
	export const NativeClient: {
		make(options: string, environment: string, isPage: boolean): import("./driver.js").WasmClient;
	};
}

declare module "glue-of-kit" {
	export default function start(source: { module_or_path: unknown }): Promise<unknown>;
	export function initSync(source: { module: WebAssembly.Module | BufferSource }): unknown;
	export function operation(name: string, input: string): string;
	export const NativeConversation: new () => import("./kit.js").NativeConversation;
}
