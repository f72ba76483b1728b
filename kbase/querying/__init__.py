"How a question is planned, looked up and answered."

from kbase.deferring import defer_package

defer_package("rfc3987_syntax", ["is_valid_syntax"])  # jsonschema takes it for Haystack: a second of the first answer
