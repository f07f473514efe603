// Parts of the page that are loaded when they are shown first.

import type { ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A component of a file of its own; `meanwhile` stands in its place until it has come. */
export function later<Props extends object>(
	load: () => Promise<ComponentType<Props>>,
	meanwhile: (props: Props) => VNode | null,
): (props: Props) => VNode | null {
	let loaded: ComponentType<Props> | undefined;
	return function Later(props) {
		const [Ready, setReady] = useState<ComponentType<Props> | undefined>(() => loaded);
		useEffect(() => {
			if (Ready) return;
			let isGone = false;
			const give = (component: ComponentType<Props>) => {
				loaded = component;
				if (!isGone) setReady(() => component);
			};
			// What can't be loaded is tried again when it is shown next.
			load().then(give, () => undefined);
			return () => {
				isGone = true;
			};
		}, [Ready]);
		return Ready ? <Ready {...props} /> : meanwhile(props);
	};
}
