"""Receives job results by webhook: verifies signatures, and processes each result once.

    WEBHOOK_SECRET=whsec_... python receive_webhooks.py [PORT]
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# Delivery is at least once. Store each id in your database, in the same transaction as the result.
seen = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            # Verify the raw body. Raises if the signature is wrong or the request is older than five minutes.
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.answer(401)
        data = event["data"]
        for result in data["results"] if event["type"] == "job.results" else []:
            if result["id"] in seen:
                continue
            seen.add(result["id"])
            tags = result["result"] and ", ".join(tag["name"] for tag in result["result"]["tags"])
            print(result["imageId"], tags if tags is not None else result["problem"]["code"], flush=True)
        if event["type"] == "job.finished":
            print(f"{data['tagged']} of {data['images']} tagged", flush=True)
        # Answer last: Fanlight sends a request without a 2xx answer again.
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Receiver)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
