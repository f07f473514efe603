// The conversation: messages and their replies.
//
// One message at a time. The next request contains the replies that were stopped, as far as they arrived, but not those that failed.

import { computed, signal } from "@preact/signals";
import { loadLexer } from "../markdown/document";
import { announce } from "../ui/live";
import { Answer } from "./answer";
import { type Body, requestOf } from "./request";
import { type Format, format, model, output, schema, system, tools, values } from "./settings";

/** A message with its reply. */
export interface Turn {
	id: number;
	prompt: string;
	answer: Answer;
}

export const turns = signal<readonly Turn[]>([]);
/** The text in the composer. */
export const draft = signal("");

const running = signal<AbortController | undefined>(undefined);
export const isRunning = computed(() => running.value !== undefined);

let count = 0;

/** The turns of the next request. */
function messagesOf(before: readonly Turn[], kind: Format): object[] {
	return before.flatMap(({ prompt, answer }) => {
		const isLost = answer.state.value === "failed" || (!answer.turns && answer.text === "");
		if (isLost) return [];
		const question = { role: "user", content: prompt };
		const { turns } = answer;
		if (turns && answer.format === kind) return [question, ...turns];
		if (turns && translate.value) return translate.value([question, ...turns], answer.format, kind);
		// Without the converter, calls in the other format are left out.
		return [question, { role: "assistant", content: answer.text }];
	});
}

/** Whether there are calls and results in the other format. */
function needsTranslation(before: readonly Turn[], kind: Format): boolean {
	return before.some(({ answer }) => answer.turns && answer.format !== kind);
}

/** Converts messages of either format. Loaded when a conversation with calls changes its format. */
const translate = signal<((messages: readonly object[], from: Format, to: Format) => object[]) | undefined>(undefined);

async function loadTranslation(): Promise<void> {
	const { Conversation } = await import("trilogue/conversation");
	translate.value = (messages, from, to) => {
		const conversation = new Conversation({ format: from, messages });
		conversation.format = to;
		return conversation.messages;
	};
}

/** The request for an answer to `prompt` after `before`; without the functions of tools. */
export function requestFor(prompt: string, before: readonly Turn[], definitions: readonly object[]): Body {
	const choices = {
		format: format.value,
		model: model.value,
		system: system.value,
		values: values.value,
		output: output.value,
		schema: schema.value.value,
		tools: definitions,
	};
	return requestOf(choices, [...messagesOf(before, format.value), { role: "user", content: prompt }]);
}

/** Whether the request has tools: a JSON reply calls none. */
export const withTools = computed(() => output.value === "text" && tools.value.size > 0);

/** Sends the text in the composer. */
export function send(): void {
	const prompt = draft.value.trim();
	if (prompt === "" || isRunning.value) return;
	draft.value = "";
	void ask(prompt, turns.value);
}

/** Sends a message again with the current settings, and replaces its reply. */
export function retry(turn: Turn): void {
	if (isRunning.value) return;
	const place = turns.value.indexOf(turn);
	if (place >= 0) void ask(turn.prompt, turns.value.slice(0, place));
}

/** Puts a message back into the composer, and removes it and everything after it. */
export function edit(turn: Turn): void {
	if (isRunning.value) return;
	const place = turns.value.indexOf(turn);
	if (place < 0) return;
	turns.value = turns.value.slice(0, place);
	draft.value = turn.prompt;
}

export function stop(): void {
	running.value?.abort();
}

/** Starts a new conversation. */
export function clear(): void {
	stop();
	turns.value = [];
}

async function ask(prompt: string, before: readonly Turn[]): Promise<void> {
	const control = new AbortController();
	const answer = new Answer(format.value, model.value);
	const wanted = withTools.value ? [...tools.value] : [];
	running.value = control;
	count += 1;
	turns.value = [...before, { id: count, prompt, answer }];
	announce("Waiting for the answer");
	const parts = await Promise.all([import("./run"), import("./problem")]).catch(() => undefined);
	if (!parts) {
		// Offline before the first reply: the message stays in the composer.
		turns.value = before;
		draft.value = prompt;
		running.value = undefined;
		announce("The network is away");
		return;
	}
	const [{ run }, { problemOf, SchemaError }] = parts;
	try {
		const { problem } = schema.value;
		if (output.value === "schema" && problem) throw new SchemaError(problem);
		if (needsTranslation(before, format.value) && !translate.value) await loadTranslation();
		const body = requestFor(prompt, before, []);
		const [functions] = await Promise.all([functionsOf(wanted), loadLexer()]);
		await run(body, functions, answer, control.signal);
	} catch (error) {
		answer.problem.value = problemOf(error);
		answer.state.value = "failed";
	}
	running.value = undefined;
	announce(ends[answer.state.value] ?? "");
}

async function functionsOf(names: readonly string[]) {
	if (names.length === 0) return [];
	const { functions } = await import("../tools/functions");
	return functions.filter(({ name }) => names.includes(name));
}

const ends: Record<string, string> = {
	done: "The answer is complete",
	stopped: "Stopped",
	failed: "",
};
