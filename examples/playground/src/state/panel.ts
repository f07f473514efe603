// Which panel is open, and where its focus shall be.

import { signal } from "@preact/signals";

export type Panel = "settings" | "code";

export const panel = signal<Panel>("settings");
/** Whether it is over the page, where there is no room beside it. */
export const isPanelOpen = signal(false);
/** A field to go to, once it is there. */
export const wantedField = signal<string | undefined>(undefined);

export function openPanel(which: Panel, field?: string): void {
	panel.value = which;
	isPanelOpen.value = true;
	wantedField.value = field;
}
