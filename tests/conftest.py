"What all tests share."


def pytest_collection_modifyitems(items):
    "Browser tests last: Playwright keeps an event loop running in the main thread, and neither asynchronous tests nor a second Playwright can start beside it."
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, "tests/browser/" in item.nodeid))
