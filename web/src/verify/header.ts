/**
 * Headers, commits and validator sets in CometBFT's format, with their hashes and sign bytes.
 *
 * Source: CometBFT v0.40 `spec/core/data_structures.md`, `spec/core/encoding.md`. Times are nanoseconds since 1970.
 */

import { type Bytes, concat, fromText, sha256 } from "./bytes.ts";
import * as merkle from "./merkle.ts";
import * as protobuf from "./protobuf.ts";
import { type Message, bytes, int64, message, optional, repeated, sfixed64, text, time, uint } from "./protobuf.ts";

const BLOCK_PROTOCOL = 11n;
const PRECOMMIT = 2n;

export const FLAG_ABSENT = 1n;
export const FLAG_COMMIT = 2n;
export const FLAG_NIL = 3n;

const VERSION = { block: uint(1, BLOCK_PROTOCOL), app: uint(2) };
const PART_SET_HEADER = { total: uint(1), hash: bytes(2) };
const BLOCK_ID = { hash: bytes(1), parts: message(2, PART_SET_HEADER) };

const HEADER = {
  version: message(1, VERSION),
  chain_id: text(2),
  height: int64(3),
  time: time(4),
  last_block_id: message(5, BLOCK_ID),
  last_commit_hash: bytes(6),
  data_hash: bytes(7),
  validators_hash: bytes(8),
  next_validators_hash: bytes(9),
  consensus_hash: bytes(10),
  app_hash: bytes(11),
  last_results_hash: bytes(12),
  evidence_hash: bytes(13),
  proposer_address: bytes(14),
};

const COMMIT_SIGNATURE = {
  flag: uint(1, FLAG_ABSENT),
  validator_address: bytes(2),
  time: time(3),
  signature: bytes(4),
};

const COMMIT = {
  height: int64(1),
  round: uint(2),
  block_id: message(3, BLOCK_ID),
  signatures: repeated(4, COMMIT_SIGNATURE),
};

const CANONICAL_VOTE = {
  type: uint(1),
  height: sfixed64(2),
  round: sfixed64(3),
  block_id: message(4, BLOCK_ID),
  time: time(5),
  chain_id: text(6),
};

const VALIDATOR_KEY = { ed25519: bytes(1) };
const SIMPLE_VALIDATOR = { key: message(1, VALIDATOR_KEY), power: int64(2) };

const VALIDATOR = {
  address: bytes(1),
  key: message(2, VALIDATOR_KEY),
  power: int64(3),
  proposer_priority: int64(4),
};

const VALIDATOR_SET = {
  validators: repeated(1, VALIDATOR),
  proposer: optional(2, VALIDATOR),
  total_power: int64(3),
};

const SIGNED_HEADER = { header: message(1, HEADER), commit: message(2, COMMIT) };

/** A header with the commit that decides it and the validators who could. */
export const LIGHT_BLOCK = { signed: message(1, SIGNED_HEADER), validators: message(2, VALIDATOR_SET) };

export type Header = Message<typeof HEADER>;
export type Commit = Message<typeof COMMIT>;
export type CommitSignature = Message<typeof COMMIT_SIGNATURE>;
export type Validator = Message<typeof VALIDATOR>;
export type ValidatorSet = Message<typeof VALIDATOR_SET>;
export type LightBlock = Message<typeof LIGHT_BLOCK>;

/** Gives the header's 14 fields as they are hashed, by their names. */
export function headerLeaves(header: Header): readonly (readonly [keyof Header, Bytes])[] {
  const height = header.height === 0n ? new Uint8Array(0) : concat(Uint8Array.of(8), protobuf.varint(header.height));
  return [
    ["version", protobuf.encode(VERSION, header.version)],
    ["chain_id", wrapped(fromText(header.chain_id))],
    ["height", height],
    ["time", protobuf.encodeTime(header.time)],
    ["last_block_id", protobuf.encode(BLOCK_ID, header.last_block_id)],
    ["last_commit_hash", wrapped(header.last_commit_hash)],
    ["data_hash", wrapped(header.data_hash)],
    ["validators_hash", wrapped(header.validators_hash)],
    ["next_validators_hash", wrapped(header.next_validators_hash)],
    ["consensus_hash", wrapped(header.consensus_hash)],
    ["app_hash", wrapped(header.app_hash)],
    ["last_results_hash", wrapped(header.last_results_hash)],
    ["evidence_hash", wrapped(header.evidence_hash)],
    ["proposer_address", wrapped(header.proposer_address)],
  ];
}

export function headerHash(header: Header): Promise<Bytes> {
  return merkle.root(headerLeaves(header).map(([, leaf]) => leaf));
}

export function validatorsHash(set: ValidatorSet): Promise<Bytes> {
  return merkle.root(set.validators.map(({ key, power }) => protobuf.encode(SIMPLE_VALIDATOR, { key, power })));
}

/** Gives the address of a validator's key: the first 20 bytes of its SHA-256. */
export async function addressOf(validator: Validator): Promise<Bytes> {
  return (await sha256(validator.key.ed25519)).slice(0, 20);
}

/** Gives what a validator signed with its vote for the commit's block: a length-prefixed CanonicalVote. */
export function signBytes(chainId: string, commit: Commit, signature: CommitSignature): Bytes {
  const vote = {
    type: PRECOMMIT,
    height: commit.height,
    round: commit.round,
    block_id: commit.block_id,
    time: signature.time,
    chain_id: chainId,
  };
  return protobuf.delimited(protobuf.encode(CANONICAL_VOTE, vote));
}

/** Encodes one field on its own, as a google.protobuf.BytesValue or StringValue. */
function wrapped(value: Bytes): Bytes {
  return value.length === 0 ? value : concat(Uint8Array.of(0x0a), protobuf.delimited(value));
}
