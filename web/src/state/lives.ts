/** What takes several questions: a whole life, every document of a DID, every certificate, an issuer's lists. */

import { address, ask } from "../api/ask";
import {
  type Certificate,
  type Guarding,
  type Identity,
  type LifeStep,
  type Passport,
  query,
  type Recovery,
  type SecurityEvent,
  type StatusList,
  type Version,
  type Words,
} from "../api/identity";
import type { ChainEvent, Page } from "../api/types";

/** So many rows the chain gives in one answer. */
const STEPS_AT_ONCE = 1000;
const ROWS_AT_ONCE = 100;

/** Asks for what follows until an answer is not full. */
async function whole<T>(first: T[], full: number, next: (after: T, count: number) => Promise<T[]>): Promise<T[]> {
  const rows = [...first];
  let page = first;
  while (page.length === full) {
    page = await next(rows.at(-1) as T, rows.length);
    rows.push(...page);
  }
  return rows;
}

/** Gives all that is known of a vehicle; null where its life has not begun. */
export async function passportOf(chain: string, device: string): Promise<Passport | null> {
  const { height, answer } = await query<Passport | null>(chain, "vehicles/GetPassport", { device });
  if (!answer) return null;
  // All of it by the state of one block, however fast the chain is.
  const of = { device, height };
  const steps = await whole(answer.steps, STEPS_AT_ONCE, async (_, after) => {
    return (await query<LifeStep[]>(chain, "vehicles/GetHistory", { ...of, after })).answer;
  });
  const security_events = await whole(answer.security_events, ROWS_AT_ONCE, async (_, after) => {
    return (await query<SecurityEvent[]>(chain, "vehicles/ListSecurityEvents", { ...of, after })).answer;
  });
  return { ...answer, steps, security_events };
}

/** Gives the first steps of a life, of which no later one changes any. */
export async function stepsOf(chain: string, device: string, count: number): Promise<LifeStep[]> {
  const ask = async (after: number): Promise<LifeStep[]> =>
    (await query<LifeStep[]>(chain, "vehicles/GetHistory", { device, after })).answer;
  const steps = await whole(await ask(0), STEPS_AT_ONCE, (_, after) => ask(after));
  return steps.slice(0, count);
}

/** Gives every document of a DID, the first one first. */
export async function versionsOf(chain: string, account: string): Promise<Version[]> {
  const ask = async (after: number): Promise<Version[]> =>
    (await query<Version[]>(chain, "identity/Versions", { account, after })).answer;
  return whole(await ask(0), ROWS_AT_ONCE, ({ version }) => ask(version));
}

export interface Owned {
  owner: string;
  since_ms: number;
  /** 0 for the present one. */
  until_ms: number;
}

/** Gives the owners of a device, the first one first, from its documents. */
export function ownersOf(versions: Version[]): Owned[] {
  const owners: Owned[] = [];
  for (const { controller, since_ms, replaced_ms } of versions) {
    const last = owners.at(-1);
    if (last?.owner === controller) last.until_ms = replaced_ms;
    else if (controller) owners.push({ owner: controller, since_ms, until_ms: replaced_ms });
  }
  return owners;
}

/** Gives a device's certificates, the newest first, by their fingerprints. */
export async function certificatesOf(chain: string, device: string): Promise<[string, Certificate][]> {
  const ask = async (after: string): Promise<[string, Certificate][]> =>
    (await query<[string, Certificate][]>(chain, "credentials/CertificatesOf", { device, after })).answer;
  const found = await whole(await ask(""), ROWS_AT_ONCE, ([fingerprint]) => ask(fingerprint));
  return found.sort(([, one], [, other]) => other.not_after_ms - one.not_after_ms);
}

export interface Listed extends StatusList {
  issuer: string;
  number: number;
}

/** Gives status lists as they are now, those opened last first; of one issuer, or of all. */
export async function statusLists(chain: string, subject?: string): Promise<Listed[]> {
  const opened = await ask<Page<ChainEvent>>(
    address(`/chains/${chain}/events`, { type: "credentials/StatusListOpened", subject }),
  );
  const places = opened.items.map(({ body }) => ({ issuer: String(body["issuer"]), number: Number(body["number"]) }));
  const lists = await Promise.all(places.map((of) => query<StatusList | null>(chain, "credentials/GetStatusList", of)));
  return lists.flatMap(({ answer }, place) => (answer ? [{ ...answer, ...places[place] } as Listed] : []));
}

export interface Speaking {
  identity: Identity | null;
  guarding: Guarding | null;
  recovery: Recovery | null;
  words: Words | null;
}

/** Gives who speaks for an account, who may bring it back, and what they asked for. */
export async function speakingFor(chain: string, account: string): Promise<Speaking> {
  const [identity, guarding, recovery, words] = await Promise.all([
    query<Identity | null>(chain, "identity/GetIdentity", { account }),
    query<Guarding | null>(chain, "identity/GetGuardians", { account }),
    query<Recovery | null>(chain, "identity/GetRecovery", { account }),
    query<Words | null>(chain, "identity/GetWords", { account }),
  ]);
  return { identity: identity.answer, guarding: guarding.answer, recovery: recovery.answer, words: words.answer };
}
