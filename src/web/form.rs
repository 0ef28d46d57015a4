//! Reads what a form sends, strictly: text that is not UTF-8 is refused instead of being mended silently.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures::StreamExt;

use super::{Shared, trouble::Trouble};
use crate::{files::FILE_MAX_BYTES, inbox::MESSAGE_MAX_BYTES};

/// Most bytes of a form that are kept; a message of the greatest length fits even when every byte is escaped.
const FORM_MAX_BYTES: usize = 4 * MESSAGE_MAX_BYTES;
/// Most bytes that are read and thrown away, so that a browser gets to see the answer instead of a reset.
const DRAIN_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most files of one form.
const FILES_MAX: usize = 10;

/// The fields of a form, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>, Vec<Upload>);

/// A file of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    /// The name its sender's machine gave it.
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

impl Fields {
    /// The first field with this name, or an empty text.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// A field of several lines, with the line ends that people mean: browsers send `\r\n`.
    pub(super) fn lines(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }

    /// The files, in order.
    pub(super) fn files(&self) -> &[Upload] {
        &self.1
    }

    /// All of them as a query again, with these in the place of those with the same names.
    pub(super) fn but(&self, others: &[(&str, &str)]) -> String {
        let kept = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| others.iter().all(|(other, _)| other != name));
        let pairs = kept.chain(others.iter().copied()).filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
    }

    /// The fields of an address, empty when they can't be read.
    pub(super) fn of_query(query: &str) -> Self {
        Self::parse(query.as_bytes()).unwrap_or_default()
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let pairs = body.split(|&b| b == b'&').filter(|pair| !pair.is_empty());
        let fields = pairs.map(|pair| {
            let mut halves = pair.splitn(2, |&b| b == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            Some((unescape(name)?, unescape(value)?))
        });
        fields.collect::<Option<_>>().map(|fields| Self(fields, Vec::new()))
    }
}

impl FromRequest<Shared> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Response> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // Files belong to messages; elsewhere, where not everybody has signed in, a form is small.
        let takes_files = request.uri().path().starts_with("/talk/");
        if let Some(boundary) = multer::parse_boundary(kind).ok().filter(|_| takes_files) {
            return parts(request.into_body(), boundary).await.map_err(IntoResponse::into_response);
        }
        let is_form = kind.is_empty() || kind.starts_with("application/x-www-form-urlencoded");
        let body = read(request.into_body()).await.map_err(IntoResponse::into_response)?;
        if !is_form {
            let sentence = "This is not a form. Send application/x-www-form-urlencoded.";
            return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence).into_response());
        }
        Self::parse(&body).ok_or_else(|| not_utf8().into_response())
    }
}

/// A form with files (RFC 7578).
async fn parts(body: Body, boundary: String) -> Result<Fields, Trouble> {
    let most = multer::SizeLimit::new().whole_stream(FILE_MAX_BYTES + FORM_MAX_BYTES as u64);
    let limits = multer::Constraints::new().size_limit(most);
    let mut parts = multer::Multipart::with_constraints(body.into_data_stream(), boundary, limits);
    let mut fields = Fields::default();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let (name, file) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        let content = part.bytes().await.map_err(broken)?;
        match file {
            // A browser sends a field for files even when none was chosen.
            Some(file) if file.is_empty() && content.is_empty() => {}
            Some(_) if fields.1.len() == FILES_MAX => {
                let sentence = format!("I take up to {FILES_MAX} files at once. Send the others afterwards.");
                return Err(Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, sentence));
            }
            Some(file) => fields.1.push(Upload { name: file, content: content.to_vec() }),
            None => {
                let value = String::from_utf8(content.to_vec()).map_err(|_| not_utf8())?;
                fields.0.push((name, value));
            }
        }
    }
    Ok(fields)
}

fn broken(error: multer::Error) -> Trouble {
    match error {
        multer::Error::StreamSizeExceeded { limit } | multer::Error::FieldSizeExceeded { limit, .. } => {
            let sentence =
                format!("This is too much; I take up to {} MB at once. Send the part you mean.", limit >> 20);
            Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
        }
        _ => Trouble::new(StatusCode::BAD_REQUEST, "The message broke off on its way. Send it again."),
    }
}

fn not_utf8() -> Trouble {
    let sentence = "The text is not valid UTF-8. Set your editor or program to UTF-8 and send it again.";
    Trouble::new(StatusCode::BAD_REQUEST, sentence)
}

async fn read(body: Body) -> Result<Vec<u8>, Trouble> {
    let mut chunks = body.into_data_stream();
    let (mut kept, mut seen_bytes) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Err(Trouble::new(
                StatusCode::BAD_REQUEST,
                "The message broke off on its way. Send it again.",
            ));
        };
        seen_bytes += chunk.len();
        if seen_bytes <= FORM_MAX_BYTES {
            kept.extend_from_slice(&chunk);
        } else if seen_bytes > DRAIN_MAX_BYTES {
            break;
        }
    }
    if seen_bytes > FORM_MAX_BYTES {
        let sentence = format!(
            "This is too long; I read up to {MESSAGE_MAX_BYTES} bytes. Send the long part as a file, or in pieces."
        );
        return Err(Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, sentence));
    }
    Ok(kept)
}

/// Undoes `+` and `%41`; a `%` that starts no escape stands for itself, as in the URL standard.
fn unescape(escaped: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let byte = match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => first,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

/// A text as one name or value of a query.
pub(super) fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unescaped() {
        let fields = Fields::parse(b"text=one+two%0D%0A%c3%A9&key=a%3Db=c&&empty=&bare&odd=%zz%4").unwrap();
        assert_eq!(fields.lines("text"), "one two\né");
        assert_eq!(fields.get("key"), "a=b=c");
        for name in ["empty", "bare", "missing"] {
            assert_eq!(fields.get(name), "", "{name}");
        }
        assert_eq!(fields.get("odd"), "%zz%4");
        assert_eq!(Fields::parse(b"").unwrap(), Fields::default());
    }

    #[test]
    fn a_query_is_written_again_with_other_values() {
        let fields = Fields::parse(b"q=a+%26+b&page=2&day=").unwrap();
        assert_eq!(fields.but(&[("page", "3")]), "q=a%20%26%20b&page=3");
        assert_eq!(fields.but(&[("q", ""), ("page", "")]), "");
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        for body in [&b"text=%FF"[..], b"text=\xff", b"%c3=x"] {
            assert_eq!(Fields::parse(body), None);
        }
    }
}
