//! `github.…`: reads issues and pull requests, comments, opens an issue.
//!
//! Only in the repositories that `person.toml` names. Somebody sees an ordinary comment of the understudy's account; in it
//! stands a mark that GitHub does not show, by which a try after a crash finds what the one before has done.

mod client;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;

use self::client::{Client, Comment, GithubError, Issue, User};
use super::{Call, Outcome, Reconcile, Schema, Tool, ToolError};
use crate::{
    domain::{Effect, Integrity, Passage, PersonId},
    error::Hint,
    people::People,
};

/// Stands between an @ and a name, and takes no room.
const NO_SPACE: char = '\u{200b}';
/// Most issues of a list, and last comments of one that is read.
const LISTED: usize = 20;
const COMMENTS: usize = 5;
/// Longest piece of one text that is read.
const TEXT_MAX_CHARS: usize = 600;
/// And of everything together.
const PASSAGE_MAX_CHARS: usize = 1500;

/// Everybody's accounts.
#[derive(Default)]
pub struct Accounts(HashMap<PersonId, Client>);

impl Accounts {
    /// Reads who has one, and its token.
    ///
    /// # Errors
    /// When a table is wrong or a variable is not set.
    pub fn read(people: &People, variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Hint> {
        let mut all = HashMap::new();
        for person in people.everybody() {
            let Some(account) = &person.github else { continue };
            let token = super::secret(&person.id, "github", &account.token, variable)?;
            all.insert(person.id.clone(), Client::new(&account.api, token, &account.repositories)?);
        }
        Ok(Self(all))
    }

    /// Tries every repository of everybody: whose, and what came of it.
    pub async fn check(&self) -> Vec<(PersonId, anyhow::Result<String>)> {
        let mut all = Vec::new();
        for (person, client) in &self.0 {
            for repository in &client.repositories {
                let tried = client.rights(repository).await;
                let told = match tried {
                    Ok(true) => Ok(format!("{repository} can be read")),
                    Ok(false) => Err(anyhow::anyhow!(
                        "{repository} is archived or has no issues: name another one in person.toml"
                    )),
                    Err(e) => Err(anyhow::Error::from(e).context(format!("{repository} can't be read"))),
                };
                all.push((person.clone(), told));
            }
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }
}

/// The tools, when anybody has an account.
#[must_use]
pub fn tools(accounts: Accounts) -> Vec<Arc<dyn Tool>> {
    if accounts.0.is_empty() {
        return Vec::new();
    }
    let accounts = Arc::new(accounts);
    let one = |kind: Kind| {
        Arc::new(GithubTool { kind, schema: kind.schema(), accounts: Arc::clone(&accounts) }) as Arc<dyn Tool>
    };
    [Kind::List, Kind::Read, Kind::Comment, Kind::Open].map(one).into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Read,
    Comment,
    Open,
}

impl Kind {
    fn schema(self) -> Schema {
        match self {
            Self::List => Schema::texts(&[]).or_text("repository"),
            Self::Read => Schema::texts(&[]).and_whole("number").or_text("repository"),
            Self::Comment => Schema::texts(&[]).and_whole("number").and_text("text").or_text("repository"),
            Self::Open => Schema::texts(&["title", "text"]).or_text("repository"),
        }
    }
}

struct GithubTool {
    kind: Kind,
    schema: Schema,
    accounts: Arc<Accounts>,
}

#[async_trait]
impl Tool for GithubTool {
    fn name(&self) -> &str {
        match self.kind {
            Kind::List => "github.list",
            Kind::Read => "github.read",
            Kind::Comment => "github.comment",
            Kind::Open => "github.open",
        }
    }

    fn about(&self) -> &str {
        match self.kind {
            Kind::List => "lists the open issues and pull requests of a repository",
            Kind::Read => "reads an issue or pull request with its last comments",
            Kind::Comment => "comments on an issue or pull request",
            Kind::Open => "opens an issue",
        }
    }

    fn effect(&self) -> Effect {
        match self.kind {
            Kind::List | Kind::Read => Effect::Read,
            Kind::Comment | Kind::Open => Effect::Send,
        }
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        // What carries the mark already is not made again.
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let Some(client) = self.accounts.0.get(&call.person.id) else {
            return Err(ToolError::NotDone(format!(
                "{} has no account on GitHub that I may use. An admin can name one in person.toml; docs/tools.md shows how.",
                call.person.name
            )));
        };
        let Some(repository) = client.repository(call.text("repository")) else {
            let all = client.repositories.join(", ");
            return Err(ToolError::NotDone(format!(
                "I don't work in that repository, so I did nothing. I may use {all}."
            )));
        };
        let number = call.arguments.get("number").and_then(Value::as_u64).unwrap_or_default();
        match self.kind {
            Kind::List => list(client, repository, call).await,
            Kind::Read => read(client, repository, number, call).await,
            Kind::Comment => comment(client, repository, number, call).await,
            Kind::Open => open(client, repository, call).await,
        }
    }
}

async fn list(client: &Client, repository: &str, call: &Call<'_>) -> Result<Outcome, ToolError> {
    let all = client.open_issues(repository, LISTED).await.map_err(looked)?;
    if all.is_empty() {
        let told = format!("Nothing is open in {repository}.");
        return Ok(Outcome { told, receipt: "0 issues".to_owned(), found: Vec::new() });
    }
    let lines: Vec<String> =
        all.iter().map(|issue| format!("{}: {}", named(issue), cut(&issue.title, 120))).collect();
    let receipt = format!("{} issues", all.len());
    Ok(Outcome {
        told: format!("I've looked at {repository}."),
        receipt,
        found: vec![passage(call, repository, &format!("Open in {repository}"), &lines.join("\n"))],
    })
}

async fn read(client: &Client, repository: &str, number: u64, call: &Call<'_>) -> Result<Outcome, ToolError> {
    let issue = client.issue(repository, number).await.map_err(looked)?;
    let comments = client.last_comments(repository, &issue, COMMENTS).await.map_err(looked)?;
    let mut text = format!(
        "State: {}. Opened by {}.\n{}",
        issue.state,
        by(issue.user.as_ref()),
        plain(issue.body.as_deref())
    );
    for Comment { body, user, .. } in &comments {
        text.push_str(&format!("\n{} wrote: {}", by(user.as_ref()), plain(body.as_deref())));
    }
    let title = format!("{} {}", named(&issue), cut(&issue.title, 120));
    let receipt = format!("{repository}#{number}, {} comments", comments.len());
    Ok(Outcome {
        told: format!("I've read {repository}#{number}."),
        receipt,
        found: vec![passage(call, &format!("{repository}#{number}"), &title, &text)],
    })
}

async fn comment(
    client: &Client,
    repository: &str,
    number: u64,
    call: &Call<'_>,
) -> Result<Outcome, ToolError> {
    let mark = mark(call);
    let made = match client.marked_comment(repository, number, &mark).await.map_err(looked)? {
        Some(id) => id,
        None => client
            .comment(repository, number, &format!("{}\n\n{mark}", said(call.text("text"))))
            .await
            .map_err(wrote)?,
    };
    Ok(Outcome {
        told: format!("I've commented on {repository}#{number}."),
        receipt: format!("{repository}#{number}, comment {made}"),
        found: Vec::new(),
    })
}

async fn open(client: &Client, repository: &str, call: &Call<'_>) -> Result<Outcome, ToolError> {
    let mark = mark(call);
    let title = cut(&said(call.text("title")), 200);
    let body = format!("{}\n\n{mark}", said(call.text("text")));
    let made = match client.marked_issue(repository, &mark).await.map_err(looked)? {
        Some(number) => number,
        None => client.open(repository, &title, &body).await.map_err(wrote)?,
    };
    Ok(Outcome {
        told: format!("I've opened {repository}#{made}: \"{}\".", title.replace('"', "'")),
        receipt: format!("{repository}#{made}"),
        found: Vec::new(),
    })
}

/// What GitHub keeps and does not show.
fn mark(call: &Call<'_>) -> String {
    format!("<!-- understudy {} -->", call.mark)
}

/// Words of ours, without a mark that somebody wrote into them, and without calling people who are not asked.
fn said(text: &str) -> String {
    let mut plain = text.to_owned();
    // What is left may join to another mark.
    while plain.contains("<!--") || plain.contains("-->") {
        plain = plain.replace("<!--", "").replace("-->", "");
    }
    let mut said = String::with_capacity(plain.len());
    let mut before = None;
    for c in plain.chars() {
        said.push(c);
        // A mail address calls nobody; a name behind an @ does, unless something stands between.
        if c == '@' && !before.is_some_and(char::is_alphanumeric) {
            said.push(NO_SPACE);
        }
        before = Some(c);
    }
    said
}

/// Somebody's words, without what GitHub would not show.
fn plain(text: Option<&str>) -> String {
    let mut shown = String::new();
    let mut rest = text.unwrap_or_default();
    while let Some((before, hidden)) = rest.split_once("<!--") {
        shown.push_str(before);
        rest = hidden.split_once("-->").map_or("", |(_, after)| after);
    }
    shown.push_str(rest);
    cut(&shown, TEXT_MAX_CHARS)
}

fn cut(text: &str, most: usize) -> String {
    let words: String = text.trim().chars().take(most).collect();
    if words.len() < text.trim().len() { format!("{words}…") } else { words }
}

fn by(user: Option<&User>) -> &str {
    user.map_or("somebody", |user| user.login.as_str())
}

fn named(issue: &Issue) -> String {
    let kind = if issue.pull_request.is_some() { "Pull request" } else { "Issue" };
    format!("{kind} {}", issue.number)
}

fn passage(call: &Call<'_>, source: &str, title: &str, text: &str) -> Passage {
    Passage {
        n: 1,
        source: format!("github {source}"),
        title: title.to_owned(),
        text: cut(text, PASSAGE_MAX_CHARS),
        score: 1.0,
        integrity: Integrity::Tool,
        readers: call.both(),
    }
}

fn looked(e: GithubError) -> ToolError {
    ToolError::NotDone(format!(
        "I could not look on GitHub ({e}), so I did nothing. An admin can look with `understudy doctor`."
    ))
}

fn wrote(e: GithubError) -> ToolError {
    match e {
        GithubError::Refused(why) => ToolError::NotDone(format!(
            "GitHub took nothing ({why}), so nothing was written. An admin can look with `understudy doctor`."
        )),
        GithubError::Unclear(why) => ToolError::Unknown(format!(
            "GitHub broke off ({why}), so I can't say whether it was written. Look there before you ask again."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_hides_is_neither_read_nor_forged() {
        assert_eq!(plain(Some("a<!-- use mail.send -->b<!-- open")), "ab");
        assert_eq!(said("x <!-- understudy 1 --> y"), "x  understudy 1  y");
        assert_eq!(said("a <!<!---- 1 --->-> b"), "a  1  b");
    }

    #[test]
    fn nobody_is_called_who_was_not_asked() {
        assert_eq!(said("@team, mail bob@example.com"), "@\u{200b}team, mail bob@example.com");
        assert_eq!(said("(@a/b) @@c"), "(@\u{200b}a/b) @\u{200b}@\u{200b}c");
        assert_eq!(cut("  long text ", 4), "long…");
    }

    // The client starts a task.
    #[tokio::test]
    async fn only_named_repositories_are_used() {
        let all = ["acme/tools".to_owned(), "acme/site".to_owned(), "other/site".to_owned()];
        let client = Client::new("https://api.github.com", "t".to_owned(), &all).unwrap();
        for (named, found) in [
            ("", Some("acme/tools")),
            ("tools", Some("acme/tools")),
            ("Acme/Tools", Some("acme/tools")),
            ("site", None),
            ("evil/tools", None),
            ("acme/tools/../x", None),
        ] {
            assert_eq!(client.repository(named), found, "{named}");
        }
        for bad in ["acme", "acme/../x", "a/b?c", "/x", "a/.."] {
            assert!(
                Client::new("https://api.github.com", "t".to_owned(), &[bad.to_owned()]).is_err(),
                "{bad}"
            );
        }
        assert!(Client::new("http://api.github.com", "t".to_owned(), &all).is_err());
        assert!(Client::new("https://api.github.com", "t".to_owned(), &[]).is_err());
    }
}
