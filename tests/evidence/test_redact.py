"""What may stay of an answer: listed, deterministic, idempotent; and what looked like an AccessKey is still said."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import sys
import textwrap
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_eci_compliance.evidence.api_actions import READ_LIST
from pytest_eci_compliance.evidence.redact import (
    ACCESS_KEY,
    NOT_SEARCHED,
    REDACTED,
    has_access_key,
    marker,
    misfit,
)
from pytest_eci_compliance.evidence.responses import RESPONSES, redact

KEY = "LTAI5tAbCdEfGhIjKlMnOpQr"
TEMPORARY = "STS.NTkXbWvRqZyLdPmFsGhJcAuE"
SECRET = "s3cr3t-Value-never-to-be-seen"
ACTIONS = st.sampled_from(sorted(RESPONSES))
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=12)


def shaped(shape: Any) -> st.SearchStrategy[Any]:
    """Answers of a shape, with fields that are not listed, and values of other types."""
    if isinstance(shape, dict):
        listed = {key: shaped(inner) for key, inner in shape.items()}
        return st.fixed_dictionaries({"Unlisted": st.just(SECRET)}, optional=listed) | scalars
    if isinstance(shape, list):
        return st.lists(shaped(shape[0]), max_size=2) | scalars
    return scalars | st.dictionaries(st.text(max_size=3), scalars, max_size=2)


answers = ACTIONS.flatmap(lambda name: st.tuples(st.just(name), shaped(RESPONSES[name])))
anything = st.recursive(
    scalars, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=12
)


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner, path)]
    return [(path, value)]


def listed_paths(shape: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(shape, dict):
        return {path}.union(*(listed_paths(inner, (*path, key)) for key, inner in shape.items()))
    if isinstance(shape, list):
        return {path, *listed_paths(shape[0], path)}
    return {path}


def test_every_action_of_the_read_list_has_a_shape() -> None:
    assert {action.name for action in READ_LIST} == set(RESPONSES)


@given(answers)
@settings(deadline=None)
def test_only_what_is_listed_stays(answer: tuple[str, Any]) -> None:
    name, body = answer
    left = redact(name, 200, body)
    assert {path for path, _ in leaves(left)} <= listed_paths(RESPONSES[name])
    assert SECRET not in json.dumps(left)


@given(answers, st.sampled_from([200, 400, 403, 500]))
@settings(deadline=None)
def test_it_is_deterministic_and_idempotent(answer: tuple[str, Any], status: int) -> None:
    name, body = answer
    before = json.dumps(body)
    once = redact(name, status, body)
    assert redact(name, status, json.loads(before)) == once
    assert redact(name, status, once) == once
    assert json.dumps(body) == before


@given(ACTIONS, anything, st.sampled_from([200, 404]))
@settings(deadline=None)
def test_it_takes_anything(name: str, body: Any, status: int) -> None:
    json.dumps(redact(name, status, body))
    misfit(body, RESPONSES[name])


@given(st.text(min_size=1))
def test_a_secret_value_leaves_nothing_but_a_marker(value: str) -> None:
    assert marker(value) in (REDACTED, ACCESS_KEY)
    assert marker(marker(value)) == marker(value)


@pytest.mark.parametrize("value", [5, True, 1.5, {"a": SECRET}, [SECRET]])
def test_a_secret_value_of_another_type_does_not_stay(value: object) -> None:
    assert marker(value) == REDACTED


@pytest.mark.parametrize(
    "body",
    [
        {"ContainerGroups": SECRET},
        {"ContainerGroups": [SECRET]},
        {"ContainerGroups": [{"Containers": SECRET}]},
        {"ContainerGroups": [{"Containers": [{"EnvironmentVars": [SECRET]}]}]},
        {"ContainerGroups": [{"Containers": [{"EnvironmentVars": SECRET, "Args": SECRET}]}]},
        {"ContainerGroups": [{"Containers": [{"Commands": [{"x": SECRET}], "Name": {"x": SECRET}}]}]},
        {"ContainerGroups": [{"InitContainers": [{"Command": [SECRET], "Args": [SECRET]}]}]},
        {"ContainerGroups": [{"Volumes": [{"ConfigFileVolumeConfigFileToPaths": [{"Content": SECRET}]}]}]},
        {"ContainerGroups": [{"Tags": [[SECRET]]}]},
        {"NextToken": {"x": SECRET}},
        SECRET,
        [SECRET],
    ],
)
def test_nothing_hides_behind_a_wrong_type(body: Any) -> None:
    assert SECRET not in json.dumps(redact("DescribeContainerGroups", 200, body))


@pytest.mark.parametrize("code", [SECRET + " !", {"x": SECRET}, "x" * 200, 5])
def test_of_an_error_only_words_stay(code: Any) -> None:
    body = {"Code": code, "Message": SECRET, "HostId": SECRET, "Recommend": SECRET, "Data": [SECRET]}
    assert SECRET not in json.dumps(redact("ListUsers", 400, body))
    assert redact("ListUsers", 403, {"Code": "NoPermission"}) == {"Code": "NoPermission"}


def encoded(text: str) -> dict[str, str]:
    data = text.encode()
    plain = base64.b64encode(data).decode()
    return {
        "plain": text,
        "base64": plain,
        "unpadded": plain.rstrip("="),
        "url-safe": base64.urlsafe_b64encode(data + b"\xfb\xff\xfe").decode(),
        "wrapped": "\n".join(textwrap.wrap(plain, 20)),
        "twice": base64.b64encode(f"data:\n  key: {plain}\n".encode()).decode(),
        "UTF-16": base64.b64encode(text.encode("utf-16-le")).decode(),
        "in JSON": json.dumps({"a": {"key": text}}),
        "base64 in JSON": json.dumps({"auths": {"registry": {"auth": plain}}}),
        "base64 in YAML": f"kind: Secret\ndata:\n  key: {plain}\n  other: YWJj\n",
        "wrapped in YAML": "data:\n  key: |\n" + textwrap.indent("\n".join(textwrap.wrap(plain, 24)), "    "),
        "in a command": f"aliyun configure set --access-key-id {text} --region cn-hangzhou",
        "in a URL": f"https://example.com/?AccessKeyId={text}&x=1",
        "quoted": f'export KEY="{text}";',
        "after a word": f"key{plain}",
        "wrapped in a quoted text": "\\n".join(textwrap.wrap(plain, 20)),
        "wrapped in a quoted text, as on Windows": "\\r\\n".join(textwrap.wrap(plain, 20)),
        "wrapped in a quoted text in a quoted text": json.dumps(
            json.dumps("\n".join(textwrap.wrap(plain, 20)))
        ),
        "continued over lines": "\\\n".join(textwrap.wrap(plain, 20)),
        "continued over indented lines": "\\\n    ".join(textwrap.wrap(plain, 20)),
        "with slashes escaped": json.dumps({"auth": plain}).replace("/", "\\/"),
        "three times": base64.b64encode(
            f"data: {base64.b64encode(json.dumps({'auth': plain}).encode()).decode()}".encode()
        ).decode(),
        "before letters": f"{text}{'x' * 60}",
        "between letters": f"key{text}{'Secret1' * 9}",
        "as a word over two lines": f"{text[:9]}\\\n{text[9:]}",
        "in hexadecimal digits": data.hex(),
        "in hexadecimal digits of base64": plain.encode().hex().upper(),
        "percent-encoded": "".join(f"%{byte:02X}" for byte in data),
        "percent-encoded twice": "".join(f"%25{byte:02x}" for byte in data),
        "base64 in a URL": f"https://example.com/?auth={quote_plus(plain)}",
        "escaped as in JSON": "".join(f"\\u{byte:04x}" for byte in data),
        "escaped in part": text.replace("L", "\\u004c").replace("S", "\\x53"),
        "escaped as in a shell": "printf '" + "".join(f"\\{byte:03o}" for byte in data) + "'",
        "escaped as in HTML": "".join(f"&#{byte};" for byte in data),
        "as two literals": f"'{text[:9]}' + '{text[9:]}'" if text in (KEY, TEMPORARY) else text,
        "compressed": base64.b64encode(gzip.compress(data)).decode(),
        "a release of Helm": base64.b64encode(base64.b64encode(gzip.compress(plain.encode()))).decode(),
        "compressed by another program": base64.b64encode(bz2.compress(data)).decode(),
        "compressed without a header": zlib.compress(data).hex(),
        "five times": _encoded_often(text, 5),
        "compressed, in the second of two members": base64.b64encode(
            gzip.compress(b"nothing is in this one") + gzip.compress(data)
        ).decode(),
        "in a zip file": base64.b64encode(_zipped(text)).decode(),
        "compressed by a former program": base64.b64encode(
            lzma.compress(data, format=lzma.FORMAT_ALONE)
        ).decode(),
        "in base32": base64.b32encode(data).decode(),
        "as bytes with colons": ":".join(f"{byte:02x}" for byte in data),
        "as bytes with spaces": " ".join(f"{byte:02X}" for byte in data),
        "as bytes of a program": ", ".join(f"0x{byte:02x}" for byte in data),
        "as in mail": "".join(f"={byte:02X}" for byte in data),
        "with characters that nobody sees": "\u200b".join(text),
        "escaped with eight digits": "".join(f"\\U{byte:08x}" for byte in data),
        "UTF-32": base64.b64encode(text.encode("utf-32-le")).decode(),
        "UTF-16, the other way": base64.b64encode(text.encode("utf-16-be")).decode(),
    }


def _zipped(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("login.txt", "nothing\n" * 9 + text)
    return content.getvalue()


def _encoded_often(text: str, times: int) -> str:
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


IN_ONE_LINE = ("in a URL", "in a command", "as a word over two lines")


@pytest.mark.parametrize(
    ("how", "text"),
    [
        (how, text)
        for text in (KEY, f"id={KEY}", f"[default]\nid = {KEY}\nsecret = x\n", TEMPORARY)
        for how in encoded(KEY)
        if how not in IN_ONE_LINE or "\n" not in text
    ],
)
def test_an_access_key_is_seen_however_it_is_written(how: str, text: str) -> None:
    assert has_access_key(marker(encoded(text)[how]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LTAI",
        "LTAIshort",
        "STS.",
        "a" * 5000,
        "registry.cn-hangzhou/x",
        "LTAI is the prefix of every AccessKey id",
        "keys begin with LTAI\nand are secret",
    ],
)
def test_what_is_none_is_not_taken_for_one(text: str) -> None:
    assert not has_access_key(marker(text))


@given(st.binary(max_size=60), st.binary(max_size=60))
@example(b"", b"")
@settings(deadline=None)
def test_base64_hides_none_wherever_it_stands_in_the_file(before: bytes, after: bytes) -> None:
    content = base64.b64encode(before + b" " + KEY.encode() + b" " + after).decode()
    assert has_access_key(marker(content))


def test_a_large_file_is_read_in_no_time() -> None:
    text = base64.b64encode(b"some configuration = of a service\n" * 8000).decode()
    began = time.process_time()
    assert marker(text) == REDACTED
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\\" * 200_000, REDACTED),
        ('"' + " " * 200_000, REDACTED),
        ("%41" * 60_000, REDACTED),
        ("&#41;" * 40_000, REDACTED),
        ("4c:" * 60_000, REDACTED),
        ("=4C" * 60_000, REDACTED),
        ("ABCDEFG2" * 30_000, REDACTED),
        (f"{base64.b64encode(gzip.compress(bytes(1 << 20))).decode()} " * 100, REDACTED),
        (" ".join(base64.b64encode(gzip.compress(bytes((n,)) * (1 << 20))).decode() for n in range(9)), NOT_SEARCHED),
    ],
    ids=[
        "backslashes", "a quotation mark", "percent signs", "entities", "bytes", "mail", "base32",
        "the same compressed file", "compressed files",
    ],
)  # fmt: skip
def test_a_text_that_is_written_to_stop_an_audit_is_read_in_no_time(text: str, kept: str) -> None:
    began = time.process_time()
    assert marker(text) == kept
    assert time.process_time() - began < 4


def test_a_python_that_was_built_without_a_library_reads_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    lzma = pytest.importorskip("lzma")
    compressed = base64.b64encode(lzma.compress(f"id = {KEY}\n".encode() * 20)).decode()
    assert has_access_key(marker(compressed))
    monkeypatch.setitem(sys.modules, "lzma", None)
    assert marker(f"file: {compressed}") == NOT_SEARCHED
    assert has_access_key(marker(f"{compressed} {base64.b64encode(gzip.compress(KEY.encode())).decode()}"))


@pytest.mark.parametrize("field", ["Commands", "Command", "Args", "Arg"])
def test_an_access_key_over_two_words_of_a_command_is_seen(field: str) -> None:
    def words(*texts: str) -> Any:
        body = {"ContainerGroups": [{"Containers": [{field: list(texts)}]}]}
        kept: Any = redact("DescribeContainerGroups", 200, body)
        assert redact("DescribeContainerGroups", 200, kept) == kept
        return kept["ContainerGroups"][0]["Containers"][0][field]

    assert words("--id", KEY[:9], KEY[9:]) == [REDACTED, ACCESS_KEY, ACCESS_KEY]
    assert words("--id", "harmless", KEY[9:]) == [REDACTED] * 3
    assert words("--id", KEY[:6], KEY[6:11], KEY[11:]) == [REDACTED, ACCESS_KEY, ACCESS_KEY, ACCESS_KEY]
    assert words("--id", KEY, KEY[9:]) == [REDACTED, ACCESS_KEY, REDACTED]


def _far_away(text: str) -> str:
    return base64.b64encode(gzip.compress(bytes(5 << 20) + text.encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        _encoded_often(KEY, 6),
        _encoded_often(f"id = {KEY}\n" * 9, 8),
        _far_away(KEY),
        base64.b64encode(b"\x28\xb5\x2f\xfd" + bytes(range(60))).decode(),
        base64.b64encode(b"7z\xbc\xaf\x27\x1c" + bytes(range(60))).decode(),
        base64.b64encode(_zipped(KEY)[:90]).decode(),
    ],
    ids=["six times", "eight times", "behind 5 MiB", "zstd", "7z", "a damaged zip file"],
)
def test_a_text_that_is_not_searched_to_its_end_is_not_taken_for_harmless(text: str) -> None:
    assert marker(text) == NOT_SEARCHED
    assert marker(marker(text)) == NOT_SEARCHED


@pytest.mark.parametrize("field", ["Something", "Annotations"])
def test_a_field_that_is_not_searched_to_its_end_is_named(field: str) -> None:
    body = {"ContainerGroups": [{"ContainerGroupName": "web", field: [{"Value": _encoded_often(KEY, 7)}]}]}
    kept = redact("DescribeContainerGroups", 200, body)
    assert kept == {"ContainerGroups": [{"ContainerGroupName": "web", "NotSearchedIn": [field]}]}
    assert redact("DescribeContainerGroups", 200, kept) == kept


def test_what_is_read_to_its_end_is_known_to_be_harmless() -> None:
    """No certificate, no random data and no text in up to five layers is taken for one that was not searched."""
    chance = random.Random(5)
    texts = [base64.b64encode(chance.randbytes(3000)).decode() for _ in range(40)]
    texts += [_encoded_often(Path(__file__).read_text("utf-8")[:2000], times) for times in range(5)]
    assert {marker(text) for text in texts} <= {REDACTED, ACCESS_KEY}
    assert marker(texts[0]) == REDACTED


def test_layers_of_base64_are_read_in_no_time() -> None:
    text = "some configuration = of a service\n" * 1500
    for _ in range(4):
        text = base64.b64encode(text.encode()).decode()
    began = time.process_time()
    assert marker(text) == REDACTED
    assert time.process_time() - began < 4


def test_names_and_tags_are_evidence() -> None:
    body = {
        "ContainerGroups": [
            {"ContainerGroupName": "web", "Tags": [{"Key": "owner", "Value": "ops"}], "RamRoleName": "app"}
        ]
    }
    assert redact("DescribeContainerGroups", 200, body) == body
