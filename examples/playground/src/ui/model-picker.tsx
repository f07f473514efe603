// The models: those of the catalogue, those of the endpoint, and any other by its id.
//
// A combobox: arrow keys move, Enter selects, Escape closes.

import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CatalogEntry } from "trilogue";
import { catalog } from "../engine/engine";
import { connect } from "../state/connection";
import { problemOf } from "../state/problem";
import { model } from "../state/settings";
import { Icon } from "./icon";
import { announce } from "./live";
import { isPickerOpen } from "./model-picker-state";
import { Sheet } from "./sheet";

const asking = signal<"idle" | "asking" | string>("idle");

/** Adds the endpoint's own models to the catalogue. */
async function askEndpoint(): Promise<void> {
	asking.value = "asking";
	try {
		const client = await connect();
		const before = catalog.value?.size ?? 0;
		catalog.value = await catalog.value?.merge(await client.models.list());
		const more = (catalog.value?.size ?? 0) - before;
		asking.value = more === 1 ? "1 further model" : `${more} further models`;
	} catch (error) {
		const { title, detail } = problemOf(error);
		asking.value = `${title}: ${detail}`;
	}
	announce(asking.value);
}

type Choice = Pick<CatalogEntry, "id" | "name"> & Partial<CatalogEntry>;

export function ModelPicker(): VNode {
	const [query, setQuery] = useState("");
	const [at, setAt] = useState(0);
	const list = useRef<HTMLDivElement>(null);
	const known: Choice[] = catalog.value?.search(query) ?? [];
	const own = query.trim();
	const isNew = own !== "" && !known.some(({ id }) => id === own);
	const found: Choice[] = isNew ? [...known, { id: own, name: `Use “${own}”` }] : known;
	const active = Math.min(at, found.length - 1);
	const close = () => {
		isPickerOpen.value = false;
	};
	const choose = (choice: Choice | undefined) => {
		if (!choice) return;
		model.value = choice.id;
		close();
	};
	useEffect(() => {
		setAt(Math.max(0, query ? 0 : known.findIndex(({ id }) => id === model.value)));
	}, [query]);
	useEffect(() => {
		list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
	}, [active, query]);
	const keys = (event: KeyboardEvent) => {
		const moves: Record<string, number> = {
			ArrowDown: active + 1,
			ArrowUp: active - 1,
			PageDown: active + 6,
			PageUp: active - 6,
		};
		const to = moves[event.key];
		if (to !== undefined) setAt(Math.min(Math.max(to, 0), found.length - 1));
		else if (event.key === "Enter") choose(found[active]);
		else return;
		event.preventDefault();
	};
	return (
		<Sheet label="Choose a model" class="models" onClose={close}>
			<div class="search">
				<Icon name="search" />
				<input
					type="text"
					role="combobox"
					aria-label="Search models, or give an id"
					aria-expanded="true"
					aria-controls="models"
					aria-autocomplete="list"
					aria-activedescendant={found.length > 0 ? `model-${active}` : undefined}
					placeholder="Search models, or give an id"
					autocomplete="off"
					spellcheck={false}
					value={query}
					onInput={(event) => setQuery(event.currentTarget.value)}
					onKeyDown={keys}
				/>
				<button type="button" class="quiet" aria-label="Close" onClick={close}>
					<Icon name="close" />
				</button>
			</div>
			<div class="list" id="models" role="listbox" aria-label="Models" ref={list}>
				{found.map((choice, place) => (
					// biome-ignore lint/a11y/useKeyWithClickEvents: the text field handles the keys
					// biome-ignore lint/a11y/useFocusableInteractive: the text field keeps the focus, as in the combobox pattern
					<div
						role="option"
						id={`model-${place}`}
						aria-selected={place === active}
						data-current={choice.id === model.value}
						onClick={() => choose(choice)}
						onMouseMove={() => setAt(place)}
					>
						<span class="name">{choice.name}</span>
						<span class="facts">
							{choice.prices ? (
								<span>
									${choice.prices.input} in · ${choice.prices.output} out
								</span>
							) : null}
							{choice.context_window ? <span>{Math.round(choice.context_window / 1024)}k</span> : null}
							{choice.weights ? <span class="badge">{choice.weights}</span> : null}
						</span>
						<span class="id">{choice.id}</span>
						{choice.id === model.value && <Icon name="check" />}
					</div>
				))}
			</div>
			<div class="foot">
				<button type="button" class="quiet" onClick={askEndpoint} disabled={asking.value === "asking"}>
					<Icon name="retry" />
					<span>Ask the endpoint for its models</span>
				</button>
				<span class="note">
					{asking.value === "idle"
						? `${catalog.value?.size ?? 0} in the catalogue of ${catalog.value?.date ?? ""}`
						: asking.value}
				</span>
			</div>
		</Sheet>
	);
}
