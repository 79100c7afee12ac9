/** Why something is not proved, and what each line that a step shows is called; the words are for people. */

export const REASONS = {
  not_hex: "The answer holds something else than hexadecimal digits where bytes belong.",
  too_long: "The answer is longer than any proof.",
  unknown_kind: "There is no such kind of record.",
  bad_id: "An id has 40 hexadecimal digits.",
  bad_trust: "What is trusted must be a chain's id and a hash of 64 hexadecimal digits.",
  another_key: "The answer is about another key than that of what was asked.",
  not_a_record: "The value is not the record that stands under this key.",
  not_canonical: "The bytes are not the one canonical encoding of what they hold.",
  not_protobuf: "The bytes are not the protobuf message that belongs here.",
  not_utf8: "A text is not UTF-8.",
  wrong_proof: "The proof is about another key or value, or about absence where a value is given.",
  wrong_leaf: "The proof's leaf has another form than the tree's.",
  wrong_level: "A level of the proof has another form than the tree's.",
  another_root: "The levels lead to another root than the header's app hash.",
  not_neighbours: "Something may stand between the two neighbours, so absence is not shown.",
  another_chain: "The header is another chain's.",
  another_header: "The commit is for another header than this one.",
  too_many_validators: "There are more validators than are looked at.",
  other_validators: "The validators are not those that are trusted.",
  wrong_address: "A validator's address is not the one of its key.",
  strange_proposer: "The proposer is none of the validators.",
  wrong_places: "The commit has not one place for each validator.",
  wrong_vote: "A vote is of no known kind, or stands in another validator's place.",
  bad_signature: "A signature does not hold.",
  too_little_power: "The signatures have no more than two thirds of the power.",
  another_history: "These steps do not hash to the history that is proved: one is missing, changed or out of its place.",
  no_webcrypto: "This browser offers no WebCrypto here. Open the console at 127.0.0.1, at localhost or by HTTPS.",
  no_ed25519: "This browser can't check Ed25519 signatures. A newer one can.",
} as const;

export type Reason = keyof typeof REASONS;

export const LABELS = {
  kind: "Kind of record",
  id: "Id",
  key_asked: "Key that was asked for",
  key_given: "Key in the answer",
  absent: "Nothing stands at this key",
  value_bytes: "Length of the value in bytes",
  reencoded: "Encoded again",
  leaf: "Leaf",
  sibling_left: "Sibling on the left",
  sibling_right: "Sibling on the right",
  level: "Both together",
  path_asked: "Place of the key in the tree",
  path_before: "Place of the neighbour before it",
  path_after: "Place of the neighbour after it",
  app_hash: "App hash in the header",
  header_hash: "Hash of the header",
  committed_hash: "Hash that the commit names",
  age: "Age of the header",
  validators_hash: "Hash of the validators",
  header_validators_hash: "Validators that the header names",
  trusted_hash: "Hash that is trusted",
  validator: "Validator",
  signed_by: "Signed by",
  not_signed_by: "Not signed by",
  power: "Power that signed, of all",
  steps: "Steps of the life",
  history_computed: "What the steps that are shown hash to",
  history: "What its steps hash to, as the chain has it",
} as const;

export type Label = keyof typeof LABELS;

/** Says that hostile or damaged bytes don't prove what they should; `verify` turns it into a failed step. */
export class Unproved extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(REASONS[reason]);
    this.reason = reason;
  }
}
