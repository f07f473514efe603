// The addon for `universal.ts` and `kit/universal.ts`, which must use the same module.

import type { Addon } from "../binding/addon.js";
import { getBuiltin, loadInstalled } from "./host.js";
import { selectAddon } from "./selection.js";

/** The addon, if this is Node and the addon is installed. */
export const addon: Addon | undefined = getBuiltin && selectAddon(loadInstalled);
