//! Mail: mbox files, Maildir folders and folders of `.eml` files, told apart by what they hold.
//!
//! A thread is what its mails refer to. Lists, automatic replies and invitations are left out here, because only
//! their headers say what they are.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use mail_parser::{Address, Message, MessageParser, PartType};
use sha2::{Digest, Sha256};

use super::{Me, Sink, Trouble, files_below, mbox::Mbox};
use crate::learning::{
    event::{Event, ME},
    report::Reason,
};

/// Most bytes of a single mail.
const MAIL_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Most characters of a body: what is longer is a document.
const BODY_MAX_CHARS: usize = 20_000;

pub(super) fn read(path: &Path, me: &Me, sink: &mut dyn Sink) -> Result<(), Trouble> {
    let mut threads = Threads::default();
    for file in files_below(path) {
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().into_owned();
        let name = if name.is_empty() { file.to_string_lossy().into_owned() } else { name };
        match read_file(&file, &name, me, &mut threads, sink) {
            Err(Trouble::Broken(why)) => sink.skip(&name, &why),
            other => other?,
        }
    }
    Ok(())
}

fn read_file(
    file: &Path,
    name: &str,
    me: &Me,
    threads: &mut Threads,
    sink: &mut dyn Sink,
) -> Result<(), Trouble> {
    let mut input = BufReader::with_capacity(1 << 16, File::open(file)?);
    let mailbox = input.fill_buf()?.starts_with(b"From ");
    if mailbox {
        for (n, raw) in (1..).zip(Mbox::new(input)) {
            let raw = raw?;
            sink.advance(raw.read);
            take(&raw.bytes, &format!("{name}, message {n}"), me, threads, sink)?;
        }
        return Ok(());
    }
    if !is_mail(file) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    input.take(MAIL_MAX_BYTES).read_to_end(&mut bytes)?;
    sink.advance(bytes.len() as u64);
    take(&bytes, name, me, threads, sink)
}

/// An `.eml` file, or a file of a Maildir, which has no extension.
fn is_mail(file: &Path) -> bool {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    let extension = super::extension(&file.to_string_lossy());
    extension == "eml" || (folder == "cur" || folder == "new")
}

fn take(
    bytes: &[u8],
    name: &str,
    me: &Me,
    threads: &mut Threads,
    sink: &mut dyn Sink,
) -> Result<(), Trouble> {
    let parsed = MessageParser::default().parse(bytes);
    let Some(mail) = parsed.filter(|mail| mail.from().is_some() || mail.date().is_some()) else {
        sink.skip(name, "it is no mail: it has neither sender nor date");
        return Ok(());
    };
    if is_automatic(&mail) {
        sink.leave_out(Reason::AutoReply);
        return Ok(());
    }
    let Some(date) = mail.date() else {
        sink.skip(name, "it has no date, so nobody knows whether the consent covers it");
        return Ok(());
    };
    let t = date.to_timestamp();
    let body: String = mail.body_text(0).unwrap_or_default().chars().take(BODY_MAX_CHARS).collect();
    let (thread, reply_to) = threads.place(&mail);
    let subject = mail.subject().unwrap_or_default().trim();
    let body = body.trim_end();
    let text = if reply_to.is_none() && !subject.is_empty() {
        format!("Subject: {subject}\n\n{body}")
    } else {
        body.to_owned()
    };
    let author = people(mail.from(), me).next().unwrap_or_else(|| "somebody".to_owned());
    sink.event(Event {
        id: format!("mail:{:016x}", threads.own),
        thread,
        t,
        author,
        channel: "mail".to_owned(),
        to: people(mail.to(), me).chain(people(mail.cc(), me)).collect(),
        text,
        reply_to,
    })
}

/// Mails that no person wrote to this one: RFC 3834, lists, invitations.
fn is_automatic(mail: &Message<'_>) -> bool {
    let text = |name: &'static str| {
        mail.header(name).and_then(|value| value.as_text()).unwrap_or_default().to_ascii_lowercase()
    };
    let auto = text("Auto-Submitted");
    let precedence = text("Precedence");
    let invitation = mail.parts.iter().any(|part| match &part.body {
        PartType::Text(text) => text.starts_with("BEGIN:VCALENDAR"),
        _ => false,
    });
    (!auto.is_empty() && auto != "no")
        || ["bulk", "junk", "list", "auto_reply"].contains(&precedence.as_str())
        || mail.header("X-Autoreply").is_some()
        || mail.header("X-Auto-Response-Suppress").is_some() && !text("X-Autoreply").is_empty()
        || mail.header("List-Unsubscribe").is_some()
        || invitation
}

fn people<'a>(address: Option<&'a Address<'a>>, me: &'a Me) -> impl Iterator<Item = String> + 'a {
    address.into_iter().flat_map(Address::iter).filter_map(|one| {
        let (name, address) = (one.name().unwrap_or_default().trim(), one.address().unwrap_or_default());
        if me.is_any([name, address]) {
            return Some(ME.to_owned());
        }
        let shown = if name.is_empty() { address } else { name };
        (!shown.is_empty()).then(|| shown.to_owned())
    })
}

/// Which thread each mail belongs to; only hashes of message ids are held, for a mailbox may have millions.
#[derive(Default)]
struct Threads {
    of: HashMap<u64, u64>,
    own: u64,
}

impl Threads {
    fn place(&mut self, mail: &Message<'_>) -> (String, Option<String>) {
        let ids = |value: &mail_parser::HeaderValue<'_>| -> Vec<u64> {
            let many = value.as_text_list().map(|list| list.iter().map(|id| hash(id)).collect());
            many.or_else(|| value.as_text().map(|id| vec![hash(id)])).unwrap_or_default()
        };
        let raw = || hash(&String::from_utf8_lossy(mail.raw_message()));
        self.own = mail.message_id().map_or_else(raw, hash);
        let references = ids(mail.references());
        let parent = ids(mail.in_reply_to()).first().copied().or_else(|| references.last().copied());
        let known = parent.and_then(|parent| self.of.get(&parent).copied());
        let root = known.or_else(|| references.first().copied()).or(parent).unwrap_or(self.own);
        self.of.insert(self.own, root);
        (format!("mail:{root:016x}"), parent.map(|parent| format!("mail:{parent:016x}")))
    }
}

/// Stable between runs and versions: vetoes are remembered by ids that derive from it.
fn hash(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
