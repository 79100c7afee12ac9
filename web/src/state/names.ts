/** Names of accounts that no persona has: what contracts hold money in, who keeps keys, who holds an allocation. */

import { address, ask } from "../api/ask";
import type { ChainState } from "../api/types";

const ID_DIGITS = 40;

/** Gives the account that a contract itself holds money in: an id derived from its name, so it needs not be asked for. */
async function contractAccount(contract: string): Promise<string> {
  const text = new TextEncoder();
  const name = text.encode(contract);
  const domain = text.encode("autochain/id/contract\0");
  const data = new Uint8Array(domain.length + 4 + name.length);
  data.set(domain);
  new DataView(data.buffer).setUint32(domain.length, name.length);
  data.set(name, domain.length + 4);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, ID_DIGITS);
}

interface Answer<T> {
  answer: T;
}

/** Gives the accounts of a chain that have a name of their own. */
export async function namesOn(chain: ChainState): Promise<[string, string][]> {
  const queries = `/chains/${chain.name}/queries`;
  const names: [string, string][] = [];
  if (chain.contracts.includes("token")) {
    const { answer } = await ask<Answer<[string, { account: string }][]>>(address(`${queries}/token/GetAllocations`));
    names.push(...answer.map(([name, { account }]): [string, string] => [account, name]));
  }
  if (chain.contracts.includes("release")) {
    const { answer } = await ask<Answer<{ members: string[] } | null>>(address(`${queries}/release/GetCommittee`));
    const members = answer?.members ?? [];
    names.push(...members.map((account, place): [string, string] => [account, place ? `release-${place + 1}` : "release"]));
  }
  if (!isSecureContext) return names;
  for (const contract of chain.contracts) names.push([await contractAccount(contract), `contract/${contract}`]);
  return names;
}
