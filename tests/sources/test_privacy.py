"""What is personal is told by its name and by its look, and nothing else is lost."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources.privacy import is_personal_key, looks_personal, scrub, scrub_text


@pytest.mark.parametrize(
    "key",
    [
        "username",
        "userName",
        "user_name",
        "USERNAME",
        "ip_addr",
        "ip_addr_decrypted",
        "ipAddr",
        "IPAddress",
        "client_ip",
        "user_agent_decrypted",
        "userAgent",
        "city",
        "region",
        "metro_code",
        "latitude",
        "longitude",
        "geo_location",
        "device_id",
        "deviceId",
        "hardware_serial",
        "email",
        "e_mail",
        "account_id",
        "phone_number",
        "login_session",
        "city_of_listener",
        "postalCode",
        "birthDate",
        "advertising_idfa",
        "useragent",
        "ipaddress",
    ],
)
def test_personal_names_are_told_however_they_are_written(key: str):
    assert is_personal_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "ts",
        "platform",
        "ms_played",
        "conn_country",
        "shuffle",
        "reason_end",
        "audiobook_title",
        "incognito_mode",
        "video_quality",
        "bitrate",
        "playlist_name",
        "context_uri",
        "chapter_number",
        "recording_msid",
        "tags",
        "release_mbid",
        "skip_count",
        "ship",
        "zipper",
        "description",
        "recipe",
        "publication",
        "mood_score",
        "uservice",
    ],
)
def test_other_names_pass(key: str):
    assert not is_personal_key(key)


@pytest.mark.parametrize(
    "value",
    [
        "93.184.216.34",
        "seen from 93.184.216.34 today",
        "2001:db8:85a3::8a2e:370:7334",
        "fe80::1:2:3",
        "anna.listener+spotify@example.org",
        "123e4567-e89b-12d3-a456-426614174000",
        "00:1B:44:11:3A:B7",
        "+49 171 2345678",
        "48.13743, 11.57549",
        "Mozilla/5.0 (X11; Linux x86_64)",
        "Spotify/8.9 okhttp/4.1",
        "spotify:user:somebody:playlist:37i9dQZF1DXcZDD7cfEKhW",
        "https://www.last.fm/user/somebody",
        "31l77y2vapnfpm5ntzw4pjaetq4abc",
        "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    ],
)
def test_addresses_and_identifiers_look_personal(value: str):
    assert looks_personal(value)


@pytest.mark.parametrize(
    "value",
    [
        "spotify:track:3aJ2aJz5xL03hpaqdPS7Ah",
        "3aJ2aJz5xL03hpaqdPS7Ah",
        "2024-03-01T12:00:00Z",
        "trackdone",
        "Track 10.5.2 (Live)",
        "Symphony No. 9, 4th movement",
        "12:34:56",
        "GBAYE0601498",
        "ただ君に晴れ",
        "99.5",
        "Internationalization",
        "@artist",
    ],
)
def test_what_plays_are_made_of_does_not(value: str):
    assert not looks_personal(value)


def test_nested_values_are_scrubbed_member_by_member():
    value = {
        "quality": {"bitrate": 320, "client_ip": "x", "server": "10.0.0.1"},
        "list": ["fine", "a@example.org", {"email": "b", "kept": True}],
        "only": {"city": "Berlin"},
    }
    assert scrub(value) == {"quality": {"bitrate": 320}, "list": ["fine", {"kept": True}]}


def test_nothing_deep_passes():
    value: object = "10.0.0.1 is hidden"
    for _ in range(50):
        value = {"inner": [value]}
    assert scrub(value) is None


@pytest.mark.slow
@given(
    st.recursive(st.text() | st.integers() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_an_address_planted_anywhere_never_passes(value: object):
    planted = {"a": [value, {"b": "x 93.184.216.34"}], "ip": value, "c": "anna@example.org"}
    kept = json.dumps(scrub(planted))
    assert "93.184.216.34" not in kept
    assert "anna@example.org" not in kept


def test_broken_text_loses_personal_fields_and_addresses():
    text = (
        '{"ts": "2024-03-01T12:00:00Z", "username": "anna", "ip_addr": "unknown form", "city":"Ulm", '
        '"platform": "Android (model 123)", "note": "from 93.184.216.34", "ms_played": 1, '
        '"user_agent": "cut o'
    )
    kept = scrub_text(text)
    for personal in ("anna", "unknown form", "Ulm", "model 123", "93.184.216.34", "cut o"):
        assert personal not in kept
    assert "2024-03-01T12:00:00Z" in kept
    assert '"ms_played": 1' in kept
