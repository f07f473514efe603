// Whether the model picker is open. Separate from the picker, which is loaded when it first opens.

import { signal } from "@preact/signals";

export const isPickerOpen = signal(false);

export function openPicker(): void {
	isPickerOpen.value = true;
}
