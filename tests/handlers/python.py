"""Runs one Python handler: the framework and its file as arguments, requests as JSON lines in, statuses out."""

import importlib.util
import json
import sys

framework, file, route = sys.argv[1:]
if framework == "Django":
    from django.conf import settings

    settings.configure(DEBUG=True, SECRET_KEY="only-for-this-test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)
    import django

    django.setup()

specification = importlib.util.spec_from_file_location("polar_webhook", file)
handler = importlib.util.module_from_spec(specification)
specification.loader.exec_module(handler)

if framework == "FastAPI":
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    app = FastAPI()
    app.include_router(handler.router)
    client = TestClient(app)

    def post(body, headers):
        return client.post(route, content=body, headers=headers).status_code

elif framework == "Flask":
    from flask import Flask

    app = Flask(__name__)
    app.register_blueprint(handler.polar)

    def post(body, headers):
        return app.test_client().post(route, data=body, headers=headers).status_code

else:
    from django.test import Client
    from django.urls import path

    urlpatterns = [path(route.lstrip("/"), handler.polar_webhook)]
    client = Client(enforce_csrf_checks=True)

    def post(body, headers):
        return client.post(route, data=body, content_type="application/json", headers=headers).status_code


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"status": post(request["body"], request["headers"])}), flush=True)
