/** Answers each line of JSON on standard input, a question to the verifier, with a line: what came of it. */

import { createInterface } from "node:readline";

import { type Proof, type Request, type Trust, verify } from "../../src/verify/index.ts";

interface Question {
  readonly request: Request;
  readonly trust: Trust;
  readonly proof: Proof;
  readonly now_ms: number;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { request, trust, proof, now_ms } = JSON.parse(line) as Question;
  const { outcome, record, header, steps } = await verify(request, trust, proof, now_ms);
  const whys = Object.fromEntries(steps.filter(({ holds }) => !holds).map(({ id, why }) => [id, why]));
  process.stdout.write(`${JSON.stringify({ outcome, record, header, whys })}\n`);
}
