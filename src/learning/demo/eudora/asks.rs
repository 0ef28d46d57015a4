//! How colleagues put their requests to Eudora.

use super::{
    super::{Asked, words::named},
    Agenda, Agreement, Buyer, Charity, Code, Consent, Content, Count, Data, Device, Fate, Folder, Form,
    Goods, Lamp, Meeting, Named, Need, Paper, Paperwork, Players, Praiser, Request, Subject, Term, Tested,
    Why,
};
use crate::learning::corpus::Dice;

/// Words a request; every way says all that decides.
pub(super) fn word(request: &Request, dice: &mut Dice) -> Asked {
    match *request {
        Request::Supplier { code, sum, goods } => Asked {
            ways: &[
                "May I order {goods} for {eur} from {firm}? {code}.",
                "We need {goods}, and {firm} would deliver for {eur}. {code}. Is that in order?",
                "can we buy {goods} at {firm}? it is {eur}. {code}.",
                "I would like to place an order of {eur} with {firm} for {goods}. {code}. Ok?",
                "I found a supplier for {goods}, {firm}. || The order comes to {eur}. {code}. May I go ahead?",
            ],
            slots: vec![
                (
                    "goods",
                    match goods {
                        Goods::Plain => dice.word(&[
                            "labels",
                            "brackets",
                            "packing tape",
                            "screws",
                            "cable ties",
                            "shelves",
                            "cotton bags",
                        ]),
                        Goods::Hazardous => dice.word(&[
                            "hazardous solvent",
                            "hazardous glue",
                            "hazardous lacquer",
                            "hazardous acid",
                        ]),
                    }
                    .to_owned(),
                ),
                ("eur", sum.words(dice)),
                ("firm", named(dice, &["{n}", "{n} Supplies", "the firm {n}"])),
                (
                    "code",
                    match code {
                        Code::Signed => dice.word(&[
                            "They have signed our supplier code",
                            "Our supplier code is signed",
                            "We have their signed supplier code",
                        ]),
                        Code::Missing => dice.word(&[
                            "They have not signed our supplier code",
                            "Our supplier code is not signed yet",
                            "We have no signed supplier code from them",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Access { folder, term } => Asked {
            ways: &[
                "May I have access to {folder} {term}? I am writing {task}.",
                "I need to read {folder} {term}, for {task}. Is that allowed?",
                "could you open {folder} for me {term}? it is about {task}.",
                "For {task} I would need {folder} {term}. Can I get it?",
                "I am working on {task}. || May I look into {folder} {term}?",
            ],
            slots: vec![
                (
                    "folder",
                    match folder {
                        Folder::Own => dice.word(&[
                            "the folder of my own team",
                            "my own team's folder",
                            "the order folder of my own team",
                        ]),
                        Folder::Other => dice.word(&[
                            "the folder of another team",
                            "the sales folder of another team",
                            "another team's contract folder",
                            "another team's folder",
                        ]),
                        Folder::Pay => dice.word(&[
                            "the pay files",
                            "the pay files of a colleague",
                            "the pay files of last year",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "term",
                    match term {
                        Term::Limited => dice.word(&[
                            "until Friday",
                            "just for today",
                            "until the end of the month",
                            "only for this week",
                        ]),
                        Term::Open => {
                            dice.word(&["for good", "without an end date", "permanently", "from now on"])
                        }
                    }
                    .to_owned(),
                ),
                (
                    "task",
                    dice.word(&[
                        "a report",
                        "a letter",
                        "the new price list",
                        "an answer to a shop",
                        "the yearly summary",
                    ])
                    .to_owned(),
                ),
            ],
        },
        Request::Praise { of, consent, name } => Asked {
            ways: &[
                "May we publish what {of} said about our {lamp}? {consent}, and it would appear {name}.",
                "I would like to print the praise of {of} for our {lamp}, {name}. {consent}. Is that all right?",
                "can the kind words of {of} on our {lamp} go on the web page {name}? {consent}.",
                "We want to quote {of} on our {lamp} {name}. {consent}. May we?",
                "We got some praise for our {lamp} from {of}. || May we put it online {name}? {consent}.",
            ],
            slots: vec![
                (
                    "of",
                    match of {
                        Praiser::Customer => dice.word(&[
                            "a customer",
                            "a hotel owner",
                            "a retired teacher",
                            "a cafe owner",
                            "a shop owner",
                        ]),
                        Praiser::Office => dice.word(&[
                            "a public office",
                            "the public office for schools",
                            "somebody in a public office",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "consent",
                    match consent {
                        Consent::Written => dice.word(&[
                            "We have the consent in writing",
                            "The written consent is here",
                            "They agreed in writing",
                        ]),
                        Consent::Spoken => dice.word(&[
                            "They only agreed on the telephone",
                            "The consent was only spoken",
                            "They said yes in a talk, not on paper",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "name",
                    match name {
                        Named::Full => {
                            dice.word(&["with the full name", "with name and town", "with the name under it"])
                        }
                        Named::Nameless => {
                            dice.word(&["without any name", "without a name", "with no name under it"])
                        }
                    }
                    .to_owned(),
                ),
                ("lamp", dice.word(&["clip lamp", "reading lamp", "desk lamp", "repair desk"]).to_owned()),
            ],
        },
        Request::Study(subject) => Asked {
            ways: &[
                "A student of {field} wants to interview me about {subject}. May I?",
                "May I answer a student's questions about {subject}? It is for a paper in {field}.",
                "a student wrote to me about {subject}, for a thesis in {field}. can i reply?",
                "I was asked to tell a student of {field} about {subject}. Is that allowed?",
                "A student of {field} called me. || The questions are about {subject}. May I talk?",
            ],
            slots: vec![
                (
                    "field",
                    dice.word(&[
                        "design",
                        "economics",
                        "engineering",
                        "law",
                        "sociology",
                        "marketing",
                        "history",
                    ])
                    .to_owned(),
                ),
                (
                    "subject",
                    match subject {
                        Subject::Work => dice.word(&[
                            "my daily work",
                            "how my team works",
                            "what my job is like",
                            "how we work in the workshop",
                        ]),
                        Subject::Figures => dice.word(&[
                            "our internal figures",
                            "our margins, which are internal",
                            "our internal defect rates",
                            "internal cost figures",
                        ]),
                        Subject::Published => dice.word(&[
                            "figures that we have published",
                            "the published yearly figures",
                            "our published energy figures",
                        ]),
                        Subject::Suppliers => dice.word(&[
                            "our suppliers",
                            "who our suppliers are",
                            "how we choose our suppliers",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::PriceCut { percent, lamp, buyer } => Asked {
            ways: &[
                "{buyer} asks for {percent} percent off {lamp}. May I grant that?",
                "can i give {percent} percent off {lamp}? {buyer} asks for it.",
                "May we cut the price of {lamp} by {percent} percent? {buyer} would take some.",
                "Is a cut of {percent} percent on {lamp} in order? {buyer} wants it.",
                "{buyer} wrote to me. || They want {percent} percent off {lamp}. Do we agree?",
            ],
            slots: vec![
                (
                    "buyer",
                    match buyer {
                        Buyer::Private => dice.word(&[
                            "A hotel",
                            "A furniture shop",
                            "A small cafe",
                            "An architect",
                            "A private customer",
                        ]),
                        Buyer::Public => dice.word(&[
                            "A public library",
                            "A public school",
                            "The public works office",
                            "A public museum",
                        ]),
                    }
                    .to_owned(),
                ),
                ("percent", percent.to_string()),
                (
                    "lamp",
                    match lamp {
                        Lamp::Current => dice.word(&[
                            "a current desk lamp",
                            "our current clip lamp",
                            "the current reading lamp",
                        ]),
                        Lamp::Discontinued => dice.word(&[
                            "a discontinued desk lamp",
                            "our discontinued clip lamp",
                            "the discontinued reading lamp",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Donation { to, cause } => Asked {
            ways: &[
                "May we donate {what} to {to}? It is for {cause}.",
                "I would like us to give {what} to {to} for {cause}. Is that all right?",
                "can {to} have {what} from us, for {cause}?",
                "We were asked for {what} by {to}, and it would be for {cause}. May we?",
                "I had a letter from {to}. || It is for {cause}. Can we donate {what}?",
            ],
            slots: vec![
                (
                    "what",
                    dice.word(&[
                        "some lamps",
                        "a box of bulbs",
                        "returned lamps",
                        "some money",
                        "work lights",
                    ])
                    .to_owned(),
                ),
                (
                    "to",
                    match to {
                        Charity::Registered => dice.word(&[
                            "a registered charity",
                            "a charity that is registered",
                            "a registered food bank",
                        ]),
                        Charity::Unregistered => dice.word(&[
                            "a group that is not registered",
                            "an unregistered group",
                            "an unregistered charity",
                        ]),
                        Charity::Customers => dice.word(&[
                            "the charity of a customer",
                            "a charity run by one of our customers",
                            "a customer's own charity",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "cause",
                    match cause {
                        Need::Plain => dice.word(&[
                            "a youth garden",
                            "new sports kits",
                            "a choir trip",
                            "a reading room",
                        ]),
                        Need::Disaster => dice.word(&[
                            "people after the flood disaster",
                            "disaster relief after the storm",
                            "families after the fire disaster",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Tool { form, data, tested } => Asked {
            ways: &[
                "May I use {form} for {job}? {data}, and {tested}.",
                "I found {form} for {job}. {data}, and {tested}. Is that allowed?",
                "can my team use {form} for {job}? {data}, {tested}.",
                "For {job} I would like to use {form}. {data}, and {tested}. Ok?",
                "I am looking for help with {job}. || Could I use {form}? {data}, and {tested}.",
            ],
            slots: vec![
                (
                    "form",
                    match form {
                        Form::Web => dice.word(&["a web tool", "a web page", "an online tool"]),
                        Form::Installed => dice.word(&[
                            "a program that I install",
                            "a tool that has to be installed",
                            "a program to install",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "job",
                    dice.word(&[
                        "surveys",
                        "drawing charts",
                        "translations",
                        "planning shifts",
                        "making labels",
                        "short films",
                    ])
                    .to_owned(),
                ),
                (
                    "data",
                    match data {
                        Data::None => dice.word(&[
                            "No personal data goes in",
                            "There is no personal data in it",
                            "It holds no personal data",
                        ]),
                        Data::Personal => dice.word(&[
                            "Personal data goes in",
                            "There is personal data in it",
                            "It holds personal data",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "tested",
                    match tested {
                        Tested::Yes => dice.word(&["IT has tested it", "IT tested it already"]),
                        Tested::No => dice.word(&["IT has not tested it", "IT did not test it yet"]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Draw { players, prize } => Asked {
            ways: &[
                "May we hold a prize draw {players} at {place}? The prize is worth {eur}.",
                "I plan a prize draw at {place} {players}, with a prize of {eur}. Is that in order?",
                "can we raffle something worth {eur} at {place}? it is {players}.",
                "We would like to draw a winner at {place}. It is {players}, and the prize costs {eur}. May we?",
                "We are planning something for {place}. || Is a prize draw {players} fine? The prize is worth {eur}.",
            ],
            slots: vec![
                (
                    "players",
                    match players {
                        Players::Adults => {
                            dice.word(&["for adults", "for adults only", "for grown-up customers"])
                        }
                        Players::Children => dice.word(&[
                            "for children",
                            "for children on their own",
                            "for all children who pass by",
                        ]),
                        Players::Class => dice.word(&[
                            "for children with their teacher",
                            "for a school class with its teacher",
                            "for pupils together with their teacher",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "place",
                    dice.word(&[
                        "the spring market",
                        "the shop opening",
                        "the web shop",
                        "the open house",
                        "the street fete",
                    ])
                    .to_owned(),
                ),
                ("eur", prize.words(dice)),
            ],
        },
        Request::Rivals { meeting, agenda } => Asked {
            ways: &[
                "May I go to {meeting} {time}? {agenda}.",
                "I am invited to {meeting} {time}. {agenda}. Can I go?",
                "is it fine to join {meeting} {time}? {agenda}.",
                "Somebody of us should attend {meeting} {time}. {agenda}. Is that allowed?",
                "I was invited to something {time}. || It is {meeting}. {agenda}. May I accept?",
            ],
            slots: vec![
                (
                    "meeting",
                    match meeting {
                        Meeting::Working => dice.word(&[
                            "a working group with competitors",
                            "a round table with competitors",
                            "a workshop with competitors",
                        ]),
                        Meeting::Reception => dice.word(&[
                            "a reception with competitors",
                            "an evening reception where competitors come",
                            "a summer reception with competitors",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "time",
                    dice.word(&["next month", "next week", "in autumn", "in spring", "this month"])
                        .to_owned(),
                ),
                (
                    "agenda",
                    match agenda {
                        Agenda::Written => dice.word(&[
                            "There is a written agenda",
                            "The agenda came in writing",
                            "They sent a written agenda",
                        ]),
                        Agenda::Missing => {
                            dice.word(&["There is no agenda", "They sent no agenda", "Nobody has an agenda"])
                        }
                        Agenda::Prices => dice.word(&[
                            "Prices are on the agenda",
                            "The agenda names prices",
                            "They want to talk about prices",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Sending { paper, agreement } => Asked {
            ways: &[
                "May I send {paper} to {whom}? {agreement}.",
                "I hear that {whom} wants {paper}. {agreement}. Can I send it?",
                "can {paper} go to {whom}? {agreement}.",
                "I would like to mail {paper} to {whom}. {agreement}. Is that allowed?",
                "I spoke with {whom}. || They would like {paper}. {agreement}. May they have it?",
            ],
            slots: vec![
                (
                    "paper",
                    match paper {
                        Paper::Drawing => dice.word(&[
                            "a whole drawing",
                            "the whole drawing of a shade",
                            "the whole drawing of an arm",
                        ]),
                        Paper::Excerpt => dice.word(&[
                            "an excerpt of a drawing",
                            "a small excerpt of a drawing",
                            "an excerpt from our drawings",
                        ]),
                        Paper::Costs => {
                            dice.word(&["a cost sheet", "the cost sheet of a lamp", "our cost sheet"])
                        }
                    }
                    .to_owned(),
                ),
                ("whom", named(dice, &["{n}", "the toolmaker {n}", "the lab {n}", "the firm {n}"])),
                (
                    "agreement",
                    match agreement {
                        Agreement::Signed => dice.word(&[
                            "The agreement is signed",
                            "They have signed the agreement",
                            "We have a signed agreement",
                        ]),
                        Agreement::Missing => dice.word(&[
                            "There is no agreement",
                            "No agreement is signed",
                            "They have signed no agreement",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::TestGoods { fate, sum } => Asked {
            ways: &[
                "{firm} offers us {goods} worth {eur} to test. {fate}. May I accept?",
                "May we take {goods} for a test from {firm}? They are worth {eur}. {fate}.",
                "can i accept {goods} of {eur} for testing from {firm}? {fate}.",
                "I would like to test {goods} of {firm}, worth {eur}. {fate}. Is that in order?",
                "{firm} wrote about {goods} for a test. || They are worth {eur}. {fate}. Do we take them?",
            ],
            slots: vec![
                ("firm", named(dice, &["{n}", "{n} Works", "{n} Supplies"])),
                (
                    "goods",
                    dice.word(&["bulbs", "switches", "hinges", "cables", "dimmers", "shades"]).to_owned(),
                ),
                ("eur", sum.words(dice)),
                (
                    "fate",
                    match fate {
                        Fate::Back => dice.word(&[
                            "We would send them back",
                            "They go back after the test",
                            "Afterwards they are sent back",
                        ]),
                        Fate::Kept => dice.word(&[
                            "We could keep them",
                            "They say we can keep them",
                            "Afterwards we would keep them",
                        ]),
                        Fate::UsedUp => dice.word(&[
                            "They are used up in the test",
                            "The test uses them up",
                            "Nothing is left, the test uses them up",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Extension { count, why, of } => Asked {
            ways: &[
                "May I have {count} extension for {paper}? {why}.",
                "I need {count} extension for {paper}, because {why}. Is that possible?",
                "could {paper} come later? it would be {count} extension, and {why}.",
                "Can you grant me {count} extension for {paper}? The reason: {why}.",
                "It is about {paper}. || I would need {count} extension, as {why}. May I?",
            ],
            slots: vec![
                (
                    "count",
                    match count {
                        Count::First => dice.word(&["a first", "my first", "the first"]),
                        Count::Second => dice.word(&["a second", "my second", "the second"]),
                    }
                    .to_owned(),
                ),
                (
                    "why",
                    match why {
                        Why::Plain => dice.word(&[
                            "there is too much to do",
                            "the numbers came late",
                            "we had a busy fortnight",
                            "the folder was missing",
                        ]),
                        Why::Ill => dice.word(&["I was ill", "I was ill in bed", "our only expert is ill"]),
                    }
                    .to_owned(),
                ),
                (
                    "paper",
                    match of {
                        Paperwork::Ours => dice.word(&[
                            "the risk form",
                            "our internal checklist",
                            "the self-check of my team",
                            "the risk report",
                        ]),
                        Paperwork::Authority => dice.word(&[
                            "the form for an authority",
                            "the report to the authority",
                            "an answer to the authority",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Device { device, content } => Asked {
            ways: &[
                "May I have {content} on {device}? It is for {time}.",
                "I would like to read {content} on {device} during {time}. Is that allowed?",
                "can i put {content} on {device} for {time}?",
                "During {time} I want {content} on {device}. Ok?",
                "I am preparing for {time}. || May {content} be on {device}?",
            ],
            slots: vec![
                (
                    "content",
                    match content {
                        Content::Mail => dice.word(&["my work mail", "the team's mail", "my mail from work"]),
                        Content::Calendar => {
                            dice.word(&["the calendar", "my work calendar", "the team calendar"])
                        }
                        Content::List => {
                            dice.word(&["a customer list", "the customer list", "my customer list"])
                        }
                    }
                    .to_owned(),
                ),
                (
                    "device",
                    match device {
                        Device::Own => dice.word(&[
                            "my private phone, which only I can unlock",
                            "a private tablet with a code only I know",
                            "my own phone, which has a code of mine",
                        ]),
                        Device::Shared => dice.word(&[
                            "our family tablet, which we share",
                            "a shared phone of my family",
                            "a laptop that I share with my partner",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "time",
                    dice.word(&["a trip", "the fair", "my days at home", "the summer", "a course"])
                        .to_owned(),
                ),
            ],
        },
    }
}
