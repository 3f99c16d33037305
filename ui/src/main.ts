// Puts the window's one component on the page, with Rust behind it.
import { mount } from "svelte";
import App from "./App.svelte";
import "./tokens.css";
import "./base.css";
import { tauri } from "./tauri";

const target = document.getElementById("app");
if (target) mount(App, { target, props: { backend: tauri } });
