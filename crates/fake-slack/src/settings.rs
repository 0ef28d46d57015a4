//! What a test may tune. The defaults are Slack's own numbers, with the page each one comes from.

use std::time::Duration;

/// Which of the two events of one mention goes out first; Slack promises no order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum First {
    /// `app_mention`, then `message`.
    Mention,
    /// `message`, then `app_mention`.
    Message,
}

/// Times, chances and limits of the fake.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an envelope may stay unacknowledged before it is sent again: 3 s,
    /// <https://docs.slack.dev/apis/events-api/#retries>.
    pub ack_deadline: Duration,
    /// How often an event is sent again before Slack gives up: 3, same page.
    pub retries: u32,
    /// How often the server pings each socket.
    pub ping_every: Duration,
    /// Time between `disconnect: warning` and the end of that socket: about 10 s,
    /// <https://docs.slack.dev/apis/events-api/using-socket-mode/#disconnect>.
    pub warned_before: Duration,
    /// Open sockets per app: 10, <https://docs.slack.dev/apis/events-api/using-socket-mode/>.
    pub max_sockets: usize,
    /// Out of a hundred events, how many are sent twice although nobody was late.
    pub duplicate_percent: u8,
    /// Events are held for up to this long, each for another time, so that they overtake one another.
    pub reorder_within: Duration,
    /// Order of `app_mention` and `message`.
    pub first: First,
    /// Whether `app_mention` names the files of its post; the `message` of the same post always does.
    pub files_in_mentions: bool,
    /// How long a `trigger_id` may be used: 3 s, once,
    /// <https://docs.slack.dev/interactivity/handling-user-interaction/>.
    pub trigger_lives: Duration,
    /// How long a streamed message may grow: about 5 min, reported in `node-slack-sdk#2702`.
    pub stream_lives: Duration,
    /// Whether file downloads first redirect to a second host name, as on Enterprise Grid.
    pub redirect_files: bool,
    /// How many calls per time are allowed.
    pub rates: Rates,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ack_deadline: Duration::from_secs(3),
            retries: 3,
            ping_every: Duration::from_secs(10),
            warned_before: Duration::from_secs(10),
            max_sockets: 10,
            duplicate_percent: 0,
            reorder_within: Duration::ZERO,
            first: First::Mention,
            files_in_mentions: true,
            trigger_lives: Duration::from_secs(3),
            stream_lives: Duration::from_secs(300),
            redirect_files: false,
            rates: Rates::default(),
        }
    }
}

/// Slack's rate limits, <https://docs.slack.dev/apis/web-api/rate-limits/>.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Posts per second and channel in the long run: about 1.
    pub posts_per_second: f64,
    /// Posts that one channel takes at once after a pause ("short bursts >1 allowed").
    pub post_burst: f64,
    /// Posts per minute in the whole workspace ("several hundred messages per minute").
    pub posts_per_minute: f64,
    /// Multiplies every tier (20, 50, 100 a minute…): 1.0 is Slack; a speed test may ask for more.
    pub tiers: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { posts_per_second: 1.0, post_burst: 4.0, posts_per_minute: 300.0, tiers: 1.0 }
    }
}

impl Rates {
    /// No limits, for tests about something else.
    #[must_use]
    pub fn unlimited() -> Self {
        let much = 1e9;
        Self { posts_per_second: much, post_burst: much, posts_per_minute: much, tiers: much }
    }
}
