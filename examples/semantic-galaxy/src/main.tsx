import { render } from "preact";
import { createGalaxy } from "./galaxy.ts";
import { keepQueryInAddress } from "./view/address.ts";
import { App } from "./view/app.tsx";
import "./view/styles/index.css";
import { applyTheme, preferredTheme } from "./view/theme.ts";
import { createView } from "./view/view.ts";

const galaxy = createGalaxy();
const embed = new URL(location.href).searchParams.has("embed");
const view = createView(galaxy, embed, preferredTheme());
applyTheme(view.theme);
keepQueryInAddress(galaxy.query);
render(<App view={view} />, document.getElementById("app")!);
void galaxy.start();
