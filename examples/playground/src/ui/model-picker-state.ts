// Whether the model picker is open.
//
// Law: apart from the picker, which is loaded when it opens first.

import { signal } from "@preact/signals";

export const isPickerOpen = signal(false);

export function openPicker(): void {
	isPickerOpen.value = true;
}
