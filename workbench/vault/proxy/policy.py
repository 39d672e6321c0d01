"""What one session may reach and use, checked when it is made and immutable afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.contracts.vault import Grant, NetworkRules, VaultRefused
from workbench.vault.proxy.names import NotAHost, covers, is_local_name, meet, pattern
from workbench.vault.proxy.placeholders import LEAST_RANDOM, MARK

REASONS = {
    "network_is_off": "this environment has no network",
    "host_not_allowed": "the environment's networking is limited, and host not in allowed_hosts",
    "port_not_allowed": "the port is not allowed",
    "plain_http_not_allowed": "plain http is not allowed for this host; use https",
    "address_not_named": "hosts are reached by name, and this address is not in allowed_hosts",
    "private_address": "the name leads to this machine or to a private network",
    "name_unknown": "the name is not known",
    "not_a_host": "this is not a host",
    "does_not_answer": "the host does not answer",
    "certificate_refused": "the host's certificate could not be verified",
    "host_mismatch": "the request names another host than the connection was opened for",
    "bad_request": "the request is not one clean HTTP/1.1 request",
    "client_left": "the client closed its connection before it had an answer",
    "bad_answer": "the host's answer could not be passed on",
    "encoding_refused": "the host answered in an encoding in which a secret could hide",
    "upgrade_refused": "the connection may not be upgraded to this",
    "tunnel_mismatch": "what was sent is not a TLS greeting for the host that the tunnel was opened for",
    "tls_failed": "the client did not agree to TLS with the workbench's authority (pinned? then it needs tunnel_hosts)",
    "credential_missing": "the credential's secret is not stored; `workbench vault rotate` stores it again",
    "credential_locked": "the keyring is locked; unlock it and try again",
    "foreign_credential": "this host takes only the session's own credential, by its placeholder",
    "refresh_failed": "the access token has expired and could not be refreshed; `workbench vault rotate`",
    "signature_not_possible": "a request signed with a placeholder cannot be mended",
    "no_such_route": "there is no such way out",
    "not_for_models": "only POST /v1/messages, POST /v1/messages/count_tokens and GET /v1/models go this way",
    "too_many_connections": "the session has too many connections open",
}
"""Each word of a decision, in words for the model."""

_PLAIN_PORT = 80


@dataclass(frozen=True)
class Destination:
    """Where a connection of a sandbox leads: `scheme` is `https` or `http`, `addresses` are those that were checked."""

    host: str
    port: int
    is_address: bool
    scheme: bytes
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """Rules and grants of one session, each host in its one spelling."""

    rules: NetworkRules
    grants: tuple[Grant, ...] = ()

    def refusal(self, host: str, *, is_address: bool) -> str | None:
        """The word of the rule that forbids this host; None where it may be asked for."""
        rules = self.rules
        if rules.type == "none":
            return "network_is_off"
        if is_address:
            return None if host in rules.hosts else "address_not_named"
        if is_local_name(host) and not (self.may_be_private(host) and _any_covers(rules.hosts, host)):
            return "private_address"
        if rules.type == "unrestricted" or _any_covers(rules.hosts, host):
            return None
        return "host_not_allowed"

    def refusal_of_port(self, host: str, port: int, *, plain: bool) -> str | None:
        """The same for a port, of a request in plain HTTP or of a connection that is encrypted."""
        if plain:
            may_be_plain = self.rules.type == "unrestricted" or _any_covers(self.rules.plain_http, host)
            return None if port == _PLAIN_PORT and may_be_plain else "plain_http_not_allowed"
        return None if port in self.rules.ports and port != _PLAIN_PORT else "port_not_allowed"

    def may_be_private(self, host: str) -> bool:
        """Whether somebody has said that this name may lead to a private address; an address that is named says so itself."""
        return _any_covers(self.rules.private_ok, host)

    def is_tunnel(self, host: str) -> bool:
        return _any_covers(self.rules.tunnel_hosts, host)

    def live(self, host: str) -> tuple[Grant, ...]:
        """The grants whose secret may go to this host."""
        if self.is_tunnel(host):
            return ()
        return tuple(grant for grant in self.grants if grant.hosts is None or _any_covers(grant.hosts, host))


def policy_of(rules: NetworkRules, grants: Sequence[Grant]) -> Policy:
    """Check rules and grants, whole.

    Raises:
        VaultRefused: with what is wrong and where.
    """
    if rules.type not in {"none", "limited", "unrestricted"}:
        raise VaultRefused(f"networking: type is none, limited or unrestricted, not {rules.type!r}")
    if not all(0 < port < 65536 for port in rules.ports):
        raise VaultRefused("networking: a port is a number from 1 to 65535")
    checked = NetworkRules(
        type=rules.type,
        hosts=_patterns(rules.hosts, "allowed_hosts"),
        private_ok=_patterns(rules.private_ok, "private_ok"),
        tunnel_hosts=_patterns(rules.tunnel_hosts, "tunnel_hosts"),
        plain_http=_patterns(rules.plain_http, "plain_http"),
        websockets=rules.websockets,
        ports=tuple(rules.ports),
        model_route=rules.model_route,
    )
    return Policy(checked, tuple(_granted(grant, checked, grants) for grant in grants))


def _granted(grant: Grant, rules: NetworkRules, grants: Sequence[Grant]) -> Grant:
    where = f"credential {grant.credential_id}"
    if MARK not in grant.placeholder or len(grant.placeholder.rpartition(MARK)[2]) < LEAST_RANDOM:
        raise VaultRefused(f"{where}: its placeholder is not one of ours")
    if any(other is not grant and grant.placeholder in other.placeholder for other in grants):
        raise VaultRefused(f"{where}: its placeholder is part of another one, so a request could mean either")
    hosts = None if grant.hosts is None else _patterns(grant.hosts, where)
    for host in hosts or ():
        if any(meet(host, tunnel) for tunnel in rules.tunnel_hosts):
            raise VaultRefused(f"{where}: {host} is one of tunnel_hosts, which are not opened and never get a secret")
    return Grant(grant.credential_id, grant.placeholder, hosts, grant.header, grant.body, grant.exclusive)


def unreachable_hosts(rules: NetworkRules, grant: Grant) -> tuple[str, ...]:
    """The hosts of a grant to which the environment's rules let nothing through."""
    if rules.type == "unrestricted" or grant.hosts is None:
        return ()
    allowed = _patterns(rules.hosts, "allowed_hosts") if rules.type == "limited" else ()
    return tuple(host for host in _patterns(grant.hosts, "hosts") if not any(meet(host, one) for one in allowed))


def _patterns(hosts: Sequence[str], where: str) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(pattern(host) for host in hosts))
    except NotAHost as error:
        raise VaultRefused(
            f"{where}: {str(error)!r} is not a host; write a name, an IPv4 address or *.example.com, without scheme, port "
            "or path"
        ) from error


def _any_covers(rules: Sequence[str], host: str) -> bool:
    return any(covers(rule, host) for rule in rules)
