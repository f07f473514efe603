// The exporters of calls in Node: `node:diagnostics_channel`, and OpenTelemetry.

import type { Addon } from "../binding/addon.js";
import { addExporter, setToolExporter } from "../observers/exporters.js";
import { type GetBuiltin, loadPackage } from "./host.js";
import type { OpenTelemetry } from "./opentelemetry.js";
import { publisher, Telemetry } from "./telemetry.js";

/** Adds the exporters. `own`: this package's file, if it is not part of a bundle. */
export function startExporters(builtin: GetBuiltin, addon: Addon | undefined, own?: string): void {
	addExporter(publisher(builtin("node:diagnostics_channel").channel("trilogue:call")));
	const load = () => loadPackage(builtin, own, (require) => require("@opentelemetry/api") as unknown as OpenTelemetry);
	const telemetry = new Telemetry(addon && load);
	addExporter(telemetry.call);
	setToolExporter(telemetry.tool);
}
