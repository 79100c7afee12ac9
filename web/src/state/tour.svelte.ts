/** The main job, step by step, done for real by the parties of a demonstration network. */

import { address, ask, Problem, problemOf } from "../api/ask";
import type { Bought, Happened, Page, Persona, Receipt, Recording, Terms } from "../api/types";
import { flat } from "./load.svelte";
import { network } from "./network.svelte";
import { session } from "./session.svelte";

const DAY_MS = 86_400_000;
const PRICE_UACC = 250_000;
const LOOKED_AT = 100;

export const TOUR = ["drive", "owner", "grant", "read", "receipt", "revoke", "refused"] as const;
export type TourStep = (typeof TOUR)[number];

class Tour {
  /** How many steps are done. */
  done = $state(0);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  recording = $state.raw<Recording | null>(null);
  owner = $state.raw<Persona | null>(null);
  buyer = $state.raw<Persona | null>(null);
  terms = $state.raw<Terms | null>(null);
  consent = $state.raw<string | null>(null);
  bought = $state.raw<Bought | null>(null);
  receipt = $state.raw<Receipt | null>(null);
  refusal = $state.raw<Problem | null>(null);

  /** Does the next step. */
  async go(): Promise<void> {
    const step = TOUR[this.done];
    if (!step || this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      await this[`_${step}`]();
      this.done += 1;
    } catch (thrown) {
      this.problem = problemOf(thrown);
    }
    this.busy = false;
  }

  again(): void {
    this.done = 0;
    this.problem = this.recording = this.owner = this.buyer = this.terms = null;
    this.consent = this.bought = this.receipt = this.refusal = null;
  }

  /** Takes the newest recording of somebody as whom one may look. */
  async _drive(): Promise<void> {
    const chain = network.holding("recording")?.name ?? "main";
    const page = await ask<Page<unknown>>(address(`/chains/${chain}/recordings`, { limit: LOOKED_AT }));
    const buyer = network.personas.find(({ role }) => role === "buyer");
    for (const row of page.items) {
      const recording = flat<Recording>(row);
      const owner = network.personas.find(({ role, account }) => role === "owner" && account === recording.owner);
      const readable = recording.parts.some(({ category, precision }) => category === "motion" && precision === "coarse");
      if (owner && buyer && readable && !recording.erased_ms) {
        [this.recording, this.owner, this.buyer] = [recording, owner, buyer];
        return;
      }
    }
    throw new Problem({ type: "about:blank", title: "tour.none", status: 404 });
  }

  async _owner(): Promise<void> {
    if (this.owner) await session.see(this.owner);
  }

  async _grant(): Promise<void> {
    if (!this.recording || !this.owner || !this.buyer) return;
    this.terms = {
      vehicle: this.recording.vehicle,
      purpose: "research",
      categories: ["motion"],
      precision: "coarse",
      from_ms: 0,
      until_ms: this.recording.end_ms + DAY_MS,
      price_uacc: PRICE_UACC,
      expires_ms: Date.now() + 30 * DAY_MS,
    };
    await session.see(this.owner);
    const body = { reader: this.buyer.account, terms: this.terms };
    const happened = await session.send<Happened>("consent/Grant", body, this.owner);
    const granted = happened.events.find(({ type }) => type === "consent/Granted");
    this.consent = String(granted?.["consent"] ?? "");
  }

  async _read(): Promise<void> {
    if (!this.buyer) return;
    await session.see(this.buyer);
    this.bought = await this.#buy(this.buyer);
  }

  async _receipt(): Promise<void> {
    if (!this.owner) return;
    await session.see(this.owner);
    const list = await session.ask<{ items: Receipt[] }>("/sharing-list", {}, this.owner);
    this.receipt = list.items.find(({ id }) => id === this.bought?.receipt) ?? null;
  }

  async _revoke(): Promise<void> {
    if (!this.owner) return;
    await session.see(this.owner);
    await session.send<Happened>("consent/Revoke", { consent: this.consent }, this.owner);
  }

  /** The buyer tries once more; that it is refused is what is to be seen. */
  async _refused(): Promise<void> {
    if (!this.buyer) return;
    await session.see(this.buyer);
    try {
      await this.#buy(this.buyer);
    } catch (thrown) {
      const refusal = problemOf(thrown);
      if (refusal.body.codespace === undefined || refusal.body.status >= 500) throw refusal;
      this.refusal = refusal;
      return;
    }
    throw new Problem({ type: "about:blank", title: "tour.notRefused", status: 200 });
  }

  #buy(buyer: Persona): Promise<Bought> {
    const body = {
      recording: this.recording?.id,
      consent: this.consent,
      purpose: "research",
      categories: ["motion"],
      precision: "coarse",
    };
    return session.ask<Bought>("/reads", { method: "POST", body }, buyer);
  }
}

export const tour = new Tour();
