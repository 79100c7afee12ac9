"""What everybody paid, from the chain's blocks."""

from __future__ import annotations

from collections import Counter

from autochain.network import Network


async def fees_paid(network: Network) -> Counter[bytes]:
    """Adds up the fees of every account in uacc."""
    fees: Counter[bytes] = Counter()
    for height in range(1, (await network.client.status()).height + 1):
        _, block = await network.client.block(height)
        for data in block.transactions:
            transaction = network.client.dispatcher.transactions.decode(data)
            fees[transaction.proof.payer or transaction.proof.sender] += transaction.fee_uacc
    return fees
