"""The settings of web_search and web_fetch: domain lists, a user's place, and which URLs may be fetched."""

from __future__ import annotations

import functools
import re
import zoneinfo
from typing import Annotated, Any, Final, Literal

from publicsuffixlist import PublicSuffixList
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from workbench.catalog.base_models import Body

MOST_DOMAINS: Final = 64
_HOST: Final = re.compile(r"(?=.{1,255}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)
_PRIVATE: Final = (".localhost", ".local", ".localdomain", ".internal", ".invalid")
_NOT_IN_PATHS: Final = re.compile(r"[\s?#$,|^!]")
_COUNTRIES: Final = frozenset((
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY",
    "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK",
    "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
    "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR",
    "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA",
    "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
    "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
    "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG",
    "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF",
    "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY",
    "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
))  # fmt: skip
"""ISO 3166-1 alpha-2, as officially assigned."""


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def _domain(domain: str) -> str:
    """One entry, without the trailing slash that counts for nothing."""
    entry = domain.removesuffix("/")
    host, _, path = entry.partition("/")
    name = host.lower()
    if not _HOST.fullmatch(host) or name.endswith(_PRIVATE) or name.rpartition(".")[2].isdigit():
        raise ValueError(f"{domain!r} is not a plain public host name such as example.com")
    if _NOT_IN_PATHS.search(path):
        raise ValueError(f"{domain!r} has a character in its path that no entry may have")
    if _suffixes().publicsuffix(name) == name:
        raise ValueError(f"{domain!r} is a public suffix, under which anybody may have a name; name a host below it")
    return entry


def _distinct(domains: list[str] | None) -> list[str] | None:
    if domains is not None and not 1 <= len(domains) <= MOST_DOMAINS:
        raise ValueError(f"must list 1 to {MOST_DOMAINS} domains; null is none")
    if domains is not None and len({domain.lower() for domain in domains}) != len(domains):
        raise ValueError("must list distinct domains")
    return domains


Domains = Annotated[list[Annotated[str, AfterValidator(_domain)]] | None, AfterValidator(_distinct)]


def _country(code: str) -> str:
    if code not in _COUNTRIES:
        raise ValueError(f"{code!r} is no country code of two capital letters (ISO 3166-1 alpha-2)")
    return code


def _timezone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"{name!r} is no time zone of the IANA database, such as Europe/Berlin")
    return name


class UserLocation(Body):
    type: Literal["approximate"]
    city: str | None = None
    country: Annotated[str, AfterValidator(_country)] | None = None
    region: str | None = None
    timezone: Annotated[str, AfterValidator(_timezone)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> UserLocation:
        if not any((self.city, self.country, self.region, self.timezone)):
            raise ValueError("needs at least one of city, country, region and timezone")
        return self


class ToolReference(Body):
    type: Literal["tool_reference"]
    name: Annotated[str, Field(min_length=1, max_length=128)]


class Everything(Body):
    type: Literal["all"]


class Nothing(Body):
    type: Literal["none"]


class Named(Body):
    type: Literal["only", "except"]
    tools: Annotated[list[ToolReference], Field(min_length=1, max_length=128)]

    @model_validator(mode="after")
    def _are_distinct(self) -> Named:
        if len({tool.name for tool in self.tools}) != len(self.tools):
            raise ValueError("tools: must name distinct tools")
        return self


def _as_object(source: Any) -> Any:
    """The short form of a source is a word."""
    return {"type": source} if isinstance(source, str) else source


_Filter = Annotated[Everything | Nothing | Named, Field(discriminator="type"), BeforeValidator(_as_object)]
_Switch = Annotated[Everything | Nothing, Field(discriminator="type"), BeforeValidator(_as_object)]


class URLSources(Body):
    """Which sources may bring URLs to be fetched; one that is not set allows all of its URLs."""

    user_input: _Switch | None = None
    client_tool_results: _Filter | None = None
    server_tool_results: _Filter | None = None

    @model_validator(mode="after")
    def _leaves_something(self) -> URLSources:
        sources = (self.user_input, self.client_tool_results, self.server_tool_results)
        if all(source is not None and source.type == "none" for source in sources):
            raise ValueError("must not be none for all three sources: nothing could be fetched")
        for tool in self.server_tool_results.tools if isinstance(self.server_tool_results, Named) else ():
            if tool.name not in ("web_search", "web_fetch"):
                raise ValueError(f"server_tool_results: {tool.name!r} must be web_search or web_fetch")
        return self
