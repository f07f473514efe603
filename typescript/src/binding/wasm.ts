// A wasm module with the client as a `Binding`, and the module of typed answers and runs of tools.
//
// Starts modules; depends on nothing else of the package, since Node loads this file alone on platforms without an addon. All of these modules have the
// same glue, of which each has an instance.

import { createGlue } from "glue-of-client";
import { CLIENT_VARIABLES } from "../generated/constants.js";
import type { Binding } from "./binding.js";
import { DrivenClient, type WasmClient } from "./driven-client.js";

/** The functions of a module. A module without a feature lacks some of them. */
export interface ClientGlue {
	default(source: { module_or_path: unknown }): Promise<unknown>;
	initSync(source: { module: WebAssembly.Module | BufferSource }): unknown;
	check(options: string, environment: string): string | undefined;
	operation(name: string, input: string): string;
	answerOperation(name: string, input: string): string;
	readonly NativeClient: { make(options: string, environment: string, isPage: boolean): WasmClient };
}

/** A compiled module, its bytes, or the URL of the file. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | URL | string;

/** Environment variables, which a wasm module cannot read by itself. */
export type Environment = Record<string, string | undefined>;

/** Whether this is a page or one of its workers, whose requests need the consent of the server for each additional header. */
const isPage = "document" in globalThis || "WorkerGlobalScope" in globalThis;

function bindingWith(
	{ check, operation, answerOperation, NativeClient }: ClientGlue,
	environment: Environment,
): Binding {
	// Read for each client, since a program may set variables after it has loaded the package.
	const variables = () => JSON.stringify(Object.fromEntries(CLIENT_VARIABLES.map((name) => [name, environment[name]])));
	return {
		check: (options) => check(JSON.stringify(options), variables()),
		make: (options, fetch) => new DrivenClient(NativeClient.make(JSON.stringify(options), variables(), isPage), fetch),
		operation,
		answerOperation,
	};
}

/** Starts a module. */
export async function load(source: WasmSource | Promise<WasmSource>, environment: Environment = {}): Promise<Binding> {
	const glue = createGlue();
	await glue.default({ module_or_path: source });
	return bindingWith(glue, environment);
}

/** The operations of typed answers and runs of tools. */
export type Answers = Pick<Binding, "answerOperation">;

/** Starts the module of typed answers and runs of tools. */
export async function loadAnswers(source: WasmSource | Promise<WasmSource>): Promise<Answers> {
	const glue = createGlue();
	await glue.default({ module_or_path: source });
	return glue;
}

/** Starts a module synchronously, which browsers allow only for small modules, or outside their main thread. */
export function loadSync(source: WebAssembly.Module | BufferSource, environment: Environment = {}): Binding {
	const glue = createGlue();
	glue.initSync({ module: source });
	return bindingWith(glue, environment);
}
