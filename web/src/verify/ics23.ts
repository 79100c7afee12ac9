/**
 * ICS-23 proofs of membership and absence in a tree of `SmtSpec`'s shape, the shape of every chain's state.
 *
 * Source: cosmos/ics23 `proofs.proto` and its verification rules.
 */

import { type Bytes, compare, concat, equal, sha256 } from "./bytes.ts";
import { type Message, bytes, message, optional, repeated, uint } from "./protobuf.ts";
import { Unproved } from "./reasons.ts";

const MAX_DEPTH = 256;
const SHA256 = 1n;
const LEAF_PREFIX = Uint8Array.of(0);
const INNER_PREFIX = Uint8Array.of(1);
const EMPTY: Bytes = new Uint8Array(32);

const LEAF_OP = { hash: uint(1), prehash_key: uint(2), prehash_value: uint(3), length: uint(4), prefix: bytes(5) };
const INNER_OP = { hash: uint(1), prefix: bytes(2), suffix: bytes(3) };
const EXISTENCE = { key: bytes(1), value: bytes(2), leaf: message(3, LEAF_OP), path: repeated(4, INNER_OP) };
const NON_EXISTENCE = { key: bytes(1), left: optional(2, EXISTENCE), right: optional(3, EXISTENCE) };

/** Either proof, as it is sent. */
export const COMMITMENT_PROOF = { exist: optional(1, EXISTENCE), nonexist: optional(2, NON_EXISTENCE) };

export type CommitmentProof = Message<typeof COMMITMENT_PROOF>;
type Existence = Message<typeof EXISTENCE>;
type InnerOp = Message<typeof INNER_OP>;

/** One level of the tree on the way up: the side on which the way comes, the sibling, and both hashed together. */
export interface Level {
  readonly side: "left" | "right";
  readonly sibling: Bytes;
  readonly hash: Bytes;
}

/** The way from a leaf to the root. */
export interface Ascent {
  /** Place in the tree: SHA-256 of the key. */
  readonly path: Bytes;
  readonly leaf: Bytes;
  readonly levels: readonly Level[];
}

/** Gives the way up when the proof is about this key and value; else refuses. Where it leads is for the caller. */
export async function membership(proof: CommitmentProof, key: Bytes, value: Bytes): Promise<Ascent> {
  const shown = proof.exist;
  if (shown === null || proof.nonexist !== null || !equal(shown.key, key) || !equal(shown.value, value)) {
    throw new Unproved("wrong_proof");
  }
  return ascend(shown);
}

/** The ways up from the leaves before and after the place of an absent key; null is the tree's edge. */
export interface Neighbours {
  readonly before: Ascent | null;
  readonly after: Ascent | null;
}

/** Gives the ways up from the neighbours when nothing can stand between them; else refuses. */
export async function absence(proof: CommitmentProof, key: Bytes): Promise<Neighbours> {
  const shown = proof.nonexist;
  const path = await sha256(key);
  if (shown === null || proof.exist !== null || !equal(shown.key, path)) throw new Unproved("wrong_proof");
  const { left, right } = shown;
  const before = left && (await ascend(left));
  const after = right && (await ascend(right));
  if ((before && compare(before.path, path) >= 0) || (after && compare(path, after.path) >= 0)) {
    throw new Unproved("not_neighbours");
  }
  if (!areNeighbours(left, right)) throw new Unproved("not_neighbours");
  return { before, after };
}

/** Gives the root to which a way leads. */
export function rootOf(ascent: Ascent): Bytes {
  return ascent.levels.at(-1)?.hash ?? ascent.leaf;
}

async function ascend(proof: Existence): Promise<Ascent> {
  const { hash, prehash_key, prehash_value, length, prefix } = proof.leaf;
  const isOurs = [hash, prehash_key, prehash_value].every((op) => op === SHA256) && length === 0n;
  if (!isOurs || !equal(prefix, LEAF_PREFIX) || proof.key.length === 0 || proof.value.length === 0) {
    throw new Unproved("wrong_leaf");
  }
  if (proof.path.length > MAX_DEPTH) throw new Unproved("wrong_level");
  const path = await sha256(proof.key);
  const leaf = await sha256(LEAF_PREFIX, path, await sha256(proof.value));
  const levels: Level[] = [];
  let node = leaf;
  for (const step of proof.path) {
    const { side, sibling } = sides(step);
    node = await sha256(concat(step.prefix, node, step.suffix));
    levels.push({ side, sibling, hash: node });
  }
  return { path, leaf, levels };
}

/** Says which child the way comes from; refuses a step that is not of `SmtSpec`'s form. */
function sides(step: InnerOp): { side: "left" | "right"; sibling: Bytes } {
  const { hash, prefix, suffix } = step;
  if (hash === SHA256 && equal(prefix.slice(0, 1), INNER_PREFIX)) {
    if (prefix.length === 1 && suffix.length === 32) return { side: "left", sibling: suffix };
    if (prefix.length === 33 && suffix.length === 0) return { side: "right", sibling: prefix.slice(1) };
  }
  throw new Unproved("wrong_level");
}

/** Says whether no leaf can stand between the two; null is the tree's outer edge. */
function areNeighbours(left: Existence | null, right: Existence | null): boolean {
  if (left === null || right === null) {
    if (left !== null) return isOutermost(left.path, "right");
    return right !== null && isOutermost(right.path, "left");
  }
  const upLeft = [...left.path];
  const upRight = [...right.path];
  let lastLeft = upLeft.pop();
  let lastRight = upRight.pop();
  while (lastLeft !== undefined && lastRight !== undefined && isSame(lastLeft, lastRight)) {
    lastLeft = upLeft.pop();
    lastRight = upRight.pop();
  }
  if (lastLeft === undefined || lastRight === undefined) return false;
  if (sides(lastLeft).side !== "left" || sides(lastRight).side !== "right") return false;
  return isOutermost(upLeft, "right") && isOutermost(upRight, "left");
}

function isSame(a: InnerOp, b: InnerOp): boolean {
  return a.hash === b.hash && equal(a.prefix, b.prefix) && equal(a.suffix, b.suffix);
}

/** Says whether a way keeps to one side, save where the other child is not there at all. */
function isOutermost(path: readonly InnerOp[], side: "left" | "right"): boolean {
  return path.map(sides).every((step) => step.side === side || equal(step.sibling, EMPTY));
}
