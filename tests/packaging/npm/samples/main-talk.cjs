// The same in CommonJS.

const trilogue = require("trilogue");
const conversation = require("trilogue/conversation");

import("./talk.mjs").then(async ({ talk }) => console.log(await talk(trilogue, conversation, process.env.SAMPLE_URL)));
