//! `understudy models`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    config::Config,
    error::Hint,
    models::{self, Catalogue, Entry},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the catalogue and what is on this machine.
    List,
    /// Gets models onto this machine; without names, the three that a fresh installation needs.
    Pull {
        /// Names as `models list` prints them.
        names: Vec<String>,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let catalogue = Catalogue::embedded()?;
    let dir = config.models_dir();
    match command {
        Command::List => {
            for entry in catalogue.entries() {
                let here = if models::installed(&dir, entry).is_some() { "here" } else { "-" };
                let size =
                    entry.size_bytes().map_or("size unknown".to_owned(), |b| format!("{} MB", b / 1_000_000));
                println!("{:24} {here:5} {size:>13}  {} ({})", entry.name, entry.note, entry.licence);
            }
        }
        Command::Pull { names } => {
            for entry in chosen(&catalogue, &names)? {
                pull(&dir, &entry).await?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(catalogue: &Catalogue, names: &[String]) -> Result<Vec<Entry>, Hint> {
    if names.is_empty() {
        return Ok(catalogue.defaults().cloned().collect());
    }
    let find = |name: &String| {
        let unknown =
            || Hint::new(format!("there is no model `{name}`"), "`understudy models list` prints the names");
        catalogue.get(name).cloned().ok_or_else(unknown)
    };
    names.iter().map(find).collect()
}

async fn pull(dir: &std::path::Path, entry: &Entry) -> anyhow::Result<()> {
    if let Some(path) = models::installed(dir, entry) {
        println!("{} is here: {}", entry.name, path.display());
        return Ok(());
    }
    let (dir, entry) = (dir.to_owned(), entry.clone());
    let pulled = tokio::task::spawn_blocking(move || {
        let mut bar = models::progress_bar(&entry.name);
        models::pull(&dir, &entry, &mut bar).map(|path| (entry.name, path))
    });
    let (name, path) = pulled.await??;
    println!("{name} is here: {}", path.display());
    Ok(())
}
