"""What may not pass landing: personal fields, told by their names and by what their values look like.

A list of allowed fields would drop what nobody planned for; a list of forbidden ones misses what a later
export calls differently. So a field that no reader knows passes only when neither its name nor its value
looks personal:

- the name, split into words (`ip_addr_decrypted`, `ipAddr`, `IP-Address` are the same), holds none of the
  words in `_PERSONAL_WORDS`;
- no text in the value is an e-mail address, an IP address, a UUID, a MAC address, a telephone number, a
  coordinate pair, a browser's user agent, the address of an account (`spotify:user:…`), or an identifier
  of 20 and more letters and digits that is not a Spotify URI or id;
- nested values pass by the same rules, member by member.

What is doubtful is dropped and counted: losing an unplanned field is a smaller harm than keeping an address.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

MAX_DEPTH = 8
"""Nesting of an unknown value beyond which it is dropped."""
MAX_TEXT = 10_000
"""Characters of one unknown text that are kept."""
_REMEMBERED_CHARACTERS = 100
"""Length of a text up to which the judgement on it is remembered: names and codes come again and again."""

_PERSONAL_WORDS = frozenset(
    """
    user users username usernames userid uid account accounts accountid nick nickname login email emails
    mail phone msisdn tel telephone ip ips ipaddr ipaddress ipv4 ipv6 addr address addresses mac agent
    useragent ua browser fingerprint cookie cookies token tokens secret password device devices deviceid
    hardware serial imei idfa idfv gaid adid location locations lat lon lng latitude longitude geo gps
    coordinates city cities region regions state province county zip zipcode postal postcode postalcode
    street metro birth birthdate birthday birthyear dob age gender sex firstname lastname fullname
    surname customer person member owner session sessionid client clientid installation
    """.split()  # noqa: SIM905  # a list of quoted words is harder to read
)
"""Words of a field's name that make it personal. `country` is not one: it is a column of its own."""

PERSONAL_KEYS = frozenset(
    {
        "username",
        "user_name",
        "ip_addr",
        "ip_addr_decrypted",
        "user_agent_decrypted",
        "user_agent",
        "city",
        "region",
        "metro_code",
        "longitude",
        "latitude",
    }
)
"""Personal fields that the exports are known to have: dropped without a word."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_IPV4 = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
_IPV6 = r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])"
_EMAIL = r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,255}\.[A-Za-z]{2,}"
_UUID = r"(?i:\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b)"
_MAC = r"(?i:\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b)"
_PHONE = r"(?<![\w.])\+\d[\d ()/-]{7,}\d(?!\w)"
_COORDINATES = r"(?<![\w.])-?\d{1,3}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}"
_AGENT = r"(?i:mozilla/\d|applewebkit/|okhttp/|\bchrome/\d|\bsafari/\d|\bdalvik/)"
_ACCOUNT = r"(?i:spotify:user:|[./](?:com|fm|org)/users?/|/users?/)"
_HEX_ID = r"(?i:\b[0-9a-f]{24,}\b)"
_PERSONAL_VALUE = re.compile(
    "|".join((_EMAIL, _IPV4, _IPV6, _UUID, _MAC, _PHONE, _COORDINATES, _AGENT, _ACCOUNT, _HEX_ID))
)
_LONG_ID = re.compile(r"^[A-Za-z0-9_=-]{20,}$")
_SPOTIFY_ID = re.compile(r"^[0-9A-Za-z]{22}$")
_HIDDEN = "[removed]"

_JSON_PAIR = re.compile(r'"((?:[^"\\\n]|\\.){1,80})"\s*:\s*("(?:[^"\\]|\\.)*(?:"|$)|[^,}\]\n]*)')


@lru_cache(maxsize=4096)
def is_personal_key(key: str) -> bool:
    """Whether a field's name says that it is personal."""
    if key in PERSONAL_KEYS:
        return True
    words = [word.lower() for word in _WORD.findall(key)]
    joined = "".join(words)
    pairs = {first + second for first, second in pairwise(words)}
    return not _PERSONAL_WORDS.isdisjoint({*words, *pairs, joined})


def looks_personal(value: str) -> bool:
    """Whether a text holds an address or an identifier of a person or of a device."""
    return _is_found_in(value) if len(value) <= _REMEMBERED_CHARACTERS else _is_found_in.__wrapped__(value)


@lru_cache(maxsize=16_384)
def _is_found_in(value: str) -> bool:
    if _PERSONAL_VALUE.search(value):
        return True
    is_id = _LONG_ID.match(value) is not None and any(c.isdigit() for c in value)
    return is_id and not _SPOTIFY_ID.match(value)


def scrub(value: object, depth: int = 0) -> object | None:
    """A JSON value without what is personal in it; None where nothing is left to keep."""
    if isinstance(value, str):
        return None if looks_personal(value) else value[:MAX_TEXT]
    if isinstance(value, Mapping):
        if depth >= MAX_DEPTH:
            return None
        kept = {
            str(key): scrubbed
            for key, member in value.items()
            if not is_personal_key(str(key)) and not looks_personal(str(key))
            if (scrubbed := scrub(member, depth + 1)) is not None
        }
        return kept or None
    if isinstance(value, list):
        if depth >= MAX_DEPTH:
            return None
        members = [scrub(member, depth + 1) for member in value]
        return [member for member in members if member is not None] or None
    return value


def scrub_text(text: str) -> str:
    """A text that could not be parsed, without what is personal in it as far as that can be told.

    Values of what looks like a JSON field with a personal name are removed, and every address or
    identifier wherever it stands.
    """
    named = _JSON_PAIR.sub(_hide_named, text)
    return _PERSONAL_VALUE.sub(_HIDDEN, named)


def _hide_named(match: re.Match[str]) -> str:
    if is_personal_key(match[1]) or match[1] == "platform":
        return f'"{match[1]}": "{_HIDDEN}"'
    return match[0]
