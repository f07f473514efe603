// A JSON value as a tree.
//
// Renders a limited number of members, levels and characters; the rest on request. Parts that have not changed are not rendered again.

import { Component, type VNode } from "preact";
import { useState } from "preact/hooks";
import { Clipped } from "../ui/clipped";

/** The number of members that are shown at once. */
const WIDTH = 100;
/** The number of levels that are open at first. */
const DEPTH = 6;

interface NodeProps {
	name: string | number | undefined;
	value: unknown;
	depth: number;
	/** The version of the root, if the value changes in place. */
	version: number;
	/** Whether it is the last member of its parent, which may still grow. */
	isLast: boolean;
}

/** `isBare`: renders the members without the object around them. */
export function JsonTree(props: { value: unknown; version: number; isGrowing: boolean; isBare?: boolean }): VNode {
	const { value, version, isGrowing } = props;
	const isBare = props.isBare && typeof value === "object" && value !== null && Object.keys(value).length <= WIDTH;
	const roots: [string | undefined, unknown][] = isBare ? Object.entries(value) : [[undefined, value]];
	return (
		<div class="tree" data-growing={isGrowing}>
			<ul>
				{roots.map(([name, root], place) => (
					<Node name={name} value={root} depth={0} version={version} isLast={isGrowing && place === roots.length - 1} />
				))}
			</ul>
		</div>
	);
}

/** Renders a member again only if it can have changed. */
class Node extends Component<NodeProps> {
	override shouldComponentUpdate(next: NodeProps): boolean {
		const { value, isLast, version, name } = this.props;
		if (value !== next.value || isLast !== next.isLast || name !== next.name) return true;
		return isLast && typeof value === "object" && version !== next.version;
	}

	override render({ name, value, depth, version, isLast }: NodeProps): VNode {
		if (typeof value === "object" && value !== null)
			return <Container name={name} value={value} depth={depth} version={version} isLast={isLast} />;
		return (
			<li>
				<div class="leaf">
					<Name name={name} />
					<Scalar value={value} />
				</div>
			</li>
		);
	}
}

function Name({ name }: { name: string | number | undefined }): VNode | null {
	if (name === undefined) return null;
	return (
		<>
			<span class={typeof name === "number" ? "index" : "key"}>
				{typeof name === "string" ? shortened(name) : name}
			</span>
			<span class="colon">: </span>
		</>
	);
}

function shortened(text: string): string {
	return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function Scalar({ value }: { value: unknown }): VNode {
	if (typeof value === "string") {
		return (
			<span class="string">
				<Clipped text={value} />
			</span>
		);
	}
	return <span class={value === null ? "null" : typeof value}>{String(value)}</span>;
}

function Container({ name, value, depth, version, isLast }: NodeProps & { value: object }): VNode {
	const [isOpen, setOpen] = useState(depth < DEPTH);
	const [shown, setShown] = useState(WIDTH);
	const isArray = Array.isArray(value);
	const names = isArray ? undefined : Object.keys(value);
	const size = isArray ? value.length : (names as string[]).length;
	const visible = isOpen ? Math.min(size, shown) : 0;
	return (
		<li>
			<button type="button" class="branch" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
				<i aria-hidden="true" />
				<Name name={name} />
				<span class="size">
					{isArray ? `[${size}]` : `{${size}}`}
					<span class="hidden">{isArray ? " items" : " members"}</span>
				</span>
			</button>
			{isOpen && size > 0 && (
				<ul>
					{Array.from({ length: visible }, (_, place) => {
						const key = names ? (names[place] as string) : place;
						return (
							<Node
								key={place}
								name={key}
								value={(value as Record<string | number, unknown>)[key]}
								depth={depth + 1}
								version={version}
								isLast={isLast && place === size - 1}
							/>
						);
					})}
					{size > visible && (
						<li>
							<button type="button" class="link" onClick={() => setShown(shown * 4)}>
								Show more of {size.toLocaleString("en")}
							</button>
						</li>
					)}
				</ul>
			)}
		</li>
	);
}
