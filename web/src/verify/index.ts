/** "Verify here": checks records and the lives of vehicles in the reader's own browser, asking nobody. */

export { checkHistory } from "./history.ts";
export { keyOf, proofPath } from "./keys.ts";
export { LABELS, type Label, REASONS, type Reason } from "./reasons.ts";
export type { Kind, Life, RecordOf } from "./records.generated.ts";
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
