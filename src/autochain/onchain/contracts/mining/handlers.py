"""What mining does with each message."""

from __future__ import annotations

from ...ledger import Context, interfaces
from ...refusals import ensure, present
from ...units import split
from ..credentials import Holds
from ..recording import GetRecording
from . import emission, errors
from .messages import Claim, Rewarded
from .state import CLAIMED, DEVICES, EPOCHS, TERMS, Claimed, Device, Epoch, Terms


def genesis(ctx: Context, parameters: Terms) -> None:
    ensure(parameters.epoch_ms > 0, "an epoch lasts for some time")
    TERMS.put(ctx, value=parameters)


def claim(ctx: Context, message: Claim) -> None:
    recording = ctx.ask("recording", GetRecording(message.recording))
    if recording is None or recording.vehicle != ctx.sender:
        raise errors.NOT_YOUR_RECORDING()
    if not ctx.ask("credentials", Holds(ctx.sender, "vehicle")):
        raise errors.NOT_ATTESTED()
    if not recording.is_kept(ctx.block.time_ms):
        raise errors.NOT_KEPT()
    if CLAIMED.get(ctx, message.recording) is not None:
        raise errors.ALREADY_REWARDED()
    terms = present(TERMS.get(ctx), "mining has its terms from genesis on")
    number = split(ctx.block.time_ms, terms.epoch_ms)[0]
    pool = ctx.ask("money", interfaces.BalanceOf(ctx.account))
    epoch = EPOCHS.get(ctx, number) or Epoch(emission.epoch_budget(pool), 0)
    device = DEVICES.get(ctx, number, ctx.sender) or Device(0)
    points = emission.rewarded_points(points=recording.points, used=device.points, cap=terms.points_per_device)
    reward = emission.reward(
        points=points, rate_uacc=terms.rate_uacc_per_point, budget_uacc=epoch.budget_uacc, paid_uacc=epoch.paid_uacc
    )
    if reward == 0:
        raise errors.CAP_REACHED()
    ctx.call("money", interfaces.Pay(recording.owner, reward), as_self=True)
    CLAIMED.put(ctx, message.recording, value=Claimed(recording.owner, points, reward, number))
    DEVICES.put(ctx, number, ctx.sender, value=Device(device.points + points))
    EPOCHS.put(ctx, number, value=Epoch(epoch.budget_uacc, epoch.paid_uacc + reward))
    ctx.emit(Rewarded(message.recording, recording.owner, points, reward))
