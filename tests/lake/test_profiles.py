"""What listeners declare, and which pseudonyms and zones are taken."""

import pytest

from spotify_assets.lake.profiles import (
    MAX_USER_ID,
    Profile,
    checked_time_zone,
    checked_user_id,
    profile_path,
    read_profiles,
    write_profile,
)


def test_what_was_declared_reads_back_by_pseudonym(tmp_path):
    profiles = [Profile("anna/../é", "Asia/Kathmandu"), Profile("me", None, follows_country=True)]
    for profile in reversed(profiles):
        write_profile(tmp_path, profile)
    assert read_profiles(tmp_path) == profiles


def test_the_last_declaration_counts(tmp_path):
    write_profile(tmp_path, Profile("me", "Europe/Berlin"))
    write_profile(tmp_path, Profile("me", "Europe/Paris"))
    assert read_profiles(tmp_path) == [Profile("me", "Europe/Paris")]


def test_the_file_does_not_name_the_listener(tmp_path):
    assert "anna" not in profile_path(tmp_path, "anna").name


def test_nobody_declared_anything(tmp_path):
    assert read_profiles(tmp_path) == []


def test_a_damaged_profile_is_named(tmp_path):
    path = write_profile(tmp_path, Profile("me"))
    path.write_text("{}")
    with pytest.raises(ValueError, match=path.name):
        read_profiles(tmp_path)


@pytest.mark.parametrize("user_id", ["", "  ", "a\nb", "a\x00", "x" * (MAX_USER_ID + 1), "anna@example.org"])
def test_what_is_no_pseudonym(user_id):
    with pytest.raises(ValueError, match="pseudonym"):
        checked_user_id(user_id)


def test_a_pseudonym_is_trimmed():
    assert checked_user_id(" anna ") == "anna"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Asia/Kathmandu"])
def test_zones_of_the_iana_database(zone):
    assert checked_time_zone(zone) == zone


@pytest.mark.parametrize(
    ("zone", "says"), [("europe/berlin", "did you mean Europe/Berlin"), ("CET+1", "no such")]
)
def test_what_is_no_zone(zone, says):
    with pytest.raises(ValueError, match=says):
        checked_time_zone(zone)
