// The open panel, and its field with the focus.

import { signal } from "@preact/signals";

export type Panel = "settings" | "code";

export const panel = signal<Panel>("settings");
/** Whether the panel covers the page because there is no room beside it. */
export const isPanelOpen = signal(false);
/** The field to focus once it is rendered. */
export const wantedField = signal<string | undefined>(undefined);

export function openPanel(which: Panel, field?: string): void {
	panel.value = which;
	isPanelOpen.value = true;
	wantedField.value = field;
}
