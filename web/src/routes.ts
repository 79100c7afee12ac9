/** Where each thing is looked at. */

export type Thing = "account" | "vehicle" | "recording" | "consent" | "receipt" | "transaction" | "block";

const FOLDERS: Record<Exclude<Thing, "block" | "transaction">, string> = {
  account: "accounts",
  vehicle: "vehicles",
  recording: "recordings",
  consent: "consents",
  receipt: "receipts",
};

export function to(thing: Thing, id: string | number, chain = "main"): string {
  if (thing === "block") return `#/chain/${chain}/blocks/${id}`;
  if (thing === "transaction") return `#/chain/${chain}/transactions/${id}`;
  return `#/${FOLDERS[thing]}/${id}`;
}
