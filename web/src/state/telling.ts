/** Which events are told where people read along; the pages of blocks and transactions show them all. */

import type { ChainEvent } from "../api/types";

/** What members do beside their work. */
const QUIET = /^release\//;
const PAYMENT = "token/Transferred";
/** These say themselves what is paid to whom. */
const TELLS_OF_PAYMENT = /^(market|mining)\//;

/** Leaves out what says nothing new: a payment stands in another event of the same transaction already. */
export function worthTelling(events: ChainEvent[]): ChainEvent[] {
  const told = new Set(events.filter(({ type }) => TELLS_OF_PAYMENT.test(type)).map(({ transaction }) => transaction));
  return events.filter(({ type, transaction }) => !QUIET.test(type) && !(type === PAYMENT && told.has(transaction)));
}
