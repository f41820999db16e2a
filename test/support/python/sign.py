"""Signs stdin by the Python library of Standard Webhooks: `sign.py SECRET ID` prints timestamp and signature."""

import datetime
import sys

from standardwebhooks.webhooks import Webhook

secret, message_id = sys.argv[1:3]
now = datetime.datetime.now(tz=datetime.timezone.utc)
print(int(now.timestamp()), Webhook(secret).sign(message_id, now, sys.stdin.read()))
