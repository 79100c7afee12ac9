"""Records as people see them in JSON."""

from __future__ import annotations

from autochain.onchain.codec import named
from autochain.onchain.contracts.consent import Grant, Terms
from autochain.onchain.contracts.market import Item, Publish


def test_a_record_is_an_object_by_its_fields_and_says_what_it_is() -> None:
    terms = Terms(b"\x01" * 20, "research", ("motion", "position"), "exact", 1, 2, 3, 4)
    assert named(Grant(b"\xab" * 20, terms)) == {
        "type": "consent/Grant",
        "reader": "ab" * 20,
        "terms": {
            "vehicle": "01" * 20,
            "purpose": "research",
            "categories": ["motion", "position"],
            "precision": "exact",
            "from_ms": 1,
            "until_ms": 2,
            "price_uacc": 3,
            "expires_ms": 4,
        },
    }


def test_lists_of_records_and_what_is_not_there_keep_their_shape() -> None:
    items = (Item(b"\x02" * 20, b"\x03" * 20),)
    published = named(Publish("A name", items, "research", ("motion",), "coarse"))
    assert published["items"] == [{"recording": "02" * 20, "offer": "03" * 20}]
    assert named((None, True, 7, "text", b"")) == [None, True, 7, "text", ""]
