//! Reviews of documents: each clause with its verdict, and the owner's word on it, which counts from then on.

use axum::{
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{Shared, form::Fields, page, session::SignedIn, talk::find, trouble::Trouble};
use crate::{
    domain::{Audience, Channel, InboxId, Integrity, Judged, Readers, Ruling, Verdict},
    error::told,
    people::Person,
    store::{ClauseRow, InboxRow, now},
};

/// How many reviews a page shows per person.
const SHOWN: u32 = 50;
/// Longest reason of an owner.
const WHY_MAX_CHARS: usize = 2000;

/// What the owner says a clause is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ruled {
    mark: Verdict,
    why: String,
    by: String,
}

/// The reviews that the viewer decides on.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let mut entries = Vec::new();
    for person in console.web.people.everybody() {
        if !signed_in.decides_for(Some(person)) {
            continue;
        }
        for review in console.web.store.reviews(&person.id, SHOWN).await? {
            let row = console.web.store.inbox_row(review.inbox).await?.ok_or_else(Trouble::not_found)?;
            entries.push(html! {
                article.card {
                    p.meta { b { (row.from) } " asked " b { (person.name) } " by " (row.channel) " " (page::time(review.at)) }
                    p.words { (row.text) }
                    p { a href={ "/admin/reviews/" (review.inbox) } { "Look at " (review.clauses) " clauses" }
                        span.hint { " · you have ruled on " (review.ruled) } }
                }
            });
        }
    }
    let body = html! {
        h1 { "Reviews" }
        p.lead { "Documents that were held against the rules in the notes. What you say to a clause counts in the next review." }
        @if entries.is_empty() { p.empty { "No document was reviewed yet. Send one in a conversation and ask \u{201c}is this compliant?\u{201d}" } }
        @for entry in entries { (entry) }
    };
    Ok(page::page("Reviews", &signed_in, &body))
}

/// One review.
pub(super) async fn show(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(inbox): Path<String>,
) -> Result<Markup, Trouble> {
    let (row, person) = decidable(&console, &signed_in, &inbox).await?;
    let clauses = console.web.store.clauses(row.id).await?;
    if clauses.is_empty() {
        return Err(Trouble::not_found());
    }
    let judged: Vec<(&ClauseRow, Judged)> = clauses
        .iter()
        .filter_map(|clause| Some((clause, serde_json::from_str(&clause.judged).ok()?)))
        .collect();
    // Found for whoever asked; somebody else who looks on sees the rules that they may read.
    let eyes = Audience::only(signed_in.reader.clone());
    let count = |mark| judged.iter().filter(|(_, judged)| judged.finding.mark == mark).count();
    let body = html! {
        h1 { "Review" }
        p.meta { b { (row.from) } " asked " b { (person.name) } " by " (row.channel) " " (page::time(row.accepted_at)) }
        p.words { (row.text) }
        p.lead { (count(Verdict::Problem)) " problems, " (count(Verdict::Unsure)) " unclear, " (count(Verdict::Ok)) " fine." }
        @for (clause, judged) in &judged { (entry(&row, person, clause, judged, &eyes)) }
    };
    Ok(page::page("Review", &signed_in, &body))
}

fn entry(row: &InboxRow, person: &Person, clause: &ClauseRow, judged: &Judged, eyes: &Audience) -> Markup {
    let Judged { document, clause: words, finding } = judged;
    let sees = finding.rule.as_ref().is_none_or(|rule| eyes.may_read(&rule.readers));
    let why = if sees { finding.why.as_str() } else { "" };
    let ruled: Option<Ruled> = serde_json::from_str(&clause.ruled).ok();
    let mark = ruled.as_ref().map_or(finding.mark, |ruled| ruled.mark);
    let n = clause.n;
    html! {
        article.card id={ "clause-" (n) } {
            p.meta {
                span.badge.draft[mark != Verdict::Ok] { (named(mark)) } " " b { (words.label) }
                @if !words.place.is_empty() { ", " (words.place) }
                @if !words.heading.is_empty() { ", " (words.heading) }
                ", " (document)
            }
            p.words { (words.text) }
            @match &ruled {
                Some(ruled) => p.hint { (ruled.by) " says: " (named(ruled.mark)) "." @if !ruled.why.is_empty() { " " (ruled.why) } },
                None => p.hint {
                    @if !finding.quote.is_empty() { "\u{201c}" (finding.quote) "\u{201d}: " }
                    @if sees {
                        (why) @if let Some(rule) = &finding.rule { " Rule: " b { (rule.title) } "." }
                    } @else { "The rule is for other readers." }
                },
            }
            details {
                summary { @if ruled.is_some() { "Rule again" } @else { "Rule on it" } }
                form method="post" action={ "/admin/reviews/" (row.id) "/" (n) } accept-charset="utf-8" {
                    label for={ "mark-" (n) } { "It is" }
                    select id={ "mark-" (n) } name="mark" {
                        @for choice in [Verdict::Ok, Verdict::Problem, Verdict::Unsure] {
                            option value=(named(choice)) selected[choice == mark] { (named(choice)) }
                        }
                    }
                    label for={ "why-" (n) } { "Why" }
                    textarea id={ "why-" (n) } name="why" rows="2" { "\n" (ruled.as_ref().map_or(why, |ruled| &ruled.why)) }
                    label for={ "for-" (n) } { "Who may be told this ruling" }
                    select id={ "for-" (n) } name="readers" {
                        option value="owner" { "only " (person.owner) }
                        option value="notes" { "everybody who reads " (person.name) "'s notes" }
                    }
                    button.primary type="submit" { "Save the ruling" }
                }
            }
        }
    }
}

fn named(mark: Verdict) -> &'static str {
    match mark {
        Verdict::Ok => "ok",
        Verdict::Problem => "problem",
        Verdict::Unsure => "unclear",
    }
}

/// Keeps what the owner says to a clause, and makes it a note that later reviews find.
pub(super) async fn rule(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((inbox, n)): Path<(String, String)>,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let (row, person) = decidable(&console, &signed_in, &inbox).await?;
    let n: i64 = n.parse().map_err(|_| Trouble::not_found())?;
    let clauses = console.web.store.clauses(row.id).await?;
    let clause = clauses.iter().find(|clause| clause.n == n).ok_or_else(Trouble::not_found)?;
    let judged: Judged = serde_json::from_str(&clause.judged).map_err(|_| Trouble::not_found())?;
    let marks = [Verdict::Ok, Verdict::Problem, Verdict::Unsure];
    let mark = marks.into_iter().find(|mark| named(*mark) == fields.get("mark"));
    let mark = mark.ok_or_else(|| Trouble::of_status(StatusCode::BAD_REQUEST))?;
    let why = fields.lines("why").trim().to_owned();
    if why.chars().count() > WHY_MAX_CHARS {
        let sentence = format!("The reason is longer than {WHY_MAX_CHARS} characters. Say it in fewer.");
        return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
    }
    let readers = match fields.get("readers") {
        // A ruling may repeat its rule, so it goes no further than that.
        "notes" => match &judged.finding.rule {
            Some(rule) if rule.readers != Readers::Everyone => rule.readers.clone(),
            _ => person.note_readers.clone(),
        },
        _ => Readers::Only([person.owner.clone()].into()),
    };
    let by_owner = signed_in.owns(person);
    let ruling = Ruling {
        person: person.id.clone(),
        source: format!("rulings/{}-{n}", row.id),
        title: format!("Ruling on {}", topic(&judged)),
        text: worded(&judged, mark, &why),
        readers,
        integrity: if by_owner { Integrity::Owner } else { Integrity::Admin },
    };
    if let Err(e) = (console.web.keep)(ruling).await {
        warn!("A ruling could not be kept: {}", told(&e));
        let sentence = "The ruling could not be kept: the notes are out of reach. Try again in a moment.";
        return Err(Trouble::new(StatusCode::SERVICE_UNAVAILABLE, sentence));
    }
    let ruled = Ruled { mark, why, by: signed_in.name.clone() };
    let ruled = serde_json::to_string(&ruled).map_err(|_| Trouble::of_status(StatusCode::BAD_REQUEST))?;
    console.web.store.rule_clause((row.id, n), ruled, signed_in.reader.as_str(), now()).await?;
    Ok(Redirect::to(&format!("/admin/reviews/{}#clause-{n}", row.id)))
}

/// What a ruling is about, for its title.
fn topic(judged: &Judged) -> String {
    let clause = &judged.clause;
    if clause.heading.is_empty() {
        format!("{}, {}", judged.document, clause.label)
    } else {
        clause.heading.clone()
    }
}

/// The ruling as a rule for the next clause of its kind.
fn worded(judged: &Judged, mark: Verdict, why: &str) -> String {
    let words = if judged.finding.quote.is_empty() { &judged.clause.text } else { &judged.finding.quote };
    let is = match mark {
        Verdict::Ok => "is fine",
        Verdict::Problem => "is a problem",
        Verdict::Unsure => "is not clear and goes to its owner",
    };
    let why = if why.is_empty() { ".".to_owned() } else { format!(": {why}") };
    format!("A clause such as \u{201c}{words}\u{201d} {is}{why}")
}

/// The file that came with a reply, for whoever sees the reply.
pub(super) async fn file(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((person, inbox)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let person = find(&console, &person)?;
    let id = InboxId(inbox.parse().map_err(|_| Trouble::not_found())?);
    let row = console.web.store.inbox_row(id).await?;
    let seen = row.filter(|row| row.person == person.id && signed_in.may_see(row, Some(person)));
    let row = seen.ok_or_else(Trouble::not_found)?;
    let replies = console.web.store.replies_to(row.id, row.id).await?;
    let file = replies.into_iter().find_map(|reply| reply.reply.file).ok_or_else(Trouble::not_found)?;
    let name = format!("attachment; filename=\"{}\"", file.name);
    Ok(([(CONTENT_TYPE, file.media_type), (CONTENT_DISPOSITION, name)], file.content).into_response())
}

/// Ends a turn that its sender does not need any more.
pub(super) async fn stop(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((person, inbox)): Path<(String, String)>,
) -> Result<Redirect, Trouble> {
    let person = find(&console, &person)?;
    let id = InboxId(inbox.parse().map_err(|_| Trouble::not_found())?);
    let row = console.web.store.inbox_row(id).await?.ok_or_else(Trouble::not_found)?;
    // Whoever wrote it takes it back; nobody else does it for them.
    if row.person != person.id || row.conversation != signed_in.conversation(&person.id) {
        return Err(Trouble::not_found());
    }
    console.web.inbox.cancel(Channel::Console, &row.key).await?;
    Ok(Redirect::to(&format!("/talk/{}#turn-{}", person.id, row.id)))
}

/// A message whose person the viewer decides for.
async fn decidable<'c>(
    console: &'c Shared,
    viewer: &SignedIn,
    inbox: &str,
) -> Result<(InboxRow, &'c Person), Trouble> {
    let id = InboxId(inbox.parse().map_err(|_| Trouble::not_found())?);
    let row = console.web.store.inbox_row(id).await?.ok_or_else(Trouble::not_found)?;
    let person = console.web.people.get(&row.person).ok_or_else(Trouble::not_found)?;
    if !viewer.decides_for(Some(person)) {
        return Err(Trouble::forbidden());
    }
    Ok((row, person))
}
