//! Handing a mail to the server that sends it, step by step, so that it is always known how far it came.
//!
//! Until the content is handed over it has certainly not left; after that only the server's answer says whether
//! it has. lettre's own `send` does not tell the two apart, and gives up on everybody for one bad recipient.

use std::time::Duration;

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::ClientId,
    },
};
use tokio::time::timeout;
use tracing::warn;

use super::{
    account::{Key, Mailbox},
    server::Encryption,
};
use crate::store::Refusal;

/// How long a server may take for an answer.
const ANSWER: Duration = Duration::from_secs(120);
/// How long after the content (RFC 5321, 4.5.3.2.6): giving up earlier is how mail is sent twice.
const CONTENT: Duration = Duration::from_secs(600);

/// Why a mail was not handed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSent {
    /// It has not left; another try may help.
    #[error("{0}")]
    Later(String),
    /// It has not left and never will.
    #[error("{0}")]
    Never(String),
    /// It may have left.
    #[error("{0}")]
    Unknown(String),
    /// The server had it and said no: it should not have left, and has been seen to arrive all the same.
    #[error("{0}")]
    Disputed(String, Refusal),
}

/// Who gets a mail.
pub(super) struct Envelope {
    pub(super) from: Address,
    pub(super) to: Address,
    /// Who else gets it.
    pub(super) also: Vec<Address>,
    /// The mailbox itself, so that a mail whose end is unknown can be found.
    pub(super) copy: Option<Address>,
}

/// Connects and signs in.
///
/// # Errors
/// Always [`NotSent::Later`]: an operator can put it right while the mail waits.
pub(super) async fn open(mailbox: &Mailbox, hello: &str) -> Result<AsyncSmtpConnection, NotSent> {
    let server = &mailbox.smtp;
    let later = |what: &str, e: &Error| NotSent::Later(format!("{server}: {what}: {}", words(e)));
    let tls = |encryption: Encryption| -> Result<Option<TlsParameters>, NotSent> {
        if server.encryption != encryption {
            return Ok(None);
        }
        let mut builder = TlsParameters::builder(server.host.clone());
        if let Some(ca) = &mailbox.account.ca {
            builder =
                builder.add_root_certificate(Certificate::from_pem(ca).map_err(|e| later("read ca", &e))?);
        }
        builder.build_rustls().map(Some).map_err(|e| later("prepare TLS", &e))
    };
    let key = match mailbox.account.secret.key().await {
        Ok(key) => key,
        Err(e) => return Err(NotSent::Later(format!("{e:#}"))),
    };
    let hello = ClientId::Domain(hello.to_owned());
    let address = (server.host.as_str(), server.port);
    let connecting =
        AsyncSmtpConnection::connect_tokio1(address, Some(ANSWER), &hello, tls(Encryption::Tls)?, None);
    let mut connection = within(connecting).await?.map_err(|e| later("connect", &e))?;
    if let Some(tls) = tls(Encryption::StartTls)? {
        within(connection.starttls(tls, &hello)).await?.map_err(|e| later("begin TLS", &e))?;
    }
    let (mechanisms, secret) = match key {
        Key::Password(password) => (&[Mechanism::Plain, Mechanism::Login][..], password),
        Key::Token(token) => (&[Mechanism::Xoauth2][..], token),
    };
    if connection.server_info().get_auth_mechanism(mechanisms).is_some() {
        let credentials = Credentials::new(mailbox.account.user.clone(), secret);
        if let Err(e) = within(connection.auth(mechanisms, &credentials)).await? {
            let told = mailbox.account.secret.was_refused(server, &mailbox.account.user, &words(&e)).await;
            return Err(NotSent::Later(told));
        }
    }
    Ok(connection)
}

/// Hands a mail in and returns what the server calls it. `leaves` runs right before the content goes out.
///
/// # Errors
/// See [`NotSent`].
pub(super) async fn hand_in(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &[u8],
    leaves: impl Future<Output = Result<(), NotSent>>,
) -> Result<String, NotSent> {
    debug_assert!(mail.is_ascii(), "composed mail is ASCII, so no extension is needed for it");
    within(connection.command(Mail::new(Some(envelope.from.clone()), vec![])))
        .await?
        .map_err(|e| early("the sender", &e))?;
    within(connection.command(Rcpt::new(envelope.to.clone(), vec![])))
        .await?
        .map_err(|e| early("the recipient", &e))?;
    for copy in envelope.also.iter().chain(&envelope.copy).filter(|copy| **copy != envelope.to) {
        // One bad recipient must not hold up the others.
        if let Err(e) = within(connection.command(Rcpt::new(copy.clone(), vec![]))).await? {
            warn!("A copy is refused: {}", words(&e));
        }
    }
    within(connection.command(Data)).await?.map_err(|e| early("the mail", &e))?;
    leaves.await?;
    match timeout(CONTENT, connection.message(mail)).await {
        Ok(Ok(response)) => Ok(response.first_line().unwrap_or("accepted").chars().take(200).collect()),
        Ok(Err(e)) if e.is_permanent() => {
            Err(NotSent::Disputed(format!("the server refuses the mail: {}", words(&e)), Refusal::Never))
        }
        Ok(Err(e)) if e.is_transient() => {
            Err(NotSent::Disputed(format!("the server puts the mail off: {}", words(&e)), Refusal::Later))
        }
        Ok(Err(e)) => Err(NotSent::Unknown(format!("the connection ended before the answer: {}", words(&e)))),
        Err(_) => Err(NotSent::Unknown(format!("no answer in {} s after the content", CONTENT.as_secs()))),
    }
}

/// Ends the session; that it fails changes nothing.
pub(super) async fn close(mut connection: AsyncSmtpConnection) {
    timeout(Duration::from_secs(5), connection.quit()).await.ok();
}

async fn within<T>(answer: impl Future<Output = T>) -> Result<T, NotSent> {
    let none = |_| NotSent::Later(format!("the mail server gave no answer in {} s", ANSWER.as_secs()));
    timeout(ANSWER, answer).await.map_err(none)
}

/// What an answer means while nothing has left.
fn early(what: &str, e: &Error) -> NotSent {
    let told = format!("the server refuses {what}: {}", words(e));
    if e.is_permanent() { NotSent::Never(told) } else { NotSent::Later(told) }
}

/// Words of a server as one line that names nobody: they go into the log.
fn without_addresses(words: &str) -> String {
    let plain = |word| if str::contains(word, '@') { "(an address)" } else { word };
    words.split_whitespace().map(plain).collect::<Vec<_>>().join(" ")
}

/// An error with its cause, as one line.
fn words(e: &Error) -> String {
    let mut told = e.to_string();
    let mut source = std::error::Error::source(e);
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !told.contains(&cause_words) {
            told.push_str(&format!(": {cause_words}"));
        }
        source = cause.source();
    }
    without_addresses(&told).chars().take(300).collect()
}
