// The panel: settings and code, beside the conversation or over it.

import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { isPanelOpen, type Panel as Kind, panel, wantedField } from "../state/panel";
import { isNarrow } from "../state/surroundings";
import { Icon } from "./icon";
import { later } from "./later";
import { Settings } from "./settings";
import { Sheet } from "./sheet";
import { Tabs } from "./tabs";

const CodePanel = later(
	async () => (await import("./code-panel")).CodePanel,
	() => null,
);

const kinds: Readonly<Record<Kind, string>> = {
	settings: "Settings",
	code: "Code",
};

export function Panel(): VNode | null {
	const close = () => {
		isPanelOpen.value = false;
	};
	if (!isNarrow.value) {
		return (
			<aside class="panel" aria-label="Settings and code">
				<Content />
			</aside>
		);
	}
	if (!isPanelOpen.value) return null;
	return (
		<Sheet class="panel" label="Settings and code" onClose={close}>
			<Content onClose={close} />
		</Sheet>
	);
}

function Content({ onClose }: { onClose?: () => void }): VNode {
	const wanted = wantedField.value;
	useEffect(() => {
		if (!wanted) return;
		const field = document.getElementById(wanted);
		field?.focus();
		field?.scrollIntoView({ block: "center" });
		wantedField.value = undefined;
	}, [wanted]);
	return (
		<Tabs
			label="Panel"
			name="panel"
			tabs={kinds}
			chosen={panel.value}
			onChoose={(kind) => {
				panel.value = kind;
			}}
			beside={
				onClose && (
					<button type="button" class="quiet" onClick={onClose} aria-label="Close">
						<Icon name="close" />
					</button>
				)
			}
		>
			{panel.value === "settings" ? <Settings /> : <CodePanel />}
		</Tabs>
	);
}
