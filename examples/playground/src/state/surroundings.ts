// What the page finds around it: the network, the width of the window.

import { signal } from "@preact/signals";

export const isOnline = signal(navigator.onLine);
addEventListener("online", () => {
	isOnline.value = true;
});
addEventListener("offline", () => {
	isOnline.value = false;
});

const narrow = matchMedia("(max-width: 860px)");
/** Whether there is room for one column alone. */
export const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", () => {
	isNarrow.value = narrow.matches;
});
