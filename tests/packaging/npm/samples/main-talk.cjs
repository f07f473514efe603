// The same in CommonJS.

const trilogue = require("trilogue");
const conversation = require("trilogue/conversation");
const snippets = require("trilogue/snippets");

import("./talk.mjs").then(async ({ talk }) => console.log(await talk(trilogue, conversation, snippets, process.env.SAMPLE_URL)));
