//! Failures on command.

use std::time::Duration;

/// What goes wrong with one call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// 429 with `Retry-After`; the call is not carried out.
    RateLimited {
        /// Seconds in the header.
        retry_after_s: u64,
    },
    /// 500 with an HTML page; the call is not carried out.
    ServerError,
    /// 500 with an HTML page, after the call was carried out: the caller cannot know.
    ServerErrorAfterDoing,
    /// `ok: false` with this error.
    Refused(String),
    /// 200 with something that is no JSON.
    NotJson,
    /// The answer comes later than this; the call is carried out at once.
    Slow(Duration),
    /// The call is carried out, then the connection is cut without an answer.
    CutAfterDoing,
}

/// A fault that waits for its call.
pub(crate) struct Rule {
    /// `None` for any method.
    pub method: Option<String>,
    pub app: Option<String>,
    /// Matching calls to let through first.
    pub after: u32,
    /// Calls that still fail.
    pub times: u32,
    pub fault: Fault,
}

impl crate::state::State {
    /// The fault for this call, used up once.
    pub(crate) fn fault(&mut self, app: Option<&str>, method: &str) -> Option<Fault> {
        let matches = |rule: &&mut Rule| {
            rule.method.as_deref().is_none_or(|wanted| wanted == method)
                && rule.app.as_deref().is_none_or(|wanted| Some(wanted) == app)
        };
        let rule = self.rules.iter_mut().find(matches)?;
        if rule.after > 0 {
            rule.after -= 1;
            return None;
        }
        rule.times -= 1;
        let fault = rule.fault.clone();
        self.rules.retain(|rule| rule.times > 0);
        Some(fault)
    }
}
