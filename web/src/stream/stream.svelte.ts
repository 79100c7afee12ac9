/** What a tab hears of the network, whichever tab or worker holds the connection. */

import type { Block, ChainEvent, Frame } from "../api/types";
import { listen, type StreamState, type Told } from "./source";
import type { Said } from "./worker";

const NAME = "autochain-stream";

interface Heard {
  block: Block & { chain?: string };
  chain: ChainEvent & { chain?: string };
  vehicles: Frame;
  names: [string, string][];
  reset: null;
}

class Stream {
  state = $state<StreamState>("connecting");
  #listeners: { [K in keyof Heard]: Set<(data: Heard[K]) => void> } = {
    block: new Set(),
    chain: new Set(),
    vehicles: new Set(),
    names: new Set(),
    reset: new Set(),
  };
  #say: (said: Said) => void = () => undefined;

  /** Connects this tab; called once at the start. */
  connect(): void {
    if ("SharedWorker" in window) this.#joinWorker();
    else if ("locks" in navigator && "BroadcastChannel" in window) this.#takeTurns();
    else listen((told) => this.#hear(told));
  }

  /** Calls back for everything of a kind; gives what ends that. */
  on<K extends keyof Heard>(kind: K, callback: (data: Heard[K]) => void): () => void {
    const listeners = this.#listeners[kind];
    listeners.add(callback);
    if (kind === "vehicles" && listeners.size === 1) this.#say("map");
    return () => {
      listeners.delete(callback);
      if (kind === "vehicles" && listeners.size === 0) this.#say("no-map");
    };
  }

  #joinWorker(): void {
    const join = (): void => {
      const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: NAME });
      worker.port.onmessage = (event: MessageEvent<Told>) => this.#hear(event.data);
      this.#say = (said) => worker.port.postMessage(said);
      if (this.#listeners.vehicles.size) this.#say("map");
    };
    join();
    addEventListener("pagehide", () => this.#say("bye"));
    addEventListener("pageshow", (event) => {
      if (event.persisted) join();
    });
  }

  /** Without shared workers the tab that holds the lock listens and tells the others; when it goes, the next one does. */
  #takeTurns(): void {
    const channel = new BroadcastChannel(NAME);
    channel.onmessage = (event: MessageEvent<Told>) => this.#hear(event.data);
    void navigator.locks.request(NAME, () => {
      listen((told) => {
        this.#hear(told);
        channel.postMessage(told);
      });
      return new Promise<never>(() => undefined);
    });
  }

  #hear(told: Told): void {
    if (told.kind === "state") {
      this.state = told.state;
      return;
    }
    // A tab that came later has not heard that the connection stands; what arrives says so.
    this.state = "live";
    if (told.kind === "reset") for (const callback of this.#listeners.reset) callback(null);
    else {
      const listeners = this.#listeners[told.kind] as Set<(data: unknown) => void>;
      for (const callback of listeners) callback(told.data);
    }
  }
}

export const stream = new Stream();
