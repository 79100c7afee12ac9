/** Keys of the state tree: the name of a table and the id of the record in it. */

import { type Bytes, concat, fromHex, fromText, toHex } from "./bytes.ts";
import { Unproved } from "./reasons.ts";
import { type Kind, TABLES } from "./records.generated.ts";

const ID_BYTES = 20;

/** Says whether there are records of this kind. */
export function isKind(kind: unknown): kind is Kind {
  return typeof kind === "string" && Object.hasOwn(TABLES, kind);
}

/** Gives the key under which a record of this kind stands; its id has 40 hexadecimal digits. */
export function keyOf(kind: Kind, id: string): Bytes {
  if (!isKind(kind)) throw new Unproved("unknown_kind");
  if (typeof id !== "string" || id.length !== 2 * ID_BYTES) throw new Unproved("bad_id");
  return concat(fromText(TABLES[kind].prefix), fromHex(id));
}

/** Gives where a chain's node answers with the proof of a record. */
export function proofPath(chain: string, kind: Kind, id: string): string {
  return `/api/v1/chains/${encodeURIComponent(chain)}/proofs/${toHex(keyOf(kind, id))}`;
}
