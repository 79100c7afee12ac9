/** What the API answers with, as far as the console reads it. Ids are lower hexadecimal, times milliseconds since 1970, money uacc. */

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** A record with its type's tag, as messages and event bodies stand in JSON. */
export type Tagged = { type?: string } & Record<string, unknown>;

export interface ChainState {
  name: string;
  chain_id: string;
  height: number;
  time_ms: number;
  validators_hash: string;
  engine: string;
  contracts: string[];
  waiting: number;
  /** Null while the read model does not answer. */
  figures: Figures | null;
}

/** How many of each the read model holds. */
export interface Figures {
  transactions: number;
  recordings: number;
  points: number;
  consents: number;
  receipts: number;
  vehicles: number;
  accounts: number;
}

export interface Persona {
  name: string;
  role: Role;
  account: string;
}

export type Role = "owner" | "buyer" | "maker" | "regulator" | "stranger";

export interface Network {
  version: string;
  demo: boolean;
  chains: ChainState[];
}

export interface Block {
  height: number;
  hash: string;
  time_ms: number;
  app_hash: string;
  transactions: number;
  events: number;
}

export interface Transaction {
  hash: string;
  height: number;
  position: number;
  time_ms: number;
  sender: string | null;
  payer: string | null;
  fee_uacc: number;
  codespace: string;
  code: number;
  types: string[];
  messages: Tagged[];
}

export interface TransactionDetails {
  transaction: Transaction;
  events: ChainEvent[];
}

export interface ChainEvent {
  seq: number;
  height: number;
  time_ms: number;
  transaction: string | null;
  type: string;
  body: Tagged;
}

export const CATEGORIES = ["condition", "energy", "engine", "environment", "motion", "position"] as const;
export type Category = (typeof CATEGORIES)[number];

/** From the finest to the coarsest. */
export const PRECISIONS = ["exact", "coarse", "aggregate"] as const;
export type Precision = (typeof PRECISIONS)[number];

export const PURPOSES = [
  "insurance",
  "maintenance",
  "navigation",
  "product_improvement",
  "research",
  "resale",
  "traffic_management",
] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface Part {
  category: Category;
  precision: Precision;
  size_bytes: number;
}

export interface Recording {
  id: string;
  vehicle: string;
  owner: string;
  fingerprint: string;
  manifest_root: string;
  parts: Part[];
  points: number;
  start_ms: number;
  end_ms: number;
  committed_ms: number;
  height: number;
  keep_until_ms: number;
  erased_ms: number;
}

export interface Terms {
  vehicle: string;
  purpose: Purpose;
  categories: Category[];
  precision: Precision;
  from_ms: number;
  until_ms: number;
  price_uacc: number;
  expires_ms: number;
}

export interface Consent {
  id: string;
  owner: string;
  reader: string;
  terms: Terms;
  granted_ms: number;
  offer: string | null;
  revoked_ms: number;
}

export interface Receipt {
  id: string;
  reader: string;
  owner: string;
  vehicle: string;
  recording: string;
  consent: string;
  purpose: Purpose;
  categories: Category[];
  precision: Precision;
  price_uacc: number;
  bought_ms: number;
  lapses_ms: number;
  product: string | null;
  given_by: string[];
  status: "open" | "delivered" | "refunded";
}

export interface Account {
  id: string;
  did: string;
  kind: "person" | "organisation" | "device" | "contract";
  controller: string | null;
  active: boolean;
  registered_ms: number;
  roles: string[];
}

export interface PublicKey {
  /** 1 is Ed25519; see `SUITES`. */
  suite: number;
  data: string;
}

/** Names of the signature suites, as every standard has them. */
export const SUITES: Readonly<Record<number, string>> = {
  1: "Ed25519",
  2: "P-256",
  3: "SM2",
  4: "ML-DSA-65",
  5: "Ed25519 + ML-DSA-65",
};

export interface AccountDetails {
  account: Account;
  balance_uacc: number;
  keys: PublicKey[];
  threshold: number;
  sequence: number;
  record: Record<string, unknown>;
}

export interface Attestation {
  role: string;
  authority: string;
  attested_ms: number;
  /** From when on it holds no more; 0 where it holds until it is withdrawn. */
  until_ms: number;
  /** Whether the account has the role now. */
  holds: boolean;
}

export interface Vehicle {
  account: Account;
  owner: string;
  owned_ms: number;
  attestations: Attestation[];
  hand_overs: { owner: string; time_ms: number; height: number }[];
  figures: { recordings: number; points: number; receipts: number; earned_uacc: number };
  recordings: unknown[];
  life: ChainEvent[];
}

export interface Allocation {
  name: string;
  account: string;
  amount_uacc: number;
  left_uacc: number;
}

export interface Token {
  supply_uacc: number;
  allocations: Allocation[];
  mined_uacc: number;
  burned_uacc: number;
  top: { account: string; kind: string; balance_uacc: number }[];
  /** Among so many accounts those that hold most were found. */
  ranked: number;
}

export interface Flow {
  seq: number;
  height: number;
  time_ms: number;
  transaction: string | null;
  payer: string;
  payee: string;
  amount_uacc: number;
}

/** Readings in plain text, by category. */
export interface Readings {
  parts: ReadingPart[];
}

export interface ReadingPart {
  category: Category;
  precision: Precision;
  /** How many rows there are; the answer holds the first of them. */
  rows: number;
  times_ms: number[];
  signals: { signal: string; unit: string; values: (number | null)[] }[];
}

/** A reading that was bought, and what is in it. */
export interface Bought extends Readings {
  receipt: string;
  price_uacc: number;
}

/** A transaction that stands in a block, and what it announced. */
export interface Happened {
  hash: string;
  height: number;
  events: Tagged[];
}

/** One vehicle as the simulator sees it. */
export interface Moving {
  id: string;
  name: string;
  lat: number;
  lon: number;
  heading_deg: number;
  speed_kmh: number;
  state: "driving" | "parked";
}

export interface Frame {
  time_ms: number;
  vehicles: Moving[];
}

/** Each road as points of latitude and longitude. */
export interface Roads {
  roads: [number, number][][];
}

/** RFC 9457: how the API says no. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string;
  remedy?: string;
  codespace?: string;
  code?: number;
}

export interface Found {
  chain: string;
  found: { kind: "block" | "transaction" | "account" | "recording" | "consent" | "receipt"; id: string };
}
