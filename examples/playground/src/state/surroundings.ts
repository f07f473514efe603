// The environment of the page: the network and the width of the window.

import { signal } from "@preact/signals";

export const isOnline = signal(navigator.onLine);
addEventListener("online", () => {
	isOnline.value = true;
});
addEventListener("offline", () => {
	isOnline.value = false;
});

const narrow = matchMedia("(max-width: 860px)");
/** Whether there is only room for one column. */
export const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", () => {
	isNarrow.value = narrow.matches;
});
