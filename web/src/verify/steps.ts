/** The steps of a verification: each looks at its own part, shows what it sees, and refuses what does not hold. */

import { type Bytes, equal, fromHex, sha256, toHex } from "./bytes.ts";
import { verifies } from "./ed25519.ts";
import {
  FLAG_ABSENT,
  FLAG_COMMIT,
  FLAG_NIL,
  type Header,
  type LightBlock,
  type Validator,
  addressOf,
  headerHash,
  headerLeaves,
  signBytes,
  validatorsHash,
} from "./header.ts";
import { type Ascent, type CommitmentProof, absence, membership, rootOf } from "./ics23.ts";
import { isKind, keyOf } from "./keys.ts";
import { Unproved } from "./reasons.ts";
import { decodeRecord, encodeRecord, lines } from "./records.ts";
import type { Request, Seen, Shown, Trust } from "./verification.ts";

const FLAGS = [FLAG_ABSENT, FLAG_COMMIT, FLAG_NIL];
const MAX_VALIDATORS = 1024;
/** The farthest time from 1970 that a date may name. */
const MAX_TIME_MS = 8_640_000_000_000_000n;

/** Takes a line of what a step sees. */
export type Show = (label: Shown["label"], value: string) => void;

/** The key belongs to what was asked. */
export function checkKey(request: Request, key: Bytes, show: Show): void {
  show("kind", String(request.kind));
  show("id", String(request.id));
  const asked = keyOf(request.kind, request.id);
  show("key_asked", toHex(asked));
  show("key_given", toHex(key));
  if (!equal(asked, key)) throw new Unproved("another_key");
}

/** The value is the one encoding of a record, or nothing. */
export function checkValue(request: Request, value: Bytes, show: Show): void {
  if (!isKind(request.kind)) throw new Unproved("unknown_kind");
  if (value.length === 0) {
    show("absent", "");
    return;
  }
  show("value_bytes", String(value.length));
  const record = decodeRecord(request.kind, value);
  for (const { label, value: text } of lines(record)) show(label, text);
  show("reencoded", toHex(encodeRecord(request.kind, record)));
}

/** The way up from the key's leaf, or from both neighbours of an absent one, leads to the header's app hash. */
export async function checkState(
  proof: CommitmentProof,
  { key, value, appHash }: { key: Bytes; value: Bytes; appHash: Bytes },
  show: Show,
): Promise<void> {
  const ascents = value.length > 0 ? [await membership(proof, key, value)] : await ascendBeside(proof, key, show);
  for (const ascent of ascents) showAscent(ascent, show);
  show("app_hash", toHex(appHash));
  if (!ascents.every((ascent) => equal(rootOf(ascent), appHash))) throw new Unproved("another_root");
}

async function ascendBeside(proof: CommitmentProof, key: Bytes, show: Show): Promise<Ascent[]> {
  show("path_asked", toHex(await sha256(key)));
  const { before, after } = await absence(proof, key);
  if (before !== null) show("path_before", toHex(before.path));
  if (after !== null) show("path_after", toHex(after.path));
  return [before, after].filter((ascent) => ascent !== null);
}

function showAscent({ leaf, levels }: Ascent, show: Show): void {
  show("leaf", toHex(leaf));
  for (const { side, sibling, hash } of levels) {
    show(side === "left" ? "sibling_right" : "sibling_left", toHex(sibling));
    show("level", toHex(hash));
  }
}

/** The header is the trusted chain's, and the one for which the commit is. */
export async function checkHeader({ signed }: LightBlock, trust: Trust, nowMs: number, show: Show): Promise<void> {
  const { header, commit } = signed;
  for (const [name, leaf] of headerLeaves(header)) show(name, readable(header, name) ?? toHex(leaf));
  show("age", `${Math.floor((nowMs - Number(milliseconds(header.time))) / 1000)} s`);
  const hash = await headerHash(header);
  show("header_hash", toHex(hash));
  show("committed_hash", toHex(commit.block_id.hash));
  if (header.chain_id !== trust.chain_id) throw new Unproved("another_chain");
  if (commit.height !== header.height || !equal(commit.block_id.hash, hash)) throw new Unproved("another_header");
}

/** The validators are those that are trusted. */
export async function checkValidators({ signed, validators }: LightBlock, trust: Trust, show: Show): Promise<void> {
  const members = validators.validators;
  if (members.length > MAX_VALIDATORS) throw new Unproved("too_many_validators");
  for (const { key, power } of members) show("validator", `${toHex(key.ed25519)} ${power}`);
  const hash = await validatorsHash(validators);
  show("validators_hash", toHex(hash));
  show("header_validators_hash", toHex(signed.header.validators_hash));
  if (!/^[0-9a-f]{64}$/.test(trust.validators_hash)) throw new Unproved("bad_trust");
  const trusted = fromHex(trust.validators_hash);
  show("trusted_hash", toHex(trusted));
  if (!equal(hash, trusted) || !equal(signed.header.validators_hash, trusted)) throw new Unproved("other_validators");
  for (const member of members) {
    if (!equal(member.address, await addressOf(member))) throw new Unproved("wrong_address");
  }
  const { proposer } = validators;
  if (proposer !== null && !members.some((member) => isSame(member, proposer))) throw new Unproved("strange_proposer");
}

/** Compares what no block changes of a validator. */
function isSame(a: Validator, b: Validator): boolean {
  return equal(a.address, b.address) && equal(a.key.ed25519, b.key.ed25519) && a.power === b.power;
}

/** Validators with more than two thirds of the power signed the header. */
export async function checkCommit({ signed: { header, commit }, validators }: LightBlock, show: Show): Promise<void> {
  const members = validators.validators;
  if (members.length > MAX_VALIDATORS) throw new Unproved("too_many_validators");
  if (commit.signatures.length !== members.length) throw new Unproved("wrong_places");
  let power = 0n;
  let all = true;
  for (const [place, member] of members.entries()) {
    const vote = commit.signatures[place];
    if (vote === undefined || !FLAGS.includes(vote.flag)) throw new Unproved("wrong_vote");
    if (vote.flag !== FLAG_COMMIT) {
      show("not_signed_by", toHex(member.key.ed25519));
      continue;
    }
    if (!equal(vote.validator_address, member.address)) throw new Unproved("wrong_vote");
    const holds = await verifies(member.key.ed25519, signBytes(header.chain_id, commit, vote), vote.signature);
    show(holds ? "signed_by" : "not_signed_by", toHex(member.key.ed25519));
    if (holds) power += member.power;
    all &&= holds;
  }
  const total = members.reduce((sum, member) => sum + member.power, 0n);
  show("power", `${power} / ${total}`);
  if (!all) throw new Unproved("bad_signature");
  if (3n * power <= 2n * total) throw new Unproved("too_little_power");
}

/** Tells of a header what a reader wants to know. */
export function seen({ signed: { header } }: LightBlock, nowMs: number): Seen {
  const timeMs = Number(milliseconds(header.time));
  return { chain_id: header.chain_id, height: String(header.height), time_ms: timeMs, age_ms: nowMs - timeMs };
}

/** Writes those fields of a header that are not hashes for people. */
function readable(header: Header, name: keyof Header): string | undefined {
  if (name === "chain_id") return header.chain_id;
  if (name === "height") return String(header.height);
  if (name !== "time") return undefined;
  const timeMs = milliseconds(header.time);
  const isDate = -MAX_TIME_MS <= timeMs && timeMs <= MAX_TIME_MS;
  return isDate ? new Date(Number(timeMs)).toISOString() : `${header.time} ns`;
}

function milliseconds(timeNs: bigint): bigint {
  const unit = 1_000_000n;
  return (timeNs - (((timeNs % unit) + unit) % unit)) / unit;
}
