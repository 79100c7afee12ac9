/** The one connection to the network's events: opens it, opens it again when it breaks, and hands on what comes. */

import type { Frame } from "../api/types";

export type StreamState = "connecting" | "live" | "lost";

export type Told =
  | { kind: "block" | "chain" | "vehicles"; data: unknown }
  /** Ids of vehicles with their names, once and whenever there are others. */
  | { kind: "names"; data: [string, string][] }
  | { kind: "reset" }
  | { kind: "state"; state: StreamState };

export const STREAM_URL = "/api/v1/stream";
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

/** Listens for good; the browser resumes by the last id itself, and a connection it gave up is opened anew. */
export function listen(tell: (told: Told) => void): void {
  let pause_ms = FIRST_PAUSE_MS;
  let opened = false;
  let named = 0;

  function tellNames({ vehicles }: Frame): void {
    if (vehicles.length === named) return;
    named = vehicles.length;
    tell({ kind: "names", data: vehicles.map(({ id, name }) => [id, name]) });
  }

  function open(): void {
    const source = new EventSource(STREAM_URL);
    source.onopen = () => {
      pause_ms = FIRST_PAUSE_MS;
      tell({ kind: "state", state: "live" });
      // A new connection does not know where the former one ended, so pages ask again for what they show.
      if (opened) tell({ kind: "reset" });
      opened = false;
    };
    source.onerror = () => {
      tell({ kind: "state", state: "lost" });
      if (source.readyState !== EventSource.CLOSED) return;
      opened = true;
      setTimeout(open, pause_ms);
      pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS);
    };
    for (const kind of ["block", "chain", "vehicles"] as const) {
      source.addEventListener(kind, (event) => {
        const data: unknown = JSON.parse(event.data);
        if (kind === "vehicles") tellNames(data as Frame);
        tell({ kind, data });
      });
    }
    source.addEventListener("reset", () => tell({ kind: "reset" }));
  }

  tell({ kind: "state", state: "connecting" });
  open();
}
