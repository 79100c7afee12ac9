/** "Verify here": checks recordings, receipts, consents and balances in the reader's own browser, asking nobody. */

export { keyOf, proofPath } from "./keys.ts";
export { LABELS, type Label, REASONS, type Reason } from "./reasons.ts";
export type { Kind, RecordOf } from "./records.generated.ts";
export {
  type Proof,
  type Request,
  STEPS,
  type Seen,
  type Shown,
  type Step,
  type StepId,
  type Trust,
  type Verification,
} from "./verification.ts";
export { verify } from "./verify.ts";
