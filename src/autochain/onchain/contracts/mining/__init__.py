"""Mining: attested vehicles earn ACC for useful recordings, out of the 43 % of the supply that are mined by data."""

from ...ledger import Contract
from . import handlers, queries
from .messages import Claim, Rewarded
from .queries import GetReward, GetTerms
from .state import CLAIMED, DEVICES, EPOCHS, INVARIANTS, TERMS, Claimed, Terms

CONTRACT = Contract(
    "mining",
    version=1,
    uses=("money", "credentials", "recording"),
    messages={Claim: handlers.claim},
    queries={GetReward: queries.get_reward, GetTerms: queries.get_terms},
    events=(Rewarded,),
    tables=(TERMS, CLAIMED, DEVICES, EPOCHS),
    genesis=handlers.genesis,
    parameters=Terms,
    invariants=INVARIANTS,
)

__all__ = ["CLAIMED", "CONTRACT", "Claim", "Claimed", "GetReward", "GetTerms", "Rewarded", "Terms"]
