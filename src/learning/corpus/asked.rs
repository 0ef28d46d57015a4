//! Questions: the same fact asked for plainly, loosely, in a thread, twice at once, with slips of the finger.

use super::{
    dice::Dice,
    fact::{Known, continued, fill, upper_first, wording},
    names::Pool,
    values,
};
use std::collections::BTreeSet;

/// How a question is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In words a note may use.
    Plain,
    /// In other words.
    Loose,
    /// Needs the thread.
    Follow,
    /// About two notes.
    Two,
    /// Answered by yes or no.
    Check,
}

/// A question and what answers it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// How it is put.
    pub form: Form,
    /// What came before.
    pub thread: Vec<(String, String)>,
    /// The message.
    pub message: String,
    /// The facts that answer it, with the place of the page that holds each.
    pub facts: Vec<(Known, usize)>,
    /// "Yes" or "No", or nothing.
    pub lead: &'static str,
    /// What to look for.
    pub queries: Vec<String>,
    /// Whether all the fact is asked for, or only its first value.
    pub scope: Scope,
}

/// How much of a fact is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of it.
    Whole,
    /// Its first value.
    First,
}

/// A fact that stands on a page.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// The fact.
    pub known: Known,
    /// The place of its page.
    pub page: usize,
    /// The site of its page.
    pub site: Option<String>,
}

/// How a message is typed.
#[derive(Debug, Clone, Copy, Default)]
struct Typing {
    casual: bool,
    slips: bool,
}

const OPENINGS: &[&str] = &[
    "Hi {you}, ",
    "Hey, ",
    "Morning! ",
    "Quick one: ",
    "Hello {you}, hope all is well. ",
    "Sorry to bother you. ",
    "Back from lunch, so: ",
    "I was just wondering: ",
    "Small question. ",
    "One more thing: ",
    "Hi! I'm new here. ",
    "For the newsletter I need this: ",
    "The phone is ringing off the hook today. ",
    "Ok so ",
    "Hey {you}! ",
];
const CLOSINGS: &[&str] = &[
    " Thanks!",
    " Thank you",
    " cheers",
    " Thanks in advance.",
    " No rush.",
    " I have to tell the others at noon.",
    " thx",
    " My boss wants to know.",
    " It's for a form.",
    " I can't find it anywhere.",
];

/// One question template as a message text.
fn typed(dice: &mut Dice, template: &str, known: &Known, typing: Typing) -> String {
    let mut worded = wording(dice, template);
    if typing.casual && !worded.starts_with("I ") && !worded.starts_with("I'") {
        worded = continued(&worded);
    }
    if typing.slips {
        worded = slip(dice, &worded);
    }
    let mut text = fill(&worded, &known.slots);
    if typing.casual && dice.chance(0.5) {
        text = text.trim_end_matches('?').to_owned();
    }
    text
}

/// Swaps or drops letters of a word or two, never inside a value.
fn slip(dice: &mut Dice, template: &str) -> String {
    let mut slips = dice.count(1, 2);
    let mut words: Vec<String> = template.split(' ').map(str::to_owned).collect();
    let mut order: Vec<usize> = (0..words.len()).collect();
    dice.shuffle(&mut order);
    for place in order {
        let Some(word) = words.get_mut(place) else { continue };
        let mut letters: Vec<char> = word.chars().collect();
        if slips == 0 || letters.len() < 4 || letters.iter().any(|c| !c.is_ascii_lowercase()) {
            continue;
        }
        let at = dice.count(1, letters.len() - 2);
        if dice.chance(0.6) {
            letters.swap(at, at + 1);
        } else {
            letters.remove(at);
        }
        *word = letters.into_iter().collect();
        slips -= 1;
    }
    words.join(" ")
}

fn typing(dice: &mut Dice) -> Typing {
    Typing { casual: dice.chance(0.3), slips: dice.chance(0.12) }
}

/// Puts small talk around a question.
fn chatty(dice: &mut Dice, message: String, you: &str) -> String {
    if !dice.chance(0.2) {
        return message;
    }
    match dice.weighted(&[3, 3, 2]) {
        0 => format!("{}{message}", dice.pick(OPENINGS).replace("{you}", you)),
        1 => format!("{message}{}", dice.pick(CLOSINGS)),
        _ => format!("{}{message}{}", dice.pick(OPENINGS).replace("{you}", you), dice.pick(CLOSINGS)),
    }
}

/// The queries for one fact.
fn queries_for(dice: &mut Dice, placed: &Placed, most: usize) -> Vec<String> {
    let mut templates: Vec<&str> = placed.known.fact.query.to_vec();
    if templates.len() > 1 && dice.chance(0.3) {
        dice.shuffle(&mut templates);
    }
    templates.truncate(most);
    templates
        .iter()
        .map(|template| {
            let query = placed.known.say(dice, &[template]);
            placed.site.as_ref().map_or_else(|| query.clone(), |site| format!("{query} {site}"))
        })
        .collect()
}

/// Says for which site a question is meant.
fn sited(dice: &mut Dice, text: String, site: Option<&String>) -> String {
    match site {
        None => text,
        Some(site) => {
            let opening =
                dice.pick(&["For {site}: ", "About {site}: ", "Over in {site}: ", "This is for {site}. "]);
            format!("{}{text}", opening.replace("{site}", site))
        }
    }
}

/// A plain or loose question about one fact.
pub(super) fn single(dice: &mut Dice, placed: &Placed, loose: bool, you: &str) -> Asked {
    let fact = placed.known.fact;
    let loose = loose && !fact.loose.is_empty();
    let how = typing(dice);
    let template = dice.pick(if loose { fact.loose } else { fact.ask });
    let text = typed(dice, template, &placed.known, how);
    let message = sited(dice, text, placed.site.as_ref());
    let most = if loose || dice.chance(0.5) { 2 } else { 1 };
    Asked {
        form: if loose { Form::Loose } else { Form::Plain },
        thread: Vec::new(),
        message: chatty(dice, message, you),
        queries: queries_for(dice, placed, most),
        facts: vec![(placed.known.clone(), placed.page)],
        lead: "",
        scope: Scope::Whole,
    }
}

/// Two questions in one message.
pub(super) fn double(dice: &mut Dice, first: &Placed, second: &Placed, you: &str) -> Asked {
    let how = typing(dice);
    let how = Typing { casual: false, ..how };
    let one = dice.pick(first.known.fact.ask);
    let two = dice.pick(second.known.fact.ask);
    let one_text = typed(dice, one, &first.known, how);
    let message = if first.known.fact.key == second.known.fact.key && first.known.slots.contains_key("s") {
        let other = second.known.slots.get("s").cloned().unwrap_or_default();
        match dice.weighted(&[1, 1]) {
            0 => format!(
                "{one_text} And {}?",
                Known::clone(&second.known).say(dice, &["what about {s}", "the same for {s}"])
            ),
            _ => format!("{one_text} I need it for {other} too."),
        }
    } else if one.contains(',') || two.contains(',') || two.starts_with('I') || dice.chance(0.4) {
        format!("{one_text} {}", typed(dice, two, &second.known, how))
    } else {
        let two_text = typed(dice, &continued(two), &second.known, how);
        format!("{}{} {two_text}", one_text.trim_end_matches('?'), dice.pick(&[", and", " and"]))
    };
    let mut queries = queries_for(dice, first, 1);
    queries.extend(queries_for(dice, second, 1));
    Asked {
        form: Form::Two,
        thread: Vec::new(),
        message: chatty(dice, message, you),
        queries,
        facts: vec![(first.known.clone(), first.page), (second.known.clone(), second.page)],
        lead: "",
        scope: Scope::Whole,
    }
}

/// A question that is answered by yes or no and the fact.
pub(super) fn check(dice: &mut Dice, pool: Pool, placed: &Placed, you: &str) -> Option<Asked> {
    let template = placed.known.fact.check.first().copied()?;
    let template = if dice.chance(0.5) { template } else { *dice.pick(placed.known.fact.check) };
    let mut shown = placed.known.clone();
    let lead = if dice.chance(0.5) {
        "Yes"
    } else {
        let slot = super::fact::own_slots(template).into_iter().next()?;
        let mut used: BTreeSet<String> = shown.slots.values().cloned().collect();
        let other = values::fresh(dice, pool, &slot, &mut used);
        shown.slots.insert(slot, other);
        "No"
    };
    let how = Typing { slips: false, ..typing(dice) };
    let text = typed(dice, template, &shown, how);
    Some(Asked {
        form: Form::Check,
        thread: Vec::new(),
        message: chatty(dice, text, you),
        queries: queries_for(dice, placed, 2),
        facts: vec![(placed.known.clone(), placed.page)],
        lead,
        scope: Scope::Whole,
    })
}

/// An earlier question and its answer, as a thread shows them.
pub(super) fn exchange(dice: &mut Dice, placed: &Placed, requester: &str) -> Vec<(String, String)> {
    let how = Typing { casual: dice.chance(0.3), slips: false };
    let template = dice.pick(placed.known.fact.ask);
    let question = typed(dice, template, &placed.known, how);
    let question = sited(dice, question, placed.site.as_ref());
    let answer = upper_first(&fill(placed.known.quoted(), &placed.known.slots));
    // The numbers of an earlier turn say nothing about the notes of this one.
    let answer =
        if dice.chance(0.5) { format!("{answer}.") } else { format!("{answer} [{}].", dice.from(1, 4)) };
    vec![(requester.to_owned(), question), ("You".to_owned(), answer)]
}

/// A question that needs the thread: `first` was asked before, `then` is asked now.
pub(super) fn follow(dice: &mut Dice, first: &Placed, then: &Placed, requester: &str) -> Option<Asked> {
    let same_kind = first.known.fact.key == then.known.fact.key;
    let thread = exchange(dice, first, requester);
    let how = Typing { casual: dice.chance(0.4), slips: false };
    let message = if same_kind {
        let other = dice.pick(&[
            "And for {s}?",
            "And {s}?",
            "What about {s}?",
            "and the same for {s}?",
            "How is it with {s}?",
        ]);
        typed(dice, other, &then.known, how)
    } else {
        let table = if then.known.fact.follow.is_empty() { return None } else { then.known.fact.follow };
        let template = dice.pick(table);
        typed(dice, template, &then.known, how)
    };
    Some(Asked {
        form: Form::Follow,
        thread,
        message,
        queries: queries_for(dice, then, 2),
        facts: vec![(then.known.clone(), then.page)],
        lead: "",
        scope: Scope::Whole,
    })
}

/// The same thing asked again after something else was said.
pub(super) fn again(dice: &mut Dice, placed: &Placed, between: &Placed, requester: &str) -> Option<Asked> {
    let slot = placed.known.fact.answer_slots().into_iter().next()?;
    let words: &[&str] = match slot.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "eurs" | "eurm" | "eurl" => {
            &["How much was that again?", "sorry, how much was it?", "What was the amount again?"]
        }
        "date" | "month" => {
            &["When was that again?", "sorry, which date was it?", "What was the date again?"]
        }
        "person" | "first" => &["Who was that again?", "sorry, what was the name again?"],
        "time" | "span" => &["What time was that again?", "sorry, at what time was it?"],
        "room" | "spot" | "street" | "floor" => &["Where was that again?", "sorry, where was it?"],
        "mins" | "hours" | "dayn" | "wdays" | "weeks" | "months" | "years" => {
            &["How long was that again?", "sorry, how long was it?"]
        }
        "code" => &["What was the code again?", "sorry, which number was it?"],
        "pct" => &["What was the percentage again?", "How many percent was that?"],
        _ => return None,
    };
    let other = between.known.fact.answer_slots();
    if other.iter().any(|name| kind(name) == kind(&slot)) {
        return None;
    }
    let mut thread = exchange(dice, placed, requester);
    thread.extend(exchange(dice, between, requester));
    let message = dice.word(words).to_owned();
    Some(Asked {
        form: Form::Follow,
        thread,
        message,
        queries: queries_for(dice, placed, 2),
        facts: vec![(placed.known.clone(), placed.page)],
        lead: "",
        scope: Scope::First,
    })
}

/// Kinds of values that one word asks for.
fn kind(slot: &str) -> &'static str {
    match slot.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "eurs" | "eurm" | "eurl" => "money",
        "date" | "month" | "weekday" | "freq" => "date",
        "person" | "first" | "company" => "name",
        "time" | "span" => "time",
        "room" | "spot" | "street" | "floor" | "city" => "place",
        "mins" | "hours" | "dayn" | "wdays" | "weeks" | "months" | "years" => "length",
        "code" | "ext" | "version" | "plate" | "num" | "nn" | "nnn" => "number",
        "pct" => "percent",
        _ => "other",
    }
}
