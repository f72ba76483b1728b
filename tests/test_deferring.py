"A package that is put off: others see no difference."

import subprocess
import sys
import textwrap

import pytest

from kbase.deferring import defer_package


def in_a_new_process(code):
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_a_search_does_not_import_the_client_of_a_server_and_whoever_wants_it_has_it():
    pytest.importorskip("lance_namespace_urllib3_client")
    seen = in_a_new_process("""
        import sys
        import kbase.stores.embedded
        print(any(name.startswith("lance_namespace_urllib3_client.api") for name in sys.modules))
        print(any(name.startswith("lance_namespace_urllib3_client.models.create_") for name in sys.modules))
        import lance_namespace
        class Own(lance_namespace.LanceNamespace):
            def namespace_id(self): return "own"
        import lancedb
        print(isinstance(Own(), lance_namespace.LanceNamespace), lancedb.db.ListTablesResponse(tables=["a"]).tables[0])
        from lance_namespace_urllib3_client import TableApi
        from lance_namespace_urllib3_client.api import table_api
        print(TableApi is table_api.TableApi, lance_namespace.__name__)
    """)
    assert seen == ["False", "False", "True", "a", "True", "lance_namespace"]


def test_formats_of_addresses_are_still_checked_by_jsonschema():
    pytest.importorskip("rfc3987_syntax")
    seen = in_a_new_process("""
        import sys
        import kbase.querying
        import jsonschema
        print("rfc3987_syntax.syntax_helpers" in sys.modules)
        check = jsonschema.Draft202012Validator({"format": "iri"}, format_checker=jsonschema.FormatChecker(["iri"]))
        print(check.is_valid("https://example.org/ä"), check.is_valid("no address"))
        import rfc3987_syntax
        print(rfc3987_syntax.is_valid_syntax_iri("https://example.org/"))
    """)
    assert seen == ["False", "True", "False", "True"]


def test_a_package_that_is_missing_or_loaded_is_left_alone():
    defer_package("no_package_of_this_name")
    assert "no_package_of_this_name" not in sys.modules
    import json

    defer_package("json")
    assert sys.modules["json"] is json and json.loads("1") == 1
