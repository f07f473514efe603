// The icons: strokes on a grid of 20. Decorative only; a text or a label accompanies each.

import type { VNode } from "preact";

const paths = {
	arrow: "M10 16V4M4.5 9.5 10 4l5.5 5.5",
	stop: "M5.5 5.5h9v9h-9z",
	retry: "M15.5 10a5.5 5.5 0 1 1-1.7-4M16 3v4h-4",
	copy: "M7 7V4.5h8.5V13H13M4.5 7H13v8.5H4.5z",
	check: "m4.5 10.5 3.5 3.5 7.5-8",
	close: "m5 5 10 10M15 5 5 15",
	down: "m5 8 5 5 5-5",
	code: "m7 6-4 4 4 4M13 6l4 4-4 4",
	sliders: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
	plus: "M10 4v12M4 10h12",
	sun: "M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
	moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z",
	auto: "M10 3.5a6.5 6.5 0 1 0 0 13zM10 3.5a6.5 6.5 0 0 1 0 13",
	tool: "M12.5 4a3.5 3.5 0 0 0-3.3 4.7L4 13.9 6.1 16l5.2-5.2A3.5 3.5 0 0 0 16 7.5l-2.2 1.6-2-.9-.4-2.2z",
	thought: "M6 13.5a4 4 0 0 1-.5-7.8 4.5 4.5 0 0 1 8.7 1.1A3.4 3.4 0 0 1 13.5 13.5zM6.5 16.5h.01",
	warn: "M10 3.5 17.5 16h-15zM10 8.5v3.5M10 14h.01",
	search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M12.7 12.7 16.5 16.5",
	pencil: "M4 16v-3l8.5-8.5 3 3L7 16z",
	eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5M10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }): VNode {
	return (
		<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
			<path d={paths[name]} />
		</svg>
	);
}
