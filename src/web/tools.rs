//! The permission matrix: who may have an understudy use which tool, one cell per class of requesters.
//!
//! A click is in force for the next step of any turn, because each step reads the grants. Other open pages follow within
//! a second. A click on something that was switched meanwhile changes nothing and shows what is there now.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use super::{
    Console, Shared,
    form::{Fields, escape},
    matrix::{self, CLASSES},
    page::{self, Pages},
    session::Admin,
    trouble::Trouble,
};
use crate::{
    domain::{Effect, Grant, Mode, Standing},
    people::Person,
    store::{StoreError, now},
    tools::Tool,
};

/// Rows on a page.
const SHOWN: u32 = 50;
/// Where it lies.
const HERE: &str = "/admin/tools";

/// A row: one tool of one person.
type Pair<'p> = (&'p Person, Arc<dyn Tool>);

/// What of the matrix is looked at.
struct View<'p> {
    query: Fields,
    pages: Pages,
    rows: Vec<Pair<'p>>,
    more: bool,
}

impl<'p> View<'p> {
    fn of(console: &'p Console, query: &str) -> Self {
        let query = Fields::of_query(query);
        let pages = Pages::of(&query, SHOWN);
        let wanted: Vec<String> = query.get("q").split_whitespace().map(str::to_lowercase).collect();
        let mut tools = console.web.toolbox.all();
        tools.sort_by(|a, b| a.name().cmp(b.name()));
        let found = |text: &str| wanted.iter().map(|word| text.contains(word.as_str())).collect::<Vec<_>>();
        let of_tools: Vec<Vec<bool>> = tools.iter().map(|tool| found(&tool.name().to_lowercase())).collect();
        let mut rows: Vec<Pair<'_>> = console
            .web
            .people
            .everybody()
            .iter()
            .flat_map(|person| {
                let of_person = found(&format!("{} {}", person.id, person.name.to_lowercase()));
                // Each word is found in the person or in the tool.
                let fits = |of_tool: &[bool]| of_person.iter().zip(of_tool).all(|(a, b)| *a || *b);
                let fitting: Vec<Pair<'_>> = tools
                    .iter()
                    .zip(&of_tools)
                    .filter(|(_, of_tool)| fits(of_tool))
                    .map(|(tool, _)| (person, Arc::clone(tool)))
                    .collect();
                fitting
            })
            .skip(pages.skip() as usize)
            .take(SHOWN as usize + 1)
            .collect();
        let more = pages.cut(&mut rows);
        Self { query, pages, rows, more }
    }

    /// The grants of everybody on it.
    async fn grants(&self, console: &Console) -> Result<Vec<Grant>, StoreError> {
        let mut grants: Vec<Grant> = Vec::new();
        let mut last = None;
        for (person, _) in &self.rows {
            if last.replace(&person.id) != Some(&person.id) {
                grants.extend(console.web.store.grants(&person.id).await?);
            }
        }
        Ok(grants)
    }

    fn address(&self) -> String {
        let number = self.pages.number().to_string();
        let page = if self.pages.number() > 1 { number.as_str() } else { "" };
        format!("{HERE}?{}", self.query.but(&[("page", page), ("seen", "")]))
    }

    /// The rows, which ask once a second whether they are still right.
    fn body(&self, grants: &[Grant]) -> Markup {
        let seen = matrix::mark(grants);
        let rows = format!("{HERE}/rows?{}", self.query.but(&[("seen", seen.as_str())]));
        let mut last = None;
        html! {
            tbody #rows hx-get=(rows) hx-trigger="every 1s" hx-swap="outerHTML" {
                @for (person, tool) in &self.rows {
                    @if last.replace(&person.id) != Some(&person.id) {
                        tr.group { th scope="rowgroup" colspan="6" { (page::face(person)) (person.name) " " span.handle { "@" (person.handle) } } }
                    }
                    (row(person, tool.as_ref(), grants, &self.address()))
                }
            }
        }
    }
}

/// The whole page.
pub(super) async fn show(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let view = View::of(&console, query.as_deref().unwrap_or_default());
    let grants = view.grants(&console).await?;
    let body = html! {
        h1 { "Permissions" }
        p.lead { "What each understudy may do, by who asks. A click goes round: off, ask first, on. It holds from the next step on." }
        div.legend {
            span { (dot(Mode::Deny)) "it is not used" }
            span { (dot(Mode::Ask)) "the owner or an admin says yes each time" }
            span { (dot(Mode::Allow)) "it does it at once" }
        }
        (page::search(HERE, view.query.get("q"), "Person or tool"))
        @if view.rows.is_empty() { p.empty { "No person and no tool is called that." } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Permissions" {
                table.matrix {
                    thead { tr { th scope="col" { "Tool" } @for (_, words, _) in CLASSES { th scope="col" { (words) } } } }
                    (view.body(&grants))
                }
            }
        }
        (view.pages.links(HERE, &view.query, view.more))
        p.hint { "Whoever is trusted more may what the less trusted may, so a click can change cells beside it. What comes by mail, "
            "from a stranger's words or goes to somebody new is asked about even where it says on." }
    };
    Ok(page::wide("Permissions", &signed_in, &body))
}

/// The rows alone, or nothing when they are as the page has them.
pub(super) async fn rows(
    State(console): State<Shared>,
    Admin(_): Admin,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let view = View::of(&console, query.as_deref().unwrap_or_default());
    let grants = view.grants(&console).await?;
    if view.query.get("seen") == matrix::mark(&grants) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(view.body(&grants).into_response())
}

fn of_tool<'g>(grants: &'g [Grant], person: &Person, tool: &str) -> Vec<&'g Grant> {
    grants.iter().filter(|grant| grant.person == person.id && grant.tool == tool).collect()
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Deny => "off",
        Mode::Ask => "asks",
        Mode::Allow => "on",
    }
}

fn effect_words(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "looks",
        Effect::Write => "changes",
        Effect::Send => "sends",
    }
}

fn dot(mode: Mode) -> Markup {
    html! { span class={ "mode " (word(mode)) } aria-hidden="true" { (word(mode)) } " " }
}

fn row(person: &Person, tool: &dyn Tool, grants: &[Grant], address: &str) -> Markup {
    let own = of_tool(grants, person, tool.name());
    let seen = matrix::mark(own);
    let cells = matrix::cells(&person.id, tool.name(), tool.effect(), grants);
    html! {
        tr {
            th scope="row" {
                span.tool { (tool.name()) } " " span class={ "badge effect-" (effect_words(tool.effect())) } { (effect_words(tool.effect())) }
                span.hint { (tool.about()) }
            }
            @for ((class, column, who), mode) in CLASSES.iter().zip(cells) {
                td data-who=(column) {
                    form method="post" action=(HERE) hx-post=(HERE) hx-target="closest tr" hx-swap="outerHTML" {
                        input type="hidden" name="person" value=(person.id);
                        input type="hidden" name="tool" value=(tool.name());
                        input type="hidden" name="class" value=(class_word(*class));
                        input type="hidden" name="to" value=(word(matrix::next(tool.effect(), *class, mode)));
                        input type="hidden" name="seen" value=(seen);
                        input type="hidden" name="back" value=(address);
                        button class={ "mode " (word(mode)) } id={ "cell-" (person.id) "-" (tool.name()) "-" (class_word(*class)) } type="submit"
                            aria-label={ (tool.name()) " of " (person.name) " when " (who) " asks: " (word(mode)) ". Turn " (word(matrix::next(tool.effect(), *class, mode))) } { (word(mode)) }
                    }
                }
            }
        }
    }
}

fn class_word(class: Standing) -> &'static str {
    match class {
        Standing::Owner => "owner",
        Standing::Admin => "admin",
        Standing::Member => "member",
        Standing::Guest => "guest",
        Standing::Unknown => "unknown",
    }
}

/// Switches one cell.
pub(super) async fn switch(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Response> {
    let unknown = || Trouble::of_status(StatusCode::BAD_REQUEST).into_response();
    let people = console.web.people.everybody();
    let person =
        people.iter().find(|person| person.id.as_str() == fields.get("person")).ok_or_else(unknown)?;
    let class = CLASSES.iter().find(|(class, ..)| class_word(*class) == fields.get("class"));
    let (class, _, _) = *class.ok_or_else(unknown)?;
    let modes = [Mode::Deny, Mode::Ask, Mode::Allow];
    let mode = modes.into_iter().find(|mode| word(*mode) == fields.get("to")).ok_or_else(unknown)?;
    let Some(tool) = console.web.toolbox.find(fields.get("tool")) else {
        let words = "This tool is switched off or has changed, so nothing was done. `understudy tools list` says why.";
        return Err(Trouble::new(StatusCode::CONFLICT, words).into_response());
    };
    if mode > matrix::most(tool.effect(), class) {
        return Err(unknown());
    }
    let back = format!("{HERE}{}", fields.get("back").strip_prefix(HERE).unwrap_or_default());
    if mode > Mode::Deny && tool.effect() > Effect::Read {
        signed_in.confirmed(&console.web, &back).await?;
    }
    let done =
        change(&console, person, tool.as_ref(), (class, mode), fields.get("seen"), signed_in.reader.as_str());
    let done = done.await;
    if !headers.contains_key("hx-request") {
        done.map_err(|e| Trouble::from(e).into_response())?;
        return Ok(Redirect::to(&back).into_response());
    }
    let status = match done {
        Ok(()) => StatusCode::OK,
        Err(StoreError::NotThere(_)) => StatusCode::CONFLICT,
        Err(e) => return Err(Trouble::from(e).into_response()),
    };
    let grants = console.web.store.grants(&person.id).await.map_err(|e| Trouble::from(e).into_response())?;
    let said = if status == StatusCode::OK {
        format!("{} of {} is {} now.", tool.name(), person.name, word(mode))
    } else {
        "Somebody else switched this a moment ago, so nothing was changed. This is how it stands now."
            .to_owned()
    };
    let mut response = (status, row(person, tool.as_ref(), &grants, &back)).into_response();
    if let Ok(said) = format!("{{\"said\":\"{}\"}}", escape(&said)).parse() {
        response.headers_mut().insert("hx-trigger", said);
    }
    Ok(response)
}

async fn change(
    console: &Console,
    person: &Person,
    tool: &dyn Tool,
    (class, mode): (Standing, Mode),
    seen: &str,
    by: &str,
) -> Result<(), StoreError> {
    let store = &console.web.store;
    let grants = store.grants(&person.id).await?;
    let there: Vec<Grant> = of_tool(&grants, person, tool.name()).into_iter().cloned().collect();
    if matrix::mark(&there) != seen {
        return Err(StoreError::NotThere("somebody else switched it a moment ago".to_owned()));
    }
    let rows = matrix::set(&person.id, (tool.name(), tool.effect()), &there, class, mode);
    let subject = format!("{} {} for {}", person.id, tool.name(), class_word(class));
    // The same words as when it is switched from the command line.
    let action = match mode {
        Mode::Deny => "tool.deny",
        Mode::Ask => "tool.ask",
        Mode::Allow => "tool.allow",
    };
    let told = (action.to_owned(), subject);
    store.replace_grants((&person.id, tool.name()), there, rows, told, (by, now())).await
}
