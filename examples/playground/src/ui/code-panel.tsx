// The next request as a program, which the package writes. It never contains a key.

import { signal, useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { draft, requestFor, turns, withTools } from "../state/chat";
import type { Body } from "../state/request";
import { baseURL, format, tools } from "../state/settings";
import { definitions } from "../tools/definitions";
import { Choice } from "./choice";
import { Code } from "./code";
import { Tabs } from "./tabs";

const languages = { python: "Python", javascript: "JavaScript", curl: "cURL", php: "PHP", json: "JSON" } as const;
type Language = keyof typeof languages;
type Style = "client" | "http";

const language = signal<Language>("python");
const style = signal<Style>("client");

/** The package's snippets, and why they cannot be loaded. */
const writer = signal<typeof import("trilogue/snippets").snippet | undefined>(undefined);
const trouble = signal<string | undefined>(undefined);

async function load(): Promise<void> {
	try {
		const { snippet } = await import("trilogue/snippets");
		writer.value = snippet;
		trouble.value = undefined;
	} catch (error) {
		trouble.value = error instanceof Error ? error.message : String(error);
	}
}

/** The next request; the last one if the composer is empty. */
function request(): Body {
	const text = draft.value.trim();
	const prompt = text || turns.value.at(-1)?.prompt || "Explain quantum computing in simple terms";
	const before = text ? turns.value : turns.value.slice(0, -1);
	const chosen = withTools.value ? definitions.filter(({ name }) => tools.value.has(name)) : [];
	const sent = chosen.map(({ name, description, parameters }) =>
		format.value === "chat"
			? { type: "function", function: { name, description, parameters } }
			: { name, description, input_schema: parameters },
	);
	return requestFor(prompt, before, sent);
}

/** The program of a request, or why there is none. */
function written(body: Body): { code?: string; problem?: string } {
	if (language.value === "json") return { code: JSON.stringify(body, null, 2) };
	const hasClient = language.value === "python" || language.value === "javascript";
	try {
		const options = { language: language.value, endpoint: format.value, baseURL: baseURL.value.trim() };
		return { code: writer.value?.(body, hasClient ? { ...options, style: style.value } : options) ?? "" };
	} catch (error) {
		return { problem: error instanceof Error ? error.message : String(error) };
	}
}

export function CodePanel(): VNode {
	useEffect(() => {
		if (!writer.value) void load();
	}, []);
	const { code, problem = trouble.value } = useComputed(() => written(request())).value;
	const hasClient = language.value === "python" || language.value === "javascript";
	return (
		<div class="code-panel">
			<Tabs
				label="Language"
				name="language"
				tabs={languages}
				chosen={language.value}
				onChoose={(chosen) => {
					language.value = chosen;
				}}
			>
				{hasClient && (
					<Choice
						label="What the program stands on"
						name="style"
						options={[
							["client", "trilogue"],
							["http", "Plain HTTP"],
						]}
						chosen={style.value}
						onChoose={(chosen) => {
							style.value = chosen;
						}}
					/>
				)}
				{problem && language.value !== "json" ? (
					<p class="note wrong">{problem}</p>
				) : (
					<Code language={languages[language.value]} text={code ?? ""} />
				)}
				<p class="note">
					{language.value === "json"
						? "The body of the request, as it is sent."
						: "The key comes from the environment. It changes with your settings and your prompt."}
				</p>
			</Tabs>
		</div>
	);
}
