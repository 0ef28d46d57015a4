//! What the company's own mail server found out about a sender (`Authentication-Results`, RFC 8601).
//!
//! Anybody can write this field, so only the topmost run of fields under the configured name counts: a mail
//! server writes above what came in, and removes fields that pretend to be its own. Without a configured name,
//! and with anything that can't be read, nobody is who they say.

use understudy_ears::Letter;

use super::address::Address;

/// The setting for servers that leave their name out, as Microsoft 365 does.
pub(super) const NAMELESS: &str = "m365";

/// One finding, such as `dmarc=pass header.from=example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

impl Finding {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Whether the server called `server` vouches for `sender`.
///
/// # Errors
/// Why it does not.
pub(super) fn vouched(letter: &Letter, server: Option<&str>, sender: &Address) -> Result<(), &'static str> {
    let Some(server) = server else {
        return Err(
            "neither `authserv_id` nor `check_dkim` is set, so nobody can be told from a forger; see `understudy doctor`",
        );
    };
    let findings = topmost(letter, server);
    if findings.is_empty() {
        return Err("the mail server says nothing about its sender");
    }
    let of = |method: &'static str| findings.iter().filter(move |finding| finding.method == method);
    let is_from = |value: &str| value.trim_start_matches('@').eq_ignore_ascii_case(&sender.domain);
    let mut dmarc = of("dmarc").peekable();
    if dmarc.peek().is_some() {
        let passes = |f: &Finding| f.result == "pass" && f.property("header.from").is_some_and(is_from);
        return if dmarc.all(passes) { Ok(()) } else { Err("DMARC says it is not from its sender's domain") };
    }
    let is_signed = of("dkim").any(|finding| {
        let domain = finding.property("header.d").or_else(|| {
            let identity = finding.property("header.i")?;
            Some(identity.rsplit_once('@').map_or(identity, |(_, domain)| domain))
        });
        finding.result == "pass" && domain.is_some_and(|domain| is_aligned(domain, &sender.domain))
    });
    if is_signed { Ok(()) } else { Err("no signature of its sender's domain is valid") }
}

/// Whether a signature of `domain` counts for a sender of `from`: the same domain, or one above it.
pub(super) fn is_aligned(domain: &str, from: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    from == domain || (domain.contains('.') && from.ends_with(&format!(".{domain}")))
}

/// The names that wrote `Authentication-Results` into a mail, topmost first.
pub(super) fn servers(values: impl Iterator<Item = String>) -> Vec<String> {
    values
        .filter_map(|value| read(&value).map(|(server, _)| server.unwrap_or_else(|| NAMELESS.to_owned())))
        .collect()
}

/// The findings of the topmost run of fields of `server`.
fn topmost(letter: &Letter, server: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_run = false;
    for (name, value) in &letter.headers {
        if in_run && name.trim().eq_ignore_ascii_case("received") {
            break;
        }
        if !name.eq_ignore_ascii_case("authentication-results") {
            continue;
        }
        match read(value) {
            Some((named, found)) if named.as_deref().unwrap_or(NAMELESS).eq_ignore_ascii_case(server) => {
                in_run = true;
                findings.extend(found);
                // A nameless field can't be told from a forged one below it.
                if named.is_none() {
                    break;
                }
            }
            // One that can't be read may be the own server's, so nothing below it is believed.
            None => break,
            Some(_) if in_run => break,
            Some(_) => {}
        }
    }
    findings
}

/// Reads one field: who wrote it, and the findings. `None` when any of it can't be read.
fn read(value: &str) -> Option<(Option<String>, Vec<Finding>)> {
    let mut parts = split(value)?.into_iter();
    let first = parts.next()?;
    let mut findings = Vec::new();
    let server = match first.as_slice() {
        [Token::Word(server)] => Some(server.clone()),
        [Token::Word(server), Token::Word(version)] if version.chars().all(|c| c.is_ascii_digit()) => {
            Some(server.clone())
        }
        _ => {
            findings.push(finding(&first)?);
            None
        }
    };
    for part in parts {
        match part.as_slice() {
            [] => {}
            [Token::Word(none)] if none.eq_ignore_ascii_case("none") => {}
            _ => findings.push(finding(&part)?),
        }
    }
    Some((server, findings))
}

fn finding(tokens: &[Token]) -> Option<Finding> {
    let [Token::Word(method), Token::Equals, Token::Word(result), rest @ ..] = tokens else { return None };
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let mut finding = Finding { method, result: result.to_ascii_lowercase(), properties: Vec::new() };
    let mut rest = rest;
    while let [Token::Word(key), Token::Equals, Token::Word(value), more @ ..] = rest {
        let key = key.to_ascii_lowercase();
        // The same property twice is a contradiction that somebody wants to be overlooked.
        if finding.property(&key).is_some() {
            return None;
        }
        finding.properties.push((key, value.clone()));
        rest = more;
    }
    rest.is_empty().then_some(finding)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Equals,
}

/// Cuts a field at its semicolons into tokens, without comments, which nest.
fn split(value: &str) -> Option<Vec<Vec<Token>>> {
    let mut parts = vec![Vec::new()];
    let mut word = String::new();
    let mut depth = 0_usize;
    let mut chars = value.chars();
    let end_word = |word: &mut String, parts: &mut Vec<Vec<Token>>| {
        if !word.is_empty() {
            parts.last_mut()?.push(Token::Word(std::mem::take(word)));
        }
        Some(())
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' if depth > 0 => {
                chars.next()?;
            }
            '(' => {
                end_word(&mut word, &mut parts)?;
                depth += 1;
            }
            ')' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            '"' => {
                end_word(&mut word, &mut parts)?;
                let mut quoted = String::new();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => quoted.push(chars.next()?),
                        c => quoted.push(c),
                    }
                }
                parts.last_mut()?.push(Token::Word(quoted));
            }
            ';' => {
                end_word(&mut word, &mut parts)?;
                parts.push(Vec::new());
            }
            '=' => {
                end_word(&mut word, &mut parts)?;
                parts.last_mut()?.push(Token::Equals);
            }
            c if c.is_whitespace() => end_word(&mut word, &mut parts)?,
            c if c.is_control() => return None,
            c => word.push(c),
        }
    }
    end_word(&mut word, &mut parts)?;
    (depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: Option<&str>, headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let alice = Address { local: "alice".to_owned(), domain: "example.com".to_owned() };
        vouched(&Letter { headers, ..Letter::default() }, server, &alice).is_ok()
    }

    const AR: &str = "Authentication-Results";

    #[test]
    fn a_sender_is_believed_when_the_own_server_says_so() {
        for value in [
            "mx.example.com; dmarc=pass header.from=example.com",
            "mx.example.com 1; spf=fail smtp.mailfrom=x; DMARC=Pass (p=none (nested; dmarc=fail)) header.from=Example.com",
            "mx.example.com; dkim=pass header.d=example.com header.s=sel",
            "mx.example.com; dkim=pass header.i=@example.com; spf=none",
            "mx.example.com;\tdkim=fail header.d=x.example; dkim=pass reason=\"good; signature\" header.d=example.com",
        ] {
            assert!(ask(Some("mx.example.com"), &[(AR, value)]), "{value}");
        }
        let m365 = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=pass (signature was verified) \
            header.d=example.com;dmarc=pass action=none header.from=example.com;compauth=pass reason=100";
        assert!(ask(Some(NAMELESS), &[(AR, m365)]));
        assert!(!ask(Some("mx.example.com"), &[(AR, m365)]));
    }

    #[test]
    fn f14_everything_else_is_a_stranger() {
        let good = "mx.example.com; dmarc=pass header.from=example.com";
        assert!(!ask(None, &[(AR, good)]));
        assert!(!ask(Some("mx.example.com"), &[]));
        for value in [
            "",
            "mx.example.com",
            "mx.example.com; none",
            "mx.example.com; spf=pass smtp.mailfrom=alice@example.com",
            "mx.example.com; dmarc=fail header.from=example.com",
            "mx.example.com; dmarc=fail header.from=example.com; dkim=pass header.d=example.com",
            "mx.example.com; dmarc=pass header.from=evil.example",
            "mx.example.com; dmarc=pass",
            "mx.example.com; dmarc=pass header.from=evil.example header.from=example.com",
            "mx.example.com; notdmarc=pass header.from=example.com",
            "mx.example.com; x=y (dmarc=pass header.from=example.com)",
            "mx.example.com; x=\"dmarc=pass header.from=example.com\"",
            "mx.example.com; (dmarc=pass header.from=example.com",
            "mx.example.com; dkim=pass header.d=evil.example",
            "mx.example.com; dkim=pass header.d=com",
            "mx.example.com; dkim=pass header.i=alice@example.com.evil.example",
            "mx.example.com; dkim=pass header.d=notexample.com",
            "evil.example; dmarc=pass header.from=example.com",
            "mx.example.com.evil.example; dmarc=pass header.from=example.com",
            "dmarc=pass header.from=example.com",
        ] {
            assert!(!ask(Some("mx.example.com"), &[(AR, value)]), "{value}");
        }
        // What came in with the mail stands below what the own server wrote.
        let bad = "mx.example.com; dmarc=fail header.from=example.com";
        assert!(!ask(Some("mx.example.com"), &[(AR, bad), ("Received", "from evil"), (AR, good)]));
        assert!(!ask(Some("mx.example.com"), &[(AR, bad), (AR, "evil.example; none"), (AR, good)]));
        assert!(ask(
            Some("mx.example.com"),
            &[("Received", "by mx"), (AR, good), ("Received", "x"), (AR, bad)]
        ));
        let nameless = "dmarc=fail header.from=example.com";
        assert!(!ask(Some(NAMELESS), &[(AR, nameless), (AR, "dmarc=pass header.from=example.com")]));
    }
}
