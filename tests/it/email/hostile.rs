//! Malformed and hostile mails of our own making, the same ones every time.
//!
//! Each kind is a way in which real mail goes wrong or is made to go wrong; a kind comes in several sizes or
//! places. None carries a stamp that anybody would believe.

use std::fmt::Write as _;

/// Variations of a kind.
const VARIATIONS: usize = 8;

type Kind = (&'static str, fn(usize) -> Vec<u8>);

const KINDS: [Kind; 32] = [
    ("mails inside each other", |n| nested("message/rfc822", 1 << n)),
    ("global mails inside each other", |n| nested("message/global", 1 << n)),
    ("nested mails in disguise", |n| nested("message/(x)rfc822", 1 << (n + 4))),
    ("multiparts inside each other", multiparts),
    ("one boundary for all levels", |n| same_boundary(10_usize.pow(1 + n as u32 / 2))),
    ("empty parts", |n| parts(4 << n, "")),
    ("boundary is never closed", |n| multipart(&format!("b{n}"), "--b0\r\n\r\nopen")),
    ("boundary is missing", |n| with("Content-Type: multipart/mixed", &"--x\r\n\r\n".repeat(n))),
    ("boundary begins like another", |n| {
        multipart("aa", &format!("--aa{}\r\n\r\nx\r\n--aa\r\n\r\ny\r\n--aa--", "a".repeat(n)))
    }),
    ("long header", |n| with(&format!("X-Long: {}", "x".repeat(1_000 << n)), "x")),
    ("many headers", |n| with("X-Many: x\r\n".repeat(30 << n).trim_end(), "x")),
    ("folds without end", |n| with(&format!("Subject: a{}", "\r\n b".repeat(10 << n)), "x")),
    ("header without colon", |n| with(&format!("{}\r\nSubject: y", "nothing here\r\n".repeat(n)), "x")),
    ("zeros", |n| zeros(n)),
    ("bare carriage returns", |n| with("Subject: a\rFrom: b@example.com\rX: y", &"x\r".repeat(n + 1))),
    ("unknown charset", |n| {
        with(
            &format!(
                "Content-Type: text/plain; charset={}",
                ["x-none", "\"\"", "utf-7", "utf-32", "iso-2022-jp", "hz", "'", "cp-1"][n]
            ),
            "\x1b$B\x1b(B +AGE- ~{ abc",
        )
    }),
    ("broken base64", |n| {
        encoded(
            "base64",
            &["====", "a", "YQ", "Y Q = =", "YWJj\u{e9}", "-_-_", "YWJj=YWJj", "\0\0\0"][n].repeat(50),
        )
    }),
    ("broken quoted-printable", |n| {
        encoded(
            "quoted-printable",
            &["=", "=\r\n=", "=Z", "=4", "=3D=\r\n", "=\t \r\n", "=0D=0A.", "=FF=FE"][n].repeat(50),
        )
    }),
    ("broken encoded words", |n| {
        with(
            &format!(
                "Subject: {}",
                [
                    "=?",
                    "=?utf-8?q?",
                    "=?utf-8?b?====?=",
                    "=?x?q?a?=",
                    "=?utf-8?q?=4?=",
                    "=?utf-8?z?a?=",
                    "=??q??=",
                    "=?utf-8?q?a?= =?utf-8?q?b"
                ][n]
                    .repeat(20)
            ),
            "x",
        )
    }),
    ("continued parameters", |n| {
        with(
            &format!(
                "Content-Type: text/plain;\r\n name*{n}*=utf-8''%; name*0=a; name*99999999999=b; name*-1=c"
            ),
            "x",
        )
    }),
    ("uuencode", |n| {
        with("Subject: uu", &format!("begin 644 {}\r\n{}\r\nend", "../".repeat(n + 1), "M".repeat(60)))
    }),
    ("winmail.dat", |n| {
        attached("application/ms-tnef", "winmail.dat", &[0x78, 0x9f, 0x3e, 0x22].repeat(1 << n))
    }),
    ("calendar without a name", |n| {
        with(
            "Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64",
            &"QkVHSU46VkNBTEVOREFS".repeat(n + 1),
        )
    }),
    ("tags inside each other", |n| with("Content-Type: text/html", &"<div><b>".repeat(10 << n))),
    ("style that never ends", |n| {
        with("Content-Type: text/html", &format!("<style>{}", "a{".repeat(10 << n)))
    }),
    ("one long line", |n| with("Subject: long", &"x".repeat(1_000 << n))),
    ("odd senders", |n| {
        raw(&format!("From: {}\r\n\r\nx", ["", "a", ":;", "<<>>", "@@@", "a:b:c;", "\"", "(((("][n]))
    }),
    ("recipients", |n| with(&format!("To: {}bob-bot@example.test", "a@example.com, ".repeat(1 << n)), "x")),
    ("impossible dates", |n| {
        with(
            &format!(
                "Date: {}",
                [
                    "",
                    "0",
                    "-1",
                    "31 Feb 99999999999",
                    "Mon, 99 Foo 2026 99:99:99 +9999",
                    "\u{1f600}",
                    ";;;",
                    "1 Jan 1 00:00:00 -9999"
                ][n]
            ),
            "x",
        )
    }),
    ("types that are none", |n| {
        with(
            &format!(
                "Content-Type: {}",
                [
                    "",
                    "/",
                    "text",
                    "text/",
                    ";;;=",
                    "text/plain;;charset",
                    "multipart/",
                    "message/partial; number=1; total=9999; id=x"
                ][n]
            ),
            "x",
        )
    }),
    ("random bytes", |n| random(n, 4_096)),
    ("damaged mail", damaged),
];

/// Every kind in every variation, each with its name.
pub fn collection() -> Vec<(String, Vec<u8>)> {
    let all = |(name, kind): &Kind| {
        let kind = *kind;
        let name = *name;
        (0..VARIATIONS).map(move |n| (format!("{name} {n}"), kind(n)))
    };
    KINDS.iter().flat_map(all).collect()
}

fn raw(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// A mail to Bob's understudy with more header fields.
fn with(fields: &str, body: &str) -> Vec<u8> {
    raw(&format!(
        "From: mallory@evil.example\r\nTo: bob-bot@example.test\r\nMIME-Version: 1.0\r\n{fields}\r\n\r\n{body}\r\n"
    ))
}

fn nested(kind: &str, levels: usize) -> Vec<u8> {
    with(&format!("Content-Type: {kind}"), &format!("Content-Type: {kind}\r\n\r\n").repeat(levels))
}

fn multiparts(n: usize) -> Vec<u8> {
    let mut body = String::new();
    for level in 0..(4 << n) {
        write!(body, "--b{level}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n", level + 1).unwrap();
    }
    multipart("b0", &body)
}

fn same_boundary(levels: usize) -> Vec<u8> {
    multipart("x", &"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n".repeat(levels))
}

fn multipart(boundary: &str, body: &str) -> Vec<u8> {
    with(&format!("Content-Type: multipart/mixed; boundary={boundary}"), body)
}

fn parts(count: usize, content: &str) -> Vec<u8> {
    multipart("p", &format!("{}--p--", format!("--p\r\n\r\n{content}\r\n").repeat(count)))
}

fn zeros(n: usize) -> Vec<u8> {
    let mut mail = with("Subject: zero", "one two three");
    let at = n * mail.len() / VARIATIONS;
    mail.splice(at..at, [0; 5]);
    mail
}

fn encoded(encoding: &str, body: &str) -> Vec<u8> {
    with(&format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"), body)
}

fn attached(kind: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let mut mail = with(
        "Content-Type: multipart/mixed; boundary=a",
        &format!("--a\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename={name}\r\n"),
    );
    mail.extend_from_slice(content);
    mail.extend_from_slice(b"\r\n--a--\r\n");
    mail
}

fn random(seed: usize, length: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..length).map(next).collect()
}

/// A fair mail with a file, cut off or with bits turned.
fn damaged(n: usize) -> Vec<u8> {
    let mut mail = attached("application/pdf", "plan.pdf", b"%PDF-1.4 not really");
    if n.is_multiple_of(2) {
        mail.truncate(mail.len() * (n + 1) / (VARIATIONS + 1));
        return mail;
    }
    for (place, noise) in random(n, 40).into_iter().enumerate() {
        let at = (place * 97 + usize::from(noise)) % mail.len();
        mail[at] ^= 1 << (noise % 8);
    }
    mail
}
