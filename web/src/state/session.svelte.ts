/** As whom one looks. Tokens stay in memory: a reload forgets them. */

import { address, ask, type Asking, Problem } from "../api/ask";
import type { Persona, Role } from "../api/types";
import { network } from "./network.svelte";

interface Token {
  token: string;
  expires_ms: number;
}

/** What is left of a token's time before a new one is fetched. */
const SPARE_MS = 20_000;

class Session {
  persona = $state.raw<Persona | null>(null);
  #tokens = new Map<string, Token>();

  get role(): Role | null {
    return this.persona?.role ?? null;
  }

  /** Signs in as a persona of the demonstration. */
  async see(persona: Persona): Promise<void> {
    await this.#token(persona);
    this.persona = persona;
  }

  leave(): void {
    for (const { token } of this.#tokens.values()) {
      void ask(address("/sign-out"), { method: "POST", token }).catch(() => undefined);
    }
    this.#tokens.clear();
    this.persona = null;
  }

  /** Asks a private route of a persona's account, with a fresh token where the former one has ended. */
  async ask<T>(path: string, asking: Asking = {}, persona = this.persona): Promise<T> {
    if (!persona) throw new Problem({ type: "about:blank", title: "signed-out", status: 401 });
    const url = path.startsWith("/api/") ? path : address(`/accounts/${persona.account}${path}`);
    try {
      return await ask<T>(url, { ...asking, token: await this.#token(persona) });
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.body.status !== 401) throw thrown;
      this.#tokens.delete(persona.account);
      return ask<T>(url, { ...asking, token: await this.#token(persona) });
    }
  }

  /** The token for a route that does not answer with JSON. */
  async token(): Promise<string | undefined> {
    return this.persona ? this.#token(this.persona) : undefined;
  }

  /** Sends a message, signed by the persona's own wallet where the network demonstrates. */
  send<T>(message: string, body: unknown, persona = this.persona): Promise<T> {
    return this.ask<T>(`/messages/${message}`, { method: "POST", body }, persona);
  }

  named(account: string): Persona | undefined {
    return network.personas.find((persona) => persona.account === account);
  }

  async #token(persona: Persona): Promise<string> {
    const held = this.#tokens.get(persona.account);
    if (held && held.expires_ms > Date.now() + SPARE_MS) return held.token;
    const body = { persona: persona.name };
    const fresh = await ask<Token>(address("/demo/sign-in"), { method: "POST", body });
    this.#tokens.set(persona.account, fresh);
    return fresh.token;
  }
}

export const session = new Session();
