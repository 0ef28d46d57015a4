"""A stock slack-bolt application: it must feel at home in the fake Slack."""

import logging
import os

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

logging.basicConfig(level=logging.INFO)
client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
app = App(client=client)


@app.event("app_mention")
def mentioned(event, client, say):
    root = event.get("thread_ts", event["ts"])
    client.reactions_add(channel=event["channel"], timestamp=event["ts"], name="eyes")
    name = client.users_info(user=event["user"])["user"]["real_name"]
    thread = client.conversations_replies(channel=event["channel"], ts=root, include_all_metadata=True)
    say(
        text=f"Hello {name}, this is message {len(thread['messages'])} here",
        thread_ts=root,
        metadata={"event_type": "answer", "event_payload": {"of": {"ts": event["ts"]}}},
    )


@app.event("message")
def said(event, say):
    if event["channel_type"] == "im" and "subtype" not in event:
        say(text=f"You said {event['text']}")


@app.command("/hello")
def hello(ack, command):
    ack(f"Hello back, {command['text']}")


if __name__ == "__main__":
    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"], ping_interval=2).start()
