//! The frame around every page, and small things that several pages show.

use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{form::Fields, session::SignedIn, trouble::Trouble};
use crate::people::Person;

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const ICON: &str = include_str!("assets/icon.svg");
/// htmx (0BSD, <https://htmx.org>), as npm has it: single cells and lists change without a whole page.
const HTMX: &str = include_str!("assets/htmx-2.0.8.min.js");
/// No eval and no style of its own, which our policy forbids; what is refused as stale brings the fresh state along.
const HTMX_CONFIG: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"409","swap":true,"error":true},{"code":"[45]..","swap":false,"error":true}]}"#;

/// Who sees a page in the menu.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Everybody,
    /// Admins, and owners for what is theirs.
    Deciders,
    Admins,
}

/// An entry of the menu: whom it is for, its address, its words.
type Entry = (For, &'static str, &'static str);

/// The menu: headings with their entries.
const MENU: [(&str, &[Entry]); 3] = [
    (
        "",
        &[
            (For::Everybody, "/", "Talk"),
            (For::Deciders, "/admin/approvals", "Approvals"),
            (For::Deciders, "/admin/drafts", "Drafts"),
            (For::Deciders, "/admin/answers", "Answers"),
            (For::Deciders, "/admin/reviews", "Reviews"),
            (For::Deciders, "/admin/inbox", "Queues"),
            (For::Deciders, "/admin/mail", "Mail"),
        ],
    ),
    (
        "Run",
        &[
            (For::Deciders, "/admin/people", "People"),
            (For::Admins, "/admin/tools", "Permissions"),
            (For::Deciders, "/admin/training", "Training"),
            (For::Admins, "/admin/accounts", "Accounts"),
            (For::Admins, "/admin/audit", "Audit"),
            (For::Admins, "/admin/health", "Health"),
        ],
    ),
    ("You", &[(For::Everybody, "/my-data", "My data"), (For::Everybody, "/account", "Account")]),
];

/// A page of somebody who is signed in, a readable column wide.
pub(super) fn page(title: &str, signed_in: &SignedIn, body: &Markup) -> Markup {
    frame(title, &bar(title, signed_in), &html! { main #main { (body) } })
}

/// A page for tables, as wide as they need.
pub(super) fn wide(title: &str, signed_in: &SignedIn, body: &Markup) -> Markup {
    frame(title, &bar(title, signed_in), &html! { main.wide #main { (body) } })
}

/// A page of somebody who may not be signed in.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    frame(title, &html! {}, &html! { main #main { (body) } })
}

fn bar(title: &str, signed_in: &SignedIn) -> Markup {
    let sees = |who: For| match who {
        For::Everybody => true,
        For::Deciders => signed_in.decides(),
        For::Admins => signed_in.admin,
    };
    html! {
        nav aria-label="Pages" {
            @for (heading, items) in MENU {
                @if items.iter().any(|(who, ..)| sees(*who)) {
                    @if !heading.is_empty() { span.heading { (heading) } }
                    @for (_, address, words) in items.iter().filter(|(who, ..)| sees(*who)) {
                        a href=(address) aria-current=[(*words == title).then_some("page")] { (words) }
                    }
                }
            }
        }
        form.leave method="post" action="/sign-out" {
            span.who { (signed_in.name) }
            button.quiet type="submit" { "Sign out" }
        }
    }
}

fn frame(title: &str, bar: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX_CONFIG);
                title { (title) " · Understudy" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                script src="/assets/htmx-2.0.8.min.js" defer {}
                script src="/assets/console.js" defer {}
            }
            body {
                a.skip href="#main" { "To the page" }
                header.top {
                    a.brand href="/" { img src="/assets/icon.svg" alt="" width="24" height="24"; "Understudy" }
                    (bar)
                }
                (main)
                // Where the script says what a change came to, for eyes and for screen readers.
                p.said-now #said role="status" {}
            }
        }
    }
}

/// Which page of a long list is asked for.
pub(super) struct Pages {
    page: u32,
    shown: u32,
}

impl Pages {
    /// Reads `page` of a query, from 1.
    pub(super) fn of(query: &Fields, shown: u32) -> Self {
        Self { page: query.get("page").parse().unwrap_or(1).clamp(1, 1_000_000), shown }
    }

    /// How many come before it.
    pub(super) fn skip(&self) -> u32 {
        (self.page - 1) * self.shown
    }

    /// Cuts a list that was asked for with one more than a page shows; says whether there are more.
    pub(super) fn cut<T>(&self, rows: &mut Vec<T>) -> bool {
        let more = rows.len() > self.shown as usize;
        rows.truncate(self.shown as usize);
        more
    }

    /// The number of the page.
    pub(super) fn number(&self) -> u32 {
        self.page
    }

    /// The way to the pages before and after; nothing when there is one page.
    pub(super) fn links(&self, here: &str, query: &Fields, more: bool) -> Markup {
        let to = |page: u32| {
            let page = page.to_string();
            format!("{here}?{}", query.but(&[("page", page.as_str())]))
        };
        html! {
            @if more || self.page > 1 {
                nav.pages aria-label="Pages of the list" {
                    @if self.page > 1 { a.button href=(to(self.page - 1)) rel="prev" { "Before" } }
                    span.meta { "Page " (self.page) }
                    @if more { a.button href=(to(self.page + 1)) rel="next" { "Next" } }
                }
            }
        }
    }
}

/// A field that looks for something in a list.
pub(super) fn search(here: &str, typed: &str, label: &str) -> Markup {
    html! {
        form.search role="search" method="get" action=(here) {
            label.unseen for="q" { (label) }
            input #q type="search" name="q" value=(typed) placeholder=(label) maxlength="100";
            button type="submit" { "Find" }
        }
    }
}

/// Styles, script and icon.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    if name == "htmx-2.0.8.min.js" {
        // Its version is in its name.
        let forever = "public, max-age=31536000, immutable";
        return ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, forever)], HTMX)
            .into_response();
    }
    let (kind, content) = match name.as_str() {
        "console.css" => ("text/css; charset=utf-8", STYLE),
        "console.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Trouble::not_found().into_response(),
    };
    // Asked for again on every page, so that an update never meets an old script.
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], content).into_response()
}

/// The first letter of a name in a circle; the colour is one of eight, by the person's id.
pub(super) fn face(person: &Person) -> Markup {
    let letter: String = person.name.chars().take(1).flat_map(char::to_uppercase).collect();
    let hue = person.id.as_str().bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % 8;
    html! { span class={ "face hue-" (hue) } aria-hidden="true" { (letter) } }
}

/// What a reader must know about a person before trusting the name.
pub(super) fn badges(person: &Person) -> Markup {
    html! {
        span.badge title="Answers are written by a program" { "understudy" }
        @if person.invented { " " span.badge.invented title="This person does not exist" { "invented" } }
    }
}

/// A point in time: UTC in the page, local time once the script has run.
pub(super) fn time(at: i64) -> Markup {
    let moment = Moment::of(at);
    let Moment { year, month, day, hour, minute, second } = moment;
    html! {
        time datetime=(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")) {
            (day) " " (month_name(month)) " " (format!("{hour:02}:{minute:02}")) " UTC"
        }
    }
}

struct Moment {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Moment {
    /// The civil date of Unix seconds, as in <https://howardhinnant.github.io/date_algorithms.html>.
    fn of(at: i64) -> Self {
        let (days, of_day) = (at.div_euclid(86_400), at.rem_euclid(86_400));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }
}

fn month_name(month: i64) -> &'static str {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(month - 1).ok().and_then(|month| NAMES.get(month)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_calendar_dates() {
        for (at, shown) in [
            (0, "<time datetime=\"1970-01-01T00:00:00Z\">1 Jan 00:00 UTC</time>"),
            (951_782_399, "<time datetime=\"2000-02-28T23:59:59Z\">28 Feb 23:59 UTC</time>"),
            (951_782_400, "<time datetime=\"2000-02-29T00:00:00Z\">29 Feb 00:00 UTC</time>"),
            (1_798_761_599, "<time datetime=\"2026-12-31T23:59:59Z\">31 Dec 23:59 UTC</time>"),
        ] {
            assert_eq!(time(at).into_string(), shown);
        }
    }
}
