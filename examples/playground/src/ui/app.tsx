// The page: a bar, the conversation, and the panel beside it or over it.

import { useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { broken } from "../engine/engine";
import { isRunning, stop, turns } from "../state/chat";
import { isOnline } from "../state/surroundings";
import { Composer } from "./composer";
import { Icon } from "./icon";
import { later } from "./later";
import { Announcements } from "./live";
import { openPicker } from "./model-picker-state";
import { Panel } from "./panel";
import { TopBar } from "./top-bar";
import { Welcome } from "./welcome";

const Conversation = later(
	async () => (await import("./conversation")).Conversation,
	() => <div class="scroll-area" />,
);

export function App(): VNode {
	useSignalEffect(() => {
		const keys = (event: KeyboardEvent) => {
			if (event.key === "Escape" && isRunning.peek() && !document.querySelector("dialog[open]")) stop();
			if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
				event.preventDefault();
				openPicker();
			}
		};
		addEventListener("keydown", keys);
		return () => removeEventListener("keydown", keys);
	});
	return (
		<div class="page">
			<a class="skip" href="#composer">
				Skip to the prompt
			</a>
			<TopBar />
			<main>
				{!isOnline.value && (
					<p class="strip" role="status">
						<Icon name="warn" /> You are offline: answers will come when the network is back.
					</p>
				)}
				{broken.value !== undefined && (
					<p class="strip" role="alert">
						<Icon name="warn" /> This browser can't run the playground: {broken.value}
					</p>
				)}
				{turns.value.length === 0 ? <Welcome /> : <Conversation />}
				<Composer />
			</main>
			<Panel />
			<Announcements />
		</div>
	);
}
