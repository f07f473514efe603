// The top bar: the name, the model, and the page's buttons.

import type { VNode } from "preact";
import { clear, turns } from "../state/chat";
import { openPanel } from "../state/panel";
import { entry, model } from "../state/settings";
import { isNarrow } from "../state/surroundings";
import { nextTheme, theme } from "../state/theme";
import { Icon } from "./icon";
import { later } from "./later";
import { isPickerOpen, openPicker } from "./model-picker-state";

const ModelPicker = later(
	async () => (await import("./model-picker")).ModelPicker,
	() => null,
);

const themeWords = {
	auto: ["auto", "Theme: as the system. Change to light"],
	light: ["sun", "Theme: light. Change to dark"],
	dark: ["moon", "Theme: dark. Change to the system's"],
} as const;

export function TopBar(): VNode {
	const [icon, words] = themeWords[theme.value];
	return (
		<header class="bar">
			<h1 class="brand">
				<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
					<circle cx="16" cy="11.5" r="7.2" />
					<circle cx="10.6" cy="20.5" r="7.2" />
					<circle cx="21.4" cy="20.5" r="7.2" />
				</svg>
				<span>
					trilogue <span class="light">playground</span>
				</span>
			</h1>
			<button type="button" class="picker" onClick={openPicker} aria-haspopup="dialog">
				<span class="hidden">Model: </span>
				<span class="name">{entry.value?.name ?? model.value}</span>
				<Icon name="down" />
			</button>
			{isPickerOpen.value && <ModelPicker />}
			<div class="actions">
				{turns.value.length > 0 && (
					<button type="button" class="quiet" onClick={clear} aria-label="New chat" title="New chat">
						<Icon name="plus" />
						<span class="wide">New chat</span>
					</button>
				)}
				<button type="button" class="quiet" onClick={nextTheme} aria-label={words} title={words}>
					<Icon name={icon} />
				</button>
				{isNarrow.value && (
					<>
						<button type="button" class="quiet" onClick={() => openPanel("code")} aria-label="Code" title="Code">
							<Icon name="code" />
						</button>
						<button
							type="button"
							class="quiet"
							onClick={() => openPanel("settings")}
							aria-label="Settings"
							title="Settings"
						>
							<Icon name="sliders" />
						</button>
					</>
				)}
			</div>
		</header>
	);
}
