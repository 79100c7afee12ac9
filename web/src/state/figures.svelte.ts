/** Key figures of a chain: what the network counts, and what the token says of mining. */

import { address, ask } from "../api/ask";
import type { Figures, Token } from "../api/types";
import { UACC_PER_ACC } from "../format";
import { load, whenNew } from "./load.svelte";
import { network } from "./network.svelte";

type Counted = { [name in keyof Figures]?: number | undefined };

export interface KeyFigures extends Counted {
  mined_acc?: number | undefined;
  supply_acc?: number | undefined;
}

/** Counts a chain's records for as long as a page is open. */
export function figuresOf(chain: () => string | undefined): KeyFigures {
  const token = load(() => {
    const name = chain();
    return name ? ask<Token>(address(`/chains/${name}/token`)) : null;
  });
  const again = (): void => {
    token.reload();
    void network.load();
  };
  // All balances are asked for the one, and all records counted for the other.
  whenNew("block", again, { pause_ms: 10_000 });
  const counted = $derived(network.chain(chain())?.figures);
  return {
    get transactions() {
      return counted?.transactions;
    },
    get vehicles() {
      return counted?.vehicles;
    },
    get recordings() {
      return counted?.recordings;
    },
    get consents() {
      return counted?.consents;
    },
    get receipts() {
      return counted?.receipts;
    },
    get supply_acc() {
      return token.data && Math.round(token.data.supply_uacc / UACC_PER_ACC);
    },
    get mined_acc() {
      return token.data && Math.round(token.data.mined_uacc / UACC_PER_ACC);
    },
  };
}
