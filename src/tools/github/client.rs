//! GitHub's REST API as far as it is used here, over octocrab.
//!
//! Answers are read into our own lean types: octocrab's mirror every field, and one that a GitHub Enterprise of another
//! year leaves out would make the whole answer unreadable.

use std::time::Duration;

use octocrab::{Octocrab, OctocrabBuilder};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Hint;

/// How long a connection and an answer may take.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(20));
/// And one request as a whole.
const WHOLE: Duration = Duration::from_secs(30);
/// Rows of one page; GitHub's most.
const PAGE: usize = 100;
/// Most pages that a mark is looked for on.
const PAGES_MAX: usize = 10;

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum GithubError {
    /// Nothing happened.
    #[error("{0}")]
    Refused(String),
    /// It may have happened.
    #[error("{0}")]
    Unclear(String),
}

/// An issue or a pull request.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Issue {
    pub number: u64,
    pub title: String,
    pub state: String,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub user: Option<User>,
    /// How many there are.
    #[serde(default)]
    pub comments: usize,
    /// Present when it is a pull request.
    #[serde(default)]
    pub pull_request: Option<Value>,
}

/// What somebody wrote below one.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Comment {
    pub id: u64,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub user: Option<User>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub login: String,
}

/// Signed in for one person's understudy.
pub(super) struct Client {
    crab: Octocrab,
    /// `owner/name` each.
    pub repositories: Vec<String>,
}

impl Client {
    /// Makes one; nothing is sent yet.
    ///
    /// # Errors
    /// When the address is unsafe or a repository misnamed.
    pub(super) fn new(api: &str, token: String, repositories: &[String]) -> Result<Self, Hint> {
        let wrong = |what: String, next: &str| Err(Hint::new(what, next));
        if !crate::config::is_safe(api) {
            return wrong(format!("`{api}` can't be the address of GitHub's API"), "use an https address");
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_name = |part: &str| !part.is_empty() && part.chars().all(fits) && !part.starts_with('.');
        let is_repository =
            |name: &String| name.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name));
        if let Some(odd) = repositories.iter().find(|name| !is_repository(name)) {
            return wrong(format!("`{odd}` is no repository of GitHub"), "write it like owner/name");
        }
        if repositories.is_empty() {
            return wrong("[github] names no repository".to_owned(), "name at least one, like owner/name");
        }
        let crab = OctocrabBuilder::new()
            .base_uri(api.trim_end_matches('/'))
            .map(|builder| {
                builder
                    .personal_token(token)
                    .set_connect_timeout(Some(PATIENCE.0))
                    .set_read_timeout(Some(PATIENCE.1))
                    .set_write_timeout(Some(PATIENCE.1))
            })
            .and_then(|builder| builder.build())
            .map_err(|e| {
                Hint::new(format!("can't start the client of GitHub: {e}"), "check `api` in [github]")
            })?;
        Ok(Self { crab, repositories: repositories.to_vec() })
    }

    /// The repository that is meant, when the understudy may work there.
    pub(super) fn repository(&self, named: &str) -> Option<&str> {
        if named.is_empty() {
            return self.repositories.first().map(String::as_str);
        }
        let matches = |full: &&String| {
            let short = full.split_once('/').map_or("", |(_, name)| name);
            full.eq_ignore_ascii_case(named) || short.eq_ignore_ascii_case(named)
        };
        let mut all = self.repositories.iter().filter(matches);
        match (all.next(), all.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    pub(super) async fn open_issues(&self, repository: &str, most: usize) -> Result<Vec<Issue>, GithubError> {
        let route = format!("/repos/{repository}/issues?state=open&per_page={most}");
        self.get(&route).await
    }

    pub(super) async fn issue(&self, repository: &str, number: u64) -> Result<Issue, GithubError> {
        self.get(&format!("/repos/{repository}/issues/{number}")).await
    }

    /// The last comments of an issue, oldest first.
    pub(super) async fn last_comments(
        &self,
        repository: &str,
        issue: &Issue,
        most: usize,
    ) -> Result<Vec<Comment>, GithubError> {
        if issue.comments == 0 {
            return Ok(Vec::new());
        }
        // Pages of `most` rows, so that the last two hold what is wanted.
        let last = issue.comments.div_ceil(most);
        let mut all = Vec::new();
        for page in last.saturating_sub(1).max(1)..=last {
            all.extend(self.comments(repository, issue.number, (most, page)).await?);
        }
        Ok(all.split_off(all.len().saturating_sub(most)))
    }

    /// The comment that carries a mark.
    pub(super) async fn marked_comment(
        &self,
        repository: &str,
        number: u64,
        mark: &str,
    ) -> Result<Option<u64>, GithubError> {
        let is_it = |comment: &&Comment| comment.body.as_deref().is_some_and(|body| body.contains(mark));
        for page in 1..=PAGES_MAX {
            let rows = self.comments(repository, number, (PAGE, page)).await?;
            if let Some(found) = rows.iter().find(is_it) {
                return Ok(Some(found.id));
            }
            if rows.len() < PAGE {
                break;
            }
        }
        Ok(None)
    }

    /// One page of comments, oldest first.
    async fn comments(
        &self,
        repository: &str,
        number: u64,
        (rows, page): (usize, usize),
    ) -> Result<Vec<Comment>, GithubError> {
        self.get(&format!("/repos/{repository}/issues/{number}/comments?per_page={rows}&page={page}")).await
    }

    /// The issue that carries a mark, among the newest.
    pub(super) async fn marked_issue(
        &self,
        repository: &str,
        mark: &str,
    ) -> Result<Option<u64>, GithubError> {
        let route =
            format!("/repos/{repository}/issues?state=all&sort=created&direction=desc&per_page={PAGE}");
        let newest: Vec<Issue> = self.get(&route).await?;
        let is_it = |issue: &&Issue| issue.body.as_deref().is_some_and(|body| body.contains(mark));
        Ok(newest.iter().find(is_it).map(|issue| issue.number))
    }

    pub(super) async fn comment(
        &self,
        repository: &str,
        number: u64,
        body: &str,
    ) -> Result<u64, GithubError> {
        let route = format!("/repos/{repository}/issues/{number}/comments");
        let made: Comment = self.post(&route, &json!({"body": body})).await?;
        Ok(made.id)
    }

    pub(super) async fn open(&self, repository: &str, title: &str, body: &str) -> Result<u64, GithubError> {
        let made: Issue =
            self.post(&format!("/repos/{repository}/issues"), &json!({"title": title, "body": body})).await?;
        Ok(made.number)
    }

    /// Whether a repository can be read, and whether it can be written.
    pub(super) async fn rights(&self, repository: &str) -> Result<bool, GithubError> {
        let found: Value = self.get(&format!("/repos/{repository}")).await?;
        Ok(found.get("has_issues").and_then(Value::as_bool).unwrap_or(true)
            && found.get("archived").and_then(Value::as_bool) != Some(true))
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, route: &str) -> Result<T, GithubError> {
        let answer = tokio::time::timeout(WHOLE, self.crab.get::<Value, _, _>(route, None::<&()>)).await;
        let value = match answer {
            Ok(answer) => answer.map_err(|e| GithubError::Refused(in_words(&e)))?,
            Err(_) => return Err(GithubError::Refused(too_slow())),
        };
        serde_json::from_value(value)
            .map_err(|e| GithubError::Refused(format!("its answer can't be read: {e}")))
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        route: &str,
        body: &Value,
    ) -> Result<T, GithubError> {
        let answer = tokio::time::timeout(WHOLE, self.crab.post::<_, Value>(route, Some(body))).await;
        let value = match answer {
            Ok(Ok(value)) => value,
            Ok(Err(e)) => {
                let told = in_words(&e);
                // Only a clear no says that nothing happened.
                let is_no = matches!(&e, octocrab::Error::GitHub { source, .. } if source.status_code.is_client_error());
                return Err(if is_no { GithubError::Refused(told) } else { GithubError::Unclear(told) });
            }
            Err(_) => return Err(GithubError::Unclear(too_slow())),
        };
        serde_json::from_value(value)
            .map_err(|e| GithubError::Unclear(format!("its answer can't be read: {e}")))
    }
}

fn too_slow() -> String {
    format!("it did not answer within {} s", WHOLE.as_secs())
}

fn in_words(e: &octocrab::Error) -> String {
    let octocrab::Error::GitHub { source, .. } = e else {
        return "no clear answer from GitHub".to_owned();
    };
    match source.status_code {
        StatusCode::UNAUTHORIZED => "GitHub does not accept the token".to_owned(),
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            "GitHub lets this account do no more of that now".to_owned()
        }
        StatusCode::NOT_FOUND => "GitHub knows no such thing, or hides it from this account".to_owned(),
        StatusCode::GONE => "issues are switched off there".to_owned(),
        status => format!("GitHub answers {status}"),
    }
}
