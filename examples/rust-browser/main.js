// Loads the page's wasm module, which renders itself into the body.

import load from "./pkg/trilogue_example_browser.js";

await load();
