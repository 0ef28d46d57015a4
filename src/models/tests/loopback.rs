//! A model hub on this machine that answers each request as a test says.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the hub does with a connection after reading the request.
pub enum Answer {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Keeps the connection open and says nothing.
    Silence,
}

/// A running hub. Its thread ends with the test process.
pub struct Loopback {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Loopback {
    /// Starts a hub; `script` gets the number of the request, from 0, and its lower-case head.
    pub fn start(mut script: impl FnMut(usize, &str) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut open = Vec::new();
            for (n, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let head = head(&stream);
                seen.lock().unwrap().push(head.clone());
                match script(n, &head) {
                    // The client may have hung up because it has seen enough.
                    Answer::Send(bytes) => drop(stream.write_all(&bytes)),
                    Answer::Silence => open.push(stream),
                }
            }
        });
        Self { address, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far, in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join("\n").to_lowercase()
}

/// Answers with a status, headers and a body of which the length is announced in the headers.
pub fn reply(status: &str, headers: &str, body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    Answer::Send([head.as_bytes(), body].concat())
}

/// Answers with the whole file.
pub fn whole(file: &[u8], etag: &str) -> Answer {
    cut(file, etag, file.len())
}

/// Announces the whole file and breaks off after `sent` bytes.
pub fn cut(file: &[u8], etag: &str, sent: usize) -> Answer {
    let headers = format!("Content-Length: {}\r\nETag: {etag}\r\n", file.len());
    reply("200 OK", &headers, &file[..sent])
}

/// Answers as a hub with ranges does: the rest for who has the beginning, else everything.
pub fn ranged(file: &[u8], etag: &str, head: &str) -> Answer {
    let after = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let from = after("range: bytes=").and_then(|range| range.strip_suffix('-')?.parse().ok());
    let same = after("if-range: ").is_none_or(|mark| mark == etag);
    match from {
        Some(from) if same && from < file.len() => {
            let (rest, last, all) = (file.len() - from, file.len() - 1, file.len());
            let headers = format!(
                "Content-Length: {rest}\r\nETag: {etag}\r\nContent-Range: bytes {from}-{last}/{all}\r\n"
            );
            reply("206 Partial Content", &headers, &file[from..])
        }
        Some(_) if same => {
            let headers = format!("Content-Length: 0\r\nContent-Range: bytes */{}\r\n", file.len());
            reply("416 Range Not Satisfiable", &headers, b"")
        }
        _ => whole(file, etag),
    }
}

/// Returns the address of a port where nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
