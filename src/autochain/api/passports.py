"""The passports of vehicles, as bytes that are checked offline."""

from __future__ import annotations

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from ..onchain.contracts.vehicles import GetLife
from ..services.passport import make_passport
from .errors import UNKNOWN, problems
from .given import ChainName, Given, IdInPath, chain_of
from .shapes import read_id

PASSPORT = "application/vnd.autochain.passport"


@get(
    "/vehicles/{id:str}/passport",
    operation_id="GetVehiclePassport",
    summary="Take along a vehicle's passport, which proves its whole life offline",
    media_type=PASSPORT,
    responses={
        200: ResponseSpec(bytes, media_type=PASSPORT, generate_examples=False, description="A passport."),
        **problems(404, 422),
    },
)
async def get_passport(backend: Given, chain: ChainName, id: IdInPath) -> Response[bytes]:
    asked, device = chain_of(backend, chain), read_id(id)
    if await asked.client.ask(GetLife(device)) is None:
        raise UNKNOWN(f"the life of a vehicle {id}")
    data = await make_passport(asked.client, device)
    headers = {"content-disposition": f'attachment; filename="{device.hex()[:12]}.passport"'}
    return Response(data, media_type=PASSPORT, headers=headers)
