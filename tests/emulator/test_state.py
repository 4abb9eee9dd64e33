"""Whatever is asked for in whatever order, the counts of the account agree with its lists."""

from __future__ import annotations

from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mailerlite_async.testing import Emulator, VirtualClock

from .conftest import BASE_URL, HEADERS

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
EMAILS = [f"{name}@example.com" for name in "abcd"]
GROUPS = ["11", "12"]

emails = st.sampled_from(EMAILS)
statuses = st.sampled_from(STATUSES)
group_lists = st.lists(st.sampled_from(GROUPS), unique=True)


class AccountMachine(RuleBasedStateMachine):
    """A model of an account: status, name and groups of each address."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.emulator = Emulator(requests=1_000_000, imports=1_000_000, clock=self.clock)
        self.emulator.seed(groups=[{"id": each, "name": each} for each in GROUPS])
        self.client = httpx.Client(transport=self.emulator.transport(), base_url=BASE_URL, headers=HEADERS)
        self.people: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}

    def key(self, email: str) -> str:
        if email not in self.people:
            return "1"
        key: str = self.client.get(f"/subscribers/{email}").json()["data"]["id"]
        return key

    @rule(email=emails, status=st.none() | statuses, groups=group_lists, resubscribe=st.booleans())
    def upsert(self, email: str, status: str | None, groups: list[str], resubscribe: bool) -> None:
        body = {"email": email, "groups": groups, "resubscribe": resubscribe} | ({"status": status} if status else {})
        answer = self.client.post("/subscribers", json=body)
        known = self.people.get(email) or self.deleted.get(email)
        if known and known["status"] == "unsubscribed" and status != "unsubscribed" and not resubscribe:
            assert answer.status_code == 422
            return
        assert answer.status_code == (200 if known else 201)
        person = self.people[email] = known or {"status": "active", "groups": set()}
        self.deleted.pop(email, None)
        if status is not None:
            person["status"] = status
        elif person["status"] == "unsubscribed":
            person["status"] = "active"
        person["groups"].update(groups)

    @rule(email=emails, status=st.none() | statuses, groups=st.none() | group_lists)
    def update(self, email: str, status: str | None, groups: list[str] | None) -> None:
        body: dict[str, Any] = {} if groups is None else {"groups": groups}
        answer = self.client.put(f"/subscribers/{self.key(email)}", json=body | ({"status": status} if status else {}))
        person = self.people.get(email)
        if person is None:
            assert answer.status_code == 404
        elif status == "active" and person["status"] in ("unsubscribed", "bounced", "junk"):
            assert answer.status_code == 422
        else:
            assert answer.status_code == 200
            person["status"] = status or person["status"]
            person["groups"] = person["groups"] if groups is None else set(groups)

    @rule(email=emails, forget=st.booleans())
    def remove(self, email: str, forget: bool) -> None:
        key = self.key(email)
        method, suffix = ("POST", "/forget") if forget else ("DELETE", "")
        answer = self.client.request(method, f"/subscribers/{key}{suffix}")
        assert answer.is_success == (email in self.people)
        if email in self.people:
            person = self.people.pop(email)
            person["groups"] = set()
            if not forget:
                self.deleted[email] = person

    @rule(email=emails, group=st.sampled_from(GROUPS))
    def assign(self, email: str, group: str) -> None:
        answer = self.client.post(f"/subscribers/{email}/groups/{group}")
        assert answer.status_code == (200 if email in self.people else 422)
        if email in self.people:
            self.people[email]["groups"].add(group)

    @rule(email=emails, group=st.sampled_from(GROUPS))
    def unassign(self, email: str, group: str) -> None:
        answer = self.client.delete(f"/subscribers/{email}/groups/{group}")
        is_member = email in self.people and group in self.people[email]["groups"]
        assert answer.status_code == (204 if is_member else 404)
        if is_member:
            self.people[email]["groups"].remove(group)

    @rule(rows=st.lists(emails, min_size=1, unique=True), group=st.sampled_from(GROUPS))
    def import_into(self, rows: list[str], group: str) -> None:
        body = {"subscribers": [{"email": email} for email in rows]}
        self.client.post(f"/groups/{group}/import-subscribers", json=body)
        self.clock.advance(1)
        for email in rows:
            known = self.people.get(email) or self.deleted.get(email) or {"status": "active", "groups": set()}
            if known["status"] != "unsubscribed":
                self.deleted.pop(email, None)
                self.people[email] = known
                known["groups"].add(group)

    @invariant()
    def lists_and_counts_agree(self) -> None:
        listed = self.client.get("/subscribers?include=groups").json()["data"]
        found = {each["email"]: (each["status"], {group["id"] for group in each["groups"]}) for each in listed}
        assert found == {email: (person["status"], person["groups"]) for email, person in self.people.items()}
        assert len(listed) == len(found)
        for status in STATUSES:
            expected = {email for email, person in self.people.items() if person["status"] == status}
            listed = self.client.get("/subscribers", params={"filter[status]": status}).json()["data"]
            assert {each["email"] for each in listed} == expected
            for group in self.client.get("/groups").json()["data"]:
                members = {email for email in expected if group["id"] in self.people[email]["groups"]}
                shown = self.client.get(f"/groups/{group['id']}/subscribers", params={"filter[status]": status})
                assert {each["email"] for each in shown.json()["data"]} == members
                assert group[f"{status}_count"] == len(members)


TestAccount = AccountMachine.TestCase
TestAccount.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
