// A stock @slack/bolt application: it must feel at home in the fake Slack.

import { createRequire } from "node:module";

// The packages live in a cache outside the clone.
const { App } = createRequire(`${process.env.NODE_PACKAGES}/`)("@slack/bolt");

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

app.event("app_mention", async ({ event, client, say }) => {
  const root = event.thread_ts ?? event.ts;
  await client.reactions.add({ channel: event.channel, timestamp: event.ts, name: "eyes" });
  const { user } = await client.users.info({ user: event.user });
  const thread = await client.conversations.replies({ channel: event.channel, ts: root, include_all_metadata: true });
  await say({
    text: `Hello ${user.real_name}, this is message ${thread.messages.length} here`,
    thread_ts: root,
    metadata: { event_type: "answer", event_payload: { of: { ts: event.ts } } },
  });
});

app.message(async ({ message, say }) => {
  if (message.channel_type === "im" && !message.subtype) await say(`You said ${message.text}`);
});

app.command("/hello", async ({ ack, command }) => {
  await ack(`Hello back, ${command.text}`);
});

app.error(async (error) => console.error("bolt:", error.message));
await app.start();
