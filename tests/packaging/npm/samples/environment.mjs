// The endpoint comes from the environment, and not from the program.

import { Client } from "trilogue";

const stream = await new Client().chat.completions.create({ model: "m", messages: [{ role: "user", content: "Hi" }], stream: true });
console.log((await stream.final()).choices[0].message.content);
