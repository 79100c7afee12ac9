/** Merkle roots over ordered lists as in RFC 6962, in the form that CometBFT uses for headers and validator sets. */

import { type Bytes, sha256 } from "./bytes.ts";

const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** Gives the root of a list of leaves; the empty list has the hash of nothing. */
export async function root(leaves: readonly Bytes[]): Promise<Bytes> {
  let row = await Promise.all(leaves.map((leaf) => sha256(LEAF, leaf)));
  // Neighbours are joined row by row; the last one of an odd row goes up as it is.
  while (row.length > 1) {
    const above: Promise<Bytes>[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) {
      above.push(sha256(INNER, row[at] as Bytes, row[at + 1] as Bytes));
    }
    row = [...(await Promise.all(above)), ...row.slice(row.length - (row.length % 2))];
  }
  return row[0] ?? (await sha256());
}
