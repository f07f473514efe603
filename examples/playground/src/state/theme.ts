// The color scheme: the system's, unless the user has chosen one. The choice is the only value in the browser's storage.

import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const themes: readonly Theme[] = ["auto", "light", "dark"];

function kept(): Theme {
	try {
		return themes.find((theme) => theme === localStorage.getItem("trilogue-theme")) ?? "auto";
	} catch {
		return "auto";
	}
}

export const theme = signal<Theme>(kept());

export function nextTheme(): void {
	theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] as Theme;
}

effect(() => {
	document.documentElement.dataset.theme = theme.value;
	try {
		localStorage.setItem("trilogue-theme", theme.value);
	} catch {
		// Without access to the storage, the choice is not kept.
	}
});
