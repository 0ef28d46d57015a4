//! The files of a mail: taken out of its kept bytes when the turn begins, by another process, and kept by their hash.

use sha2::{Digest, Sha256};
use tracing::warn;

use super::Mail;
use crate::{
    domain::{Attachment, Inbound},
    senses::SenseError,
};

/// The attachments of a message with their content in place; those without a hash are missing.
///
/// # Errors
/// When the store is out of reach or no reader can be started; the turn is tried again.
pub(super) async fn fetch_all(mail: &Mail, id: i64, message: &Inbound) -> anyhow::Result<Vec<Attachment>> {
    let mut attachments = message.attachments.clone();
    let person = &message.person;
    let missing = |file: &Attachment| {
        !file.sha256.is_empty() && !matches!(mail.files.content(person, &file.sha256), Ok(Some(_)))
    };
    if !attachments.iter().any(missing) {
        return Ok(attachments);
    }
    let raw = mail.store.mail_bytes(id).await?.unwrap_or_default();
    for (n, file) in attachments.iter_mut().enumerate().filter(|(_, file)| missing(file)) {
        let content = match mail.senses.enclosure(&raw, n).await {
            Ok(content) => content,
            Err(e @ SenseError::NoReader { .. }) => return Err(e.into()),
            Err(e) => {
                warn!("A file of mail {id} could not be taken out: {e}");
                Vec::new()
            }
        };
        if hex::encode(Sha256::digest(&content)) == file.sha256 {
            let (files, person) = (mail.files.clone(), person.clone());
            tokio::task::spawn_blocking(move || files.keep(&person, &content)).await??;
        } else {
            file.sha256.clear();
        }
    }
    Ok(attachments)
}
