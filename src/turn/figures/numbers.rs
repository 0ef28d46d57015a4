//! Numbers, shares, amounts of money, telephone numbers and references.

use super::Value;
use super::tokens::{Cursor, Kind};

/// Says whether a figure is a word that mostly counts nothing in the notes.
///
/// "One of them", "third, …", and "two options", which announces a list of the reply's own.
pub(super) fn is_vague(text: &str, after: &Cursor<'_, '_>) -> bool {
    const OWN_LIST: [&str; 7] = ["things", "options", "ways", "steps", "points", "reasons", "questions"];
    let text = text.to_lowercase();
    let mut after = *after;
    let enumerates = after.peek().is_some_and(|t| matches!(t.text, "," | "-"));
    let announces = after.space().is_some() && after.any_word(&OWN_LIST).is_some();
    matches!(text.as_str(), "one" | "zero" | "first" | "second")
        || (enumerates && ordinal_word(&text).is_some())
        || (announces && matches!(number_part(&text), Some(Part::Small(_))))
}

/// No number is written in more groups of digits; a table of figures is.
const MOST_GROUPS: usize = 12;

/// An amount of money, with the currency before or after the number.
pub(super) fn amount(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let before = c.attempt(currency_before);
    let value = match literal(c, Grouping::Money) {
        Some(Literal::Decimal(value)) => value,
        Some(Literal::Dotted(_)) => return None,
        None => number_word(c)?,
    };
    let value = multiplied(c, value, Letters::AnyCase);
    let currency = match before {
        Some(currency) => currency,
        None => c.attempt(currency_after)?,
    };
    Some(Value::Amount { currency, value })
}

/// A share, an ordinal, or any other number, in digits or in words.
pub(super) fn number(c: &mut Cursor<'_, '_>) -> Option<Value> {
    if c.attempt(round_the_clock).is_some() {
        return Some(Value::Ignored);
    }
    let ordinal = c.attempt(|c| c.word(|word| ordinal_word(&word.to_lowercase())));
    if let Some(value) = ordinal {
        return Some(Value::Number { value, is_ordinal: true, stands_alone: false });
    }
    let value = match literal(c, Grouping::Plain) {
        Some(Literal::Decimal(value)) => value,
        Some(Literal::Dotted(text)) => return Some(Value::Code(text)),
        None => number_word(c)?,
    };
    let value = multiplied(c, value, Letters::Usual);
    if c.attempt(percent).is_some() {
        return Some(Value::Percent(value));
    }
    let is_ordinal = c.any_word(&["st", "nd", "rd", "th"]).is_some();
    // A unit that is glued on, as in `10GB`, belongs to the figure's text.
    let unit = c.word(|word| (word.chars().count() <= 4).then_some(())).is_some();
    let mut rest = *c;
    rest.space();
    Some(Value::Number { value, is_ordinal, stands_alone: !unit && !rest.is_at_word() })
}

/// "24/7" says always.
fn round_the_clock(c: &mut Cursor<'_, '_>) -> Option<()> {
    c.count(2..=2, 24..=24)?;
    c.sign(&['/'])?;
    c.count(1..=1, 7..=7).map(|_| ())
}

/// How a single group of three digits after a full stop is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouping {
    /// `1.200` is one point two.
    Plain,
    /// `1.200 €` is twelve hundred, because money has no third decimal.
    Money,
}

/// A number in digits.
enum Literal {
    Decimal(String),
    /// A version or an IP address.
    Dotted(String),
}

/// Reads digits with separators of thousands and decimals.
fn literal(c: &mut Cursor<'_, '_>, grouping: Grouping) -> Option<Literal> {
    let start = *c;
    let mut parts = vec![c.digits(1..=40)?];
    let mut signs = Vec::new();
    while let Some((sign, part)) = c.attempt(next_group).filter(|_| parts.len() < MOST_GROUPS) {
        signs.push(sign);
        parts.push(part);
    }
    if let Some(value) = grouped(&parts, &signs, grouping) {
        return Some(Literal::Decimal(value));
    }
    if signs.iter().all(|sign| *sign == '.') {
        return Some(Literal::Dotted(parts.join(".")));
    }
    // A list such as `1,2,3`: only its first number is read here.
    *c = start;
    c.digits(1..=40).map(|digits| Literal::Decimal(plain(digits, "")))
}

fn next_group<'a>(c: &mut Cursor<'_, 'a>) -> Option<(char, &'a str)> {
    let sign = c.take(|t| {
        let mut chars = t.text.chars();
        let sign = chars.next()?;
        let narrow = matches!(sign, '\u{A0}' | '\u{202F}' | '\u{2009}') && t.kind == Kind::Space;
        let joins = narrow || (t.kind == Kind::Sign && ".,'’_".contains(sign));
        (joins && chars.next().is_none()).then_some(sign)
    })?;
    Some((sign, c.digits(1..=40)?))
}

/// Makes one number of groups of digits, or `None` when they are no single number.
fn grouped(parts: &[&str], signs: &[char], grouping: Grouping) -> Option<String> {
    let (last, whole) = parts.split_last()?;
    let Some((last_sign, signs)) = signs.split_last() else {
        return Some(plain(last, ""));
    };
    let same = signs.iter().all(|sign| sign == last_sign);
    let single_stop = signs.is_empty() && *last_sign == '.' && grouping == Grouping::Plain;
    if same && !single_stop && are_thousands(parts, *last_sign) {
        return Some(plain(&parts.concat(), ""));
    }
    let decimal = matches!(last_sign, '.' | ',');
    let mut whole_signs = signs.iter();
    let first_sign = whole_signs.next();
    let whole_is_grouped = first_sign.is_none_or(|first| {
        first != last_sign && whole_signs.all(|sign| sign == first) && are_thousands(whole, *first)
    });
    (decimal && whole_is_grouped).then(|| plain(&whole.concat(), last))
}

/// `1,200,000`, and `12,00,000` as India writes it.
fn are_thousands(parts: &[&str], sign: char) -> bool {
    let (Some((first, rest)), Some((last, middle))) =
        (parts.split_first(), parts.get(1..).and_then(<[_]>::split_last))
    else {
        return false;
    };
    let by_three = rest.iter().all(|part| part.len() == 3);
    let indian = sign == ',' && !middle.is_empty() && middle.iter().all(|part| part.len() == 2);
    let no_zero = !first.starts_with('0');
    no_zero && first.len() <= 3 && last.len() == 3 && (by_three || (indian && first.len() <= 2))
}

/// Writes a number without needless zeros.
fn plain(whole: &str, fraction: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// Which glued letters are read as a multiplier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// `5k` and `5M`; `5m` are metres.
    Usual,
    /// `$5m` too.
    AnyCase,
}

/// Applies `k`, `M`, `million` and the like.
fn multiplied(c: &mut Cursor<'_, '_>, value: String, letters: Letters) -> String {
    let glued = c.attempt(|c| {
        let zeros = c.word(|word| match word {
            "k" | "K" => Some(3),
            "M" | "mn" | "mio" | "Mio" => Some(6),
            "m" if letters == Letters::AnyCase => Some(6),
            "bn" => Some(9),
            "B" | "b" if letters == Letters::AnyCase => Some(9),
            _ => None,
        })?;
        (!c.is_at_digits()).then_some(zeros)
    });
    let zeros = glued.or_else(|| {
        c.attempt(|c| {
            c.space()?;
            c.word(|word| match word.to_lowercase().as_str() {
                "hundred" => Some(2),
                "thousand" => Some(3),
                "million" | "millions" | "mn" | "mio" => Some(6),
                "billion" | "billions" | "bn" => Some(9),
                _ => None,
            })
        })
    });
    zeros.map_or_else(|| value.clone(), |zeros| shifted(&value, zeros))
}

/// Moves the decimal point to the right.
fn shifted(value: &str, zeros: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let padded = format!("{fraction:0<zeros$}");
    let (moved, rest) = padded.split_at_checked(zeros).unwrap_or((&padded, ""));
    plain(&format!("{whole}{moved}"), rest)
}

fn percent(c: &mut Cursor<'_, '_>) -> Option<()> {
    c.space();
    if c.sign(&['%', '％']).is_some() || c.any_word(&["percent", "pct", "percentage"]).is_some() {
        return Some(());
    }
    c.any_word(&["per"])?;
    c.space()?;
    c.any_word(&["cent"]).map(|_| ())
}

/// `€`, `US$`, `EUR` or `EUR `.
fn currency_before(c: &mut Cursor<'_, '_>) -> Option<&'static str> {
    let currency = c.attempt(|c| {
        let country = c.word(|word| match word {
            "US" => Some("USD"),
            "A" | "AU" => Some("AUD"),
            "C" | "CA" => Some("CAD"),
            "NZ" => Some("NZD"),
            "HK" => Some("HKD"),
            "S" => Some("SGD"),
            _ => None,
        })?;
        c.sign(&['$']).map(|_| country)
    });
    let currency =
        currency.or_else(|| c.take(|t| sign_currency(t.text))).or_else(|| c.word(code_currency))?;
    c.space();
    Some(currency)
}

/// ` €`, ` EUR` or ` euros`.
fn currency_after(c: &mut Cursor<'_, '_>) -> Option<&'static str> {
    c.space();
    c.take(|t| sign_currency(t.text)).or_else(|| c.word(code_currency)).or_else(|| {
        c.word(|word| match word.to_lowercase().as_str() {
            "euro" | "euros" => Some("EUR"),
            "dollar" | "dollars" | "bucks" => Some("USD"),
            "pound" | "pounds" | "quid" => Some("GBP"),
            "franc" | "francs" => Some("CHF"),
            "yen" => Some("JPY"),
            "rupee" | "rupees" => Some("INR"),
            _ => None,
        })
    })
}

fn sign_currency(sign: &str) -> Option<&'static str> {
    match sign {
        "$" => Some("USD"),
        "€" => Some("EUR"),
        "£" => Some("GBP"),
        "¥" => Some("JPY"),
        "₹" => Some("INR"),
        "₩" => Some("KRW"),
        "₽" => Some("RUB"),
        "₺" => Some("TRY"),
        "₪" => Some("ILS"),
        "₿" => Some("BTC"),
        _ => None,
    }
}

fn code_currency(word: &str) -> Option<&'static str> {
    const CODES: [&str; 28] = [
        "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON",
        "BGN", "TRY", "RUB", "UAH", "CAD", "AUD", "NZD", "HKD", "SGD", "KRW", "ILS", "BRL", "MXN", "ZAR",
    ];
    CODES.into_iter().find(|code| *code == word)
}

/// A telephone number: `+49 30 1234567`, `030/1234567`, `(555) 123-4567`, `555-123-4567`.
pub(super) fn phone(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let is_global = c.sign(&['+']).is_some();
    let opens = c.sign(&['(']).is_some();
    let first = c.digits(1..=15)?;
    let mut groups = vec![first];
    while let Some(group) = c.attempt(next_phone_group).filter(|_| groups.len() < MOST_GROUPS) {
        groups.push(group);
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let local = (first.len() >= 2 && first.starts_with('0')) || (opens && groups.len() >= 2);
    let american = lengths == [3, 3, 4];
    // The `(0)` of `+49 (0)30` is not dialled.
    let digits: String = groups.into_iter().filter(|group| !(is_global && *group == "0")).collect();
    ((7..=15).contains(&digits.len()) && (is_global || local || american) && !c.is_at_word())
        .then_some(Value::Phone(digits))
}

fn next_phone_group<'a>(c: &mut Cursor<'_, 'a>) -> Option<&'a str> {
    c.attempt(|c| c.sign(&[')']));
    c.space();
    c.sign(&['-', '.', '/', '–', '(']);
    let group = c.digits(1..=12)?;
    Some(group)
}

/// A reference of letters and digits, such as `INV-2024-117`; with fewer than three digits, a name.
pub(super) fn code(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let mut text = String::new();
    let (mut digits, mut letters, mut switches) = (0, 0, 0);
    let mut last = None;
    while let Some((joint, token)) = c.attempt(|c| code_part(c, last)) {
        text.extend(joint);
        text.push_str(&token.text.to_lowercase());
        match token.kind {
            Kind::Digits => digits += token.text.len(),
            _ => letters += token.text.len(),
        }
        switches += usize::from(last.is_some_and(|kind| kind != token.kind));
        last = Some(token.kind);
    }
    // `10GB` and `3rd` switch once from digits to letters, and are read as numbers.
    let starts_with_letter = text.starts_with(char::is_alphabetic);
    let is_code = digits > 0 && letters > 0 && (starts_with_letter || switches >= 2);
    let is_size = !starts_with_letter && switches == 2 && text.contains(['x', '×']);
    match (is_code && !is_size, digits) {
        (true, 3..) => Some(Value::Code(text)),
        (true, _) => Some(Value::Ignored),
        _ => None,
    }
}

/// Takes one more run of letters or digits, with the sign that joins it to the last.
fn code_part<'a>(c: &mut Cursor<'_, 'a>, last: Option<Kind>) -> Option<(Option<char>, super::Token<'a>)> {
    let joint = last.and_then(|_| c.sign(&['-', '_', '.', '/']));
    let token = c.take(|t| matches!(t.kind, Kind::Digits | Kind::Word).then_some(t))?;
    let shouts = token.text.chars().all(char::is_uppercase);
    let joins = match joint {
        // Only capitals and digits go on after a sign: `INV-2024`, but not `mid-2024`.
        Some('-' | '_') => shouts || token.kind == Kind::Digits,
        Some(_) => token.kind == Kind::Digits && last == Some(Kind::Digits),
        None => true,
    };
    let mut next = *c;
    let is_plain_word = token.kind == Kind::Word && !shouts && !c.is_at_digits();
    let goes_on_with_sign = next.sign(&['-', '_']).is_some();
    (joins && !(last.is_none() && is_plain_word && goes_on_with_sign)).then_some((joint, token))
}

/// Reads a number in words, hyphens and "and" included, and returns it in digits.
pub(super) fn number_word(c: &mut Cursor<'_, '_>) -> Option<String> {
    let mut total: u64 = 0;
    let mut group: u64 = 0;
    let mut last = None;
    while let Some(part) = c.attempt(|c| next_number_word(c, last)) {
        match part {
            Part::Small(value) | Part::Ten(value) => group += value,
            Part::Hundred => group = group.max(1) * 100,
            Part::Large(value) => {
                total = total.checked_add(group.max(1).checked_mul(value)?)?;
                group = 0;
            }
        }
        last = Some(part);
    }
    last.map(|_| (total + group).to_string())
}

/// A part of a number in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Small(u64),
    Ten(u64),
    Hundred,
    Large(u64),
}

fn next_number_word(c: &mut Cursor<'_, '_>, last: Option<Part>) -> Option<Part> {
    if last.is_some() && c.sign(&['-']).is_none() {
        c.space()?;
        if matches!(last, Some(Part::Hundred | Part::Large(_))) {
            c.attempt(|c| c.any_word(&["and"]).and_then(|_| c.space()));
        }
    } else if last.is_none() {
        // "a hundred", "a dozen"
        c.attempt(|c| {
            c.any_word(&["a"])?;
            c.space()?;
            let mut next = *c;
            next.any_word(&["hundred", "thousand", "million", "billion", "dozen"])
        });
    }
    let part = c.word(|word| number_part(&word.to_lowercase()))?;
    let fits = match (last, part) {
        (None, _) => true,
        (Some(Part::Ten(_)), Part::Small(value)) => value < 10,
        (Some(Part::Hundred), Part::Small(_) | Part::Ten(_)) => true,
        (Some(Part::Large(_)), Part::Small(_) | Part::Ten(_)) => true,
        (Some(Part::Small(_) | Part::Ten(_)), Part::Hundred) => true,
        (Some(_), Part::Large(_)) => true,
        _ => false,
    };
    fits.then_some(part)
}

fn number_part(word: &str) -> Option<Part> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let place = |names: &[&str]| names.iter().position(|name| *name == word);
    match word {
        "dozen" => Some(Part::Small(12)),
        "hundred" => Some(Part::Hundred),
        "thousand" => Some(Part::Large(1_000)),
        "million" => Some(Part::Large(1_000_000)),
        "billion" => Some(Part::Large(1_000_000_000)),
        _ => place(&SMALL)
            .and_then(|at| u64::try_from(at).ok().map(Part::Small))
            .or_else(|| place(&TENS).and_then(|at| u64::try_from(at * 10 + 20).ok().map(Part::Ten))),
    }
}

fn ordinal_word(word: &str) -> Option<String> {
    const ORDINALS: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    ORDINALS.iter().position(|name| *name == word).map(|at| (at + 1).to_string())
}
