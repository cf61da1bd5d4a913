"""Whatever is in the file: a configuration, or a ConfigurationError with something to say."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.config.json_schema import SCHEMA_FILE
from pytest_eci_compliance.config.loader import ConfigurationError, Loaded, load
from tests.support.sampling import examples
from tests.support.values import present

DOCUMENTED = Path(__file__).with_name("documented.yaml").read_text(encoding="utf-8")

SECTIONS = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["$defs"].values()
KEYS = sorted({key for section in SECTIONS for key in section.get("properties", ())})
WORDS = [
    *KEYS,
    "version",
    "accounts",
    "prod",
    "all",
    "any",
    "eci:Create*",
    "group/x",
    "{region}",
    "http://h",
    "7d",
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.datetimes(), st.text(max_size=20),
    st.sampled_from(WORDS),
)  # fmt: skip
NESTED = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(
            st.one_of(st.sampled_from(WORDS), st.text(max_size=5), st.integers()), below, max_size=5
        ),
    ),
    max_leaves=20,
)
YAMLISH = st.text("ab01 \n\t:-[]{}&*!|>'\"#%@,?<~.\x85\ufeff", max_size=120)


def loaded(content: bytes) -> Loaded | None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "c.yaml"
        file.write_bytes(content)
        try:
            return load(file, ["slr-exists"])
        except ConfigurationError as error:
            refused = error
    assert refused.problems
    assert all(problem.message and "\n" not in str(problem) for problem in refused.problems)
    return None


@given(
    st.one_of(
        st.binary(max_size=100), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes(content: bytes) -> None:
    loaded(content)


@examples(100)
@given(YAMLISH)
def test_what_looks_like_yaml(text: str) -> None:
    loaded(f"version: 1\naccounts:\n  prod: {text}".encode())
    loaded(text.encode())


@examples(100)
@given(NESTED)
def test_any_structure(data: object) -> None:
    loaded(yaml.safe_dump(data).encode())


@examples(100)
@given(NESTED)
def test_any_account(data: object) -> None:
    loaded(yaml.safe_dump({"version": 1, "accounts": {"prod": data}}).encode())


@examples(200)
@given(st.data(), NESTED)
def test_the_documented_example_with_one_part_replaced(data: st.DataObject, part: object) -> None:
    document = yaml.safe_load(DOCUMENTED)
    node = document
    while True:
        step = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[step], dict | list) or not node[step] or data.draw(st.booleans()):
            break
        node = node[step]
    node[step] = copy.deepcopy(part)
    loaded(yaml.safe_dump(document).encode())


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=10), max_size=4))
def test_what_is_written_in_quotes_is_what_is_read(tags: dict[str, str]) -> None:
    rule = {"required_tags": tags}
    document = {"version": 1, "accounts": {"prod": {"account_id": "1", "instances": rule}}}
    results = loaded(yaml.safe_dump(document, allow_unicode=False).encode())
    assert results is not None
    (instances,) = present(results.configuration.accounts["prod"].instances)
    assert instances.required_tags == {key: (value,) for key, value in tags.items()}
    assert json.loads(results.configuration.model_dump_json())["version"] == 1
