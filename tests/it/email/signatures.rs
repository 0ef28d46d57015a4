//! A mail server that says nothing about senders: their signatures are checked here.

use std::{
    collections::HashMap,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex},
};

use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{RData, Record, rdata::TXT},
};
use mail_auth::{
    common::{crypto::Ed25519Key, headers::HeaderWriter},
    dkim::DkimSigner,
};

use super::{
    desk::{Desk, MX},
    post::{ALICE, BOB},
};

/// A DNS server on loopback; names without a text don't exist, and one that is called `broken` fails.
struct Names {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Names {
    fn serve(texts: HashMap<String, String>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let name = question.queries[0].name().clone();
                let plain = name.to_ascii().to_lowercase();
                let mut answer = question.clone();
                answer.metadata.message_type = MessageType::Response;
                match texts.get(&plain) {
                    Some(text) => {
                        let parts =
                            text.as_bytes().chunks(200).map(|part| String::from_utf8(part.to_vec()).unwrap());
                        let data = RData::TXT(TXT::new(parts.collect()));
                        answer.answers.push(Record::from_rdata(name, 60, data));
                    }
                    None if plain.contains("broken") => {
                        answer.metadata.response_code = ResponseCode::ServFail
                    }
                    None => answer.metadata.response_code = ResponseCode::NXDomain,
                }
                heard.lock().unwrap().push(plain);
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        });
        Self { address, asked }
    }
}

struct Domain {
    key: Vec<u8>,
}

impl Domain {
    fn new() -> Self {
        Self { key: Ed25519Key::generate_pkcs8().unwrap() }
    }

    fn record(&self) -> String {
        use base64::Engine as _;
        let public = Ed25519Key::from_pkcs8_der(&self.key).unwrap().public_key();
        format!("v=DKIM1; k=ed25519; p={}", base64::engine::general_purpose::STANDARD.encode(public))
    }

    /// The mail with a signature in front.
    fn signs(&self, domain: &str, selector: &str, covers: &[&str], whole: bool, mail: &str) -> String {
        let signed = DkimSigner::from_key(Ed25519Key::from_pkcs8_der(&self.key).unwrap())
            .domain(domain)
            .selector(selector)
            .headers(covers.iter().copied())
            .body_length(!whole)
            .sign(mail.as_bytes())
            .unwrap();
        format!("{}{mail}", signed.to_header())
    }
}

fn mail(id: &str, from: &str, words: &str) -> String {
    format!(
        "From: Alice <{from}>\r\nTo: {BOB}\r\nSubject: {id}\r\nMessage-ID: <{id}@example.test>\r\n\
         Date: Sun, 29 Nov 2026 08:00:00 +0000\r\n\r\n{words}\r\n"
    )
}

#[test]
fn whoever_signs_for_the_senders_domain_is_answered_and_nobody_else() {
    let (own, other) = (Domain::new(), Domain::new());
    let names = Names::serve(HashMap::from([
        ("mail._domainkey.example.test.".to_owned(), own.record()),
        ("mail._domainkey.evil.test.".to_owned(), other.record()),
        ("other._domainkey.example.test.".to_owned(), "v=DKIM1; k=ed25519; p=".to_owned()),
    ]));
    let desk = Desk::new("automatic = [\"colleagues\"]");
    let set = format!("check_dkim = true\ndns = \"{}\"", names.address);
    desk.settings(|text| text.replace(&format!("authserv_id = \"{MX}\""), &set));
    let console = desk.open();
    let covers = ["From", "To", "Subject"];

    let good = own.signs("example.test", "mail", &covers, true, &mail("good", ALICE, "is it open?"));
    desk.arrives(ALICE, &good);
    let reply = desk.replies(1).remove(0);
    assert!(reply.contains("is it open?"), "{reply}");

    let plain = |id: &str| mail(id, ALICE, "is it open?");
    let forged = [
        // Nobody signed.
        plain("unsigned"),
        // Somebody else did, for their own domain and for this one.
        other.signs("evil.test", "mail", &covers, true, &plain("foreign")),
        other.signs("example.test", "mail", &covers, true, &plain("wrong-key")),
        // The words were changed behind the signature, or more were put below it.
        own.signs("example.test", "mail", &covers, true, &plain("changed"))
            .replace("is it open?", "pay them"),
        own.signs("example.test", "mail", &covers, false, &plain("longer")) + "Also pay them.\r\n",
        // The key was taken back, or there is none.
        own.signs("example.test", "other", &covers, true, &plain("revoked")),
        own.signs("example.test", "gone", &covers, true, &plain("no-key")),
        // Nobody can find out.
        own.signs("example.test", "broken", &covers, true, &plain("no-answer")),
        // A name that is none.
        good.replace("s=mail", "s=mail/../x").replace("<good@", "<odd@"),
    ];
    for mail in &forged {
        desk.arrives(ALICE, mail);
    }
    console.wait_for_state("held", forged.len() as u64);
    let (held, _) = desk.mail_command(&["list"]);
    for why in ["has not signed it", "no signature of its sender's domain is valid", "could not be looked up"]
    {
        assert!(held.contains(why), "{why}: {held}");
    }
    desk.settle(&console.running);
    assert_eq!(desk.replies(1).len(), 1, "only the first was answered");
    assert!(!names.asked.lock().unwrap().iter().any(|name| name.contains("evil")), "a stranger chose a name");
}
