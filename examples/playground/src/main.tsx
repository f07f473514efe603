// The entry point of the playground. Renders the page at once; the package loads meanwhile.

import { render } from "preact";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/chat.css";
import { App } from "./ui/app";

const place = document.getElementById("app");
if (place) render(<App />, place);
