// The settings, in the order of use.

import type { ComponentChildren, VNode } from "preact";
import { hasKey, setKey } from "../state/key";
import { knows } from "../state/request";
import {
	baseURL,
	type Format,
	format,
	output,
	parameters,
	resetParameters,
	schema,
	schemaText,
	system,
	toggleTool,
	tools,
} from "../state/settings";
import { definitions } from "../tools/definitions";
import { Choice } from "./choice";
import { ParameterField } from "./parameter";

export function Settings(): VNode {
	return (
		<div class="settings">
			<Connection />
			<Section title="System message">
				<textarea
					aria-label="System message"
					rows={3}
					value={system.value}
					onInput={(event) => {
						system.value = event.currentTarget.value;
					}}
				/>
			</Section>
			<Section title="Parameters" beside={<Reset />}>
				<Fields isCommon={true} />
				<details class="more">
					<summary>More parameters</summary>
					<Fields isCommon={false} />
				</details>
			</Section>
			<Answer />
			<Tools />
		</div>
	);
}

function Section(props: { title: string; beside?: ComponentChildren; children: ComponentChildren }): VNode {
	return (
		<section>
			<header>
				<h2>{props.title}</h2>
				{props.beside}
			</header>
			{props.children}
		</section>
	);
}

/** The parameters with a default value, or the others. */
function Fields({ isCommon }: { isCommon: boolean }): VNode {
	const chosen = Object.entries(parameters.value).filter(([, one]) => (one.default !== undefined) === isCommon);
	return (
		<>
			{chosen.map(([name, parameter]) => (
				<ParameterField key={name} name={name} parameter={parameter} isOff={!knows(format.value, name)} />
			))}
		</>
	);
}

function Reset(): VNode {
	return (
		<button type="button" class="tiny" onClick={resetParameters}>
			<span>Defaults</span>
		</button>
	);
}

const formats: readonly (readonly [Format, string])[] = [
	["chat", "OpenAI"],
	["messages", "Anthropic"],
];

function Connection(): VNode {
	const host = URL.canParse(baseURL.value) ? new URL(baseURL.value).host : "the endpoint";
	return (
		<Section title="Endpoint">
			<Choice
				label="Format"
				name="format"
				options={formats}
				chosen={format.value}
				onChoose={(chosen) => {
					format.value = chosen;
					// This format has no JSON mode without a schema.
					if (chosen === "messages" && output.value === "object") output.value = "schema";
				}}
			/>
			<label class="field">
				<span>Base URL</span>
				<input
					id="field-endpoint"
					type="url"
					inputMode="url"
					autocomplete="off"
					spellcheck={false}
					value={baseURL.value}
					onInput={(event) => {
						baseURL.value = event.currentTarget.value;
					}}
				/>
			</label>
			<div class="field">
				<label for="field-key">API key</label>
				{/* Its value is the field's own: no attribute holds it. */}
				<input
					id="field-key"
					type="password"
					autocomplete="off"
					spellcheck={false}
					data-1p-ignore=""
					data-lpignore="true"
					aria-describedby="key-note"
					placeholder={hasKey.value ? "" : "not needed on this machine"}
					onInput={(event) => setKey(event.currentTarget.value)}
				/>
				<p class="note" id="key-note">
					Sent to {host} alone, kept in this tab’s memory alone.
				</p>
			</div>
		</Section>
	);
}

function Answer(): VNode {
	const { problem } = schema.value;
	return (
		<Section title="Answer">
			<Choice
				label="Kind of answer"
				name="output"
				options={[
					["text", "Text"],
					["object", "JSON", format.value === "messages"],
					["schema", "JSON Schema"],
				]}
				chosen={output.value}
				onChoose={(chosen) => {
					output.value = chosen;
				}}
			/>
			{output.value === "object" && <p class="note">Any JSON object. Say in your prompt that you want JSON.</p>}
			{output.value === "schema" && (
				<div class="field">
					<label for="field-schema">Schema</label>
					<textarea
						id="field-schema"
						class="mono"
						rows={9}
						spellcheck={false}
						aria-invalid={problem !== undefined}
						aria-describedby="schema-note"
						value={schemaText.value}
						onInput={(event) => {
							schemaText.value = event.currentTarget.value;
						}}
					/>
					<p class={problem ? "note wrong" : "note"} id="schema-note">
						{problem ?? "The answer streams into a tree as it comes."}
					</p>
				</div>
			)}
		</Section>
	);
}

function Tools(): VNode {
	const isJson = output.value !== "text";
	return (
		<Section title="Tools">
			<p class="note">
				{isJson ? "Answers in JSON call no tools." : "They run in this page; the model gets their results."}
			</p>
			{definitions.map(({ name, description }) => (
				<label class="switch">
					<input
						type="checkbox"
						role="switch"
						aria-checked={tools.value.has(name)}
						checked={tools.value.has(name)}
						disabled={isJson}
						onChange={(event) => toggleTool(name, event.currentTarget.checked)}
					/>
					<span>
						<code>{name}</code>
						<small>{description}</small>
					</span>
				</label>
			))}
		</Section>
	);
}
