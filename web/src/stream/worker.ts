/** Runs once for all tabs of a browser: holds the one connection and hands each tab what it asked for. */

import { listen, type Told } from "./source";

/** What a tab says: that it looks at the map, that it does no more, that it goes. */
export type Said = "map" | "no-map" | "bye";

const ports = new Map<MessagePort, { map: boolean }>();
let state: Told = { kind: "state", state: "connecting" };
let frame: Told | null = null;
let names: Told | null = null;
let listening = false;

function tell(told: Told): void {
  if (told.kind === "state") state = told;
  if (told.kind === "vehicles") frame = told;
  if (told.kind === "names") names = told;
  for (const [port, wants] of ports) if (told.kind !== "vehicles" || wants.map) port.postMessage(told);
}

function hear(port: MessagePort, said: Said): void {
  if (said === "bye") ports.delete(port);
  else ports.set(port, { map: said === "map" });
  if (said === "map" && frame) port.postMessage(frame);
}

addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  ports.set(port, { map: false });
  port.onmessage = (message: MessageEvent<Said>) => hear(port, message.data);
  port.postMessage(state);
  if (names) port.postMessage(names);
  if (!listening) listen(tell);
  listening = true;
});
