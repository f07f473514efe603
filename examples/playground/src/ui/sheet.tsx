// A dialog over the page: the browser's `dialog`, which manages the focus and closes on Escape.

import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Sheet(props: {
	label: string;
	class: string;
	onClose: () => void;
	children: ComponentChildren;
}): VNode {
	const { label, onClose, children } = props;
	const place = useRef<HTMLDialogElement>(null);
	// Before its content takes the focus.
	useLayoutEffect(() => {
		const dialog = place.current;
		const before = document.activeElement;
		dialog?.showModal();
		return () => {
			dialog?.close();
			if (before instanceof HTMLElement && before.isConnected) before.focus();
		};
	}, []);
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is on the backdrop
		<dialog
			ref={place}
			class={props.class}
			aria-label={label}
			onClose={onClose}
			onClick={(event) => {
				if (event.target === place.current) onClose();
			}}
		>
			{children}
		</dialog>
	);
}
