"""The page with the API, as Swagger UI draws it under the page's own policy."""

import pytest
from playwright.sync_api import Page, expect

from integration.widget.access import violations
from integration.widget.lab import Service
from integration.widget.visits import Visit

# What the library's own elements do not do better.
LIBRARY = ("heading-order", "nested-interactive", "scrollable-region-focusable")
IS_DARK = "() => document.documentElement.matches('.dark-mode')"
IS_LIGHT = "() => !document.documentElement.matches('.dark-mode')"


def drawn(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Tweet Trends")).to_be_visible()
    expect(page.locator("#operations-api-trends")).to_be_visible()
    return page


def test_every_route_is_drawn_from_this_service_alone(visit: Visit, service: Service) -> None:
    opened = visit(f"{service.url}/api")
    page = drawn(opened.page)
    document = service.get("/openapi.json").json()
    expect(page.locator(".opblock")).to_have_count(len(document["paths"]))
    asked = [each.url for each in opened.requests]
    assert f"{service.url}/openapi.json" in asked
    assert [each for each in asked if not each.startswith(f"{service.url}/")] == []


def test_the_dashboard_leads_there_and_back(visit: Visit, service: Service) -> None:
    page = visit(f"{service.url}/").page
    page.get_by_role("link", name="API", exact=True).click()
    drawn(page)
    page.get_by_role("link", name="Dashboard").click()
    expect(page).to_have_url(f"{service.url}/")


def test_a_route_can_be_tried(visit: Visit, service: Service) -> None:
    page = drawn(visit(f"{service.url}/api#/api/trends").page)
    route = page.locator("#operations-api-trends")
    route.get_by_role("button", name="Try it out").click()
    asked = f"{service.url}/api/v1/trends?*"
    with page.expect_response(asked) as answer:
        route.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    expect(route.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    for scheme, is_drawn in ("light", IS_LIGHT), ("dark", IS_DARK):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(is_drawn)
        assert violations(page, *LIBRARY) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_visitors_colours(visit: Visit, service: Service, scheme: str) -> None:
    page = drawn(visit(f"{service.url}/api", color_scheme=scheme).page)
    assert page.evaluate(IS_DARK) == (scheme == "dark")
    assert violations(page, *LIBRARY) == []
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    page.wait_for_function(IS_DARK if scheme == "light" else IS_LIGHT)


def test_without_scripts_it_says_where_to_read(visit: Visit, service: Service) -> None:
    page = visit(f"{service.url}/api", java_script_enabled=False).page
    expect(page.get_by_role("link", name="the OpenAPI document")).to_be_visible()
