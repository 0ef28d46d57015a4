//! Next steps: one of the tools with what the message says, or a plain reply.

use super::{
    dice::Dice,
    fact::{Slots, fill, slot_names, wording},
    names::Pool,
    values,
};
use std::collections::{BTreeSet, btree_map::Entry};

/// A tool: name, arguments, what it does; messages that ask for it, with a slot per argument.
struct Tool {
    /// Names it goes by.
    names: &'static [&'static str],
    /// Arguments: its names and the template of its value.
    arguments: &'static [(&'static [&'static str], &'static str)],
    does: &'static [&'static str],
    asks: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        names: &["calendar.free_busy", "calendar.busy", "agenda.look"],
        arguments: &[(&["person", "who"], "{person}"), (&["day", "date"], "{date}")],
        does: &["shows when somebody is busy", "says when a person has time"],
        asks: &[
            "Is {person} free on {date}?",
            "When does {person} have time on {date}?",
            "could you look whether {person} can meet on {date}",
        ],
    },
    Tool {
        names: &["calendar.create", "calendar.book", "agenda.add"],
        arguments: &[
            (&["title", "subject"], "{what}"),
            (&["day", "date"], "{date}"),
            (&["start", "time"], "{time}"),
        ],
        does: &["puts an appointment into the calendar", "creates a meeting"],
        asks: &[
            "Put {what} into the calendar on {date} at {time}.",
            "Please book {what} for {date}, {time}.",
        ],
    },
    Tool {
        names: &["mail.send", "mail.write", "post.send"],
        arguments: &[(&["to", "recipient"], "{mail}"), (&["text", "body"], "{say}")],
        does: &["sends a mail", "writes and sends a mail"],
        asks: &["Send a mail to {mail}: {say}", "Write to {mail} and say: {say}"],
    },
    Tool {
        names: &["tickets.create", "helpdesk.open", "issues.new"],
        arguments: &[(&["title", "summary"], "{trouble}"), (&["queue", "team"], "{dept}")],
        does: &["opens a ticket", "creates a ticket for a team"],
        asks: &["Open a ticket for {dept}: {trouble}", "{dept} should get a ticket that says: {trouble}"],
    },
    Tool {
        names: &["tickets.close", "helpdesk.resolve"],
        arguments: &[(&["id", "ticket"], "{code}")],
        does: &["closes a ticket", "marks a ticket as solved"],
        asks: &["Close ticket {code}.", "{code} is solved, please close it"],
    },
    Tool {
        names: &["rooms.reserve", "rooms.book"],
        arguments: &[
            (&["room", "place"], "{room}"),
            (&["day", "date"], "{date}"),
            (&["people", "seats"], "{num}"),
        ],
        does: &["reserves a room", "books a meeting room"],
        asks: &["Reserve {room} on {date} for {num} people.", "I need {room} on {date}, we are {num}."],
    },
    Tool {
        names: &["stock.count", "store.stock"],
        arguments: &[(&["item", "article"], "{code}")],
        does: &["says how many pieces are in stock", "shows the stock of an article"],
        asks: &["How many of {code} do we have right now?", "check the stock of {code} please"],
    },
    Tool {
        names: &["orders.status", "shop.order_status"],
        arguments: &[(&["order", "number"], "{code}")],
        does: &["shows where an order is", "tells the state of an order"],
        asks: &["Where is order {code}?", "Has {code} been shipped yet?"],
    },
    Tool {
        names: &["crm.add_note", "customers.note"],
        arguments: &[(&["customer", "account"], "{company}"), (&["note", "text"], "{say}")],
        does: &["adds a note to a customer", "writes a note on an account"],
        asks: &["Add a note to {company}: {say}", "Please note for {company}: {say}"],
    },
    Tool {
        names: &["crm.find", "customers.search"],
        arguments: &[(&["name", "query"], "{company}")],
        does: &["finds a customer", "looks a customer up"],
        asks: &[
            "Look up {company} in the customer list.",
            "Do we have {company} as a customer in the system?",
        ],
    },
    Tool {
        names: &["remind.set", "reminders.add"],
        arguments: &[(&["text", "about"], "{what}"), (&["when", "day"], "{date}")],
        does: &["sets a reminder", "reminds the asker later"],
        asks: &["Remind me of {what} on {date}.", "On {date} I want to be reminded of {what}."],
    },
    Tool {
        names: &["tasks.assign", "todo.assign"],
        arguments: &[(&["task", "what"], "{what}"), (&["to", "person"], "{person}")],
        does: &["gives a task to somebody", "assigns a task"],
        asks: &["Give {what} to {person}.", "Assign {what} to {person} please"],
    },
    Tool {
        names: &["leave.request", "holidays.request"],
        arguments: &[(&["from", "first_day"], "{date}"), (&["to", "last_day"], "{date2}")],
        does: &["asks for days of leave", "files a leave request"],
        asks: &[
            "I want leave from {date} to {date2}, please file it.",
            "File my holiday from {date} to {date2}.",
        ],
    },
    Tool {
        names: &["invoices.get", "billing.find"],
        arguments: &[(&["number", "invoice"], "{code}")],
        does: &["fetches an invoice", "shows an invoice"],
        asks: &["Show me invoice {code}.", "Fetch {code} from billing."],
    },
    Tool {
        names: &["notes.remember", "memory.save"],
        arguments: &[(&["text", "note"], "{say}")],
        does: &["saves a note for later", "remembers something"],
        asks: &["Remember this: {say}", "Please save as a note: {say}"],
    },
    Tool {
        names: &["lights.set", "building.lights"],
        arguments: &[(&["room", "where"], "{room}"), (&["level", "percent"], "{nn}")],
        does: &["dims the lights of a room", "sets the light in percent"],
        asks: &["Dim the light in {room} to {nn} percent.", "Light in {room} to {nn} percent please"],
    },
    Tool {
        names: &["heating.set", "building.heat"],
        arguments: &[(&["room", "where"], "{room}"), (&["temperature", "to"], "{temp}")],
        does: &["sets the heating of a room", "changes the temperature"],
        asks: &["Set {room} to {temp}.", "It's cold, put {room} at {temp}."],
    },
    Tool {
        names: &["parcels.track", "shipping.track"],
        arguments: &[(&["parcel", "code"], "{code}")],
        does: &["follows a parcel", "shows where a parcel is"],
        asks: &["Track parcel {code}.", "where has {code} got to, can you track it"],
    },
    Tool {
        names: &["trips.search", "trains.search"],
        arguments: &[
            (&["from", "start"], "{city}"),
            (&["to", "goal"], "{city2}"),
            (&["day", "date"], "{date}"),
        ],
        does: &["searches trains", "finds a connection"],
        asks: &[
            "Find a train from {city} to {city2} on {date}.",
            "How do I get from {city} to {city2} by train on {date}? Please search.",
        ],
    },
    Tool {
        names: &["files.share", "drive.share"],
        arguments: &[(&["file", "name"], "{file}"), (&["with", "person"], "{person}")],
        does: &["shares a file with somebody", "gives somebody access to a file"],
        asks: &["Share {file} with {person}.", "{person} needs {file}, please share it."],
    },
    Tool {
        names: &["web.status", "monitor.check"],
        arguments: &[(&["host", "site"], "{site}")],
        does: &["says whether a site is up", "checks a host"],
        asks: &["Is {site} up?", "check whether {site} answers"],
    },
    Tool {
        names: &["deploy.rollback", "release.rollback"],
        arguments: &[(&["service", "app"], "{product}"), (&["version", "to"], "{version}")],
        does: &["goes back to an old version", "rolls a service back"],
        asks: &["Roll {product} back to {version}.", "Take {product} back to version {version} please."],
    },
    Tool {
        names: &["expenses.submit", "claims.add"],
        arguments: &[(&["amount", "sum"], "{eurm}"), (&["reason", "for"], "{what}")],
        does: &["hands in an expense claim", "submits expenses"],
        asks: &["Submit {eurm} for {what} as expenses.", "Hand in my claim: {eurm} for {what}."],
    },
    Tool {
        names: &["people.find", "directory.lookup"],
        arguments: &[(&["name", "person"], "{person}")],
        does: &["looks a colleague up", "finds the phone of a colleague"],
        asks: &["Look up {person} in the directory.", "Find {person} in the phone list."],
    },
    Tool {
        names: &["polls.create", "vote.start"],
        arguments: &[(&["question", "title"], "{choice}")],
        does: &["starts a poll", "asks everybody to vote"],
        asks: &["Start a poll: {choice}", "Let people vote: {choice}"],
    },
];

const WHATS: &[&str] = &[
    "the budget talk",
    "lunch with the board",
    "the roof check",
    "a photo session",
    "the new price list",
    "the tax letter",
    "a visit to the plant",
    "cake for Friday",
    "the pump test",
    "the interview",
    "the team photo",
    "new chairs",
];
const SAYS: &[&str] = &[
    "the delivery comes a day later",
    "we need two more badges",
    "the offer is fine for us",
    "the lift is out of order",
    "please send the invoice again",
    "they prefer to be called in the morning",
    "the meeting is moved to the afternoon",
    "the paint has to dry for two days",
    "we keep the old price until summer",
];
const TROUBLES: &[&str] = &[
    "the door on the left does not close",
    "the scanner eats the paper",
    "no sound in the big room",
    "the shop shows an error",
    "my screen flickers",
    "the tap drips",
    "the label printer prints white pages",
    "the heating knocks at night",
];
const CHOICES: &[&str] = &[
    "soup or salad on Friday?",
    "sea or mountains for the trip?",
    "blue or green shirts?",
    "meet at nine or at ten?",
];
const FILES: &[&str] =
    &["plan.pdf", "prices-spring.xlsx", "minutes.docx", "map-of-the-hall.png", "offer-final.pdf", "rota.ods"];

/// Messages that need no tool.
const PLAIN: &[&str] = &[
    "Who is responsible for {what}?",
    "What is the deadline for {what}?",
    "Thanks!",
    "Good morning",
    "How much does {what} cost?",
    "Where do invoices go?",
    "Are you a bot?",
    "what's the rule for visitors?",
    "How many days of leave do we have?",
    "Who has the key to {room}?",
    "When does the shop in {city} open?",
    "what did we agree with {company}?",
    "Why is it so loud today?",
    "What is the notice period with {company}?",
    "can you explain how claims work",
    "Who was in {room} before us?",
    "Up to what amount may I buy without asking?",
    "What does {person} do?",
    "How do I get to the office in {city}?",
    "I don't understand the rule about gifts",
    "How long is probation?",
    "what's the password rule again?",
];

fn slot(dice: &mut Dice, name: &str, used: &mut BTreeSet<String>) -> String {
    let table = match name {
        "what" => WHATS,
        "say" => SAYS,
        "trouble" => TROUBLES,
        "choice" => CHOICES,
        "file" => FILES,
        other => return values::fresh(dice, Pool::Lessons, other, used),
    };
    dice.word(table).to_owned()
}

fn fill_fresh(dice: &mut Dice, template: &str, slots: &mut Slots) -> String {
    let worded = wording(dice, template);
    let mut used: BTreeSet<String> = slots.values().cloned().collect();
    for name in slot_names(&worded) {
        if let Entry::Vacant(open) = slots.entry(name.clone()) {
            open.insert(slot(dice, &name, &mut used));
        }
    }
    fill(&worded, slots)
}

/// A message, the tools at hand and the step to take.
pub(super) fn step(dice: &mut Dice) -> (String, Vec<String>, String) {
    let mut places: Vec<&Tool> = TOOLS.iter().collect();
    dice.shuffle(&mut places);
    places.truncate(dice.count(2, 5));
    let mut lines: Vec<String> = Vec::new();
    let mut calls: Vec<(&Tool, String, Vec<String>)> = Vec::new();
    for tool in places {
        let name = dice.word(tool.names).to_owned();
        let arguments: Vec<String> =
            tool.arguments.iter().map(|(names, _)| dice.word(names).to_owned()).collect();
        lines.push(format!("{name}({}): {}", arguments.join(", "), dice.pick(tool.does)));
        calls.push((tool, name, arguments));
    }
    let mut slots = Slots::new();
    if dice.chance(0.4) {
        let template = *dice.pick(PLAIN);
        let message = fill_fresh(dice, template, &mut slots);
        return (message, lines, "{\"tool\":\"reply\"}".to_owned());
    }
    let (tool, name, arguments) = dice.pick(&calls).clone();
    let template = *dice.pick(tool.asks);
    let message = fill_fresh(dice, template, &mut slots);
    let filled: Vec<String> = arguments
        .iter()
        .zip(tool.arguments)
        .map(|(argument, (_, value))| format!("{}:{}", quoted(argument), quoted(&fill(value, &slots))))
        .collect();
    (message, lines, format!("{{\"tool\":{},\"arguments\":{{{}}}}}", quoted(&name), filled.join(",")))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
