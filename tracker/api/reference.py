"""The description of the API, as OpenAPI 3.1 and as a page, for whoever is signed in or has a token."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views import View
from drf_spectacular.generators import SchemaGenerator

from tracker.api.declaration import Words
from tracker.api.parameters import refuse_any
from tracker.api.schema import DeclaredSchema, operation
from tracker.api.views import ApiView, send


@cache
def schema_text(language: str) -> str:
    """Return the whole description in a language, as JSON; made once a process."""
    with override(language):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(schema, ensure_ascii=False, indent=1)


class SchemaView(ApiView):
    """The description of the API in OpenAPI 3.1, in the reader's language. No query."""

    def get(self, request: Any) -> HttpResponse:
        refuse_any(request.query_params)
        return send(schema_text(get_language() or "vi"))

    def describe(self, schema: DeclaredSchema) -> dict[str, Any]:
        about = str(Words("This description. OpenAPI 3.1.", "Bản mô tả này. OpenAPI 3.1."))
        return operation(
            name="get_schema", tag="schema", about=about, answer={"type": "object"}, example={"openapi": "3.1.0"}
        )


class DocsView(LoginRequiredMixin, View):
    """The description as a page, from files of this installation: no inline script, nothing from another host."""

    http_method_names = ("get", "head", "options")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse other methods before asking who it is, as every page does."""
        if (request.method or "").lower() not in self.http_method_names:
            return self.http_method_not_allowed(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        if "script" in request.GET:
            return HttpResponse(_START % json.dumps(reverse("api-schema")), content_type="application/javascript")
        folder = "drf_spectacular_sidecar/swagger-ui-dist/"
        files = {name: static(f"{folder}{file}") for name, file in _FILES.items()}
        return render(request, "tracker/api_docs.html", files)


_FILES = {"style": "swagger-ui.css", "bundle": "swagger-ui-bundle.js", "favicon": "favicon-32x32.png"}
# What Swagger UI needs to start; the reader's session answers its requests.
_START = """
window.addEventListener("load", () => SwaggerUIBundle({
  url: %s, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout", docExpansion: "none",
}));
"""
