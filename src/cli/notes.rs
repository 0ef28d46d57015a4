//! `understudy notes`.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use serde_json::Value;

use crate::{
    config::Config,
    domain::{PersonId, Readers},
    error::Hint,
    ops::Request,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds folders or files: markdown, text and HTML.
    Add {
        /// Folders or files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Whose notes they are.
        #[arg(short, long)]
        person: PersonId,
        /// Who may read them: ids separated by commas, or `everyone`; by default only the person.
        #[arg(long, value_name = "WHO,…")]
        readers: Option<String>,
        /// Follows changes while understudy runs.
        #[arg(long)]
        watch: bool,
    },
    /// Lists the notes of a person.
    List {
        /// Whose notes.
        #[arg(short, long)]
        person: PersonId,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forgets a folder or file and deletes its notes; the files stay.
    Remove {
        /// Folder or file.
        path: PathBuf,
        /// Whose notes.
        #[arg(short, long)]
        person: PersonId,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { paths, person, readers, watch } => {
            let readers = Readers::parse(readers.as_deref().unwrap_or(person.as_str()))?;
            let mut followed_now = false;
            for path in paths {
                let path = std::path::absolute(&path)?;
                if !path.exists() {
                    return Err(
                        Hint::new(format!("{} does not exist", path.display()), "check the path").into()
                    );
                }
                let shown = path.display().to_string();
                let request =
                    Request::NotesAdd { person: person.clone(), path, readers: readers.clone(), watch };
                let report = super::control::call(config.clone(), request).await?;
                followed_now = report.get("followed_now").and_then(Value::as_bool).unwrap_or(false);
                println!("{shown}: {}", report.get("summary").and_then(Value::as_str).unwrap_or_default());
                for skipped in report.get("skipped").and_then(Value::as_array).into_iter().flatten() {
                    println!("  skipped {}", skipped.as_str().unwrap_or_default());
                }
            }
            match (watch, followed_now) {
                (false, _) => {}
                (true, true) => println!("Changes are followed from now on."),
                (true, false) => println!("Changes are followed whenever `understudy run` runs."),
            }
        }
        Command::List { person, json } => {
            let list = super::control::call(config, Request::NotesList { person }).await?;
            if json {
                super::print_json(&list);
                return Ok(ExitCode::SUCCESS);
            }
            let notes = list.get("notes").and_then(Value::as_array).cloned().unwrap_or_default();
            for note in &notes {
                let of = |key: &str| note.get(key).and_then(Value::as_str).unwrap_or_default();
                println!("{}  {}", of("source"), of("title"));
            }
            println!("{} notes", notes.len());
        }
        Command::Remove { path, person } => {
            let path = std::path::absolute(&path)?;
            let report = super::control::call(config, Request::NotesRemove { person, path }).await?;
            println!("{} notes removed", report.get("removed").and_then(Value::as_u64).unwrap_or(0));
        }
    }
    Ok(ExitCode::SUCCESS)
}
