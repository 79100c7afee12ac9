import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { network } from "./state/network.svelte";
import { stream } from "./stream/stream.svelte";
import { spoken } from "./words/words.svelte";

stream.connect();
network.follow();
const target = document.getElementById("app");
if (target) void spoken.begin().then(() => mount(App, { target }));
