/** The chains that are served here, kept up to date by the stream. */

import { address, ask, type Problem, problemOf } from "../api/ask";
import type { Block, ChainState, Network, Persona } from "../api/types";
import { stream } from "../stream/stream.svelte";
import { namesOn } from "./names";

class Networks {
  now = $state.raw<Network | null>(null);
  /** The parties as whom one may look, on a demonstration network. */
  personas = $state.raw<Persona[]>([]);
  problem = $state.raw<Problem | null>(null);
  /** Names of accounts and vehicles, on a demonstration network. */
  names = $state.raw<ReadonlyMap<string, string>>(new Map());
  #meeting: ReturnType<typeof setTimeout> | undefined;

  /** The chain that runs a contract; the first one where none says so. */
  holding(contract: string): ChainState | undefined {
    const chains = this.now?.chains ?? [];
    return chains.find((chain) => chain.contracts.includes(contract)) ?? chains[0];
  }

  chain(name: string | undefined): ChainState | undefined {
    return this.now?.chains.find((chain) => chain.name === name) ?? this.now?.chains[0];
  }

  async load(): Promise<void> {
    try {
      this.now = await ask<Network>(address("/network"));
      this.problem = null;
      if (this.now.demo && !this.personas.length) await this.#meet();
    } catch (thrown) {
      this.problem = problemOf(thrown);
    }
  }

  /** Learns who the personas are; some come only later, with their vehicles. */
  async #meet(): Promise<void> {
    this.personas = (await ask<{ items: Persona[] }>(address("/demo/personas"))).items;
    this.name(this.personas.map(({ account, name }) => [account, name]));
  }

  /** Learns names that stay; a page is readable without them. */
  async #learn(): Promise<void> {
    await this.load();
    for (const chain of this.now?.chains ?? []) {
      await namesOn(chain).then((names) => this.name(names), () => undefined);
    }
  }

  name(pairs: [string, string][]): void {
    if (pairs.every(([id, name]) => this.names.get(id) === name)) return;
    // The name that one acts under goes before what else an account is called.
    this.names = new Map([...pairs, ...this.names]);
  }

  /** Loads what runs, and follows it. */
  follow(): void {
    void this.#learn();
    stream.on("names", (names) => this.name(names));
    stream.on("chain", ({ type }) => {
      if (type === "identity/Registered" && this.now?.demo) this.#soon();
    });
    stream.on("reset", () => void this.load());
    stream.on("block", (block) => this.#grow(block));
    setInterval(() => {
      if (this.problem) void this.load();
    }, 5000);
  }

  /** Looks who has come, once for all who come within a moment. */
  #soon(): void {
    this.#meeting ??= setTimeout(() => {
      this.#meeting = undefined;
      void this.#meet().catch(() => undefined);
    }, 2000);
  }

  #grow(block: Block & { chain?: string }): void {
    if (!this.now) return;
    const chains = this.now.chains.map((chain, place) =>
      (block.chain ? chain.name === block.chain : place === 0) && block.height > chain.height
        ? { ...chain, height: block.height, time_ms: block.time_ms }
        : chain,
    );
    this.now = { ...this.now, chains };
  }
}

export const network = new Networks();
