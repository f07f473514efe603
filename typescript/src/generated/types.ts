// The generated types as one module.

export type * from "./events.js";
export type * from "./replies.js";
export type * from "./requests.js";
