//! Downloads a ready file from a model hub, and goes on where an earlier attempt stopped.
//!
//! Beside `<file>.part` lies `<file>.part.from`: the address, and the server's mark for this
//! version of the file. The rest is asked for only if the server still has that version
//! (`If-Range`); where there is no mark, only if a sum in the catalogue will tell in the end.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use ureq::http::Response;
use ureq::{Agent, Body};

use super::catalogue::HubFile;
use super::error::PullError;
use super::part::Part;
use super::progress::Progress;
use super::pull::Errand;

/// For each of: finding the address, connecting, the first byte of the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// A download that stands still for this long is cut and taken up again.
const STALLED_AFTER: Duration = Duration::from_secs(30);
/// How often one pull takes up a download that breaks off, as long as each attempt gains bytes.
const MAX_RESUMES: u32 = 5;
const RESUME_AFTER: Duration = Duration::from_millis(500);

/// Puts the hub's file in place.
pub(super) fn fetch(
    hub: &HubFile,
    errand: &Errand<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), PullError> {
    let url = address(&hub.url, errand.reach.hub.as_deref());
    let from = host(&url).to_owned();
    if errand.reach.offline {
        return Err(PullError::Offline { name: errand.entry.name.clone(), from });
    }
    progress(Progress::Trying { source: from.clone() });
    let mut download = Download::open(hub, errand, url)?;
    download.run(progress)?;

    progress(Progress::Converting);
    let sha256 =
        download.part.place(errand, &from, hub.sha256.as_deref()).inspect_err(|_| discard_part(errand))?;
    if hub.unverified {
        progress(Progress::Unverified { sha256 });
    }
    Ok(())
}

/// Removes what is left of a download that can't be gone on with.
pub(super) fn discard_part(errand: &Errand<'_>) {
    for path in [part_path(errand), mark_path(errand)] {
        // Usually there is none; if it can't be removed, the next pull starts it over.
        drop(fs::remove_file(path));
    }
}

/// Returns the host of an address, without a login that may stand before it.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}

/// Puts the mirror in the place of scheme and host.
fn address(url: &str, mirror: Option<&str>) -> String {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    match (mirror, path) {
        (Some(mirror), Some((_, path))) => format!("{}/{path}", mirror.trim_end_matches('/')),
        _ => url.to_owned(),
    }
}

fn part_path(errand: &Errand<'_>) -> PathBuf {
    errand.beside(".part")
}

fn mark_path(errand: &Errand<'_>) -> PathBuf {
    errand.beside(".part.from")
}

struct Download<'a> {
    errand: &'a Errand<'a>,
    hub: &'a HubFile,
    agent: Agent,
    url: String,
    /// The server's name for the version we have the beginning of.
    mark: Option<String>,
    part: Part,
    total_bytes: Option<u64>,
}

/// How one request ended.
enum Ended {
    Complete,
    /// The connection broke; a person can read why.
    Cut(String),
}

impl<'a> Download<'a> {
    fn open(hub: &'a HubFile, errand: &'a Errand<'a>, url: String) -> Result<Self, PullError> {
        let path = part_path(errand);
        let kept = fs::read_to_string(mark_path(errand)).unwrap_or_default();
        let mut lines = kept.lines();
        let same_address = lines.next() == Some(&url);
        let mark = lines.next().filter(|mark| !mark.is_empty() && same_address).map(str::to_owned);

        let resumable = same_address && (mark.is_some() || hub.sha256.is_some()) && path.exists();
        let part = if resumable { Part::resume(&path) } else { Part::create(&path) };
        let part = part.map_err(|error| errand.io_failed(&path, error, hub.size_bytes))?;

        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_resolve(Some(ANSWER_WITHIN))
            .timeout_connect(Some(ANSWER_WITHIN))
            .timeout_recv_response(Some(ANSWER_WITHIN))
            .timeout_per_read(Some(STALLED_AFTER))
            .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
            .build();
        let total_bytes = hub.size_bytes;
        Ok(Self { errand, hub, agent: config.into(), url, mark, part, total_bytes })
    }

    /// Downloads until everything is here, taking it up again when the connection breaks.
    fn run(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), PullError> {
        let mut resumes = 0;
        loop {
            let before = self.part.bytes();
            let why = match self.attempt(resumes, progress)? {
                Ended::Complete => return Ok(()),
                Ended::Cut(why) => why,
            };
            if resumes == MAX_RESUMES || self.part.bytes() <= before {
                return Err(self.interrupted(why));
            }
            resumes += 1;
            sleep(RESUME_AFTER);
        }
    }

    fn attempt(&mut self, resumes: u32, progress: &mut dyn FnMut(Progress)) -> Result<Ended, PullError> {
        let response = match self.request() {
            Ok(response) => response,
            // Part of it came over this very connection, so "can't reach" would be wrong.
            Err(error) if resumes > 0 => return Ok(Ended::Cut(error.to_string())),
            Err(error) => return Err(self.no_answer(error)),
        };
        let have = self.part.bytes();
        match response.status().as_u16() {
            200 => self.begin(&response)?,
            206 if range(&response).is_some_and(|range| range.start == Some(have)) => {}
            416 if have > 0 && range(&response).is_some_and(|range| range.total == Some(have)) => {
                return Ok(Ended::Complete);
            }
            // The server has another idea of the file than our part: start over, once.
            206 | 416 if have > 0 => {
                self.clear()?;
                return self.attempt(resumes, progress);
            }
            status => return Err(self.refused(status)),
        }
        self.receive(response, progress)
    }

    fn request(&self) -> Result<Response<Body>, ureq::Error> {
        // The bytes of the file count, for the sum as for the range: no compression.
        let mut request = self.agent.get(&self.url).header("accept-encoding", "identity");
        if self.part.bytes() > 0 {
            request = request.header("range", format!("bytes={}-", self.part.bytes()));
            if let Some(mark) = &self.mark {
                request = request.header("if-range", mark);
            }
        }
        request.call()
    }

    /// Notes which version of the file begins now.
    fn begin(&mut self, response: &Response<Body>) -> Result<(), PullError> {
        if header(response, "content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            discard_part(self.errand);
            return Err(PullError::NotAModel { name: self.name(), from: self.from() });
        }
        self.clear()?;
        // A weak mark (W/) promises a like file, not the same bytes.
        let mark = header(response, "etag").filter(|mark| !mark.starts_with("W/"));
        self.mark = mark.or_else(|| header(response, "last-modified")).map(str::to_owned);
        let kept = format!("{}\n{}\n", self.url, self.mark.as_deref().unwrap_or_default());
        fs::write(mark_path(self.errand), kept).map_err(|error| self.unwritten(error))
    }

    fn receive(
        &mut self,
        response: Response<Body>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Ended, PullError> {
        let length = header(&response, "content-length").and_then(|n| n.parse::<u64>().ok());
        let total = length.map(|rest| self.part.bytes().saturating_add(rest));
        if let (Some(offered), Some(known)) = (total, self.hub.size_bytes)
            && offered != known
        {
            return Err(self.wrong_size(offered, known));
        }
        self.total_bytes = total.or(self.hub.size_bytes);

        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 18];
        loop {
            progress(Progress::Received { bytes: self.part.bytes(), total_bytes: self.total_bytes });
            let read = match body.read(&mut buffer) {
                Ok(0) if self.missing().is_some_and(|missing| missing > 0) => {
                    return Ok(Ended::Cut("the server closed the connection".into()));
                }
                Ok(0) => return Ok(Ended::Complete),
                Ok(read) => read,
                Err(error) => return Ok(Ended::Cut(error.to_string())),
            };
            let written = self.part.write_all(buffer.get(..read).unwrap_or_default());
            written.map_err(|error| self.unwritten(error))?;
            if let Some(known) = self.hub.size_bytes.filter(|known| self.part.bytes() > *known) {
                return Err(self.wrong_size(self.part.bytes(), known));
            }
        }
    }

    fn wrong_size(&self, got_bytes: u64, expected_bytes: u64) -> PullError {
        discard_part(self.errand);
        let (name, from) = (self.name(), self.from());
        PullError::WrongSize { name, from, expected_bytes, got_bytes }
    }

    fn clear(&mut self) -> Result<(), PullError> {
        self.part.clear().map_err(|error| self.unwritten(error))
    }

    fn unwritten(&self, error: io::Error) -> PullError {
        // Keeping a part that filled the disk would keep the disk full.
        discard_part(self.errand);
        self.errand.io_failed(&part_path(self.errand), error, self.missing())
    }

    fn missing(&self) -> Option<u64> {
        self.total_bytes.map(|total| total.saturating_sub(self.part.bytes()))
    }

    fn name(&self) -> String {
        self.errand.entry.name.clone()
    }

    fn from(&self) -> String {
        host(&self.url).to_owned()
    }

    fn no_answer(&self, error: ureq::Error) -> PullError {
        use ureq::Timeout::{RecvResponse, SendRequest};
        let from = self.from();
        match error {
            ureq::Error::Timeout(RecvResponse | SendRequest) => {
                PullError::Silent { from, after_s: ANSWER_WITHIN.as_secs() }
            }
            ureq::Error::Io(error) => PullError::Unreachable { from, why: error.to_string() },
            other => PullError::Unreachable { from, why: other.to_string() },
        }
    }

    fn refused(&self, status: u16) -> PullError {
        PullError::Refused { name: self.name(), from: self.from(), status }
    }

    fn interrupted(&self, why: String) -> PullError {
        PullError::Interrupted {
            name: self.name(),
            from: self.from(),
            received_bytes: self.part.bytes(),
            total_bytes: self.total_bytes,
            why,
        }
    }
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// What a `Content-Range` says, either `bytes 5-9/10` or `bytes */10`.
struct Range {
    start: Option<u64>,
    total: Option<u64>,
}

fn range(response: &Response<Body>) -> Option<Range> {
    let (which, total) = header(response, "content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    let start = which.split_once('-').and_then(|(start, _)| start.parse().ok());
    Some(Range { start, total: total.parse().ok() })
}
