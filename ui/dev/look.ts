// The look page: the window over one canned state, chosen by ?state=. For looking only; the build never contains it.
import { mount } from "svelte";
import App from "../src/App.svelte";
import "../src/tokens.css";
import "../src/base.css";
import { cannedBackend } from "./canned-backend";
import { cannedSearches } from "./diagnosis";
import { states } from "./states";
import { shellEvents } from "./shell-events";

const name = new URLSearchParams(location.search).get("state") ?? "project-empty";
const state = states[name];
const target = document.getElementById("app");
if (target) {
  if (state !== undefined) {
    mount(App, { target, props: { backend: cannedBackend(state, shellEvents[name] ?? null, cannedSearches[name]) } });
  } else {
    const list = document.createElement("ul");
    for (const known of Object.keys(states)) {
      const link = document.createElement("a");
      link.href = `?state=${known}`;
      link.textContent = known;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    target.append(list);
  }
}
