// Components that are loaded when they are first shown.

import type { ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A component in a file of its own; `meanwhile` is shown until it is loaded. */
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
			// After a failure, the next use tries again.
			load().then(give, () => undefined);
			return () => {
				isGone = true;
			};
		}, [Ready]);
		return Ready ? <Ready {...props} /> : meanwhile(props);
	};
}
