// JSON pointers (RFC 6901), in which `~` and `/` of a member's name are escaped.

/** Returns the part of a pointer that names a member or an item. */
export function pointerPart(name: PropertyKey): string {
	return `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Returns the names in a pointer. */
export function pointerNames(pointer: string): string[] {
	const parts = pointer.split("/").slice(1);
	return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
