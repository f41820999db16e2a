"""Lets Schemathesis speak as a sender that is known: deliveries are signed, the rest carries a token."""

import datetime
import os
import uuid

import requests
import schemathesis
from standardwebhooks.webhooks import Webhook


class Sender(requests.auth.AuthBase):
    def __call__(self, request):
        if not request.path_url.startswith("/v1/events"):
            request.headers["Authorization"] = "Bearer " + os.environ["TOKEN"]
            return request
        body = request.body or b""
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        message_id = str(uuid.uuid4())
        now = datetime.datetime.now(tz=datetime.timezone.utc)
        request.headers["webhook-id"] = message_id
        request.headers["webhook-timestamp"] = str(int(now.timestamp()))
        request.headers["webhook-signature"] = Webhook(os.environ["SECRET"]).sign(message_id, now, text)
        return request


schemathesis.auth.set_from_requests(Sender())


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Of a source that is there: of another one nothing but a refusal would be seen."""
    if path_parameters and "source" in path_parameters:
        path_parameters["source"] = "hr"
    return path_parameters
