// Replays the cases of `operations.json` through the binary modules of the package: the addon, and the wasm modules in Node.
//
// Every case runs in each set of modules that a program may have: the addon; `trilogue.wasm` and `kit.wasm`; a page's parts of `trilogue.wasm`.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const { cases } = JSON.parse(readFileSync(new URL("operations.json", import.meta.url), "utf8"));

/** Returns the binary modules of the installed package, each as `{operation, conversation}`. */
function modules(project) {
	const dist = dirname(project.resolve("trilogue"));
	const addon = project("@trilogue/linux-x64-gnu");
	const read = (name) => readFileSync(join(dist, name));
	const { loadSync } = project(join(dist, "wasm.cjs"));
	const whole = loadSync(read("trilogue.wasm"));
	const [base, answers] = ["base.wasm", "answers.wasm"].map((name) => loadSync(read(name)));
	const kit = project(join(dist, "kit.cjs")).loadKitSync(read("kit.wasm"));
	return {
		addon: { operation: addon.operation, conversation: () => new addon.NativeConversation() },
		wasm: { operation: either(whole.operation, whole.answerOperation), conversation: kit.conversation },
		"parts of a page": { operation: either(base.operation, answers.answerOperation), conversation: kit.conversation },
	};
}

/** Runs an operation of either group: those of a client, or those of typed answers and runs of tools. */
function either(ofClient, ofAnswers) {
	return (name, input) => {
		const text = ofClient(name, input);
		return text.includes("unknown operation") ? ofAnswers(name, input) : text;
	};
}

/** Replaces `{"$": name}` by the member of that name that an earlier step returned. */
function resolved(value, known) {
	if (Array.isArray(value)) return value.map((item) => resolved(item, known));
	if (typeof value !== "object" || value === null) return value;
	if ("$" in value) return known[value.$];
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(member, known)]));
}

/** Whether `found` contains all of `expected`: an object may have more members, a list may not. */
function contains(found, expected) {
	if (typeof expected !== "object" || expected === null) return found === expected;
	if (typeof found !== "object" || found === null) return false;
	if (Array.isArray(expected) && found.length !== expected.length) return false;
	return Object.entries(expected).every(([name, member]) => contains(found[name] ?? null, member));
}

/** Whether two values of JSON are equal. */
function isEqual(found, expected) {
	return contains(found, expected) && contains(expected, found);
}

function replay({ operation, conversation }, { conversation: isConversation, steps }) {
	const native = isConversation ? conversation() : undefined;
	const known = {};
	for (const step of steps) {
		const input = JSON.stringify(resolved(step.input, known));
		const text = native ? native.operation(step.operation, input) : operation(step.operation, input);
		const output = JSON.parse(text);
		const fail = (expected) => {
			throw new Error(`${step.operation} returned ${text}, expected ${JSON.stringify(expected)}`);
		};
		if (step.error) {
			const { message, ...fields } = step.error;
			if (!output.error?.message.includes(message) || !contains(output.error, fields)) fail(step.error);
			continue;
		}
		if (output.error || !contains(output, step.has ?? {})) fail(step.has);
		if (step.is && !isEqual(output, step.is)) fail(step.is);
		Object.assign(known, output);
	}
}

/** Replays every case in every module. Returns the counts and the failures. */
export function replayOperations(project) {
	const failures = [];
	let passed = 0;
	for (const [name, module] of Object.entries(modules(project))) {
		for (const one of cases) {
			try {
				replay(module, one);
				passed += 1;
			} catch (error) {
				failures.push(`operations in the ${name}: ${one.about}: ${error.message}`);
			}
		}
	}
	return { passed, failed: failures.length, failures };
}
