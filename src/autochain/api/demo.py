"""What only a demonstration network has: personas as whom anybody at this machine may look at it, and its roads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Router, get, post

from ..client import Client
from .access import Guard
from .backend import Parties, Persona, Road
from .errors import problems
from .given import BODY
from .sessions import Sessions
from .sign_in import DemoSignIn, SignedIn, sign_in_persona


class Personas(msgspec.Struct, frozen=True):
    """All personas of the network."""

    items: tuple[Persona, ...]


class Roads(msgspec.Struct, frozen=True):
    """The roads on which the simulated vehicles drive, each as points of latitude and longitude in degrees."""

    roads: tuple[tuple[tuple[float, float], ...], ...]


def demo_router(parties: Parties, roads: Sequence[Road], sessions: Sessions, client: Client, *, host: Guard) -> Router:
    """Makes the routes of a demonstration network."""
    town = Roads(tuple(tuple(road) for road in roads))

    @get("/personas", responses=problems(403), summary="List the personas", operation_id="ListPersonas")
    async def list_personas() -> Personas:
        return Personas(parties.personas())

    @post(
        "/sign-in",
        status_code=200,
        responses=problems(401, 403, 404, 413, 415),
        summary="Sign in as a persona",
        operation_id="SignInAsPersona",
    )
    async def sign_in(data: Annotated[DemoSignIn, BODY]) -> SignedIn:
        return await sign_in_persona(parties, sessions, client, data.persona)

    @get("/roads", responses=problems(403), summary="Get the roads", operation_id="GetRoads")
    async def get_roads() -> Roads:
        return town

    return Router("/demo", guards=[host], route_handlers=[list_personas, sign_in, get_roads], tags=["demonstration"])
